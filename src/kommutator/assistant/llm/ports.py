"""What the brain needs of rooms that it does not know, and what it is bounded by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from kommutator.domain.assistant.model import ModelSetup
from kommutator.domain.assistant.talk import Turn
from kommutator.domain.tenancy import EnterpriseNumber

if TYPE_CHECKING:
    from kommutator.assistant.llm.desk import Desk


@dataclass(frozen=True, slots=True)
class TurnLimits:
    """Of one turn.

    Attributes:
        seconds: of wall time, everything included.
        tokens: of all requests together, asked and answered.
    """

    seconds: float = 12.0
    requests: int = 6
    tool_calls: int = 12
    tokens: int = 60_000


class Setups(Protocol):
    """Which model an enterprise has connected, and what it may still spend today."""

    async def ready(self, enterprise: EnterpriseNumber) -> ModelSetup | None: ...
    async def begin_turn(self, setup: ModelSetup) -> bool: ...
    async def spent(self, setup: ModelSetup, tokens_in: int, tokens_out: int) -> None: ...


@dataclass(slots=True)
class Spent:
    """What asking has cost so far, filled while it is asked: it counts also where it fails."""

    tokens_in: int = 0
    tokens_out: int = 0
    steps: list[dict[str, Any]] = field(default_factory=list)


class Thinks(Protocol):
    """Asks the model for one move. Raises ThoughtError, and what `FreeTimes` raises."""

    async def __call__(
        self, setup: ModelSetup, desk: Desk, limits: TurnLimits, spent: Spent
    ) -> Turn: ...


class ThoughtError(Exception):
    """The model gave no move.

    Attributes:
        reason: "limit", "refused", "strange", "key", "rate", "away" or "timeout"; a metric label.
        its_fault: the service failed, so that it should be left alone for a while.
    """

    def __init__(self, reason: str, *, its_fault: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.its_fault = its_fault
