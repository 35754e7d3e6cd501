"""Several visits of one client and day: one message names them, and no visit is lost between."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from kommutator.domain.salon.facts import Visit
from tests.support.reminded import VISIT, Reminded

EVENING = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)  # 21:30 in Minsk, the day before
START = datetime(2026, 11, 23, 12, tzinfo=UTC)
ASKS_ALL = "Ответьте цифрой: 1 — приду (на всё), 2 — перенести, 3 — отменить."


def later(record_id: int, **hours: float) -> Visit:
    return replace(VISIT, id=record_id, starts_at=VISIT.starts_at + timedelta(**hours))


async def asked(salon: Reminded) -> list[int]:
    return [one.record_id for one in await salon.questions()]


async def test_a_question_is_open_about_each_visit_that_was_named(salon: Reminded) -> None:
    await salon.happens(VISIT)
    await salon.happens(later(6, hours=1))
    await salon.happens(later(7, days=2))
    (evening,) = await salon.until(EVENING)
    assert evening.splitlines()[-1] == ASKS_ALL
    one, other = await salon.questions()
    assert (one.record_id, other.record_id) == (5, 6)
    assert one.message == other.message is not None
    assert (one.visit_start, other.visit_start) == (VISIT.starts_at, later(6, hours=1).starts_at)


async def test_whose_first_visit_has_no_reminder_is_reminded_by_the_second(
    salon: Reminded,
) -> None:
    """The first one was booked on the evening before: it has no evening's message of its own."""
    await salon.happens(later(6, hours=1))
    await salon.until(EVENING - timedelta(hours=6))
    await salon.happens(replace(VISIT, created_at=salon.town.clock.now()))
    (evening,) = await salon.until(EVENING)
    assert ["15:00" in evening, "16:00" in evening] == [True, True]
    assert await asked(salon) == [5, 6]


async def test_a_visit_taken_back_leaves_the_word_to_the_next(salon: Reminded) -> None:
    """Nobody told us that the first was cancelled: its message finds out."""
    await salon.happens(VISIT)
    await salon.happens(later(6, hours=1))
    salon.vendor[VISIT.id] = replace(VISIT, deleted=True)
    (evening,) = await salon.until(EVENING)
    assert "16:00" in evening
    assert "15:00" not in evening


async def test_the_others_are_read_anew_as_well(salon: Reminded) -> None:
    """Nobody told us that the second was cancelled: it is not named, and not asked about."""
    await salon.happens(VISIT)
    await salon.happens(later(6, hours=1))
    salon.vendor[6] = replace(later(6, hours=1), deleted=True)
    (evening,) = await salon.until(EVENING)
    assert ("15:00" in evening, "16:00" in evening) == (True, False)
    assert await asked(salon) == [5]


async def test_one_that_was_named_while_the_other_lasted_is_not_told_again(
    salon: Reminded,
) -> None:
    """The second one's own moment comes when the first has begun."""
    await salon.happens(VISIT)
    await salon.happens(later(6, hours=2.5))
    assert len(await salon.until(START + timedelta(hours=2))) == 2
    assert "reminder_hours dropped told_together" in await salon.reasons()


async def test_the_third_of_a_long_day_is_reminded_of_by_itself(salon: Reminded) -> None:
    await salon.happens(VISIT)
    await salon.happens(later(6, hours=2))
    await salon.happens(later(7, hours=4))
    evening, first, third = await salon.until(START + timedelta(hours=3))
    assert [at in evening for at in ("15:00", "17:00", "19:00")] == [True, True, True]
    assert [at in first for at in ("15:00", "17:00", "19:00")] == [True, True, False]
    assert [at in third for at in ("15:00", "17:00", "19:00")] == [False, False, True]


async def test_one_that_moved_after_it_was_named_is_told_of_again(salon: Reminded) -> None:
    await salon.happens(VISIT)
    await salon.happens(later(6, hours=1))
    await salon.until(START - timedelta(hours=1, minutes=50))
    await salon.happens(later(6, hours=4.5))
    (again,) = await salon.until(START + timedelta(hours=3))
    assert "19:30" in again
