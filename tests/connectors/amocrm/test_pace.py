"""The vendor's limits, at ten times the load they allow, from two processes, as the twin counts."""

import asyncio
import sys
import time
from typing import Any

import pytest

from kommutator.connectors.crm.amocrm import manifest
from kommutator.store.budgets import SLACK
from tests.connectors.amocrm import pacer
from tests.connectors.amocrm.vendor import Vendor

_START_S = 5.0  # for two interpreters to come up beside everything else that a machine does


async def overload(vendor: Vendor, dsn: str, seconds: float) -> tuple[int, Any]:
    """What two processes got answered, and the twin's state afterwards."""
    await vendor.order("switches", rate_limits=True)
    token = (await vendor.grant()).pair.access
    begin = time.time() + _START_S
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            pacer.__file__,
            dsn,
            vendor.base_url(),
            str(begin),
            str(seconds),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(2)
    ]
    said = await asyncio.gather(*(one.communicate(f"{token}\n".encode()) for one in processes))
    assert [one.returncode for one in processes] == [0, 0]
    return sum(int(out) for out, _ in said), await vendor.state()


def bucket(vendor: Vendor, state: Any) -> int:
    most = state["buckets"][f"demo {vendor.app.client_id}"]["maxPerSecond"]
    assert isinstance(most, int)
    return most


async def test_no_second_above_seven(vendor: Vendor, database_url: str) -> None:
    answered, state = await overload(vendor, database_url, 6.0)
    assert state["violations"] == []
    assert bucket(vendor, state) <= 7
    assert answered >= 0.92 * 7 * 6  # of so few requests each one weighs much


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_a_minute_of_ten_times_too_much(vendor: Vendor, database_url: str) -> None:
    """None above seven, and at least 95 % of the allowance used."""
    answered, state = await overload(vendor, database_url, 60.0)
    assert state["violations"] == []
    assert bucket(vendor, state) <= 7
    assert answered >= 0.95 * 7 * 60, answered


def test_pace_leaves_room_for_the_way_to_the_vendor() -> None:
    step = 1 / (manifest.PACE * SLACK)
    assert 7 * step > 1 + 0.035  # the eighth is so much later than a second after the first
    assert 1 / step >= 0.955 * manifest.PER_SECOND
    whole = manifest.ACCOUNT_AT_ONCE + manifest.ACCOUNT_PACE * SLACK
    assert whole <= manifest.ACCOUNT_PER_SECOND
