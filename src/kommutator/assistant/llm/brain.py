"""The brain "llm": the rules where they are enough, a model where it helps, the rules again.

What needs no model is answered by the rules at once: answers to our own questions, demands (СТОП,
"a person"), what no machine may answer, a bare "yes", "no" or number. Whatever goes wrong with
the model, however late, ends in the rules' answer, and is counted by its reason.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from kommutator.assistant.dialogue import machine
from kommutator.assistant.dialogue.moment import Moment
from kommutator.assistant.llm.asking import AskModel
from kommutator.assistant.rules_brain import RulesBrain
from kommutator.domain.assistant.frame import Expecting, Intent
from kommutator.domain.assistant.ports import FreeTimes, Scene
from kommutator.domain.assistant.talk import Acted, AnyAct, Message, Talk, Turn
from kommutator.kit.metrics import Metrics

_WORD: Final = re.compile(r"[^\W_]+")
_BARE: Final = frozenset({Intent.YES, Intent.NO, Intent.CONFIRM, Intent.CHOICE})
_FEW_WORDS: Final = 3


class LlmBrain:
    """Never raises for anything that a client can write or a model can do.

    Raises what `FreeTimes` raises.
    """

    name = "llm"

    def __init__(self, rules: RulesBrain, ask: AskModel, metrics: Metrics) -> None:
        self._rules = rules
        self._ask = ask
        self._metrics = metrics

    async def turn(
        self, scene: Scene, talk: Talk, messages: Sequence[Message], times: FreeTimes
    ) -> Turn:
        """See `domain.assistant.ports.Brain`. `Turn.brain`: which one answered in the end."""
        moment = self._rules.moment(scene, talk, messages, times)
        if _is_plain(moment, messages):
            self._metrics.model_turns.labels("not_needed").inc()
            return await self._rules.turn(scene, talk, messages, times)
        settled = await machine.settled(moment)
        if settled is not None:
            self._metrics.model_turns.labels("not_needed").inc()
            return machine.greeted(moment, settled)
        thought = await self._ask(scene.enterprise, moment)
        self._metrics.model_turns.labels(thought.reason).inc()
        if thought.turn is not None:
            turn = machine.greeted(moment, thought.turn)
            return msgspec.structs.replace(turn, brain=self.name, trace=thought.trace)
        turn = await self._rules.turn(scene, talk, messages, times)
        return msgspec.structs.replace(turn, trace={**thought.trace, "rules": thought.reason})

    async def told(
        self, scene: Scene, talk: Talk, act: AnyAct, acted: Acted, times: FreeTimes
    ) -> Turn:
        """What came of an act needs no understanding: the dialogue's own words."""
        turn = await self._rules.told(scene, talk, act, acted, times)
        return msgspec.structs.replace(turn, brain=self.name)


def _is_plain(moment: Moment, messages: Sequence[Message]) -> bool:
    """Whether a machine of rules cannot err: nothing was said, or a bare answer to a question."""
    if not moment.text or any(one.kind != "text" for one in messages):
        return True
    asked = moment.talk.expecting is not Expecting.NOTHING
    few = len(_WORD.findall(moment.text)) <= _FEW_WORDS
    return asked and few and moment.frame.intent in _BARE
