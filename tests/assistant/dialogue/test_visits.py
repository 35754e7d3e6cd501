"""Moving and cancelling: which visit, a proposal, and only then the deed."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest

from kommutator.domain.assistant.frame import Expecting, Frame, Intent, When
from kommutator.domain.assistant.talk import CancelVisit, HandOver
from kommutator.domain.salon.facts import Attendance
from tests.support.framed_talk import (
    ANNA,
    GEL,
    MENS_CUT,
    MONDAY,
    NO,
    VISIT,
    YES,
    FramedTalk,
    choice,
    on,
)

OTHER_VISIT = {"id": 502, "staff": 14, "services": [MENS_CUT], "at": "2026-11-21T12:00"}
REMINDER = {
    "kind": "reminder", "record_id": 501, "visit_start": "2026-11-20T15:00",
    "asked_at": "2026-11-18T10:00",
}  # fmt: skip
MOVE, CANCEL = Frame(Intent.MOVE), Frame(Intent.CANCEL)


def _one(**more: Any) -> FramedTalk:
    return FramedTalk(client={"visits": [VISIT]}, **more)


def _two() -> FramedTalk:
    return FramedTalk(client={"visits": [VISIT, OTHER_VISIT]})


async def test_a_move_to_a_free_time_is_proposed_and_done() -> None:
    talk = _one()
    said = await talk.all(Frame(Intent.MOVE, when=on(MONDAY, "12:00")))
    assert "понедельник, 23 ноября, 12:00, Анна Белова" in said
    assert talk.visits == [(ANNA, "11-20 15:00")]
    await talk.all(YES)
    assert talk.visits == [(ANNA, "11-23 12:00")]


async def test_a_move_without_a_time_shows_what_is_free_with_the_same_person() -> None:
    talk = _one()
    assert "Сейчас вы записаны" in await talk.all(MOVE)
    assert {one.staff_id for one in talk.played.talk.offered} == {ANNA}


async def test_of_two_visits_one_is_chosen() -> None:
    talk = _two()
    asked = await talk.all(CANCEL)
    assert "1. маникюр с покрытием гель-лак" in asked
    assert "2. стрижка мужская" in asked
    assert "стрижка мужская" in await talk.all(choice(2))
    await talk.all(YES)
    assert talk.visits == [(ANNA, "11-20 15:00")]


async def test_of_two_visits_the_words_may_choose() -> None:
    talk = _two()
    said = await talk.all(Frame(Intent.CANCEL, services=(GEL,)))
    assert "гель-лак" in said
    assert talk.played.talk.expecting is Expecting.YES_OR_NO


async def test_a_cancelled_wish_to_cancel_leaves_the_visit() -> None:
    talk = _one()
    await talk.all(CANCEL, NO)
    assert talk.visits == [(ANNA, "11-20 15:00")]


async def test_rather_move_than_cancel() -> None:
    talk = _one()
    await talk.all(CANCEL, Frame(Intent.INFORM, when=on(MONDAY, "12:00")), YES)
    assert talk.visits == [(ANNA, "11-23 12:00")]


async def test_without_a_visit_nothing_is_moved() -> None:
    talk = FramedTalk()
    assert "не вижу" in await talk.all(MOVE)
    assert "не вижу" in await talk.all(CANCEL)


async def test_a_visit_that_the_salon_cancelled_meanwhile_is_not_touched() -> None:
    talk = _one()
    await talk.all(CANCEL)
    talk.played.salon.cancelled(501)
    assert "уже нет" in await talk.all(YES)


async def test_one_to_a_reminder_confirms() -> None:
    talk = _one(questions=[REMINDER])
    assert "ждём вас" in (await talk.all(Frame(Intent.CONFIRM)))
    assert talk.expected is Expecting.REMINDER
    assert talk.played.salon.visits[501].attendance is Attendance.CONFIRMED


@pytest.mark.parametrize("script", [{}, {"questions": [REMINDER]}])
async def test_coming_at_another_hour_is_a_wish_to_move(script: dict[str, Any]) -> None:
    talk = _one(**script)
    await talk.all(Frame(Intent.CONFIRM, when=When(at=time(17))))
    assert talk.played.salon.visits[501].attendance is Attendance.WAITING
    assert talk.played.talk.record_id == 501


async def test_coming_at_its_hour_confirms() -> None:
    talk = _one(questions=[REMINDER])
    await talk.all(Frame(Intent.CONFIRM, when=When(at=time(15))))
    assert talk.played.salon.visits[501].attendance is Attendance.CONFIRMED


async def test_two_to_a_reminder_moves_that_visit() -> None:
    talk = _one(questions=[REMINDER])
    await talk.all(MOVE, Frame(Intent.INFORM, when=on(MONDAY, "12:00")), YES)
    assert talk.visits == [(ANNA, "11-23 12:00")]


async def test_three_to_a_reminder_asks_once() -> None:
    talk = _one(questions=[REMINDER])
    await talk.all(CANCEL)
    assert talk.visits == [(ANNA, "11-20 15:00")]
    await talk.all(YES)
    assert talk.visits == []


async def test_a_talk_that_asked_later_than_the_reminder_goes_first() -> None:
    talk = _one(questions=[REMINDER])
    await talk.all(Frame(Intent.BOOK, services=(MENS_CUT,), when=When(after=time(12))))
    await talk.all(choice(1))
    assert talk.expected is Expecting.CHOICE
    assert talk.played.talk.expecting is Expecting.YES_OR_NO


async def test_somebody_else_may_take_the_visit() -> None:
    talk = _one()
    await talk.all(Frame(Intent.MOVE, when=on(MONDAY.replace(day=26))))
    await talk.hear(Frame(Intent.OTHER), "а к другому мастеру?")
    assert {one.staff_id for one in talk.played.talk.offered} == {16}


async def test_i_shall_come_cancels_nothing() -> None:
    talk = _one()
    await talk.all(CANCEL)
    await talk.hear(Frame(Intent.CONFIRM), "ой нет, я приду")
    assert talk.visits == [(ANNA, "11-20 15:00")]
    assert talk.played.talk.proposal is None


async def test_a_reminder_of_a_visit_that_has_begun_is_not_answered() -> None:
    talk = _one(questions=[REMINDER], now="2026-11-20T15:05")
    await talk.all(Frame(Intent.ADDRESS))
    assert talk.expected is Expecting.NOTHING


async def test_a_number_that_the_reminder_has_not_is_asked_again() -> None:
    talk = _one(questions=[REMINDER])
    assert "1 – приду, 2 – перенести, 3 – отменить" in await talk.all(choice(4))
    assert talk.played.talk.failed == 0


@pytest.mark.parametrize("intent", [Intent.MOVE, Intent.CANCEL, Intent.MY_VISIT])
async def test_whose_number_is_unknown_is_not_told_that_there_is_no_visit(intent: Intent) -> None:
    talk = FramedTalk(client={"phone": None})
    await talk.all(Frame(intent, phone="+79160000000"))
    assert talk.played.handed_over is HandOver.ASKED


async def test_all_visits_are_read_out_and_cancelled_by_one_yes() -> None:
    talk = _two()
    asked = await talk.hear(CANCEL, "отмените обе записи")
    assert asked[-1].count("•") == len(talk.visits) == 2
    assert "Записи отменены" in await talk.all(YES)
    assert talk.visits == []


async def test_all_visits_stay_without_a_yes() -> None:
    talk = _two()
    await talk.hear(CANCEL, "отмените обе записи")
    assert "записи остаются" in await talk.all(NO)
    assert len(talk.visits) == 2


@pytest.mark.parametrize(
    ("text", "several"),
    [
        ("отмените обе", True),
        ("отмените все записи", True),
        ("отмените мне всё", True),
        ("cancel everything please", True),
        ("всі записи скасуйте", True),
        ("скасуйте усі", True),
        ("удалите обе записи", True),
        ("всё, отмените", False),
        ("отмените, все равно не успею", False),
        ("отмените все равно", False),
        ("отмените запись", False),
        ("отмените обе, нет, на вторую приду", False),
    ],
)
async def test_only_words_for_several_mean_several(text: str, several: bool) -> None:
    talk = _two()
    await talk.hear(CANCEL, text)
    proposal = talk.played.talk.proposal
    assert (isinstance(proposal, CancelVisit) and len(proposal.records) == 2) is several


async def test_nobody_comes_to_a_visit_that_is_gone() -> None:
    talk = _one()
    await talk.all(CANCEL)
    talk.played.salon.cancelled(501)
    assert "уже нет" in (await talk.hear(Frame(Intent.CONFIRM), "я приду"))[0]
