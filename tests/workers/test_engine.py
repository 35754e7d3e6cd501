"""Sharing lanes: fair parts, lost wake-ups, order over many engines."""

# ruff: noqa: ARG002  a connector's methods get more than these need
import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from kommutator.domain.connection import Account
from kommutator.domain.outcome import Outcome
from kommutator.domain.ports import Due
from kommutator.kit.errors import ErrorKind
from kommutator.store.database import Database
from kommutator.store.outbox import Owed
from kommutator.workers.lease import Lease
from kommutator.workers.shares import ClockWatch, Shares
from tests.support.waiting import eventually, takes
from tests.workers.harness import (
    OK,
    FakeDelivery,
    account,
    add_connection,
    failed,
    house,
    owe,
    record,
    states,
)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = await Database.open(database_url, size=4)
    yield database
    await database.close()


@pytest.mark.parametrize(
    ("live", "owned", "wanted", "quota"),
    [(2, 10, 0, 6), (2, 0, 50, 26), (3, 10, 0, 5), (2, 0, 1, 2)],
)
def test_quota(live: int, owned: int, wanted: int, quota: int) -> None:
    shares = Shares(live={"worker": live}, owned={"crm": owned})
    assert shares.quota("crm", wanted=wanted) == quota


def test_a_lone_engine_takes_everything_and_gives_nothing() -> None:
    shares = Shares(live={"worker": 1}, owned={"crm": 500})
    assert shares.quota("crm", wanted=500) == float("inf")
    assert shares.surplus("crm", 500) == 0


def test_surplus_counts_engines_of_the_lanes_role_only() -> None:
    shares = Shares(live={"worker": 4, "pbx": 1}, owned={"crm": 8, "pbx": 8})
    assert shares.surplus("crm", 8) == 5
    assert shares.surplus("pbx", 8) == 0


def test_clock_watch_distrusts_for_a_lease_after_a_jump() -> None:
    watch = ClockWatch(tolerance_s=1, distrust_s=5)
    assert not watch.observe(1000, 10)
    assert not watch.observe(1001.5, 11)
    assert watch.trusted(11)
    assert watch.observe(4601, 12)
    assert not watch.trusted(16.9)
    assert watch.trusted(17)
    assert not watch.observe(4606, 17)
    assert watch.observe(1000, 18)


async def test_a_second_engine_gets_its_part_of_busy_lanes(db: Database, database_url: str) -> None:
    accounts = [account(n, str(n)) for n in range(1, 13)]
    for acc in accounts:
        await add_connection(db, acc)
        await owe(db, acc, [(f"k{i}", f"{i}", record()) for i in range(150)])

    async def slow(due: Due) -> Outcome:
        await takes(0.05)
        return OK

    first, second = FakeDelivery(slow, slots=1), FakeDelivery(slow, slots=1)
    async with house(database_url, first, accounts) as one:
        await eventually(lambda: len(one.engine.lanes) == 12)
        async with house(database_url, second, accounts) as two:
            await eventually(lambda: len(two.engine.lanes) >= 5 and len(one.engine.lanes) <= 7)
            assert not one.engine.lanes & two.engine.lanes
            await eventually(lambda: one.all_done(12 * 150), 60)
    assert len({d.id for d in first.sent} & {d.id for d in second.sent}) == 0


async def test_order_of_each_key_over_many_engines(db: Database, database_url: str) -> None:
    """8 engines, 200 keys of 50 events, now and then a failure that is repeated."""
    accounts = [account(n, str(n)) for n in range(1, 17)]
    for acc in accounts:
        await add_connection(db, acc)
    log: list[tuple[str, int]] = []
    stumbled: set[int] = set()

    async def reply(due: Due) -> Outcome:
        if due.id % 97 == 0 and due.id not in stumbled:
            stumbled.add(due.id)
            return failed(ErrorKind.RATE_LIMITED, retry_after=0.01)
        await asyncio.sleep(0)
        log.append((due.key, due.id))
        return OK

    async def feed() -> None:
        for start in range(0, 50, 5):
            for n, acc in enumerate(accounts):
                keys = range(n, 200, len(accounts))
                await owe(
                    db,
                    acc,
                    [
                        (f"k{k}", f"{k}-{i}", record())
                        for i in range(start, start + 5)
                        for k in keys
                    ],
                )

    async with AsyncExitStack() as stack:
        for _ in range(8):
            delivery = FakeDelivery(reply, slots=5)
            await stack.enter_async_context(house(database_url, delivery, accounts))
        await feed()
        await eventually(lambda: _done(db, 10_000), 90)
    assert len(log) == len(set(log)) == 10_000
    by_key: dict[str, list[int]] = {}
    for key, number in log:
        by_key.setdefault(key, []).append(number)
    assert len(by_key) == 200
    assert all(a < b for ids in by_key.values() for a, b in pairwise(ids))


async def _done(db: Database, count: int) -> bool:
    return await states(db) == {"done": count}


