"""The brain "rules" with its real reader: language, and what a bare number answers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kommutator.assistant.rules.reader import Reader
from kommutator.assistant.rules_brain import RulesBrain
from kommutator.domain.assistant.frame import Expecting, Frame, Intent
from kommutator.domain.assistant.ports import Brain
from kommutator.domain.assistant.talk import (
    BookVisit,
    CancelVisit,
    Goal,
    HandOver,
    Message,
    MoveVisit,
    Offer,
    Proposal,
    Talk,
    Turn,
)
from kommutator.kit.texts import Texts
from tests.support.framed_talk import VISIT, FramedTalk

BRAIN: Brain = RulesBrain(Reader(), Texts.load())
WENT_ON = Talk(language="uk")


def _heard(text: str, talk: Talk, *, first: bool = False, **script: object) -> Frame:
    played = FramedTalk(client={"visits": [VISIT]}, **script).played  # type: ignore[arg-type]  # words of a script
    played.turns = 0 if first else 1
    brain = RulesBrain(Reader(), Texts.load())
    return brain.hear(played.scene(), talk, [Message(text, datetime.now(UTC))])


def test_a_word_or_two_keep_the_language_of_the_talk() -> None:
    assert _heard("ok", WENT_ON).language == "uk"
    assert _heard("2", WENT_ON).language == "uk"


def test_a_sentence_switches_it() -> None:
    assert _heard("can we speak English please, tomorrow", WENT_ON).language == "en"


def test_the_first_words_choose_it() -> None:
    assert _heard("hello", Talk(), first=True).language == "en"


def test_an_earlier_message_put_otherwise_agrees_to_nothing() -> None:
    played = FramedTalk(client={"visits": [VISIT]}).played
    asked = Talk(expecting=Expecting.YES_OR_NO)
    brain = RulesBrain(Reader(), Texts.load())
    for kind, intent in (("text", Intent.YES), ("edit", Intent.OTHER)):
        said = [Message("да", datetime.now(UTC), kind)]
        assert brain.hear(played.scene(), asked, said).intent is intent


def test_a_bare_number_answers_an_open_reminder() -> None:
    asked = {
        "kind": "reminder", "record_id": 501, "visit_start": VISIT["at"],
        "asked_at": "2026-11-18T10:00",
    }  # fmt: skip
    assert _heard("1", Talk(), questions=[asked]).intent is Intent.CONFIRM


def test_a_bare_number_picks_what_was_shown() -> None:
    shown = Talk(expecting=Expecting.CHOICE)
    assert _heard("2", shown).choice == 2


async def test_an_answer_to_a_reminder_says_of_which_visits_it_is() -> None:
    """Whoever is asked to go on reads what was answered, and to what."""
    visits = [VISIT, {**VISIT, "id": 502, "at": "2026-11-20T18:00"}]
    asked = [
        {"kind": "reminder", "record_id": one["id"], "visit_start": one["at"],
         "asked_at": "2026-11-18T10:00", "message": 1}
        for one in visits
    ]  # fmt: skip
    played = FramedTalk(client={"visits": visits}, questions=asked).played
    brain, scene = RulesBrain(Reader(), Texts.load()), played.scene()
    said = [Message("3", datetime.now(UTC))]
    turn = await brain.turn(scene, Talk(), said, played.salon)
    assert turn.answers == (501, 502)
    handed = Turn(
        Talk(), hand_over=HandOver.REMINDER, understood=turn.understood, answers=turn.answers
    )
    summary = brain.summary(handed, scene)
    assert "Ответ на напоминание: отменить" in summary
    assert ("15:00" in summary, "18:00" in summary) == (True, True)


_OFFER = Offer(14, datetime.fromisoformat("2026-11-20T15:00"), 3600)
_BOOK = BookVisit((1,), _OFFER, "Анна", "+79161234567")


@pytest.mark.parametrize(
    ("proposal", "text", "intent"),
    [
        (_BOOK, "да, отмените", Intent.CANCEL),
        (_BOOK, "yes, cancel it", Intent.CANCEL),
        (_BOOK, "да, запишите", Intent.YES),
        (MoveVisit(501, _OFFER), "ок, отмена", Intent.CANCEL),
        (MoveVisit(501, _OFFER), "да, переносите", Intent.YES),
        (CancelVisit(501), "да, отменяйте", Intent.YES),
        (CancelVisit(501), "да, перенесите", Intent.MOVE),
    ],
)
def test_a_yes_beside_another_deed_agrees_to_nothing_but_that_deed(
    proposal: Proposal, text: str, intent: Intent
) -> None:
    asked = Talk(goal=Goal.BOOK, expecting=Expecting.YES_OR_NO, proposal=proposal)
    assert _heard(text, asked).intent is intent


@pytest.mark.parametrize(
    ("text", "stars"),
    [
        ("хочу записаться завтра в 5", None),
        ("запишите меня на 3 декабря", None),
        ("отмените запись на 5", None),
        ("к Анне в 4 можно?", None),
        ("было на 5", 5),
        ("сегодня всё на 5", 5),
        ("4, но дорого", 4),
        ("5, запишите меня ещё на завтра", 5),
    ],
)
def test_an_hour_or_a_day_is_no_rating(text: str, stars: int | None) -> None:
    asked = {
        "kind": "review", "record_id": 501, "visit_start": VISIT["at"],
        "asked_at": "2026-11-18T10:00",
    }  # fmt: skip
    assert _heard(text, Talk(), questions=[asked]).stars == stars


def test_it_is_the_brain_of_that_name() -> None:
    assert BRAIN.name == "rules"
