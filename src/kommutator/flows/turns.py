"""Waiting for a vendor's allowance outside the lanes.

Tests, registrations and look-ups draw from the same budgets as deliveries, so that a curious
administrator cannot spend what the tenant's calls need.

Turns are given a quarter of a second ahead, as in the lanes: so a vendor that says "slow down" is
obeyed at once, and a request that was late on its way out delays those after it. Within a process
one asks the database, the others wait in line behind it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import structlog

from kommutator.domain.outcome import Budget
from kommutator.kit.clock import Clock
from kommutator.kit.errors import TooMany
from kommutator.store.driver import TRANSIENT

if TYPE_CHECKING:
    from kommutator.store.database import Database

_log = structlog.get_logger(__name__)
_HORIZON_S = 0.25
_PATIENCE_S = 20.0
_LATE_S = 0.015  # less than this is the machine's own unevenness


class _Line:
    """Those of one process who want the same budgets."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.waiting = 0


class Turns:
    """Callable: waits until one request may leave under all these budgets."""

    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._lines: WeakValueDictionary[tuple[str, ...], _Line] = WeakValueDictionary()

    async def __call__(self, budgets: Sequence[Budget]) -> None:
        """Raises TooMany: `vendor_budget_spent`, if it would take more than 20 s."""
        if not budgets:
            return
        line = self._line(budgets)
        step = 1 / min(budget.rate for budget in budgets)
        if (longest := line.waiting * step) > _PATIENCE_S:
            raise TooMany("vendor_budget_spent", retry_after=longest - _PATIENCE_S + step)
        deadline = self._clock.monotonic() + _PATIENCE_S
        line.waiting += 1
        try:
            async with line.lock:
                asked_at, wait = await self._draw(budgets, deadline)
        finally:
            line.waiting -= 1
        await self._clock.sleep(wait)
        # The wait began at some moment between the question and its answer: taken as the first.
        if (late := self._clock.monotonic() - asked_at - wait) > _LATE_S:
            await self.late(budgets, late)

    async def hold(self, budgets: Sequence[Budget], seconds: float) -> None:
        """Give nothing from these budgets for so long, in no process: lanes hold back too."""
        try:
            async with self._db.single() as unit:
                await unit.budgets.hold_everywhere([budget.key for budget in budgets], seconds)
        except TRANSIENT as error:  # what the vendor said matters more than that others hear it
            _log.warning("budget_not_held", error=repr(error))

    async def late(self, budgets: Sequence[Budget], seconds: float) -> None:
        """Move all turns that are not given yet: the vendor counts when requests arrive."""
        try:
            async with self._db.single() as unit:
                await unit.budgets.delay_everywhere([budget.key for budget in budgets], seconds)
        except TRANSIENT as error:
            _log.warning("budget_not_delayed", error=repr(error))

    async def _draw(self, budgets: Sequence[Budget], deadline: float) -> tuple[float, float]:
        """When the turn was asked for, and seconds from the answer until it is ours."""
        while True:
            asked_at = self._clock.monotonic()
            async with self._db.single() as unit:
                draw = await unit.budgets.take_everywhere(budgets, horizon=_HORIZON_S)
            if draw.granted:
                return asked_at, draw.wait
            if asked_at + draw.wait > deadline:
                raise TooMany("vendor_budget_spent", retry_after=draw.wait)
            await self._clock.sleep(max(draw.wait - _HORIZON_S / 2, 0.001))

    def _line(self, budgets: Sequence[Budget]) -> _Line:
        key = tuple(budget.key for budget in budgets)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _Line()
        return line
