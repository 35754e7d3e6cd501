"""Trying given-up commands again, and waiting for a vendor's allowance."""

from datetime import UTC, datetime

import pytest

from kommutator.domain.outcome import Budget
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.replay import Replay
from kommutator.flows.turns import Turns
from kommutator.kit.clock import ManualClock, SystemClock
from kommutator.kit.errors import InvalidInput, TooMany
from kommutator.store.database import Database

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
    clock = Hurried()
    turns, budget = Turns(db, clock=clock), Budget("tests:slow", rate=1.0)
    for _ in range(3):
        await turns([budget])
    first, second, third = clock.slept
    assert first == 0.0
    assert 0.5 < second < 1.1 < third < 2.2


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


async def test_a_turn_already_given_is_taken_back_by_a_hold(db: Database) -> None:
    budget = Budget("tests:taken-back", rate=1.0)

    class HoldsWhileWaiting(Hurried):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            if seconds > 0.25:
                await other.hold([budget], 60.0)

    other = Turns(db, clock=Hurried())
    turns = Turns(db, clock=HoldsWhileWaiting())
    await turns([budget])
    with pytest.raises(TooMany) as refused:
        await turns([budget])
    assert refused.value.code == "vendor_budget_spent"
    assert refused.value.retry_after > 50
