"""Rate allowances that all our processes share: GCRA in PostgreSQL, one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kommutator.domain.outcome import Budget
from kommutator.store.driver import Connection

# Vendors count in their own windows and our requests travel unevenly; five percent of slack
# keeps the eleventh request out of a window of ten.
SLACK = 0.95

_HOLD = """
INSERT INTO budgets AS b (key, tat)
SELECT k, extract(epoch FROM clock_timestamp()) + $2 FROM unnest($1::text[]) k ORDER BY k
ON CONFLICT (key) DO UPDATE SET tat = greatest(b.tat, excluded.tat)"""

_DELAY = """
WITH due AS (SELECT key FROM budgets WHERE key = ANY ($1) ORDER BY key FOR UPDATE)
UPDATE budgets b SET tat = b.tat + $2 FROM due
WHERE b.key = due.key AND b.tat > extract(epoch FROM clock_timestamp()) - 1"""


@dataclass(frozen=True, slots=True)
class Draw:
    """Whether the slots are ours, and seconds: until sending, or until asking again."""

    granted: bool
    wait: float


class BudgetStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def take_everywhere(self, budgets: Sequence[Budget], *, horizon: float) -> Draw:
        """Draw once from every budget, or from none if the wait would exceed `horizon` seconds.

        Budgets are shared by all enterprises that name the same key (limits by IP address).
        """
        row = await self._connection.fetchrow(
            "SELECT granted, wait FROM take_budgets($1, $2, $3, $4)",
            [b.key for b in budgets],
            [1 / (b.rate * SLACK) for b in budgets],
            [b.burst for b in budgets],
            horizon,
        )
        return Draw(granted=row["granted"], wait=row["wait"])

    async def hold_everywhere(self, keys: Sequence[str], seconds: float) -> None:
        """Give nothing from these budgets for a while: the vendor asked to slow down."""
        await self._connection.execute(_HOLD, keys, seconds)

    async def delay_everywhere(self, keys: Sequence[str], seconds: float) -> None:
        """Move what has not been given yet; a budget that nobody drew on lately stays as it is."""
        await self._connection.execute(_DELAY, list(keys), seconds)
