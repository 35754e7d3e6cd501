"""While staff speak, or nobody does: СТОП holds, and answers to what we asked are taken."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.salon.facts import Attendance, Visit
from kommutator.store.questions import Asked
from kommutator.store.reviews import NewReview
from tests.support.salon import CONNECTION, HERE, HOUR_S, an_account, at
from tests.support.talks import BOT, CHAT, PHONE, Talks


async def _opted_out(talks: Talks) -> bool | None:
    async with talks.db.unit() as unit:
        found = await unit.consents.of(HERE, PHONE)
    return None if found is None else found.opted_out


async def _staff_speak(talks: Talks) -> None:
    await talks.says("Это Ольга", from_me=True)


async def _asked(talks: Talks, record_id: int = 9) -> None:
    """A reminder of a visit went out."""
    talks.vendor.visits[record_id] = Visit(record_id, 7, at(12), HOUR_S, client_phone=PHONE)
    now = datetime.now(UTC)
    asked = Asked(
        BOT, CHAT, "reminder", CONNECTION, record_id, PHONE, at(12), now, now + timedelta(hours=8)
    )
    async with talks.db.unit() as unit:
        await unit.questions.ask(HERE, asked)


async def _low_rating(talks: Talks, at: datetime) -> None:
    review = NewReview(CONNECTION, 9, 7, PHONE, "Анна", 2, "", BOT, CHAT, at)
    async with talks.db.unit() as unit:
        await unit.reviews.put(HERE, review)


async def _words(talks: Talks) -> str:
    (row,) = await talks.rows("SELECT words FROM reviews")
    return str(row["words"])


async def test_stop_holds_while_staff_speak_and_is_answered_once(talks: Talks) -> None:
    await _staff_speak(talks)
    await talks.says("СТОП")
    assert await talks.turns() == 0
    assert await _opted_out(talks) is True
    assert await talks.said() == ["Хорошо, больше не пишем первыми. Вернуть: СТАРТ."]
    await talks.says("старт")
    assert await _opted_out(talks) is False
    assert (await talks.said())[1:] == ["Хорошо, снова будем писать вам."]


@pytest.mark.parametrize("more", [{"late": True}, {}])
async def test_stop_holds_where_no_bot_answers(talks: Talks, more: dict[str, Any]) -> None:
    await talks.settings(on=False)
    await talks.says("стоп", **more)
    assert await _opted_out(talks) is True
    assert len(await talks.said()) == (0 if more else 1)


async def test_stop_holds_before_the_bot_comes_to_answer_and_is_written_down_once(
    talks: Talks,
) -> None:
    await talks.says("стоп")
    assert await _opted_out(talks) is True
    await talks.turns()
    assert await talks.said() == ["done"]
    assert len(await talks.rows("SELECT FROM consent_changes")) == 1


async def test_an_answer_to_a_reminder_is_taken_while_staff_speak(talks: Talks) -> None:
    await _staff_speak(talks)
    await _asked(talks)
    await talks.says("приду 9")
    await talks.turns()
    assert talks.vendor.visits[9].attendance is Attendance.CONFIRMED
    assert await talks.said() == ["done"]
    assert (await talks.talk())["speaking"] == "staff"


async def test_an_answer_is_taken_where_the_assistant_is_off(talks: Talks) -> None:
    await talks.settings(on=False)
    await _asked_after_a_word(talks)
    await talks.says("приду 9")
    await talks.turns()
    assert talks.vendor.visits[9].attendance is Attendance.CONFIRMED


async def test_an_answer_is_taken_by_the_salon_that_asked(talks: Talks) -> None:
    other = replace(an_account(), connection_id=UUID(int=99), account_key="99")
    talks.directory.known.append(other)
    assert other.kind is ConnectionKind.YCLIENTS
    await _asked_after_a_word(talks)
    await talks.says("приду 9")
    await talks.turns()
    assert talks.vendor.visits[9].attendance is Attendance.CONFIRMED


async def test_all_else_is_left_to_staff_even_when_the_bot_speaks_again(talks: Talks) -> None:
    await _staff_speak(talks)
    await _asked(talks)
    for text in ("запишите 10", "А можно с собакой?"):
        await talks.says(text)
        await talks.turns()
    assert await talks.said() == []
    assert (await talks.talk())["needs_person"] is True
    assert await talks.rows("SELECT FROM chat_messages WHERE waits") == []


async def test_a_question_that_was_closed_leaves_nothing_waiting(talks: Talks) -> None:
    await _staff_speak(talks)
    await _asked(talks)
    await talks.says("спасибо")
    async with talks.db.unit() as unit:
        await unit.questions.close(HERE, CONNECTION, [9], "reminder", datetime.now(UTC))
    await talks.turns()
    assert await talks.rows("SELECT FROM chat_messages WHERE waits") == []
    assert (await talks.talk())["due_at"] is None


async def test_words_after_a_low_rating_belong_to_it(talks: Talks) -> None:
    await _staff_speak(talks)
    await _low_rating(talks, datetime.now(UTC))
    await talks.says("Мастер опоздал")
    await talks.says("и грубил")
    assert await _words(talks) == "Мастер опоздал\nи грубил"


async def test_words_of_the_next_day_do_not(talks: Talks) -> None:
    await _staff_speak(talks)
    await _low_rating(talks, datetime.now(UTC) - timedelta(days=1))
    await talks.says("Как проехать?")
    assert await _words(talks) == ""


async def _asked_after_a_word(talks: Talks) -> None:
    await talks.says("Здравствуйте")
    await _asked(talks)
