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
            if draw.granted:
                await self._clock.sleep(draw.wait)
                return
            if self._clock.monotonic() + draw.wait > deadline:
                raise TooMany("vendor_budget_spent", retry_after=draw.wait)
            await self._clock.sleep(draw.wait)