async def test_rows_without_any_wake_up_are_swept(db: Database, database_url: str) -> None:
    acc = account(1)
    await add_connection(db, acc)
    async with house(database_url, FakeDelivery(), [acc]) as h:
        async with db.single() as unit:
            await unit.connection.execute(
                "INSERT INTO outbox (enterprise, lane, connection_id, key, kind, payload, once) "
                "VALUES ('0367', $1, $2, 'k', 'cancel_call', '{\"kind\": \"cancel_call\"}', 'x')",
                acc.lane,
                acc.connection_id,
            )
        await eventually(lambda: h.all_done(1), 5)


async def test_killed_listener_comes_back(db: Database, database_url: str) -> None:
    acc = account(1)
    await add_connection(db, acc)
    kill = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE query LIKE 'LISTEN%' AND datname = current_database()"
    )
    async with house(database_url, FakeDelivery(), [acc], sweep_s=1000) as h:
        async with db.single() as unit:
            assert await unit.connection.fetchval(kill) == 1
        listening = (
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE query LIKE 'LISTEN%' AND datname = current_database()"
        )

        async def back() -> bool:
            async with db.single() as unit:
                return bool(await unit.connection.fetchval(listening))

        await eventually(back)
        await owe(db, acc, [("k", "1", record())])  # by another pool: only NOTIFY tells
        await eventually(lambda: h.all_done(1), 5)


async def test_a_row_for_later_is_delivered_later_though_the_lane_was_given_back(
    db: Database, database_url: str
) -> None:
    acc = account(1)
    await add_connection(db, acc)
    soon = datetime.now(UTC) + timedelta(seconds=6.5)
    async with house(database_url, FakeDelivery(), [acc], linger_s=0.1) as h:
        async with h.db.unit() as unit:
            owed = Owed(acc.lane, acc.connection_id, "k", record(), "1", run_at=soon)
            await unit.outbox.add(acc.enterprise, [owed])
        await eventually(lambda: acc.lane in h.engine.lanes)
        await eventually(lambda: not h.engine.lanes)
        assert h.delivery.sent == []
        await eventually(lambda: h.all_done(1), 12)
    assert datetime.now(UTC) >= soon


async def test_a_crashing_runner_leaves_doubt_and_is_tried_again(
    db: Database, database_url: str
) -> None:
    acc = account(1)
    await add_connection(db, acc)
    crashes = 0

    class Crashing(FakeDelivery):
        def concurrency(self, account: Account) -> int:
            nonlocal crashes
            if self.sent and not crashes:
                crashes = 1
                raise ZeroDivisionError
            return 1

    async def reply(due: Due) -> Outcome:
        await takes(0.05)
        return OK

    await owe(db, acc, [(f"k{i}", f"{i}", record()) for i in range(3)])
    async with house(database_url, Crashing(reply), [acc]) as h:
        await eventually(lambda: h.all_done(3))
    assert crashes == 1
    assert [d.unsure for d in h.delivery.sent] == [False, True, True]


class Link:
    """Stands on its lanes, as the link to a PBX does. Attributes: `held`: lanes, in turn."""

    def __init__(self) -> None:
        self.held: list[str] = []

    async def run(self, lease: Lease) -> None:
        self.held.append(lease.lane)
        while lease.alive():
            await lease.kick.wait()


async def add_pbxs(db: Database, count: int) -> None:
    """Each of an enterprise of its own."""
    async with db.unit() as unit:
        await unit.connection.execute(
            "WITH made AS (INSERT INTO enterprises (number, name) "
            "SELECT 1000 + n, 'E' FROM generate_series(1, $1) n RETURNING number) "
            "INSERT INTO connections (id, enterprise, kind, name, base_url, status) "
            "SELECT gen_random_uuid(), number, 'asterisk', 'p', 'ami://pbx.test:5038', 'active' "
            "FROM made",
            count,
        )


async def test_a_lane_that_is_locked_for_long_costs_no_other_its_lease(
    db: Database, database_url: str
) -> None:
    await add_pbxs(db, 2)
    link = Link()
    pace = {"lease_s": 1.5, "renew_s": 0.2}
    async with house(
        database_url, FakeDelivery(), runners={"pbx": link}, roles=("pbx",), **pace
    ) as h:
        await eventually(lambda: len(link.held) == 2)
        async with db.unit() as unit:
            locked = await unit.connection.fetchval(
                "SELECT lane FROM lanes ORDER BY lane LIMIT 1 FOR UPDATE"
            )
            (other,) = set(link.held) - {locked}
            await eventually(lambda: h.engine.lanes == {other})
    assert link.held.count(other) == 1


async def test_engines_without_the_role_leave_standing_lanes_alone(
    db: Database, database_url: str
) -> None:
    await add_pbxs(db, 1)
    link = Link()
    runners = {"pbx": link}
    async with house(database_url, FakeDelivery(), runners=runners, roles=("worker",)) as h:
        await asyncio.sleep(0)
        assert link.held == []
        assert not h.engine.lanes
    async with house(database_url, FakeDelivery(), runners=runners, roles=("pbx",)) as h:
        await eventually(lambda: len(link.held) == 1)
        assert len(h.engine.lanes) == 1
