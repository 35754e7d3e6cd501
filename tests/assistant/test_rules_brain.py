"""The brain "rules" with its real reader: language, and what a bare number answers."""

from __future__ import annotations

from datetime import UTC, datetime

from kommutator.assistant.rules.reader import Reader
from kommutator.assistant.rules_brain import RulesBrain
from kommutator.domain.assistant.frame import Expecting, Frame, Intent
from kommutator.domain.assistant.ports import Brain
from kommutator.domain.assistant.talk import Message, Talk
from kommutator.kit.texts import Texts
from tests.support.framed_talk import VISIT, FramedTalk

BRAIN: Brain = RulesBrain(Reader(), Texts.load())
WENT_ON = Talk(language="uk")


def _heard(text: str, talk: Talk, *, first: bool = False, **script: object) -> Frame:
    played = FramedTalk(client={"visits": [VISIT]}, **script).played  # type: ignore[arg-type]
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


def test_a_bare_number_answers_an_open_reminder() -> None:
    asked = {
        "kind": "reminder", "record_id": 501, "visit_start": VISIT["at"],
        "asked_at": "2026-11-18T10:00",
    }  # fmt: skip
    assert _heard("1", Talk(), questions=[asked]).intent is Intent.CONFIRM


def test_a_bare_number_picks_what_was_shown() -> None:
    shown = Talk(expecting=Expecting.CHOICE)
    assert _heard("2", shown).choice == 2


def test_it_is_the_brain_of_that_name() -> None:
    assert BRAIN.name == "rules"
