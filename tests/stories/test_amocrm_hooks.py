"""amoCRM's hooks while the service is killed: what was acknowledged is there, once.

The whole of it, 500 a second for a minute, is `python -m bench.amocrm_hooks`.
"""

import asyncio
from pathlib import Path

from kommutator.store.database import Database
from tests.support.factories import value
from tests.support.hook_storm import blow, hook_door, kept
from tests.support.waiting import eventually, takes


async def test_kill_minus_nine_loses_nothing_that_was_acknowledged(
    database_url: str, tmp_path: Path
) -> None:
    async with hook_door(database_url, str(tmp_path)) as door:
        await door.start()
        storm = asyncio.create_task(blow(door.port, door.path, rate=60, seconds=4, senders=12))
        await takes(1.5)
        await door.kill()
        await door.start()
        blown = await storm
        assert blown.disturbed, "nothing was under way when it fell"
        assert blown.refused == 0
        assert len(blown.acknowledged) == 240
        assert await kept(database_url) == set(range(1, 241))
        db = await Database.open(database_url, size=1)
        try:
            await eventually(lambda: decided(db), 30)
            assert await value(db, "SELECT count(*) FROM crm_wanted WHERE kind = 'leads'") == 240
            assert await value(db, "SELECT received FROM crm_hooks") == 240
        finally:
            await db.close()


async def decided(db: Database) -> bool:
    return bool(await value(db, "SELECT count(*) = 0 FROM journal WHERE state = 'new'"))
