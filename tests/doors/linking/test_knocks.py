"""Promise: five connections a minute from one address, and nobody's address is kept for long."""

from datetime import UTC, datetime

from kommutator.doors.http.linking.sockets import Knocks
from kommutator.kit.clock import ManualClock


async def test_five_within_any_minute() -> None:
    clock = ManualClock(datetime(2026, 11, 21, tzinfo=UTC))
    knocks = Knocks(clock)
    for _ in range(5):
        assert knocks.knock("a") == 0.0
        await clock.advance(10)
    assert knocks.knock("a") == 10.0
    assert knocks.knock("b") == 0.0, "others come in"
    await clock.advance(10)
    assert knocks.knock("a") == 0.0
    assert knocks.knock("a") == 10.0, "the window slides"


async def test_who_does_not_come_is_forgotten() -> None:
    clock = ManualClock(datetime(2026, 11, 21, tzinfo=UTC))
    knocks = Knocks(clock)
    for number in range(100):
        knocks.knock(str(number))
    await clock.advance(299)
    knocks.knock("new")
    assert len(knocks) == 101
    await clock.advance(2)
    knocks.knock("newer")
    assert len(knocks) == 2
