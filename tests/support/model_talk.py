"""A talk of a language model with the imagined salon: real rules, real dialogue, any model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from kommutator.assistant.llm.asking import AskModel
from kommutator.assistant.llm.brain import LlmBrain
from kommutator.assistant.llm.ports import Thinks, TurnLimits
from kommutator.assistant.rules.reader import Reader
from kommutator.assistant.rules_brain import RulesBrain
from kommutator.domain.assistant.frame import Frame, Vocabulary
from kommutator.domain.assistant.model import ModelSettings, ModelSetup
from kommutator.domain.assistant.ports import FreeTimes, Scene
from kommutator.domain.assistant.talk import Acted, AnyAct, Message, Talk, Turn
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.clock import Clock, SystemClock
from kommutator.kit.ids import SystemIds
from kommutator.kit.metrics import Metrics
from kommutator.kit.texts import Texts
from tests.support.exam import imagined_salon, vocabulary
from tests.support.imagined_salon import Facts
from tests.support.scripted_talk import Played, staged

HERE = EnterpriseNumber("0367")
KEY = "sk-canary-9f8e7d6c5b4a"


@dataclass
class GivenSetups:
    """Implements `llm.ports.Setups` in memory."""

    settings: ModelSettings
    key: str = KEY
    left: int = 100
    cost: list[tuple[int, int]] = field(default_factory=list)

    async def ready(self, enterprise: EnterpriseNumber) -> ModelSetup | None:
        return ModelSetup(enterprise, self.settings, 1, self.key)

    async def begin_turn(self, setup: ModelSetup) -> bool:  # noqa: ARG002  there is only one
        self.left -= 1
        return self.left >= 0

    async def spent(self, setup: ModelSetup, tokens_in: int, tokens_out: int) -> None:  # noqa: ARG002  as above
        self.cost.append((tokens_in, tokens_out))


@dataclass
class ModelTalk:
    """`says` is one turn; `turns` what the brain answered, `played` the salon and the talk."""

    think: Thinks
    setups: GivenSetups
    script: dict[str, Any] = field(default_factory=dict)
    limits: TurnLimits = field(default_factory=TurnLimits)
    clock: Clock = field(default_factory=SystemClock)
    metrics: Metrics = field(default_factory=Metrics)
    turns: list[Turn] = field(default_factory=list)

    def __post_init__(self) -> None:
        words, facts, texts = _salon()
        self.rules = RulesBrain(_reader(), texts)
        ask = AskModel(
            self.setups, self.think, self.limits,
            clock=self.clock, ids=SystemIds(), metrics=self.metrics,
            opens=getattr(self.think, "open", None),
        )  # fmt: skip
        self._brain = LlmBrain(self.rules, ask, self.metrics)
        played = _Played(self._brain, self.rules, self.turns)
        self.played: Played = staged(played, words, facts, {"steps": [], **self.script})

    async def says(self, *texts: str) -> str:
        """One turn of these messages; what is said to them."""
        return "\n".join(await self.played.heard(list(texts)))

    @property
    def last(self) -> Turn:
        return self.turns[-1]

    def counted(self, outcome: str) -> float:
        return self.metrics.model_turns.labels(outcome)._value.get()


@dataclass
class _Played:
    """The brain as a conversation asks it, with the rules that the guard believes."""

    brain: LlmBrain
    rules: RulesBrain
    turns: list[Turn]
    name: str = "llm"

    def hear(self, scene: Scene, talk: Talk, messages: Sequence[Message]) -> Frame:
        return self.rules.hear(scene, talk, messages)

    async def turn(
        self, scene: Scene, talk: Talk, messages: Sequence[Message], times: FreeTimes
    ) -> Turn:
        turn = await self.brain.turn(replace(scene, enterprise=HERE), talk, messages, times)
        self.turns.append(turn)
        return turn

    async def told(
        self, scene: Scene, talk: Talk, act: AnyAct, acted: Acted, times: FreeTimes
    ) -> Turn:
        return await self.brain.told(scene, talk, act, acted, times)


@cache
def _salon() -> tuple[Vocabulary, Facts, Texts]:
    salon = imagined_salon()
    return vocabulary(salon), Facts(salon), Texts.load()


@cache
def _reader() -> Reader:
    return Reader()
