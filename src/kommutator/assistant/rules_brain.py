"""The brain "rules": understands by own rules, answers by the state machine. Needs no key."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

import msgspec

from kommutator.assistant.dialogue import machine, reminding, telling
from kommutator.assistant.dialogue.moment import Moment, reply
from kommutator.assistant.dialogue.summary import summary
from kommutator.assistant.dialogue.words import Words
from kommutator.assistant.second_look import looked_again
from kommutator.domain.assistant.frame import Expecting, Frame, Intent, Vocabulary
from kommutator.domain.assistant.ports import FreeTimes, Scene
from kommutator.domain.assistant.talk import Acted, AnyAct, HandOver, Message, Talk, Turn
from kommutator.kit.texts import Texts

_WORD: Final = re.compile(r"[^\W\d_]+")
_TELLS_NOTHING: Final = 2
_EDIT: Final = "edit"
_SAID: Final = frozenset({"text", _EDIT, "sticker"})
"""What is understood, or said to nobody in particular; all else is a person's to look at."""
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


class RulesBrain:
    """Never raises for anything that a client can write. Raises what `FreeTimes` raises."""

    name = "rules"

    def __init__(self, reader: Reads, texts: Texts) -> None:
        self._reader = reader
        self._texts = texts

    def hear(self, scene: Scene, talk: Talk, messages: Sequence[Message]) -> Frame:
        """What these messages mean here and now; also what the guard is shown."""
        talk = machine.remembered(talk, scene)
        text = _text(messages)
        # A word or two, as "ok" or a name, tell no language: the talk keeps its own for them.
        short = len(_WORD.findall(text)) <= _TELLS_NOTHING and not scene.greet
        language = talk.language if short else None
        expecting = reminding.expected(scene, talk)

        def read(asked: Expecting) -> Frame:
            return self._reader.read(text, scene.vocabulary, scene.now, asked, language)

        def unasked() -> Frame:
            return read(Expecting.NOTHING)

        frame = looked_again(read(expecting), scene, talk, text, expecting, unasked)
        # Whoever puts an earlier message otherwise did not answer what was asked since.
        if frame.intent in _AGREES and any(one.kind == _EDIT for one in messages):
            return msgspec.structs.replace(frame, intent=Intent.OTHER)
        return frame

    async def turn(
        self, scene: Scene, talk: Talk, messages: Sequence[Message], times: FreeTimes
    ) -> Turn:
        """See `domain.assistant.ports.Brain`."""
        moment = self.moment(scene, talk, messages, times)
        talk = moment.talk
        if any(one.kind not in _SAID for one in messages):
            said = moment.say("assistant.hand_over.media")
            return reply(moment, talk, said, hand_over=HandOver.MEDIA)
        if not moment.text:
            return Turn(talk, understood=moment.frame)
        return await machine.answer(moment)

    def moment(
        self, scene: Scene, talk: Talk, messages: Sequence[Message], times: FreeTimes
    ) -> Moment:
        """The turn as it is taken up, read by rules."""
        frame = self.hear(scene, talk, messages)
        talk = machine.remembered(talk, scene)
        talk = msgspec.structs.replace(talk, language=frame.language)
        seed = messages[-1].id or messages[-1].text if messages else ""
        words = Words(self._texts, frame.language, seed, scene.texts)
        return Moment(scene, talk, frame, _text(messages), times, words)

    async def told(
        self, scene: Scene, talk: Talk, act: AnyAct, acted: Acted, times: FreeTimes
    ) -> Turn:
        """See `domain.assistant.ports.Brain`."""
        words = Words(self._texts, talk.language, str(act), scene.texts)
        heard = Frame(Intent.OTHER, language=talk.language)
        turn = await telling.told(Moment(scene, talk, heard, "", times, words), act, acted)
        return msgspec.structs.replace(turn, understood=None)

    def summary(self, talk: Talk, scene: Scene, language: str = "ru") -> str:
        """What somebody who takes over reads, in the language of staff."""
        return summary(self._texts, talk, scene, language)


def _text(messages: Sequence[Message]) -> str:
    return "\n".join(one.text.strip() for one in messages if one.text.strip())
