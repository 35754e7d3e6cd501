"""What must happen later; the ticker moves it into the journal when its time comes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from kommutator.domain.connection import decision_lane
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

SOURCE = "timer"

_SET = """
INSERT INTO timers (enterprise, once, run_at, kind, key, body) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (enterprise, once) DO UPDATE
   SET run_at = excluded.run_at, kind = excluded.kind, key = excluded.key, body = excluded.body"""
_CANCEL = "DELETE FROM timers WHERE enterprise = $1 AND once = $2"
# A timer set again after it fired is a new row with a new id, so the journal takes it.
_FIRE = f"""
WITH due AS (
    DELETE FROM timers WHERE id IN (
        SELECT id FROM timers WHERE run_at <= clock_timestamp() ORDER BY run_at, id LIMIT $1
           FOR UPDATE SKIP LOCKED)
    RETURNING id, enterprise, run_at, kind, key, once, body),
fired AS (
    INSERT INTO journal (enterprise, source, kind, key, dedupe_key, body)
    SELECT enterprise, '{SOURCE}', kind, key, once || ':' || id, body FROM due ORDER BY run_at, id
    RETURNING enterprise)
SELECT enterprise FROM fired"""


class TimerStore:
    def __init__(self, connection: Connection, wake: Callable[[str], None]) -> None:
        self._connection = connection
        self._wake = wake

    async def set(
        self,
        enterprise: EnterpriseNumber,
        once: str,
        *,
        run_at: datetime,
        kind: str,
        key: str | None = None,
        body: bytes = b"{}",
    ) -> None:
        """Set or move the timer named `once`; it arrives in the journal as source "timer"."""
        await self._connection.execute(_SET, enterprise, once, run_at, kind, key, body)

    async def cancel(self, enterprise: EnterpriseNumber, once: str) -> None:
        """Nothing happens if it fired already."""
        await self._connection.execute(_CANCEL, enterprise, once)

    async def fire_everywhere(self, limit: int = 500) -> int:
        """Move what is due into the journal; several tickers may run. Returns how many."""
        rows = await self._connection.fetch(_FIRE, limit)
        for number in {r["enterprise"] for r in rows}:
            self._wake(decision_lane(EnterpriseNumber(number)))
        return len(rows)
