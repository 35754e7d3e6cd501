"""Waiting for a vendor's allowance outside the lanes.

Tests, registrations and look-ups draw from the same budgets as deliveries, so that a curious
administrator cannot spend what the tenant's calls need.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kommutator.domain.outcome import Budget
from kommutator.kit.clock import Clock
from kommutator.kit.errors import TooMany

if TYPE_CHECKING:
    from kommutator.store.database import Database

_HORIZON_S = 3.0
_PATIENCE_S = 20.0
_SURE_S = 0.25
"""A turn further away than this may be taken back meanwhile: it is asked for once more."""


class Turns:
    """Callable: waits until one request may leave under all these budgets."""

    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def __call__(self, budgets: Sequence[Budget]) -> None:
        """Raises TooMany: `vendor_budget_spent` after 20 s of waiting."""
        if not budgets:
            return
        deadline = self._clock.monotonic() + _PATIENCE_S
        while True:
            async with self._db.single() as unit:
                draw = await unit.budgets.take_everywhere(budgets, horizon=_HORIZON_S)
            if not draw.granted and self._clock.monotonic() + draw.wait > deadline:
                raise TooMany("vendor_budget_spent", retry_after=draw.wait)
            await self._clock.sleep(draw.wait)
            if draw.granted and not (draw.wait > _SURE_S and await self._held(budgets)):
                return

    async def hold(self, budgets: Sequence[Budget], seconds: float) -> None:
        """Give nothing from these budgets for so long, in no process: lanes hold back too.

        Turns that were given before are taken back from whoever still waits for them.
        """
        if not budgets:
            return
        async with self._db.single() as unit:
            await unit.budgets.hold_everywhere([budget.key for budget in budgets], seconds)

    async def _held(self, budgets: Sequence[Budget]) -> bool:
        """Whether somebody pushed a budget further than turns are ever given ahead."""
        async with self._db.single() as unit:
            ahead = await unit.budgets.ahead_everywhere([budget.key for budget in budgets])
        return any(
            ahead.get(budget.key, 0.0) > _HORIZON_S + _SURE_S + (budget.burst + 1) / budget.rate
            for budget in budgets
        )
