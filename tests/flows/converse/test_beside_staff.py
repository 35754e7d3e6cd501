"""A reminder answered while a person of the salon speaks: done, or shown to them; never lost."""

from datetime import UTC, datetime, timedelta
from typing import Any

from kommutator.domain.salon.facts import Attendance, Visit
from kommutator.domain.tenancy import Actor, Role
from kommutator.store.questions import Asked
from tests.support.salon import CONNECTION, HERE, HOUR_S, at
from tests.support.talks import BOT, CHAT, PHONE, Talks

OLGA = Actor("Olga", Role.EMPLOYEE, HERE)


async def _reminded(talks: Talks, record_id: int = 9) -> None:
    """Staff speak in the chat; then a reminder went out."""
    await talks.says("Это Ольга", from_me=True)
    talks.vendor.visits[record_id] = Visit(record_id, 7, at(12), HOUR_S, client_phone=PHONE)
    now = datetime.now(UTC)
    asked = Asked(
        BOT, CHAT, "reminder", CONNECTION, record_id, PHONE, at(12), now, now + timedelta(hours=8)
    )
    async with talks.db.unit() as unit:
        await unit.questions.ask(HERE, asked)


async def _staff_write(talks: Talks) -> None:
    """After the reminder."""
    later = datetime.now(UTC) + timedelta(seconds=1)
    await talks.says("Записать вас на 18?", from_me=True, at=later.timestamp())


async def _turn(talks: Talks) -> Any:
    (turn,) = await talks.rows("SELECT * FROM turns")
    return turn


async def test_three_is_put_before_staff_by_name_and_cancels_nothing(talks: Talks) -> None:
    await _reminded(talks)
    await talks.says("три 9")
    await talks.turns()
    assert not talks.vendor.visits[9].deleted
    assert await talks.said() == ["Передали администратору, вам ответит человек."]
    talk = await talks.talk()
    assert (talk["handed_over"], talk["needs_person"], talk["speaking"]) == (
        "reminder", True, "staff",
    )  # fmt: skip
    turn = await _turn(talks)
    assert (turn["outcome"], turn["understood"]["intent"]) == ("handed_over", "cancel")
    assert (turn["hand_over"], turn["act"]) == ("reminder", None)
    thread = await talks.inbox.thread(HERE, talk["id"])
    assert [one.turn_id for one in thread.messages if one.text == "три 9"] == [turn["id"]]


async def test_what_it_would_have_asked_is_not_open_when_the_bot_speaks_again(
    talks: Talks,
) -> None:
    await _reminded(talks)
    await talks.says("три 9")
    await talks.turns()
    await talks.inbox.give_back(OLGA, HERE, (await talks.talk())["id"])
    await talks.says("да")
    await talks.turns()
    assert not talks.vendor.visits[9].deleted


async def test_one_confirms_whatever_staff_have_asked_since(talks: Talks) -> None:
    await _reminded(talks)
    await _staff_write(talks)
    await talks.says("один 9")
    await talks.turns()
    assert talks.vendor.visits[9].attendance is Attendance.CONFIRMED


async def test_words_after_a_persons_question_are_theirs(talks: Talks) -> None:
    await _reminded(talks)
    await _staff_write(talks)
    await talks.says("приду 9")
    await talks.turns()
    assert talks.vendor.visits[9].attendance is Attendance.WAITING
    assert await talks.said() == []
    assert await talks.rows("SELECT FROM chat_messages WHERE waits") == []


async def test_what_the_bot_had_proposed_before_is_proposed_no_more(talks: Talks) -> None:
    """A person took over; the proposal of before is nobody's question now."""
    await talks.says("запишите 10")
    await talks.turns()
    await _reminded(talks)
    await talks.says("приду 9")
    await talks.turns()
    await talks.inbox.give_back(OLGA, HERE, (await talks.talk())["id"])
    await talks.says("да")
    await talks.turns()
    assert list(talks.vendor.visits) == [9]
