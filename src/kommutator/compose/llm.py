"""The assistant's other brain: language models that tenants connect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kommutator.assistant.llm.asking import AskModel
from kommutator.assistant.llm.brain import LlmBrain
from kommutator.assistant.llm.opening import Models
from kommutator.assistant.llm.ports import TurnLimits
from kommutator.assistant.rules_brain import RulesBrain
from kommutator.compose.yclients import Ground
from kommutator.domain.assistant.ports import Brain
from kommutator.flows.converse.language_models import LanguageModels
from kommutator.kit.http import HttpClient
from kommutator.kit.metrics import Metrics
from kommutator.kit.redact import Redactor


@dataclass(frozen=True, slots=True)
class LlmParts:
    """`service`: for its page; `ask`: for the brain."""

    service: LanguageModels
    ask: AskModel
    metrics: Metrics

    def brains(self, rules: RulesBrain) -> Mapping[str, Brain]:
        """Beside the rules, which it falls back on."""
        brain = LlmBrain(rules, self.ask, self.metrics)
        return {brain.name: brain}


def compose_llm(on: Ground, http: HttpClient, redactor: Redactor, metrics: Metrics) -> LlmParts:
    """Nothing is asked, and the library is not opened, until a tenant's turn wants it."""
    settings = on.settings
    limits = TurnLimits(
        seconds=settings.llm_turn_s,
        requests=settings.llm_requests,
        tool_calls=settings.llm_tool_calls,
        tokens=settings.llm_tokens,
    )
    models = Models(http, limits, clock=on.clock)
    service = LanguageModels(
        on.db, on.vault, redactor, models.test, most_turns=settings.llm_turns_per_day
    )
    ask = AskModel(
        service, models, limits,
        clock=on.clock, ids=on.ids, metrics=metrics, opens=models.open,
    )  # fmt: skip
    return LlmParts(service, ask, metrics)
