"""Which of two open questions a bare answer is for, seen from the words and the talk alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from kommutator.assistant.dialogue.doubting import Side, belongs, chosen
from kommutator.domain.assistant.frame import Expecting, Frame
from kommutator.domain.assistant.talk import BookVisit, CancelVisit, Offer, Question, Talk
from tests.support.rules_salon import read

OFFER = Offer(11, datetime.fromisoformat("2026-11-20T12:00"), 3600)
BOOK = Talk(
    expecting=Expecting.YES_OR_NO, proposal=BookVisit((131,), OFFER, "Ольга", "+79161112233")
)
CANCEL = Talk(expecting=Expecting.YES_OR_NO, proposal=CancelVisit(501))
TIMES = Talk(expecting=Expecting.CHOICE, offered=(OFFER, OFFER))
NAME = Talk(expecting=Expecting.NAME)
AT = datetime(2026, 11, 18, 7, tzinfo=UTC)
REMINDER = Question("reminder", 501, datetime.fromisoformat("2026-11-19T15:00"), AT)
REVIEW = Question("review", 501, datetime.fromisoformat("2026-11-17T15:00"), AT)
T, O, E = Side.TALK, Side.OURS, Side.EITHER  # noqa: E741  a column of a table


def _words(text: str) -> Callable[[Expecting], Frame]:
    return lambda expecting: read(text, expecting)


@pytest.mark.parametrize(
    ("text", "book", "cancel", "times", "name"),
    [
        ("да", E, E, O, O),
        ("нет", E, E, E, O),
        ("👍", E, E, O, O),
        ("1", O, O, E, O),
        ("2", O, O, E, O),
        ("второй", E, E, T, O),
        ("приду", O, O, O, O),
        ("не приду", O, T, O, O),
        ("отмените", E, T, O, O),
        ("подтверждаю", E, E, O, O),
        ("в 18:00", T, T, T, T),
        ("сколько стоит?", T, T, T, T),
        ("Ольга", T, T, T, T),
        ("спасибо", T, T, T, T),
    ],
)
def test_a_reminder_after_a_question_of_the_talk(
    text: str, book: Side, cancel: Side, times: Side, name: Side
) -> None:
    found = [belongs(text, one, REMINDER, _words(text)) for one in (BOOK, CANCEL, TIMES, NAME)]
    assert found == [book, cancel, times, name]


@pytest.mark.parametrize(
    ("text", "book", "times"),
    [("5", O, E), ("2", O, E), ("да", T, T), ("2 звезды, долго ждала", O, O), ("завтра", T, T)],
)
def test_a_rating_after_a_question_of_the_talk(text: str, book: Side, times: Side) -> None:
    assert belongs(text, BOOK, REVIEW, _words(text)) is book
    assert belongs(text, TIMES, REVIEW, _words(text)) is times


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("1", T), ("2", O), ("первое", T), ("второе", O), ("про запись", T), ("напоминание", O),
        ("приду", O), ("оба", O), ("на оба", O), ("записывайте", T), ("да", E), ("что?", E),
    ],
)  # fmt: skip
def test_which_one_it_was(text: str, side: Side) -> None:
    assert chosen(text, _words(text)) is side
