"""Backoff, pace and breaker: pure, on a clock of numbers."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommutator.kit.backoff import backoff
from kommutator.kit.breaker import Breaker, BreakerRules, Permit, Phase
from kommutator.kit.pace import Pace


@pytest.mark.parametrize(
    ("attempt", "jitter", "seconds"),
    [(1, 0.5, 5), (2, 0.5, 10), (3, 0.5, 20), (1, 0.0, 2.5), (2, 0.9, 14), (99, 0.0, 600)],
)
def test_backoff_doubles_spreads_and_is_capped(attempt: int, jitter: float, seconds: float) -> None:
    assert backoff(attempt, first=5, longest=600, jitter=jitter) == pytest.approx(seconds)


@given(rate=st.integers(1, 50), burst=st.integers(1, 5), n=st.integers(1, 120))
def test_pace_never_exceeds_rate_plus_burst_in_any_second(rate: int, burst: int, n: int) -> None:
    pace = Pace(rate, burst)
    times = [pace.take(0.0) for _ in range(n)]
    for start in times:
        assert sum(start <= t < start + 1 - 1e-6 for t in times) <= rate + burst
    assert times == sorted(times)
    assert times[: min(burst, n)] == [0.0] * min(burst, n)


def test_pace_uses_all_of_its_rate() -> None:
    pace = Pace(10)
    assert [pace.take(0.0) for _ in range(3)] == pytest.approx([0.0, 0.1, 0.2])


def test_pace_hold() -> None:
    pace = Pace(10, burst=3)
    pace.hold(5.0)
    assert pace.take(0.0) == pytest.approx(5.0)


RULES = BreakerRules(threshold=3, first=10, longest=40)
PLAIN = Permit(probe=False)


def opened() -> Breaker:
    breaker = Breaker(RULES, now=0)
    for _ in range(3):
        breaker.record(PLAIN, "down", now=0, jitter=0.5)
    return breaker


@pytest.mark.parametrize(
    ("results", "phase", "failures"),
    [
        (["down", "down"], Phase.CLOSED, 2),
        (["down", "down", "up"], Phase.CLOSED, 0),
        (["down", "down", "unknown", "down"], Phase.OPEN, 3),
        (["down", "down", "down"], Phase.OPEN, 3),
        (["down", "down", "down", "down"], Phase.OPEN, 3),  # sent before it opened
        (["down", "down", "down", "up"], Phase.OPEN, 3),
    ],
)
def test_closed_breaker(
    results: list[Literal["up", "down", "unknown"]], phase: Phase, failures: int
) -> None:
    breaker = Breaker(RULES, now=0)
    for result in results:
        breaker.record(PLAIN, result, now=0, jitter=0.5)
    assert (breaker.phase, breaker.failures) == (phase, failures)


def test_open_breaker_lets_nothing_through_until_its_time() -> None:
    breaker = opened()
    assert breaker.ask(9.99) is None
    assert breaker.wait(4) == 6
    assert breaker.ask(10) == Permit(probe=True)


def test_fifty_who_ask_in_half_open_get_one_probe() -> None:
    breaker = opened()
    permits = [breaker.ask(11) for _ in range(50)]
    assert [p for p in permits if p] == [Permit(probe=True)]
    assert breaker.phase is Phase.HALF_OPEN


@pytest.mark.parametrize(
    ("result", "phase", "next_wait"),
    [("up", Phase.CLOSED, 0), ("down", Phase.OPEN, 20), ("unknown", Phase.HALF_OPEN, 0)],
)
def test_probe(result: Literal["up", "down", "unknown"], phase: Phase, next_wait: float) -> None:
    breaker = opened()
    permit = breaker.ask(10)
    assert permit is not None
    breaker.record(permit, result, now=10, jitter=0.5)
    assert (breaker.phase, breaker.wait(10)) == (phase, next_wait)


def test_open_time_doubles_up_to_the_longest_and_starts_over() -> None:
    breaker, now, waits = opened(), 0.0, []
    for _ in range(4):
        waits.append(breaker.wait(now))
        now += breaker.wait(now)
        permit = breaker.ask(now)
        assert permit is not None
        breaker.record(permit, "down", now=now, jitter=0.5)
    assert waits == [10, 20, 40, 40]
    now += breaker.wait(now)
    permit = breaker.ask(now)
    assert permit is not None
    breaker.record(permit, "up", now=now, jitter=0.5)
    assert (breaker.phase, breaker.failures) == (Phase.CLOSED, 0)


@pytest.mark.parametrize("phase", [Phase.OPEN, Phase.HALF_OPEN])
def test_breaker_survives_its_owner(phase: Phase) -> None:
    heir = Breaker(RULES, now=100, phase=phase, failures=3, open_for=7)
    assert heir.ask(106) is None
    assert heir.ask(107) == Permit(probe=True)
