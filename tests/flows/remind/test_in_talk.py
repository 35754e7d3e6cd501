"""A reminder asks nothing in the middle of a talk, and goes out in good time all the same."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kommutator.domain.salon.facts import Attendance
from tests.support.outreach import NUMBER, TELEGRAM
from tests.support.reminded import VISIT, Reminded

DUE = datetime(2026, 11, 23, 10, tzinfo=UTC)  # two hours before it
ASKED = '{"goal": "book", "expecting": "yes_or_no"}'


async def talk(salon: Reminded, talk: str = ASKED, **more: object) -> None:
    """The client's chat has a talk with the assistant, as it stands."""
    given = {"speaking": "bot", "due_at": None, **more}
    await salon.town.run(
        "INSERT INTO conversations (enterprise, connection_id, chat_id, talk, speaking, due_at) "
        "VALUES ($1, $2, '70', $3::text::jsonb, $4, $5)",
        NUMBER, TELEGRAM, talk, given["speaking"], given["due_at"],
    )  # fmt: skip


async def wrote(salon: Reminded, at: datetime) -> None:
    await salon.town.wrote(TELEGRAM, "70", at=at)


async def due(salon: Reminded) -> None:
    """Only the reminder of the day is left, and its moment is near."""
    await salon.rules(day={"on": False})
    await salon.happens(VISIT)
    await salon.until(DUE - timedelta(minutes=1))


async def test_it_waits_while_an_answer_of_the_client_is_awaited(salon: Reminded) -> None:
    await due(salon)
    await talk(salon)
    await wrote(salon, DUE - timedelta(minutes=1))
    assert await salon.until(DUE + timedelta(minutes=5)) == []
    assert await salon.reasons() == ["reminder_hours queued in_talk"]
    assert len(await salon.until(DUE + timedelta(minutes=12))) == 1


async def test_it_waits_no_longer_than_half_an_hour(salon: Reminded) -> None:
    await due(salon)
    await talk(salon)
    for minute in range(0, 29, 3):
        await wrote(salon, DUE + timedelta(minutes=minute))
        assert await salon.until(DUE + timedelta(minutes=minute + 2)) == []
    await wrote(salon, DUE + timedelta(minutes=30))
    assert len(await salon.until(DUE + timedelta(minutes=33))) == 1


@pytest.mark.parametrize("now", ['{"goal": "none"}', "{}"])
async def test_a_talk_that_asks_nothing_holds_nothing_up(salon: Reminded, now: str) -> None:
    await due(salon)
    await talk(salon, now)
    await wrote(salon, DUE - timedelta(minutes=1))
    assert len(await salon.until(DUE + timedelta(minutes=2))) == 1


async def test_a_turn_that_is_being_thought_of_is_waited_for(salon: Reminded) -> None:
    await due(salon)
    await talk(salon, "{}", due_at=DUE)
    await wrote(salon, DUE - timedelta(minutes=1))
    assert await salon.until(DUE + timedelta(minutes=2)) == []


async def test_a_persons_question_is_not_talked_over_either(salon: Reminded) -> None:
    await due(salon)
    await talk(salon, "{}", speaking="staff")
    await salon.town.run(
        "INSERT INTO chat_messages (enterprise, connection_id, chat_id, direction, message_id, "
        "text, at, state, said_by) VALUES ($1, $2, '70', 'out', 's1', 'На 18?', $3, 'sent', "
        "'staff')", NUMBER, TELEGRAM, DUE - timedelta(minutes=3),
    )  # fmt: skip
    assert await salon.until(DUE + timedelta(minutes=5)) == []
    assert len(await salon.until(DUE + timedelta(minutes=10))) == 1


async def test_it_does_not_wait_into_hours_in_which_people_sleep(salon: Reminded) -> None:
    """Quiet hours begin at nine: whoever waits until then says nothing at all."""
    early = replace(VISIT, starts_at=datetime.fromisoformat("2026-11-23T09:15"))
    await salon.rules(day={"on": False})
    await salon.happens(early)
    (row,) = await salon.town.rows("SELECT due_at FROM outreach")
    evening = row["due_at"]  # 20:15 at the earliest, of the evening before
    await salon.until(evening - timedelta(minutes=1))
    await talk(salon)
    closes = datetime(2026, 11, 22, 18, tzinfo=UTC)
    moment = evening
    while moment < closes:
        await wrote(salon, moment)
        moment += timedelta(minutes=2)
        await salon.until(min(moment, closes - timedelta(minutes=1)))
    assert await salon.reasons() == ["reminder_hours sending"]


async def test_a_question_about_the_visit_waits_too(salon: Reminded) -> None:
    await salon.happens(VISIT, first_read=True)
    await salon.until(VISIT.starts_at.replace(tzinfo=UTC))
    await salon.happens(replace(VISIT, attendance=Attendance.CAME))
    at = salon.town.clock.now() + timedelta(minutes=150)
    await salon.until(at - timedelta(minutes=1))
    await talk(salon)
    await wrote(salon, at - timedelta(minutes=1))
    assert await salon.until(at + timedelta(minutes=5)) == []
    assert len(await salon.until(at + timedelta(minutes=12))) == 1
