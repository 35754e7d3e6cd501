"""Lanes, budgets, timers and retention, statement by statement."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.journal import Ignored
from kommutator.domain.outcome import Budget
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.clock import SystemClock
from kommutator.store.database import Database
from kommutator.store.deliveries import LaneHealth, Settled
from kommutator.store.lanes import Claim
from kommutator.workers.scheduler import Scheduler
from tests.store.test_core import E, arrival
from tests.workers.harness import account, add_connection, owe, popup, record

ONE, TWO = UUID(int=101), UUID(int=102)
LANE = "decide:0367"


async def claim(db: Database, owner: UUID, *lanes: str) -> list[Claim]:
    async with db.single() as unit:
        return await unit.lanes.claim_everywhere(lanes or (LANE,), owner, 5)


async def expire(db: Database) -> None:
    async with db.single() as unit:
        await unit.connection.execute("UPDATE lanes SET lease_until = now() - interval '1 s'")


async def test_one_of_two_claims_wins_and_the_fence_grows(db: Database) -> None:
    both = await asyncio.gather(claim(db, ONE), claim(db, TWO))
    assert sorted(len(c) for c in both) == [0, 1]
    await expire(db)
    (again,) = await claim(db, TWO)
    assert (again.lane, again.enterprise, again.fence, again.doubtful) == (LANE, E, 2, 0)


async def test_a_renewed_lease_is_kept_and_an_old_fence_is_not(db: Database) -> None:
    await claim(db, ONE)
    async with db.single() as unit:
        assert await unit.lanes.renew_everywhere({LANE: 1}, ONE, 5) == {LANE}
        await expire(db)
        assert await unit.lanes.renew_everywhere({LANE: 1}, ONE, 5) == {LANE}  # nobody took it
        await expire(db)
        await claim(db, TWO)
        assert await unit.lanes.renew_everywhere({LANE: 1}, ONE, 5) == set()
        assert not await unit.lanes.hold(E, LANE, 1)
        assert await unit.lanes.hold(E, LANE, 2)


async def test_a_lane_that_somebody_changes_keeps_no_other_waiting(db: Database) -> None:
    """Whoever changes it may need the other next: neither may wait in a ring."""
    busy = "decide:0368"
    await claim(db, ONE, LANE, busy)
    change = "UPDATE lanes SET failures = 1 WHERE lane = $1"
    async with db.single() as mine:
        async with db.unit() as other:
            await other.connection.execute(change, busy)
            assert await mine.lanes.renew_everywhere({busy: 1, LANE: 1}, ONE, 5) == {LANE}
            waiting = asyncio.create_task(mine.lanes.renew_everywhere({busy: 1}, ONE, 5, busy=True))
            await other.connection.execute(change, LANE)
            assert not waiting.done()
        assert await waiting == {busy}


async def test_a_lease_from_before_the_clock_jumped_back_is_no_lease(db: Database) -> None:
    await claim(db, ONE)
    async with db.single() as unit:
        await unit.connection.execute("UPDATE lanes SET lease_until = now() + interval '1 hour'")
    assert [c.fence for c in await claim(db, TWO)] == [2]


async def test_names_that_are_no_lanes_are_claimed_by_nobody(db: Database) -> None:
    assert await claim(db, ONE, "crm:garbage", "crm:" + str(UUID(int=5)), "nonsense") == []


async def test_what_a_dead_owner_held_becomes_unsure(db: Database) -> None:
    acc = account(1)
    await add_connection(db, acc)
    await owe(db, acc, [("a", "1", record()), ("b", "2", record())])
    await claim(db, ONE, acc.lane)
    async with db.single() as unit:
        rows = await unit.deliveries.fetch(acc.lane, 1, busy_keys=(), limit=1)
        assert [r.id for r in rows] == [1]
        await expire(db)
        (taken,) = await claim(db, TWO, acc.lane)
        assert taken.doubtful == 1
        rows = await unit.deliveries.fetch(acc.lane, 2, busy_keys=(), limit=9)
        assert [(r.id, r.unsure) for r in rows] == [(1, True), (2, False)]
        assert await unit.deliveries.fetch(acc.lane, 1, busy_keys=(), limit=9) == []


async def test_a_replaced_owner_finishes_nothing(db: Database) -> None:
    acc = account(1)
    await add_connection(db, acc)
    await owe(db, acc, [("a", "1", record())])
    await claim(db, ONE, acc.lane)
    await expire(db)
    await claim(db, TWO, acc.lane)
    done = {"settled": [Settled(1, "done")], "attempts": [], "health": LaneHealth(failures=7)}
    async with db.single() as unit:
        assert await unit.deliveries.finish(E, acc.lane, 1, **done) == set()
        assert (await unit.outbox.get(E, 1)).state == "due"  # type: ignore[union-attr]  # it is there
        assert (await unit.lanes.status(E))[0].failures == 0
        other = EnterpriseNumber("0001")
        assert await unit.deliveries.finish(other, acc.lane, 2, **done) == set()
        assert await unit.deliveries.finish(E, acc.lane, 2, **done) == {1}
        assert (await unit.lanes.status(E))[0].failures == 7


async def test_sweep_finds_lanes_with_work_and_no_owner(db: Database) -> None:
    accounts = [account(n, f"{n}") for n in (1, 2, 3)]
    for acc in accounts:
        await add_connection(db, acc)
        await owe(db, acc, [(f"k{i}", f"{i}", popup()) for i in range(30)])
    async with db.single() as unit:
        await unit.journal.append([arrival(1), arrival(2)])

        async def found(*, thorough: bool = False) -> dict[str, bool]:
            rows = await unit.lanes.sweep_everywhere(5, thorough=thorough)
            return {f.lane: f.orphan for f in rows}

        first, second, third = (a.lane for a in accounts)
        assert await found() == {LANE: False, first: False, second: False, third: False}
        await claim(db, ONE, LANE, first, second)
        assert await found() == {third: False}
        await expire(db)
        assert await found() == {LANE: True, first: True, second: True, third: False}
        await claim(db, ONE, first)
        await unit.lanes.park(accounts[0].enterprise, first, 2, reason="access_revoked")
        await expire(db)
        assert first not in await found()
        await claim(db, ONE, second)
        await unit.connection.execute(
            "UPDATE outbox SET run_at = now() + interval '1 h' WHERE lane = $1", second
        )
        await unit.lanes.release(second, 2, ONE)
        assert second not in await found()
        assert second in await found(thorough=True)


async def test_active_asterisk_connections_are_standing_lanes(db: Database) -> None:
    async with db.single() as unit:
        await unit.connection.execute("INSERT INTO enterprises (number, name) VALUES ('0367', 'E')")
        await unit.connection.execute(
            "INSERT INTO connections (id, enterprise, kind, name, base_url, status) "
            "VALUES ($1, '0367', 'asterisk', 'p', 'ami://pbx.test:5038', 'active')",
            ONE,
        )
        assert [f.lane for f in await unit.lanes.standing_everywhere(5)] == [f"pbx:{ONE}"]
        (got,) = await claim(db, TWO, f"pbx:{ONE}")
        assert (got.enterprise, got.connection_id) == (E, ONE)
        assert await unit.lanes.standing_everywhere(5) == []
    assert ConnectionKind.ASTERISK == "asterisk"


async def test_budgets_are_taken_together_or_not_at_all(db: Database) -> None:
    fast, slow = Budget("fast", rate=1000, burst=50), Budget("slow", rate=0.1)
    async with db.single() as unit:
        assert (await unit.budgets.take_everywhere([fast, slow], horizon=0)).granted
        before = await unit.connection.fetchval("SELECT tat FROM budgets WHERE key = 'fast'")
        denied = await unit.budgets.take_everywhere([fast, slow], horizon=0.2)
        assert not denied.granted
        assert 10 < denied.wait < 10.6
        after = await unit.connection.fetchval("SELECT tat FROM budgets WHERE key = 'fast'")
        assert after == before


async def test_budget_burst_then_spacing_then_hold(db: Database) -> None:
    budget = Budget("b", rate=10 / 0.95, burst=3)
    async with db.single() as unit:
        waits = [(await unit.budgets.take_everywhere([budget], horizon=9)).wait for _ in range(5)]
        assert waits[:3] == [0, 0, 0]
        assert 0.05 < waits[3] <= 0.1
        assert 0.15 < waits[4] <= 0.2
        await unit.budgets.hold_everywhere(["b"], 30)
        held = await unit.budgets.take_everywhere([budget], horizon=1)
        assert not held.granted
        assert held.wait > 29


async def test_timers_move_into_the_journal_once(db: Database) -> None:
    past = datetime(2026, 1, 1, tzinfo=UTC)
    async with db.unit() as unit:
        await unit.timers.set(E, "t1", run_at=past, kind="call_back", key="c1", body=b"1")
        await unit.timers.set(E, "t2", run_at=past, kind="call_back")
        await unit.timers.set(E, "t2", run_at=past + timedelta(days=9999), kind="call_back")
        await unit.timers.set(E, "t3", run_at=past, kind="call_back")
        await unit.timers.cancel(E, "t3")
    scheduler = Scheduler(db, clock=SystemClock())
    await asyncio.gather(*(scheduler.fire_timers() for _ in range(3)))
    async with db.unit() as unit:
        (row,) = await unit.journal.fetch_new(E, 10)
        assert (row.source, row.kind, row.key, row.body) == ("timer", "call_back", "c1", b"1")
        await unit.timers.set(E, "t1", run_at=past, kind="call_back", key="c1", body=b"2")
    await scheduler.fire_timers()
    async with db.unit() as unit:
        assert [r.body for r in await unit.journal.fetch_new(E, 10)] == [b"1", b"2"]


async def test_retention_by_each_enterprises_setting(db: Database) -> None:
    short = EnterpriseNumber("1")
    async with db.unit() as unit:
        await unit.connection.execute(
            "INSERT INTO enterprises (number, name, settings) VALUES ('0367', 'E', '{}'), "
            "('1', 'S', '{\"retention_days\": {\"journal\": 5, \"calls\": 5}}')"
        )
        for number in (E, short):
            receipts = await unit.journal.append(
                [arrival(i, enterprise=number) for i in range(1200)]
            )
            ids = [r.journal_id for r in receipts if r.journal_id]
            await unit.journal.mark(number, dict.fromkeys(ids[1:], Ignored("test")))
        await unit.connection.execute("UPDATE journal SET received_at = now() - interval '9 days'")
        await unit.journal.append([arrival(5000, enterprise=short)])
        await unit.connection.execute(
            "INSERT INTO calls (enterprise, id, source, started_at) VALUES "
            "('1', 'old', 'ami', now() - interval '9 days'), ('1', 'new', 'ami', now()), "
            "('0367', 'old', 'ami', now() - interval '9 days')"
        )
        await unit.connection.execute(
            "INSERT INTO call_aliases (enterprise, alias, call_id) VALUES ('1', 'a', 'old')"
        )
        await unit.connection.execute(
            "INSERT INTO sessions (token_hash, role, actor_name, origin, csrf, expires_at) "
            "VALUES ('\\x01', 'employee', 'a', 'password', 'c', now() - interval '1 s'), "
            "('\\x02', 'employee', 'a', 'password', 'c', now() + interval '1 h')"
        )
        await unit.connection.execute(
            "INSERT INTO route_answers (enterprise, call_id, why, at) VALUES "
            "('0367', 'old', 'route.owner', now() - interval '91 days'), "
            "('0367', 'new', 'route.owner', now() - interval '89 days')"
        )
    await Scheduler(db, clock=SystemClock()).retire()
    async with db.single() as unit:
        fetch = unit.connection.fetch
        kept = "SELECT enterprise, count(*) FROM journal GROUP BY enterprise ORDER BY enterprise"
        assert [tuple(r) for r in await fetch(kept)] == [("0367", 1200), ("1", 2)]
        calls = await fetch("SELECT enterprise, id FROM calls ORDER BY enterprise, id")
        assert [tuple(r) for r in calls] == [("0367", "old"), ("1", "new")]
        assert await fetch("SELECT 1 FROM call_aliases") == []
        assert [r[0] for r in await fetch("SELECT call_id FROM route_answers")] == ["new"]
        assert [r[0] for r in await fetch("SELECT token_hash FROM sessions")] == [b"\x02"]


async def test_retention_keeps_what_is_owed(db: Database) -> None:
    acc = account(1)
    await add_connection(db, acc)
    await owe(db, acc, [("a", "1", record()), ("b", "2", record())])
    async with db.unit() as unit:
        await unit.outbox.drop(E, [2], "by a person")
        await unit.connection.execute(
            "UPDATE outbox SET created_at = now() - interval '2 years', "
            "finished_at = finished_at - interval '2 years'"
        )
    await Scheduler(db, clock=SystemClock()).retire()
    async with db.single() as unit:
        assert [r.id for r in await unit.outbox.page(E)] == [1]


async def test_a_long_backlog_costs_no_square(db: Database) -> None:
    """5,000 waiting rows in a table that was never analysed: the planner expects a handful."""
    acc = account(1)
    await add_connection(db, acc)
    for start in range(0, 5000, 1000):
        await owe(db, acc, [(f"k{i}", f"{i}", record()) for i in range(start, start + 1000)])
    await claim(db, ONE, acc.lane)
    async with db.unit() as unit:
        await unit.connection.execute("SET LOCAL statement_timeout = '1s'")
        keys = [f"k{i}" for i in range(200)]
        rows = await unit.deliveries.fetch(acc.lane, 1, busy_keys=keys, limit=200)
        assert [r.key for r in rows] == [f"k{i}" for i in range(200, 400)]
        assert await unit.deliveries.next_wait(acc.lane, busy_keys=keys) == 0
        await unit.lanes.release(acc.lane, 1, ONE)
        assert [f.lane for f in await unit.lanes.sweep_everywhere(5, thorough=False)] == [acc.lane]


async def test_retention_walks_no_further_than_the_shortest_retention(db: Database) -> None:
    async with db.unit() as unit:
        await unit.connection.execute(
            "INSERT INTO enterprises (number, name, settings) VALUES "
            "('0367', 'E', '{\"retention_days\": {\"journal\": 3}}')"
        )
        await unit.journal.append([arrival(n) for n in range(30)])
        await unit.connection.execute(
            "UPDATE journal SET state = 'decided', received_at = now() - interval '2 days' "
            "- CASE WHEN id <= 10 THEN interval '5 days' ELSE interval '0' END"
        )
        first = await unit.retention.step_everywhere("journal", 0, limit=10)
        assert (first.last, first.deleted, first.done) == (10, 10, False)
        second = await unit.retention.step_everywhere("journal", first.last, limit=10)
        assert (second.last, second.deleted, second.done) == (20, 0, True)
