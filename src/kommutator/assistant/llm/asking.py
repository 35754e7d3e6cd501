"""Asking the model of an enterprise: only while it may be, and no longer than a turn lasts."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import structlog

from kommutator.assistant.dialogue.moment import Moment
from kommutator.assistant.llm.briefing import mask_of
from kommutator.assistant.llm.desk import Desk
from kommutator.assistant.llm.masking import Mask
from kommutator.assistant.llm.ports import Setups, Spent, Thinks, ThoughtError, TurnLimits
from kommutator.domain.assistant.model import ModelSetup
from kommutator.domain.assistant.talk import Turn
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.breaker import Breaker, BreakerRules
from kommutator.kit.clock import Clock
from kommutator.kit.errors import KommutatorError
from kommutator.kit.ids import Ids
from kommutator.kit.metrics import Metrics

_log = structlog.get_logger(__name__)
_REST: Final = BreakerRules(threshold=3, first=60.0, longest=900.0)
_MOST_BREAKERS: Final = 2000
Result = Literal["up", "down", "unknown"]
_UP: Final[Result] = "up"
_DOWN: Final[Result] = "down"


@dataclass(frozen=True, slots=True)
class Thought:
    """What came of asking.

    Attributes:
        turn: None: there is no move; `reason` says why, as a metric label.
        trace: what was told, asked and answered, masked.
    """

    turn: Turn | None = None
    reason: str = "answered"
    trace: dict[str, Any] = field(default_factory=dict)


class AskModel:
    """After three failures in a row a model is left alone for a minute, then longer.

    Args:
        opens: what must be there before anything can be asked; raises ThoughtError.
    """

    def __init__(
        self,
        setups: Setups,
        think: Thinks,
        limits: TurnLimits,
        *,
        clock: Clock,
        ids: Ids,
        metrics: Metrics,
        opens: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._opens = opens
        self._setups = setups
        self._think = think
        self._limits = limits
        self._clock = clock
        self._ids = ids
        self._metrics = metrics
        self._breakers: OrderedDict[EnterpriseNumber, Breaker] = OrderedDict()

    async def __call__(self, enterprise: EnterpriseNumber | None, moment: Moment) -> Thought:
        """Raises what `FreeTimes` raises, and nothing else."""
        setup = None if enterprise is None else await self._setup(enterprise)
        if setup is None:
            return Thought(reason="not_connected")
        breaker = self._breaker(setup.enterprise)
        result: Result = "unknown"
        permit = breaker.ask(self._clock.monotonic())
        if permit is None:
            return Thought(reason="resting")
        try:
            thought, result = await self._admitted(setup, moment)
        finally:
            now, jitter = self._clock.monotonic(), self._ids.uniform()
            breaker.record(permit, result, now=now, jitter=jitter)
        return thought

    async def _open(self) -> None:
        if self._opens is not None:
            await self._opens()

    async def _setup(self, enterprise: EnterpriseNumber) -> ModelSetup | None:
        try:
            return await self._setups.ready(enterprise)
        except Exception as error:  # noqa: BLE001  the rules need nothing of what failed
            _log.warning("model_not_read", enterprise=enterprise, error=type(error).__name__)
            return None

    async def _admitted(self, setup: ModelSetup, moment: Moment) -> tuple[Thought, Result]:
        spent = Spent()
        started = self._clock.monotonic()
        desk = _desk(setup, moment)
        turn: Turn | None = None
        reason = "answered"
        result: Result = _UP
        try:
            if not await self._setups.begin_turn(setup):
                return Thought(reason="day_spent"), "unknown"
            await self._open()  # the library's seconds are not the model's
            async with asyncio.timeout(self._limits.seconds):
                turn = await self._think(setup, desk, self._limits, spent)
        except ThoughtError as error:
            reason, result = error.reason, _DOWN if error.its_fault else _UP
        except TimeoutError:
            reason, result = "timeout", _DOWN
        except KommutatorError:
            raise  # of `times`: no brain could do better
        except Exception as error:  # noqa: BLE001  a client gets an answer whatever a library does
            _log.warning("model_failed", enterprise=setup.enterprise, error=type(error).__name__)
            reason, result = "failed", _DOWN
        finally:
            await self._count(setup, spent, desk)
        ms = round((self._clock.monotonic() - started) * 1000)
        return Thought(turn, reason, _trace(setup, spent, ms)), result

    async def _count(self, setup: ModelSetup, spent: Spent, desk: Desk) -> None:
        self._metrics.model_tokens.labels("in").inc(spent.tokens_in)
        self._metrics.model_tokens.labels("out").inc(spent.tokens_out)
        self._metrics.model_remarks_left_out.inc(desk.left_out)
        if not spent.tokens_in and not spent.tokens_out:
            return
        try:
            await self._setups.spent(setup, spent.tokens_in, spent.tokens_out)
        except Exception as error:  # noqa: BLE001  a number for a page; the turn is worth more
            _log.warning("model_cost_not_kept", error=type(error).__name__)

    def _breaker(self, enterprise: EnterpriseNumber) -> Breaker:
        breaker = self._breakers.pop(enterprise, None)
        if breaker is None:
            breaker = Breaker(_REST, now=self._clock.monotonic())
        self._breakers[enterprise] = breaker
        while len(self._breakers) > _MOST_BREAKERS:
            self._breakers.popitem(last=False)
        return breaker


def _desk(setup: ModelSetup, moment: Moment) -> Desk:
    told = [moment.frame.name] if moment.frame.name else []
    mask = mask_of(moment.scene, moment.talk, told, setup.settings)
    return Desk(moment, setup.settings, mask)


def _trace(setup: ModelSetup, spent: Spent, ms: int) -> dict[str, Any]:
    """Numbers are hidden in it whatever the model may be told."""
    return {
        "model": setup.settings.model,
        "ms": ms,
        "tokens": [spent.tokens_in, spent.tokens_out],
        "steps": Mask().hide_in(spent.steps),
    }
