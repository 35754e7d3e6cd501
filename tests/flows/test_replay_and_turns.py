"""Trying given-up commands again, and waiting for a vendor's allowance."""

import asyncio
from datetime import UTC, datetime
from typing import NoReturn, cast

import pytest

from kommutator.domain.outcome import Budget
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.replay import Replay
from kommutator.flows.turns import Turns
from kommutator.kit.clock import ManualClock, SystemClock
from kommutator.kit.errors import InvalidInput, TooMany
from kommutator.store.database import Database
from tests.support.waiting import eventually

HERE = EnterpriseNumber("0367")


class Hurried(ManualClock):
    """Sleeps in no time and remembers how long."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._elapsed += seconds


async def test_a_replay_has_bounds(db: Database) -> None:
    replay = Replay(db)
    with pytest.raises(InvalidInput) as refused:
        await replay.commands(HERE, range(1001), actor="tests")
    assert refused.value.code == "too_many_ids"
    day = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(InvalidInput) as refused:
        await replay.span(HERE, day, day, actor="tests")
    assert refused.value.code == "range_reversed"


async def test_nothing_to_draw_from_is_no_waiting(db: Database) -> None:
    clock = Hurried()
    await Turns(db, clock=clock)(())
    assert clock.slept == []


async def test_turns_are_given_one_after_another(db: Database) -> None:
    """In the order of asking, though all of them ask at once."""
    clock = SystemClock()
    turns, budget = Turns(db, clock=clock), Budget("tests:slow", rate=10.0)
    begun, order = clock.monotonic(), list[tuple[int, float]]()

    async def ask(number: int) -> None:
        await turns([budget])
        order.append((number, clock.monotonic() - begun))

    await asyncio.gather(*(ask(number) for number in range(6)))
    assert [number for number, _ in order] == [0, 1, 2, 3, 4, 5]
    times = [at for _, at in order]
    assert times[-1] - times[0] > 0.4  # five steps of 105 ms, on a busy machine


async def test_a_line_that_is_too_long_is_not_joined(db: Database) -> None:
    turns, budget = Turns(db, clock=SystemClock()), Budget("tests:line", rate=0.3)
    waiting = [asyncio.create_task(turns([budget])) for _ in range(9)]
    await eventually(waiting[-1].done)
    refused = waiting[-1].exception()
    assert isinstance(refused, TooMany)
    assert refused.retry_after > 0
    assert not waiting[1].done()
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_who_left_late_delays_the_next(db: Database) -> None:
    clock = SystemClock()
    turns, budget = Turns(db, clock=clock), Budget("tests:late", rate=20.0)
    await turns([budget])
    await turns.late([budget], 0.5)
    began = clock.monotonic()
    await turns([budget])
    assert clock.monotonic() - began > 0.5


async def test_a_queue_that_is_too_long_is_refused_with_the_wait(db: Database) -> None:
    turns, budget = Turns(db, clock=Hurried()), Budget("tests:slower", rate=0.01)
    await turns([budget])
    with pytest.raises(TooMany) as refused:
        await turns([budget])
    assert refused.value.code == "vendor_budget_spent"
    assert 90 < refused.value.retry_after < 110


async def test_the_system_clock_is_kept_too(db: Database) -> None:
    clock = SystemClock()
    began = clock.monotonic()
    turns, budget = Turns(db, clock=clock), Budget("tests:quick", rate=20.0)
    for _ in range(3):
        await turns([budget])
    assert clock.monotonic() - began >= 0.09


async def test_a_hold_is_for_everybody(db: Database) -> None:
    turns, budget = Turns(db, clock=Hurried()), Budget("tests:held", rate=5.0)
    await turns([budget])
    await Turns(db, clock=Hurried()).hold([budget], 60.0)
    with pytest.raises(TooMany) as refused:
        await turns([budget])
    assert 56 < refused.value.retry_after < 61


async def test_a_database_that_is_away_hides_no_answer_of_the_vendor() -> None:
    class Away:
        def single(self) -> NoReturn:
            raise ConnectionRefusedError

    turns = Turns(cast("Database", Away()), clock=SystemClock())
    await turns.hold([Budget("tests:away", rate=1.0)], 60.0)
    await turns.late([Budget("tests:away", rate=1.0)], 0.5)
