"""What a turn says here and now: which question it answers, and how its words read under it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

import msgspec

from kommutator.assistant.dialogue import doubting, reminding
from kommutator.assistant.dialogue.doubting import Read, Side
from kommutator.assistant.second_look import looked_again
from kommutator.domain.assistant.frame import Expecting, Frame, Intent, Vocabulary
from kommutator.domain.assistant.ports import Scene
from kommutator.domain.assistant.talk import Message, Question, Talk

_WORD: Final = re.compile(r"[^\W\d_]+")
_TELLS_NOTHING: Final = 2
EDIT: Final = "edit"
_AGREES: Final = frozenset({Intent.YES, Intent.CONFIRM})


class Reads(Protocol):
    """`assistant.rules.reader.Reader`."""

    def read(
        self,
        text: str,
        vocabulary: Vocabulary,
        now: datetime,
        expecting: Expecting = Expecting.NOTHING,
        language: str | None = None,
    ) -> Frame: ...


@dataclass(frozen=True, slots=True)
class Heard:
    """One turn, understood.

    Attributes:
        talk: as the turn finds it: without a doubt that it ends.
        question: of ours, which this turn answers or may answer.
        doubtful: it fits the talk's own question as well; again: twice in a row.
    """

    frame: Frame
    talk: Talk
    text: str
    question: Question | None = None
    doubtful: bool = False
    again: bool = False


def heard(reader: Reads, scene: Scene, talk: Talk, messages: Sequence[Message]) -> Heard:
    """Read by rules alone; `talk`: as it is remembered."""
    said = _understood(reader, scene, talk, text_of(messages))
    # Whoever puts an earlier message otherwise did not answer what was asked since.
    if said.frame.intent in _AGREES and any(one.kind == EDIT for one in messages):
        frame = msgspec.structs.replace(said.frame, intent=Intent.OTHER)
        return Heard(frame, said.talk, said.text, said.question)
    return said


def text_of(messages: Sequence[Message]) -> str:
    return "\n".join(one.text.strip() for one in messages if one.text.strip())


def _understood(reader: Reads, scene: Scene, talk: Talk, text: str) -> Heard:
    question, doubt = _question(scene, talk, text), talk.doubt
    read = _reading(reader, scene, talk, text)
    if doubt is None:
        return _answered(scene, talk, text, question, read)
    talk = msgspec.structs.replace(talk, doubt=None)
    side = doubting.chosen(text, read) if question is not None else Side.EITHER
    if side is Side.EITHER:
        said = _answered(scene, talk, text, question, read)
        return replace(said, again=said.doubtful)
    return _under(
        scene, talk, doubt.words, question if side is Side.OURS else None,
        _reading(reader, scene, talk, doubt.words),
    )  # fmt: skip


def _question(scene: Scene, talk: Talk, text: str) -> Question | None:
    """What we asked since, or asked a number for and the talk none: "1" answers a reminder."""
    since = reminding.open_of(scene, talk)
    if since is not None or doubting.takes_numbers(talk) or not doubting.is_number(text):
        return since
    before = reminding.latest(scene)
    return before if before is not None and before.kind == "reminder" else None


def _answered(scene: Scene, talk: Talk, text: str, question: Question | None, read: Read) -> Heard:
    if question is None or talk.expecting is Expecting.NOTHING:
        return _under(scene, talk, text, question, read)
    if not reminding.asks(scene, question):
        return _under(scene, talk, text, None, read)
    side = doubting.belongs(text, talk, question, read)
    said = _under(scene, talk, text, None if side is Side.TALK else question, read)
    return replace(said, doubtful=side is Side.EITHER)


def _under(scene: Scene, talk: Talk, text: str, question: Question | None, read: Read) -> Heard:
    """As an answer to this question of ours; None: to the talk's own."""
    expecting = talk.expecting if question is None else reminding.EXPECTED[question.kind]
    frame = looked_again(
        read(expecting), scene, talk, text, expecting, lambda: read(Expecting.NOTHING)
    )
    return Heard(frame, talk, text, question)


def _reading(reader: Reads, scene: Scene, talk: Talk, text: str) -> Read:
    # A word or two, as "ok" or a name, tell no language: the talk keeps its own for them.
    short = len(_WORD.findall(text)) <= _TELLS_NOTHING and not scene.greet
    language = talk.language if short else None

    def read(expecting: Expecting) -> Frame:
        return reader.read(text, scene.vocabulary, scene.now, expecting, language)

    return read
