"""`kill -9` of everything at random points: nothing is lost, nothing happens twice."""

import asyncio
import os
import random
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from kommutator.kit.postgres import EmbeddedPostgres
from kommutator.store import migrate
from kommutator.store.driver import TRANSIENT, is_transient
from tests.stories.chaos.ledger import (
    assert_every_command_is_done,
    assert_order_was_kept,
    assert_the_crms_hold,
    assert_the_disk_holds,
)
from tests.stories.chaos.traffic import Traffic
from tests.support.town import Town, open_town
from tests.support.waiting import eventually

SEED = 20261120
PROCESSES = ("api", "worker-1", "worker-2")


class Reaper:
    """Kills by plan: at these numbers of acknowledged events, then of finished commands."""

    def __init__(self, town: Town, postgres: EmbeddedPostgres, dice: random.Random) -> None:
        self._town, self._postgres, self._dice = town, postgres, dice
        self.killed: list[str] = []

    def plan(self, total: int, kills: int) -> list[tuple[int, str]]:
        """Everybody dies about equally often, at random points.

        PostgreSQL three times at most: its launcher gives up on one that dies again and again.
        """
        points = sorted(self._dice.randrange(1, total) for _ in range(kills))
        victims = [(*PROCESSES, "postgres", "connections")[n % 5] for n in range(min(kills, 15))]
        victims += [(*PROCESSES, "connections")[n % 4] for n in range(kills - len(victims))]
        self._dice.shuffle(victims)
        return list(zip(points, victims, strict=True))

    async def kill(self, victim: str) -> None:
        self.killed.append(victim)
        if victim == "postgres":
            pid = self._postgres.pid
            if pid is not None:  # else it is on its way back from the last time
                os.kill(pid, signal.SIGKILL)
        elif victim == "connections":
            await self._cut()
        else:
            self._town.processes[victim].kill()

    async def _cut(self) -> None:
        """Every connection of everybody, the listeners included."""
        try:
            await self._town.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
        except Exception as error:
            if not is_transient(error):
                raise


async def rampage(dsn: str, logs: Path, postgres: EmbeddedPostgres, calls: int, kills: int) -> None:
    dice = random.Random(SEED)  # noqa: S311  the same points at each run
    async with open_town(dsn, logs, tenants=4 if calls < 1000 else 8) as town:
        await town.run("api", "api")
        await asyncio.gather(town.run("worker-1", "worker"), town.run("worker-2", "worker"))
        traffic, reaper = Traffic(town, dice), Reaper(town, postgres, dice)
        told = traffic.calls(calls)
        telling = asyncio.create_task(traffic.tell(told))
        for point, victim in reaper.plan(3 * calls, kills):
            await eventually(lambda point=point: traffic.acknowledged >= point, 240)
            await reaper.kill(victim)
        await telling
        for victim in ("worker-1", "postgres", "worker-2", "connections"):
            await reaper.kill(victim)
            await _some_commands_later(town)
        await eventually(town.calm, 120)
        await assert_the_disk_holds(town, told, traffic)
        await assert_every_command_is_done(town)
        await assert_the_crms_hold(town, told)
        await assert_order_was_kept(town)
        assert set(reaper.killed) == {*PROCESSES, "postgres", "connections"}
        assert all(town.processes[name].starts > 1 for name in PROCESSES)


async def _some_commands_later(town: Town) -> None:
    """Until ten more commands are done, or there is nothing left to do."""
    before: list[int] = []

    async def moved() -> bool:
        if await town.calm():
            return True
        with suppress(*TRANSIENT):
            before.append(await town.value("SELECT count(*) FROM outbox WHERE state = 'done'"))
        return bool(before) and before[-1] >= before[0] + 10

    await eventually(moved, 120)


@pytest.mark.timeout(300)
async def test_200_calls_survive_the_death_of_everything(
    postgres: EmbeddedPostgres, logs: Path
) -> None:
    dsn = postgres.dsn()
    await migrate.upgrade(dsn)
    await rampage(dsn, logs, postgres, calls=200, kills=6)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_2000_calls_survive_the_death_of_everything(
    postgres: EmbeddedPostgres, logs: Path
) -> None:
    dsn = postgres.dsn()
    await migrate.upgrade(dsn)
    await rampage(dsn, logs, postgres, calls=2_000, kills=40)
