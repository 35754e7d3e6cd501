"""One turn while it is being answered, and how answers are made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import msgspec

from kommutator.assistant.dialogue.questions import open_question
from kommutator.assistant.dialogue.words import Words
from kommutator.domain.assistant.frame import Expecting, Frame
from kommutator.domain.assistant.ports import FreeTimes, Scene
from kommutator.domain.assistant.talk import AnyAct, Goal, HandOver, Offer, Question, Talk, Turn

FRESH = timedelta(minutes=30)
"""So long what was shown is believed; later it is looked at again first."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What was heard, and everything it is judged by.

    Attributes:
        talk: as it stood when the client wrote.
        text: of all messages of the turn; of an answer that was in doubt, its own words.
        question: of ours, which the turn answers, or may.
        doubtful: it may answer the talk's own as well; again: for the second time.
    """

    scene: Scene
    talk: Talk
    frame: Frame
    text: str
    times: FreeTimes
    words: Words
    question: Question | None = None
    doubtful: bool = False
    again: bool = False

    def say(self, slug: str, /, **params: object) -> str:
        return self.words.say(slug, **params)

    def having(self, talk: Talk) -> Moment:
        return replace(self, talk=talk)


def may_be_had(m: Moment, offer: Offer) -> bool:
    """Whether a start that was shown or proposed needs no second look."""
    told_at = m.talk.told_at
    return offer.starts_at > m.scene.now and (told_at is None or m.scene.now - told_at <= FRESH)


def reply(
    m: Moment,
    talk: Talk,
    *says: str,
    act: AnyAct | None = None,
    hand_over: HandOver | None = None,
) -> Turn:
    """Understood: whatever failed before is forgotten."""
    spoken = tuple(one for one in says if one)
    asked = talk.goal is not Goal.NONE or talk.expecting is not Expecting.NOTHING
    wished = asked or bool(talk.services)
    told_at = (talk.told_at or m.scene.now) if wished else None
    talk = msgspec.structs.replace(talk, failed=0, told_at=told_at)
    return Turn(talk, spoken, act, hand_over, m.frame)


def asking(m: Moment, talk: Talk, note: str = "") -> Turn:
    """A remark and the question that this talk now has open, in one message."""
    talk = msgspec.structs.replace(talk, told_at=m.scene.now, put_at=m.scene.now)
    question = open_question(m.scene, talk, m.words)
    return reply(m, talk, "\n".join(part for part in (note, question) if part))


def answering(m: Moment, *says: str) -> Turn:
    """An answer in the middle: what was open stays open and is asked again."""
    question = open_question(m.scene, m.talk, m.words)
    talk = msgspec.structs.replace(m.talk, put_at=m.scene.now) if question else m.talk
    return reply(m, talk, *says, question)


def noted(note: str, turn: Turn) -> Turn:
    """A remark of its own goes first: what becomes of the wish that this one leaves."""
    return msgspec.structs.replace(turn, says=(note, *turn.says))


def cleared(talk: Talk) -> Talk:
    """Nothing is wished any more; who the client is stays."""
    return Talk(name=talk.name, phone=talk.phone, language=talk.language)


def without_pick(talk: Talk) -> Talk:
    """The wish as it was said, nothing shown or proposed any more."""
    return msgspec.structs.replace(
        talk,
        expecting=Expecting.NOTHING,
        choices=(),
        offered=(),
        proposal=None,
        told_at=None,
        put_at=None,
        doubt=None,
    )
