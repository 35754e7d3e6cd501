"""Deciding: in order, in batches, and a bad row fails alone."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from kommutator.domain.journal import Decided, Ignored, JournalRow, Verdict
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.clock import SystemClock
from kommutator.kit.ids import SystemIds
from kommutator.store.database import Database
from kommutator.store.unit import Unit
from kommutator.workers.journal_runner import Decide, JournalRunner
from tests.store.test_core import E, arrival
from tests.support.waiting import eventually
from tests.workers.harness import FakeDelivery, house


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = await Database.open(database_url, size=4)
    yield database
    await database.close()


def runner(db: Database, decide: Decide, batch: int = 100) -> JournalRunner:
    return JournalRunner(
        db, decide, clock=SystemClock(), ids=SystemIds(), linger_s=0.2, batch=batch
    )


async def verdicts(db: Database) -> list[tuple[str | None, str, str | None]]:
    async with db.single() as unit:
        entries = await unit.journal.page(E, limit=1000)
    return [(e.row.key, e.state, e.note) for e in reversed(entries)]


async def test_rows_are_decided_in_order_as_they_come(db: Database, database_url: str) -> None:
    seen: list[int] = []

    async def decide(unit: Unit, row: JournalRow) -> Verdict:
        seen.append(row.id)
        return Decided() if row.id % 2 else Ignored("even")

    runners = {"decide": runner(db, decide, batch=7)}
    async with house(database_url, FakeDelivery(), runners=runners) as h:
        for start in range(0, 60, 20):
            async with h.db.unit() as unit:
                await unit.journal.append([arrival(n) for n in range(start, start + 20)])
                unit.wake("decide:0367")
        await eventually(lambda: len(seen) >= 60)
        await eventually(lambda: _undecided(db, 0))
        await eventually(lambda: not h.engine.lanes)
    assert seen == sorted(seen)
    assert len(seen) == 60
    assert (await verdicts(db))[:2] == [("call-0", "decided", None), ("call-1", "ignored", "even")]


async def _undecided(db: Database, count: int) -> bool:
    return sum(state == "new" for _, state, _ in await verdicts(db)) == count


async def test_a_raising_row_fails_alone_and_effects_happen_once(
    db: Database, database_url: str
) -> None:
    async def decide(unit: Unit, row: JournalRow) -> Verdict:
        await unit.connection.execute(
            "INSERT INTO audit_log (enterprise, actor, action) VALUES ($1, 'test', $2)",
            row.enterprise,
            row.key,
        )
        if row.key == "call-3":
            raise ZeroDivisionError
        if row.key == "call-5":
            await unit.connection.execute("SELECT 1/0")
        return Decided()

    async with db.unit() as unit:
        await unit.journal.append([arrival(n) for n in range(8)])
    runners = {"decide": runner(db, decide)}
    async with house(database_url, FakeDelivery(), runners=runners) as h:
        await eventually(lambda: _undecided(db, 0))
        got = await verdicts(db)
        assert [s for _, s, _ in got] == ["decided"] * 3 + [
            "failed",
            "decided",
            "failed",
            "decided",
            "decided",
        ]
        assert got[3][2] is not None
        assert len(got[3][2]) == 32
        async with h.db.single() as unit:
            rows = await unit.connection.fetch("SELECT action FROM audit_log ORDER BY action")
        assert [r[0] for r in rows] == [f"call-{n}" for n in (0, 1, 2, 4, 6, 7)]


async def test_a_batch_is_looked_at_before_its_first_row(db: Database, database_url: str) -> None:
    seen: list[str] = []

    async def prepare(_unit: Unit, rows: Sequence[JournalRow]) -> None:
        seen.append(f"all {len(rows)}")
        raise ZeroDivisionError  # its own trouble: the rows are decided all the same

    async def decide(_unit: Unit, row: JournalRow) -> Verdict:
        seen.append(row.key or "")
        return Decided()

    async with db.unit() as unit:
        await unit.journal.append([arrival(n) for n in range(2)])
    prepared = JournalRunner(
        db, decide, clock=SystemClock(), ids=SystemIds(), prepare=prepare, linger_s=0.2
    )
    async with house(database_url, FakeDelivery(), runners={"decide": prepared}):
        await eventually(lambda: _undecided(db, 0))
    assert seen == ["all 2", "call-0", "call-1"]


async def test_failed_rows_can_be_reopened_by_their_tenant_only(
    db: Database, database_url: str
) -> None:
    broken = True

    async def decide(unit: Unit, row: JournalRow) -> Verdict:
        if broken:
            raise ZeroDivisionError
        return Decided()

    async with db.unit() as unit:
        (receipt,) = await unit.journal.append([arrival(1)])
    async with house(database_url, FakeDelivery(), runners={"decide": runner(db, decide)}) as h:
        await eventually(lambda: _state(db, "failed"))
        broken = False
        async with h.db.unit() as unit:
            assert await unit.journal.reopen(EnterpriseNumber("1"), [receipt.journal_id]) == []
            assert await unit.journal.reopen(E, [receipt.journal_id]) == [receipt.journal_id]
        await eventually(lambda: _state(db, "decided"))


async def _state(db: Database, state: str) -> bool:
    return [s for _, s, _ in await verdicts(db)] == [state]


async def test_a_database_error_that_passes_marks_nothing_as_failed(
    db: Database, database_url: str
) -> None:
    times = 0

    async def decide(unit: Unit, row: JournalRow) -> Verdict:
        nonlocal times
        times += 1
        if times < 3:
            pid = await unit.connection.fetchval("SELECT pg_backend_pid()")
            async with db.single() as other:
                await other.connection.execute("SELECT pg_terminate_backend($1)", pid)
            await unit.connection.execute("SELECT 1")
        return Decided()

    async with db.unit() as unit:
        await unit.journal.append([arrival(1)])
    async with house(database_url, FakeDelivery(), runners={"decide": runner(db, decide)}):
        await eventually(lambda: _state(db, "decided"))
    assert times == 3


async def test_a_batch_of_a_lost_lane_has_no_effect(db: Database, database_url: str) -> None:
    stolen = asyncio.Event()

    async def decide(unit: Unit, row: JournalRow) -> Verdict:
        if not stolen.is_set():
            stolen.set()
            async with db.single() as other:
                await other.connection.execute(
                    "UPDATE lanes SET fence = fence + 1, owner = gen_random_uuid(), "
                    "lease_until = now() + interval '2 s'"
                )
        await unit.connection.execute(
            "INSERT INTO audit_log (enterprise, actor, action) VALUES ($1, 'test', 'x')",
            row.enterprise,
        )
        return Decided()

    async with db.unit() as unit:
        await unit.journal.append([arrival(1)])
    async with house(database_url, FakeDelivery(), runners={"decide": runner(db, decide)}):
        await stolen.wait()
        await eventually(lambda: _state(db, "decided"))
    async with db.single() as unit:
        assert await unit.connection.fetchval("SELECT count(*) FROM audit_log") == 1
