"""Durable intake: acknowledged means committed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.intake import Intake
from kommutator.kit.clock import SystemClock
from kommutator.kit.errors import InvalidInput, Unavailable
from kommutator.store.database import Database
from tests.store.test_core import E, arrival


@pytest.fixture
async def intake(db: Database) -> AsyncIterator[Intake]:
    it = Intake(db, clock=SystemClock(), patience_s=0.6)
    await it.start()
    yield it
    await it.stop()


async def rows(db: Database, enterprise: EnterpriseNumber = E) -> list[Any]:
    async with db.single() as unit:
        return await unit.journal.fetch_new(enterprise, 10_000)


async def test_acknowledged_rows_are_there_in_the_order_of_arrival(
    db: Database, intake: Intake
) -> None:
    receipts = await asyncio.gather(*(intake.accept(arrival(n)) for n in range(800)))
    assert [r.id for r in await rows(db)] == [r.journal_id for r in receipts]
    assert [r.key for r in await rows(db)] == [f"call-{n}" for n in range(800)]


async def test_repeats_are_acknowledged_but_not_stored(db: Database, intake: Intake) -> None:
    receipts = await asyncio.gather(*(intake.accept(arrival(n % 3)) for n in range(90)))
    assert sum(not r.duplicate for r in receipts) == 3
    assert len(await rows(db)) == 3
    assert (await intake.accept(arrival(1))).duplicate


async def test_a_poisoned_row_fails_alone(db: Database, intake: Intake) -> None:
    poison = [arrival(50, key="nul\x00"), arrival(51, key="lone \udcff")]
    results = await asyncio.gather(
        *(intake.accept(a) for a in [arrival(1), *poison, arrival(2)]), return_exceptions=True
    )
    assert [type(r).__name__ for r in results] == [
        "Receipt",
        "InvalidInput",
        "InvalidInput",
        "Receipt",
    ]
    assert isinstance(results[1], InvalidInput)
    assert results[1].code == "event_not_storable"
    assert [r.key for r in await rows(db)] == ["call-1", "call-2"]


async def test_one_wake_per_lane_and_batch(database_url: str) -> None:
    woken: list[str] = []
    db = await Database.open(database_url, size=2, waker=woken.append)
    intake = Intake(db, clock=SystemClock(), flushers=1)
    await intake.start()
    await intake.accept(arrival(0))
    assert woken == ["decide:0367"]
    other = EnterpriseNumber("1")
    first = intake.accept(arrival(1))
    batch = [intake.accept(arrival(n, enterprise=other)) for n in range(20)]
    await asyncio.gather(first, *batch)
    assert len(woken) <= 4  # a batch of one at most, then the rest together
    await intake.stop()
    await db.close()


async def test_full_buffer_and_absent_database_refuse(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake = Intake(db, clock=SystemClock(), flushers=1, room=5, patience_s=0.4)

    def away() -> Any:
        raise ConnectionRefusedError

    monkeypatch.setattr(db, "single", away)
    await intake.start()
    results = await asyncio.gather(
        *(intake.accept(arrival(n)) for n in range(8)), return_exceptions=True
    )
    assert [type(r) for r in results] == [Unavailable] * 8
    assert {r.code for r in results if isinstance(r, Unavailable)} == {"journal_unavailable"}
    monkeypatch.undo()
    assert not (await intake.accept(arrival(100))).duplicate
    await intake.stop()


async def test_a_database_that_hangs_does_not_hold_the_senders(
    db: Database, intake: Intake, database_url: str
) -> None:
    blocker = await Database.open(database_url, size=1)
    async with blocker.unit() as unit:
        await unit.connection.execute("LOCK TABLE journal IN ACCESS EXCLUSIVE MODE")
        async with asyncio.timeout(3):
            with pytest.raises(Unavailable):
                await intake.accept(arrival(1))
    await blocker.close()
    assert len({(await intake.accept(arrival(n))).duplicate for n in (2, 3)}) == 1


async def test_a_sender_who_left_does_not_disturb_the_others(db: Database, intake: Intake) -> None:
    leaving = asyncio.ensure_future(intake.accept(arrival(1)))
    staying = asyncio.ensure_future(intake.accept(arrival(2)))
    await asyncio.sleep(0)
    leaving.cancel()
    assert not (await staying).duplicate


async def test_stop_stores_what_was_taken_in_and_then_refuses(db: Database) -> None:
    intake = Intake(db, clock=SystemClock())
    await intake.start()
    waiting = [asyncio.ensure_future(intake.accept(arrival(n))) for n in range(10)]
    await asyncio.sleep(0)
    await intake.stop()
    assert all(not r.duplicate for r in await asyncio.gather(*waiting))
    with pytest.raises(Unavailable):
        await intake.accept(arrival(11))
