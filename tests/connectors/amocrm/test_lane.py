"""A lane in processes that are killed, over a wire that loses answers: each call once, in order."""

import asyncio
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from kommutator.domain.commands import CallRecord, CallResult, Command, Direction
from kommutator.kit.clock import SystemClock
from kommutator.kit.http import HttpClient
from kommutator.store.database import Database
from kommutator.twins import TwinsConfig, start_twins
from tests.connectors.amocrm import lane_process
from tests.connectors.amocrm.outbox import Crm, holders, written
from tests.connectors.amocrm.wire import AT
from tests.support.waiting import eventually
from tests.workers.harness import add_connection, owe, states

CALLS = 150
BUSY = '{"title": "Too Many Requests", "status": 429, "detail": "slow", "retry_after": 1}'
STRANGERS = [f"+79990002{n:03}" for n in range(15)]


@pytest.fixture
async def crm() -> AsyncIterator[Crm]:
    config = TwinsConfig(names=("amocrm",), ports={"amocrm": 0}, environment={})
    http = HttpClient(clock=SystemClock(), allowed_hosts={"127.0.0.1"})
    async with await start_twins(config) as running:
        yield await Crm.of(http, running.base_urls["amocrm"])
    await http.close()


@asynccontextmanager
async def process(dsn: str, crm: Crm) -> AsyncIterator[None]:
    """Killed at the end, whatever it is doing."""
    users = map(str, crm.users[:2])
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", lane_process.__name__, dsn, crm.root, crm.token, *users
    )
    try:
        yield
    finally:
        running.kill()
        await running.wait()


def owed(phones: list[str]) -> list[tuple[str, str, Command]]:
    """Calls in turn of all numbers; a number's own calls keep their order."""
    return [
        (
            phones[n % len(phones)],
            f"c{n}",
            CallRecord(
                call_id=f"c{n}",
                direction=Direction.IN,
                client=phones[n % len(phones)],
                extension="150",
                result=CallResult.ANSWERED,
                started_at=AT + timedelta(seconds=n),
                wait_s=4,
                talk_s=61,
            ),
        )
        for n in range(CALLS)
    ]


async def done(db: Database) -> int:
    return (await states(db)).get("done", 0)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    db = await Database.open(database_url, size=4)
    yield db
    await db.close()


async def lane_of_calls(crm: Crm, db: Database) -> None:
    """A lane that owes calls of clients and of strangers."""
    account = lane_process.account_at(crm.root, [str(user) for user in crm.users[:2]])
    await add_connection(db, account)
    fields = [f for c in (await crm.state())["contacts"] for f in c["custom_fields_values"] or ()]
    known = [f["values"][0]["value"] for f in fields if f["field_code"] == "PHONE"][:15]
    await owe(db, account, owed([*known, *STRANGERS]))


def assert_once_and_in_order(state: dict[str, list[dict[str, object]]]) -> None:
    assert written(state) == Counter({f"c{n}": 1 for n in range(CALLS)})
    assert {len(holders(state, phone)) for phone in STRANGERS} == {1}
    assert in_order(state)


@pytest.mark.timeout(120)
async def test_killed_in_the_middle(crm: Crm, db: Database, database_url: str) -> None:
    for kind, after in (("html_504", True), ("drop", True), ("drop", False)):
        await crm.order("faults", kind=kind, after=after, path="/api/v4/", probability=0.03)
    busy = {"kind": "reply", "status": 429, "body": BUSY}
    await crm.order("faults", path="/api/v4/", probability=0.01, **busy)
    await crm.order("faults", kind="latency", seconds=0.05, path="/api/v4/calls")
    await lane_of_calls(crm, db)

    async with process(database_url, crm):
        await eventually(lambda: _more_than(db, 0), limit_s=30)
    killed_at = await done(db)
    async with process(database_url, crm), process(database_url, crm):
        await eventually(lambda: _more_than(db, CALLS - 1), limit_s=60)

    assert killed_at < CALLS
    assert_once_and_in_order(await crm.state())


@pytest.mark.timeout(120)
async def test_down_and_back(crm: Crm, db: Database, database_url: str) -> None:
    """The breaker lets single probes through; what waited goes out afterwards, in order."""
    await crm.order("faults", kind="html_503", path="/api/v4/")
    await lane_of_calls(crm, db)
    async with process(database_url, crm):
        await eventually(lambda: _opened(db), limit_s=30)
        before = await asked(crm)
        await eventually(lambda: _asked_more(crm, before + 2), limit_s=30)  # only probes now
        assert await done(db) == 0
        await crm.forget_faults()
        await eventually(lambda: _more_than(db, CALLS - 1), limit_s=60)
    assert_once_and_in_order(await crm.state())


async def asked(crm: Crm) -> int:
    return len((await crm.state())["lastRequests"])


async def _asked_more(crm: Crm, count: int) -> bool:
    return await asked(crm) >= count


async def _opened(db: Database) -> bool:
    async with db.single() as unit:
        row = await unit.connection.fetchrow("SELECT breaker FROM lanes WHERE lane LIKE 'crm:%'")
    return row is not None and row["breaker"] == "open"


async def _more_than(db: Database, count: int) -> bool:
    return await done(db) > count


def in_order(state: dict[str, list[dict[str, object]]]) -> bool:
    """Whether each number's calls were written in the order in which they were owed."""
    order: dict[str, list[int]] = defaultdict(list)
    for note in sorted(state["notes"], key=lambda note: int(str(note["id"]))):
        params = note["params"]
        assert isinstance(params, dict)
        if "uniq" in params:
            order[params["phone"]].append(int(params["uniq"][1:]))
    return len(order) > len(STRANGERS) and all(seen == sorted(seen) for seen in order.values())
