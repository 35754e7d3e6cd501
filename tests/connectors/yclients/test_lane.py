"""A lane in processes that are killed, over a wire that loses answers: each call once, in order."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kommutator.connectors.crm.yclients.desk import YClientsDesk
from kommutator.domain.commands import CallRecord, CallResult, Direction
from kommutator.store.database import Database
from tests.connectors.yclients import lane_process
from tests.connectors.yclients.test_delivery_live import AT, NOTHING
from tests.connectors.yclients.vendor import SALON, Vendor
from tests.support.killable import running
from tests.support.waiting import eventually
from tests.workers.harness import add_connection, owe, states

CALLS = 60
CLIENTS = [f"+79990002{number:03}" for number in range(12)]
PROCESS = Path(lane_process.__file__)


def record(number: int) -> CallRecord:
    """No two of one client are equally long, so that the vendor's list tells them apart."""
    return CallRecord(
        call_id=f"c{number}",
        direction=Direction.IN,
        client=CLIENTS[number % len(CLIENTS)],
        extension="101",
        result=CallResult.ANSWERED,
        started_at=AT - timedelta(seconds=10 * (CALLS - number)),
        wait_s=4,
        talk_s=100 + number,
    )


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    db = await Database.open(database_url, size=4)
    yield db
    await db.close()


async def done(db: Database) -> int:
    return (await states(db)).get("done", 0)


@pytest.mark.timeout(120)
async def test_killed_in_the_middle(vendor: Vendor, db: Database, database_url: str) -> None:
    here = lane_process.chain(vendor)
    await YClientsDesk(vendor.clients()).register(here, NOTHING)
    for kind, after in (("html_504", True), ("drop", True), ("drop", False)):
        await vendor.order("faults", kind=kind, after=after, path="/api/v1/voip/", probability=0.04)
    await vendor.order("faults", kind="latency", seconds=0.05, path="/api/v1/voip/")
    await add_connection(db, here)
    calls = [record(number) for number in range(CALLS)]
    await owe(db, here, [(call.client, str(call.call_id), call) for call in calls])

    async with running(PROCESS, database_url, vendor.root):
        await eventually(lambda: _more_than(db, 5), limit_s=30)
    killed_at = await done(db)
    async with (
        running(PROCESS, database_url, vendor.root),
        running(PROCESS, database_url, vendor.root),
    ):
        await eventually(lambda: _more_than(db, CALLS - 1), limit_s=60)

    assert killed_at < CALLS
    held = (await vendor.look(f"calls?company={SALON}&count=0"))["items"]
    lengths = Counter(int(call["duration"]) for call in held)
    assert lengths == Counter({100 + number: 1 for number in range(CALLS)})
    assert in_order(held)


async def _more_than(db: Database, count: int) -> bool:
    return await done(db) > count


def in_order(held: list[dict[str, Any]]) -> bool:
    """Whether each client's calls were written in the order in which they were owed."""
    order: dict[str, list[int]] = defaultdict(list)
    for call in sorted(held, key=lambda call: int(call["id"])):
        order[str(call["caller_phone"])].append(int(call["duration"]))
    return len(order) == len(CLIENTS) and all(seen == sorted(seen) for seen in order.values())
