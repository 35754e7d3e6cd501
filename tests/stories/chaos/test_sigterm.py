"""A restart is boring: SIGTERM under load ends at once, and nothing is lost, doubled or unsure."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.stories.chaos.ledger import (
    assert_every_command_is_done,
    assert_the_crms_hold,
    assert_the_disk_holds,
)
from tests.stories.chaos.traffic import Traffic
from tests.support.town import open_town
from tests.support.waiting import eventually

CALLS = 120


@pytest.mark.timeout(300)
async def test_every_process_is_restarted_under_load(database_url: str, logs: Path) -> None:
    async with open_town(database_url, logs, tenants=3) as town:
        api = await town.run("api", "api")
        first, _ = await asyncio.gather(town.run("first", "worker"), town.run("second", "worker"))
        traffic = Traffic(town, random.Random(9))  # noqa: S311  the same calls at each run
        calls = traffic.calls(CALLS)
        telling = asyncio.create_task(traffic.tell(calls))
        await eventually(lambda: traffic.acknowledged >= CALLS // 2, 60)
        assert await api.terminate() == 0
        await town.run("api again", "api")
        await eventually(lambda: traffic.acknowledged >= CALLS, 60)
        assert await first.terminate() == 0
        await telling
        assert await town.processes["second"].terminate() == 0
        await town.run("third", "worker")
        await eventually(town.quiet, 90)
        await assert_the_disk_holds(town, calls, traffic)
        await assert_every_command_is_done(town)
        await assert_the_crms_hold(town, calls)
        # Whatever was stored was also acknowledged: nobody had to send anything again.
        assert (traffic.fresh, traffic.repeats) == (3 * CALLS, traffic.doubled)
        # Whatever was sent was also noted: no command was tried twice or left in doubt.
        tried = await town.fetch("SELECT attempts, unsure, count(*) FROM outbox GROUP BY 1, 2")
        assert [(row["attempts"], row["unsure"]) for row in tried] == [(1, False)]
