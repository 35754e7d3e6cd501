"""What a request must have before it may leave: its budgets, and room in its enterprise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from kommutator.domain.outcome import Budget
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.clock import Clock
from kommutator.store.database import Database
from kommutator.workers import metrics
from kommutator.workers.lease import Kick

HORIZON_S = 0.25
"""How far ahead a turn is reserved. Long enough that the next turn is always somebody's, so the
allowance is used up; short enough that a waiting request does not hold its place in the lane."""


class LaneBudgets:
    """Budgets as one lane sees them: asked in PostgreSQL, refusals remembered until they end."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._not_before: dict[str, float] = {}

    def blocked(self, budgets: Sequence[Budget]) -> bool:
        """Whether asking is pointless for now; others may go ahead of it."""
        if not self._not_before:
            return False
        now = self._clock.monotonic()
        return any(self._not_before.get(b.key, 0.0) > now for b in budgets)

    async def take(self, budgets: Sequence[Budget]) -> float | None:
        """Seconds to wait before sending, or None if the turn is too far away."""
        if not budgets:
            return 0.0
        async with self._db.single() as unit:
            draw = await unit.budgets.take_everywhere(budgets, horizon=HORIZON_S)
        if draw.granted:
            return draw.wait
        metrics.BUDGET_WAITS.inc()
        self._block([b.key for b in budgets], max(0.0, draw.wait - HORIZON_S / 2))
        return None

    async def hold(self, budgets: Sequence[Budget], seconds: float) -> None:
        """The vendor asked to slow down: hold these budgets for all processes."""
        keys = [b.key for b in budgets]
        if not keys:
            return
        self._block(keys, seconds)
        async with self._db.single() as unit:
            await unit.budgets.hold_everywhere(keys, seconds)

    def next_end(self) -> float | None:
        """Monotonic time when the next refusal ends."""
        now = self._clock.monotonic()
        self._not_before = {k: t for k, t in self._not_before.items() if t > now}
        return min(self._not_before.values(), default=None)

    def _block(self, keys: Sequence[str], seconds: float) -> None:
        until = self._clock.monotonic() + seconds
        for key in keys:
            self._not_before[key] = max(self._not_before.get(key, 0.0), until)


class EnterpriseRoom:
    """How many requests one enterprise may have under way in this process, over all its lanes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._used: dict[EnterpriseNumber, int] = defaultdict(int)
        self._waiting: dict[EnterpriseNumber, set[Kick]] = defaultdict(set)

    def enter(self, enterprise: EnterpriseNumber, kick: Kick) -> bool:
        """Take a place; without one, `kick` is touched as soon as there is."""
        if self._used[enterprise] >= self._limit:
            self._waiting[enterprise].add(kick)
            return False
        self._used[enterprise] += 1
        return True

    def leave(self, enterprise: EnterpriseNumber) -> None:
        self._used[enterprise] -= 1
        if not self._used[enterprise]:
            del self._used[enterprise]
        for kick in self._waiting.pop(enterprise, ()):
            kick.touch()
