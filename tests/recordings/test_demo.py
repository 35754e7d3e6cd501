"""Promise: a call of the demo is recorded, and plays."""

import re
import signal
from pathlib import Path

import aiohttp
import pytest

from kommutator.store.database import Database
from kommutator.store.recording_rows import RecordingRow
from tests.stories.test_up import up
from tests.support.command import environment
from tests.support.pbx import pbx_cache
from tests.support.service import HERE
from tests.support.town import free_port
from tests.support.waiting import eventually


@pytest.mark.pbx
async def test_a_call_of_the_demo_is_recorded(
    tmp_path: Path, database_url: str, asterisk_installation: object
) -> None:
    (tmp_path / "cache").mkdir(mode=0o755)
    (tmp_path / "cache" / "asterisk").symlink_to(pbx_cache().absolute())
    env = environment(tmp_path, database_url=database_url, port=free_port())
    async with up(env) as command, aiohttp.ClientSession() as session:
        street = re.search(r"Client's phone: +(\S+)", command.said)
        assert street is not None
        async with session.get(street[1]) as page:
            token = re.search(r'data-token="([^"]+)"', await page.text())
        assert token is not None
        headers = {"X-Street-Token": token[1]}
        wish = {"caller": "+375000000070", "talk_s": 2, "answered": True}
        async with session.post(f"{street[1]}/call", json=wish, headers=headers) as reply:
            assert (await reply.json())["way"] == "sip"
        db = await Database.open(database_url, size=1)

        async def ready() -> RecordingRow | None:
            async with db.single() as unit:
                rows = await unit.recordings.page(HERE)
            return next((row for row in rows if row.state == "ready"), None)

        await eventually(ready, limit_s=40)
        row = await ready()
        await db.close()
        assert row is not None
        assert row.seconds == pytest.approx(2.0, abs=0.5)
        assert (row.origin, row.connection_id is not None) == ("upload", True)
        assert (tmp_path / "recordings" / (row.object_key or "")).stat().st_size > 1000
        assert await command.end(signal.SIGINT) in (0, 130)
