"""Asking a brain: within its time, with the rules to fall back on, and never beyond the guard."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from kommutator.domain.assistant.frame import Frame
from kommutator.domain.assistant.guard import permitted
from kommutator.domain.assistant.ports import Brain, FreeTimes, Scene
from kommutator.domain.assistant.talk import Acted, AnyAct, Message, Talk, Turn
from kommutator.flows.converse.acts import is_theirs
from kommutator.flows.converse.ports import Hears
from kommutator.kit.errors import KommutatorError

_log = structlog.get_logger(__name__)
RULES: Final = "rules"
_LONGEST_TEXT: Final = 2000


class NoAnswerError(Exception):
    """No brain knew what to say, or what it said may not be done."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a brain may think, seconds."""

    rules_s: float = 5.0
    other_s: float = 30.0

    def of(self, brain: str) -> float:
        return self.rules_s if brain == RULES else self.other_s


class Minds:
    """`brains` has "rules" at least."""

    def __init__(
        self, brains: Mapping[str, Brain], rules: Hears, limits: Limits | None = None
    ) -> None:
        self._brains = brains
        self._rules = rules
        self._limits = limits or Limits()

    async def turn(
        self,
        wanted: str,
        scene: Scene,
        talk: Talk,
        messages: Sequence[Message],
        times: FreeTimes,
    ) -> Turn:
        """What the wanted brain answers, else the rules. Raises NoAnswerError, KommutatorError."""
        messages = [_cut(one) for one in messages]
        for name in self._order(wanted):
            try:
                async with asyncio.timeout(self._limits.of(name)):
                    turn = await self._brains[name].turn(scene, talk, messages, times)
            except KommutatorError:
                raise  # of `times`: no brain could do better
            except Exception as error:  # noqa: BLE001  another brain may know better
                _log.exception("brain_failed", brain=name, error=type(error).__name__)
                continue
            if turn.act is None:
                return turn
            if _may(scene, talk, self._rules.hear(scene, talk, messages), turn.act):
                return turn
            _log.warning("act_not_permitted", brain=name, act=type(turn.act).__name__)
        raise NoAnswerError

    async def told(
        self,
        brain: str,
        scene: Scene,
        talk: Talk,
        act: AnyAct,
        acted: Acted,
        times: FreeTimes,
    ) -> Turn:
        """What the same brain says after its act, else the rules. Raises NoAnswerError."""
        for name in self._order(brain):
            try:
                async with asyncio.timeout(self._limits.of(name)):
                    return await self._brains[name].told(scene, talk, act, acted, times)
            except Exception as error:  # noqa: BLE001  it is done: somebody must say so
                _log.exception("brain_failed_to_tell", brain=name, error=type(error).__name__)
        raise NoAnswerError

    def _order(self, wanted: str) -> Sequence[str]:
        names = [wanted, RULES] if wanted in self._brains else [RULES]
        return list(dict.fromkeys(names))


def _may(scene: Scene, talk: Talk, heard: Frame, act: AnyAct) -> bool:
    return permitted(talk, heard, act) and is_theirs(scene, act)


def _cut(message: Message) -> Message:
    if len(message.text) <= _LONGEST_TEXT:
        return message
    return Message(message.text[:_LONGEST_TEXT], message.at, message.kind, message.id)
