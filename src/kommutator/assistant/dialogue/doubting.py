"""A bare "да" or "2" where two questions are open: the talk's own, and one that we asked since.

Whatever tells by itself which of them it answers goes there; of the rest the client is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from typing import Final

import msgspec

from kommutator.assistant.dialogue import repairs
from kommutator.assistant.dialogue.moment import Moment, reply
from kommutator.assistant.dialogue.questions import open_question
from kommutator.assistant.dialogue.reminding import named_with
from kommutator.domain.assistant.frame import Expecting, Frame, Intent
from kommutator.domain.assistant.talk import (
    BookVisit,
    CancelVisit,
    Doubt,
    MoveVisit,
    Question,
    Talk,
    Turn,
)

Read = Callable[[Expecting], Frame]
"""The same words, as an answer to each question."""

_NUMBER: Final = re.compile(r"\W*\d\W*")
_SURE: Final = re.compile(r"подтвер|підтвер|confirm", re.IGNORECASE)
_BOTH: Final = re.compile(
    r"\W*(на |for )?(оба|обе|обоих|и то и другое|і те і інше|обидва|обидві|both)\W*", re.IGNORECASE
)
# "Не приду" is of a visit that is; "отмените" may be of the one that is not yet.
_TAKE_BACK: Final = re.compile(r"\b(отмен|скасу|cancel)", re.IGNORECASE)
_OF_OURS: Final = re.compile(r"напомин|нагадув|remind|оцен|оцін|rating", re.IGNORECASE)
_OF_THE_TALK: Final = re.compile(r"запис|брон|book", re.IGNORECASE)
# What is answered by a number, an hour or a day: "2" may be any of them.
_NUMBERED: Final = frozenset(
    {Expecting.CHOICE, Expecting.SERVICE, Expecting.STAFF, Expecting.DAY, Expecting.TIME}
)
_CHANGES: Final = frozenset({Intent.MOVE, Intent.CANCEL})


class Side(Enum):
    TALK = "talk"
    OURS = "ours"
    EITHER = "either"


def belongs(text: str, talk: Talk, question: Question, read: Read) -> Side:
    """Which of two open questions these words answer; `question`: asked after the talk's own."""
    if question.kind == "review":
        return _rates(text, talk, read)
    if is_number(text):
        return Side.EITHER if takes_numbers(talk) else Side.OURS
    if takes_numbers(talk) and read(talk.expecting).choice is not None:
        return Side.TALK  # "второй" is of a list; a reminder asks for a digit
    plain = read(Expecting.NOTHING)
    if plain.intent in {Intent.YES, Intent.NO} or _SURE.search(text):
        return _yes_or_no(plain.intent, talk)
    return _in_words(text, plain, talk, read)


def takes_numbers(talk: Talk) -> bool:
    """Whether a bare number may answer what the talk asked."""
    return talk.expecting in _NUMBERED


def is_number(text: str) -> bool:
    """Whether it is a bare one."""
    return _NUMBER.fullmatch(text) is not None


def _in_words(text: str, plain: Frame, talk: Talk, read: Read) -> Side:
    if plain.intent is Intent.CONFIRM:  # "приду" is no answer to "запишу вас?"
        return Side.OURS
    if plain.intent in _CHANGES:
        return _changes(text, plain, talk)
    if takes_numbers(talk) and (plain.when.says_day or plain.when.says_time):
        return Side.TALK
    if read(Expecting.REMINDER).intent not in _CHANGES:
        return Side.TALK
    return Side.OURS if talk.proposal is None else Side.EITHER


def chosen(text: str, read: Read) -> Side:
    """Which one the client says it was; EITHER: that is not said."""
    frame = read(Expecting.CHOICE)
    if frame.choice in {1, 2}:
        return Side.TALK if frame.choice == 1 else Side.OURS
    intent = read(Expecting.NOTHING).intent
    # Of both the reminder is answered first; the other question is put again after it.
    if intent is Intent.CONFIRM or _BOTH.fullmatch(text) or _OF_OURS.search(text):
        return Side.OURS
    return Side.TALK if _OF_THE_TALK.search(text) else Side.EITHER


async def ask(m: Moment) -> Turn | None:
    """Which one it was for; a second doubt in a row was not understood. None: it is no doubt."""
    question = m.question
    if question is None or not m.doubtful:
        return None
    doubt = Doubt(m.text, question.kind, tuple(named_with(m.scene, question)))
    talk = msgspec.structs.replace(m.talk, doubt=doubt)
    if m.again:
        return repairs.not_understood(m.having(talk))
    return reply(m, talk, open_question(m.scene, talk, m.words))


def _rates(text: str, talk: Talk, read: Read) -> Side:
    if read(Expecting.STARS).stars is None:
        return Side.TALK
    return Side.EITHER if is_number(text) and takes_numbers(talk) else Side.OURS


def _yes_or_no(intent: Intent, talk: Talk) -> Side:
    """A yes to a list of times picks none of them; a no may refuse all."""
    one_time = talk.expecting is Expecting.CHOICE and len(talk.offered) == 1
    if talk.proposal is not None or talk.expecting is Expecting.YES_OR_NO or one_time:
        return Side.EITHER
    return Side.EITHER if intent is Intent.NO and takes_numbers(talk) else Side.OURS


def _changes(text: str, plain: Frame, talk: Talk) -> Side:
    """Beside a proposal of just that "отмените" goes on with it; each names its visit again."""
    deeds: dict[Intent, type] = {Intent.CANCEL: CancelVisit, Intent.MOVE: MoveVisit}
    if isinstance(talk.proposal, deeds[plain.intent]):
        return Side.TALK
    if not isinstance(talk.proposal, BookVisit) or plain.services or plain.maybe_services:
        return Side.OURS
    says_when = plain.when.says_day or plain.when.says_time
    of_either = _TAKE_BACK.search(text) if plain.intent is Intent.CANCEL else says_when
    return Side.EITHER if of_either else Side.OURS
