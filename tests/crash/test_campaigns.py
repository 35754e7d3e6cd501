"""`kill -9` of whoever dials, again and again: nobody is called twice, nobody is forgotten."""

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from uuid import UUID

from kommutator.store.database import Database
from tests.campaigns.scene import ADMIN, HERE, PLAN, Scene, scene_of
from tests.support.factories import execute, value
from tests.support.killable import running
from tests.support.waiting import eventually, takes

WORKER = Path(__file__).with_name("campaign_worker.py")
NUMBERS = 60
KILLS = 8
LEASE_S = 0.4


def worker(dsn: str) -> AbstractAsyncContextManager[asyncio.subprocess.Process]:
    return running(WORKER, dsn, LEASE_S)


async def play_the_pbx(db: Database) -> None:
    """Every call that was ever owed comes to an end a little later."""
    while True:
        await takes(0.05)
        await execute(
            db,
            """UPDATE calls SET phase = 'ended', result = 'answered', talk_s = 5, ended_at = now()
                WHERE enterprise = $1 AND phase <> 'ended'
                  AND id IN (SELECT call_id FROM outbox WHERE kind = 'originate_call')""",
            HERE,
        )


async def test_nobody_twice_and_nobody_forgotten(database_url: str) -> None:
    async with scene_of(database_url) as scene:
        campaign = await _started(scene)
        pbx = asyncio.create_task(play_the_pbx(scene.house.db))
        try:
            for turn in range(KILLS):
                await _run_and_kill(database_url, scene.house.db, (turn + 1) * 5)
            async with worker(database_url), worker(database_url):
                await eventually(lambda: _is_done(scene), 60)
        finally:
            pbx.cancel()
            await asyncio.gather(pbx, return_exceptions=True)
        owed = "SELECT count(*) FROM outbox WHERE kind = 'originate_call'"
        twice = "SELECT count(DISTINCT payload->>'client') FROM outbox WHERE kind='originate_call'"
        known = """SELECT count(*) FROM campaign_attempts a JOIN outbox o
                       ON o.call_id = a.call_id AND o.payload->>'client' = a.phone
                    WHERE a.result = 'talked'"""
        db = scene.house.db
        assert [await value(db, query) for query in (owed, twice, known)] == [NUMBERS] * 3
        shown = await scene.house.campaigns.get(HERE, campaign)
        assert (shown.row.state, shown.figures.done) == ("done", NUMBERS)
        assert await value(db, "SELECT fence FROM campaigns") > 2  # others did take it over


async def _started(scene: Scene) -> UUID:
    campaigns = scene.house.campaigns
    made = await campaigns.create(
        ADMIN, HERE, "Spring", PLAN | {"agents": ["150", "151", "152"], "concurrency": 3}
    )
    await campaigns.add_text(
        ADMIN, HERE, made.row.id, "\n".join(f"+3751700001{n:02}" for n in range(NUMBERS))
    )
    await campaigns.start(ADMIN, HERE, made.row.id)
    return made.row.id


async def _run_and_kill(dsn: str, db: Database, calls: int) -> None:
    """At the moment when so many calls are there, wherever the worker is then."""

    async def there() -> bool:
        found = await value(db, "SELECT count(*) FROM campaign_attempts")
        return bool(found >= calls)

    async with worker(dsn) as process:
        await eventually(there, 60)
        process.kill()
        await process.wait()


async def _is_done(scene: Scene) -> bool:
    return bool(await value(scene.house.db, "SELECT state = 'done' FROM campaigns"))
