"""The vendor's limits, at ten times the load they allow, from two processes, as the twin counts.

5 a second and 200 a minute per address, all salons and processes together.
"""

import asyncio
import math
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from kommutator.connectors.crm.yclients import manifest
from kommutator.connectors.crm.yclients.budgets import budgets_at
from kommutator.flows.turns import Turns
from kommutator.kit.clock import SystemClock
from kommutator.kit.http import HttpClient
from kommutator.store.budgets import SLACK
from kommutator.store.database import Database
from tests.connectors.yclients import pacer
from tests.connectors.yclients.vendor import HOSTS, Vendor
from tests.support.counting_twin import counting_twin

_BUSY = 0.5  # of the allowance, on a machine that does other things; the long ones ask for all
_START_S = 5.0  # for two interpreters to come up beside everything else that a machine does
QUICK_S = 20.0


@dataclass(frozen=True)
class Counted:
    answered: int
    in_a_second: int
    in_a_minute: int
    refused: int

    @property
    def fits(self) -> bool:
        return self.in_a_second <= 5 and self.in_a_minute <= 200 and self.refused == 0


@pytest.fixture
async def counting() -> AsyncIterator[Vendor]:
    """The twin in its own process, which is late for nobody."""
    async with counting_twin("yclients") as root:
        http = HttpClient(clock=SystemClock(), allowed_hosts=HOSTS)
        yield await Vendor.of(http, root)
        await http.close()


async def overload(vendor: Vendor, dsn: str, seconds: float) -> Counted:
    """What two processes got answered, and what the twin counted meanwhile."""
    await vendor.order("switches", rate_limits=True)
    begin = time.time() + _START_S
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            pacer.__file__,
            dsn,
            vendor.root,
            str(begin),
            str(seconds),
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(2)
    ]
    said = await asyncio.gather(*(one.communicate() for one in processes))
    pace = await vendor.look("pace")
    answered = sum(int(out or b"0") for out, _ in said)
    return Counted(answered, pace["mostInASecond"], pace["mostInAMinute"], pace["refused"])


async def test_no_second_above_five(counting: Vendor, database_url: str) -> None:
    """On a machine that is busy with other things the counter itself may be late, so two tries.

    A pace above the limit fails both of them.
    """
    said = []
    for _ in range(2):
        said.append(await overload(counting, database_url, 5.0))
        if said[-1].fits and said[-1].answered >= _BUSY * (manifest.MINUTE_AT_ONCE + 3 * 5):
            return
        await counting.order("reset")
        counting = await Vendor.of(counting.http, counting.root)
        db = await Database.open(database_url, size=1)
        async with db.unit() as unit:  # a 429 holds everybody
            await unit.connection.execute("DELETE FROM budgets")
        await db.close()
    pytest.fail(f"counted: {said}")


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_twenty_seconds_of_ten_times_too_much(counting: Vendor, database_url: str) -> None:
    counted = await overload(counting, database_url, QUICK_S)
    assert counted.fits, counted
    assert counted.answered >= 0.9 * manifest.PER_MINUTE * QUICK_S / 60, counted


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_two_minutes_of_ten_times_too_much(counting: Vendor, database_url: str) -> None:
    """Longer than the longer window: what a rest had saved is spent, and the rest is steady."""
    counted = await overload(counting, database_url, 120.0)
    assert counted.fits, counted
    assert counted.answered >= 0.9 * manifest.PER_MINUTE * 2, counted


def test_pace_leaves_room_for_the_way_to_the_vendor() -> None:
    step = 1 / (manifest.SECOND_PACE * SLACK)
    assert 5 * step > 1 + 0.035  # the sixth is so much later than a second after the first
    assert 1 / step >= 0.955 * manifest.PER_SECOND
    minute = manifest.MINUTE_PACE * SLACK * 60
    assert manifest.MINUTE_AT_ONCE + math.floor(minute) <= manifest.PER_MINUTE - 2
    assert minute >= 0.94 * manifest.PER_MINUTE


def test_copying_leaves_two_fifths_of_each_minute() -> None:
    assert manifest.BACKGROUND_PACE * SLACK * 60 <= 0.6 * manifest.PER_MINUTE


@pytest.mark.slow
async def test_people_come_first(database_url: str) -> None:
    """While more is copied than there is room for, somebody who waits waits for a moment."""
    clock = SystemClock()
    db = await Database.open(database_url, size=8)
    turns = Turns(db, clock=clock)

    async def copy() -> None:
        while True:
            await turns(budgets_at("here", background=True))

    copying = [asyncio.create_task(copy()) for _ in range(20)]
    waits = []
    for _ in range(8):
        await clock.sleep(1.0)
        began = clock.monotonic()
        await turns(budgets_at("here"))
        waits.append(clock.monotonic() - began)
    for task in copying:
        task.cancel()
    await asyncio.gather(*copying, return_exceptions=True)
    await db.close()
    assert max(waits) < 1.5, waits
