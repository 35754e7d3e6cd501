"""Turns that were not understood: once they are asked about, the second time a person goes on."""

from __future__ import annotations

import re

import msgspec

from kommutator.assistant.dialogue.moment import Moment
from kommutator.assistant.dialogue.offering import Kept
from kommutator.assistant.dialogue.questions import open_question
from kommutator.domain.assistant.talk import HandOver, Talk, Turn

PATIENCE = 2
"""So many turns in a row that were not understood are too many."""

_GIVES_UP = re.compile(
    r"\b(передумал\w*|передумав|(тогда |уже )?не (надо|нужно|потрібно|треба)|не буду|забудьте"
    r"|отбой|never ?mind|changed my mind|forget it)\b",
    re.IGNORECASE,
)
_SOMEBODY_ELSE = re.compile(
    r"\b(друг(ой|ого|ому|им|ая|ую)|інш(ий|ого|ому|им|а|у)) (мастер|майст)\w*"
    r"|\b(another|other|different|someone|somebody) (master|stylist|person|else)\b",
    re.IGNORECASE,
)
_CANCELS = re.compile(
    r"\b(?<!не )(отмени(те|ть)?|отменяй(те)?|скасуй(те)?|скасувати|cancel)\b", re.IGNORECASE
)
_MOVES = re.compile(
    r"\b(?<!не )(перенеси(те)?|перенести|перенесіть|move|reschedule)\b", re.IGNORECASE
)
_RATHER = re.compile(r"\b(или|або|or|лучше|краще|rather|instead)\b", re.IGNORECASE)
_LATER = re.compile(r"\b(по)?(позже|поздн\w+|пізніш\w*|later)\b", re.IGNORECASE)
_EARLIER = re.compile(r"\b(по)?(раньше|ранн?іше|earlier|sooner)\b", re.IGNORECASE)
_OTHERS = re.compile(
    r"\b((друг\w+|ещ[её]|ин(ое|ые)|інш\w+|ще)\s+(врем\w+|вариант\w*|час\w*|окн\w*|варіант\w*)"
    r"|(что|есть)( ли)? ещ[её]|(other|another|different|more) (time|slot|option)s?"
    r"|anything else|ни одно|не подходит|не подходят|не підходить)\b",
    re.IGNORECASE,
)


def gives_up(text: str) -> bool:
    """Whether the words take back what is wished, whatever else they say."""
    return _GIVES_UP.search(text) is not None


def cancels_and_moves(text: str) -> bool:
    """Whether one visit is to go and another to move: "первую отмените, вторую перенесите"."""
    both = _CANCELS.search(text) is not None and _MOVES.search(text) is not None
    return both and _RATHER.search(text) is None


def not_understood(m: Moment, note: str = "") -> Turn:
    """Ask again; after two in a row hand over.

    Args:
        note: what exactly was not understood.
    """
    talk = msgspec.structs.replace(m.talk, failed=m.talk.failed + 1)
    if talk.failed >= PATIENCE:
        said = m.say("assistant.hand_over.not_understood")
        return Turn(talk, (said,), None, HandOver.NOT_UNDERSTOOD, m.frame)
    question = open_question(m.scene, talk, m.words) or m.say("assistant.menu")
    note = note or m.say("assistant.not_understood")
    return Turn(talk, (f"{note}\n{question}",), None, None, m.frame)


def wants_somebody_else(text: str) -> bool:
    return _SOMEBODY_ELSE.search(text) is not None


def other_times(text: str, talk: Talk) -> Kept | None:
    """Which starts are meant by "later", "earlier", "another time" and "somebody else".

    Seen from what was shown last; None: nothing such is said.
    """
    shown = [one.starts_at for one in talk.offered]
    if not shown:
        return None
    if wants_somebody_else(text):
        people = {talk.staff} if talk.staff else {one.staff_id for one in talk.offered}
        return lambda offer: offer.staff_id not in people
    if _LATER.search(text):
        return lambda offer: offer.starts_at > max(shown)
    if _EARLIER.search(text):
        return lambda offer: offer.starts_at < min(shown)
    if _OTHERS.search(text):
        return lambda offer: offer.starts_at not in shown
    return None
