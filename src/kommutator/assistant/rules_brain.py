"""The brain "rules": understands by own rules, answers by the state machine. Needs no key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from kommutator.assistant.dialogue import machine, telling
from kommutator.assistant.dialogue.moment import Moment, reply
from kommutator.assistant.dialogue.summary import summary
from kommutator.assistant.dialogue.words import Words
from kommutator.assistant.hearing import EDIT, Reads, heard
from kommutator.domain.assistant.frame import Frame, Intent
from kommutator.domain.assistant.ports import FreeTimes, Scene
from kommutator.domain.assistant.talk import Acted, AnyAct, HandOver, Message, Talk, Turn
from kommutator.kit.texts import Texts

_SAID: Final = frozenset({"text", EDIT, "sticker"})
"""What is understood, or said to nobody in particular; all else is a person's to look at."""


class RulesBrain:
    """Never raises for anything that a client can write. Raises what `FreeTimes` raises."""

    name = "rules"

    def __init__(self, reader: Reads, texts: Texts) -> None:
        self._reader = reader
        self._texts = texts

    def hear(self, scene: Scene, talk: Talk, messages: Sequence[Message]) -> Frame:
        """What these messages mean here and now; also what the guard is shown."""
        return heard(self._reader, scene, machine.remembered(talk, scene), messages).frame

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
        said = heard(self._reader, scene, machine.remembered(talk, scene), messages)
        frame = said.frame
        talk = msgspec.structs.replace(said.talk, language=frame.language)
        seed = messages[-1].id or messages[-1].text if messages else ""
        words = Words(self._texts, frame.language, seed, scene.texts)
        return Moment(
            scene, talk, frame, said.text, times, words, said.question, said.doubtful, said.again
        )

    async def told(
        self, scene: Scene, talk: Talk, act: AnyAct, acted: Acted, times: FreeTimes
    ) -> Turn:
        """See `domain.assistant.ports.Brain`."""
        words = Words(self._texts, talk.language, str(act), scene.texts)
        silent = Frame(Intent.OTHER, language=talk.language)
        turn = await telling.told(Moment(scene, talk, silent, "", times, words), act, acted)
        return msgspec.structs.replace(turn, understood=None)

    def summary(self, turn: Turn, scene: Scene, language: str = "ru") -> str:
        """What somebody who takes over reads, in the language of staff."""
        return summary(self._texts, turn, scene, language)
