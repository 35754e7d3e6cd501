"""Reminders follow the visit: told once, for what is true when they leave, never else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from kommutator.domain.salon.facts import Attendance, Booked
from tests.support.reminded import VISIT, Reminded

EVENING = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)  # 21:30 in Minsk, the day before
START = datetime(2026, 11, 23, 12, tzinfo=UTC)
ASKS = "Ответьте цифрой: 1 — приду, 2 — перенести, 3 — отменить."


async def test_a_client_is_reminded_the_evening_before_and_two_hours_before(
    salon: Reminded,
) -> None:
    await salon.happens(VISIT)
    (evening,) = await salon.until(EVENING)
    assert evening.splitlines() == [
        "Ольга, здравствуйте! Ждём вас: понедельник, 23 ноября, 15:00.",
        "Стрижка — Анна",
        "Spring",
        ASKS,
    ]
    (hours,) = await salon.until(START)
    assert hours.splitlines()[0] == "Напоминаем: сегодня в 15:00 ждём вас в «Spring»."
    assert hours.splitlines()[-1] == ASKS


async def test_whoever_confirmed_is_only_reminded(salon: Reminded) -> None:
    await salon.happens(VISIT)
    await salon.until(EVENING)
    await salon.happens(replace(VISIT, attendance=Attendance.CONFIRMED))
    (hours,) = await salon.until(START)
    assert ASKS not in hours


async def test_a_moved_visit_is_reminded_of_at_its_new_time_only(salon: Reminded) -> None:
    await salon.happens(VISIT)
    await salon.happens(salon.moved(hours=24))
    assert await salon.until(START) == []
    said = await salon.until(START + timedelta(hours=24))
    assert [("вторник" in text, "15:00" in text) for text in said] == [(True, True), (False, True)]
    assert await salon.reasons() == [
        "reminder_day dropped visit_moved",
        "reminder_hours dropped visit_moved",
        "reminder_day sending",
        "reminder_hours sending",
    ]


async def test_one_that_came_back_to_its_time_is_reminded_of_after_all(salon: Reminded) -> None:
    await salon.happens(VISIT)
    await salon.happens(salon.moved(hours=24))
    await salon.happens(VISIT)
    assert len(await salon.until(START)) == 2
    assert await salon.until(START + timedelta(days=2)) == []


async def test_a_cancelled_one_is_not_and_a_restored_one_is(salon: Reminded) -> None:
    await salon.happens(VISIT)
    await salon.happens(replace(VISIT, deleted=True))
    assert await salon.until(EVENING) == []
    await salon.happens(VISIT)
    assert len(await salon.until(START)) == 1


async def test_what_nobody_told_us_is_seen_just_before(salon: Reminded) -> None:
    """The hook was lost: only the booking system knows that it was moved, or cancelled."""
    await salon.happens(VISIT)
    salon.vendor[VISIT.id] = replace(VISIT, deleted=True)
    assert await salon.until(START) == []
    other = replace(VISIT, id=6)
    await salon.happens(other)
    salon.vendor[6] = replace(other, starts_at=other.starts_at + timedelta(days=3))
    assert await salon.until(START) == []


async def test_the_words_are_those_of_the_visit_as_it_is_now(salon: Reminded) -> None:
    await salon.happens(VISIT)
    salon.vendor[VISIT.id] = replace(VISIT, services=(Booked(12, "Окраска", 3000),))
    (evening,) = await salon.until(EVENING)
    assert "Окраска" in evening


async def test_while_the_booking_system_is_away_a_fresh_copy_counts(salon: Reminded) -> None:
    await salon.happens(VISIT)
    salon.away = True
    await salon.until(EVENING)
    assert (await salon.said()) == []  # the copy is two days old: asked again and again
    salon.away = False
    assert len(await salon.until(EVENING + timedelta(hours=12))) == 1


async def test_two_visits_of_one_day_are_one_message(salon: Reminded) -> None:
    await salon.happens(VISIT)
    later = replace(VISIT, id=6, starts_at=VISIT.starts_at + timedelta(hours=1))
    await salon.happens(replace(later, services=(Booked(12, "Окраска", 3000),)))
    (evening,) = await salon.until(EVENING)
    assert evening.splitlines()[1:3] == ["15:00 — Стрижка — Анна", "16:00 — Окраска — Анна"]
    assert len(await salon.until(START)) == 1


async def test_whoever_has_no_chat_gets_nothing_and_nothing_fails(salon: Reminded) -> None:
    await salon.happens(replace(VISIT, client_phone="+375000000071"))
    assert await salon.until(START) == []
    assert {one.partition(" ")[2] for one in await salon.reasons()} == {"dropped no_chat"}


async def test_visits_that_were_there_before_us_are_reminded_of_too(salon: Reminded) -> None:
    await salon.happens(VISIT, first_read=True)
    assert len(await salon.until(START)) == 2


async def test_a_rule_that_was_switched_off_meanwhile_sends_nothing(salon: Reminded) -> None:
    await salon.happens(VISIT)
    await salon.rules(day={"on": False})
    assert await salon.until(EVENING) == []
    assert (await salon.reasons())[0] == "reminder_day dropped rules_changed"
    assert len(await salon.until(START)) == 1


async def test_the_salons_own_words_keep_what_may_be_answered(salon: Reminded) -> None:
    await salon.rules(texts={"reminder_day": "{client}! Завтра {time}, {staff}."})
    await salon.happens(VISIT)
    (evening,) = await salon.until(EVENING)
    assert evening == f"Ольга! Завтра 15:00, Анна.\n{ASKS}"


async def test_a_reminder_opens_a_question_until_the_visit(salon: Reminded) -> None:
    await salon.happens(VISIT)
    await salon.until(EVENING)
    (question,) = await salon.questions()
    assert (question.kind, question.record_id) == ("reminder", 5)
    assert question.visit_start == VISIT.starts_at
    await salon.happens(replace(VISIT, attendance=Attendance.CONFIRMED))
    assert await salon.questions() == []
    await salon.until(START - timedelta(minutes=30))
    assert len(await salon.questions()) == 1
    await salon.until(START + timedelta(minutes=1))
    assert await salon.questions() == []
