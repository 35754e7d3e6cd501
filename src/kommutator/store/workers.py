"""Which engines are alive; lanes are shared between them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from kommutator.store.driver import Connection

_BEAT = """
INSERT INTO workers (id, host, pid, roles) VALUES ($1, $2, $3, $4)
ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp()
RETURNING extract(epoch FROM clock_timestamp())::float8"""
_LIVE = """
SELECT count(*) FROM workers
 WHERE $1 = ANY (roles) AND seen_at > clock_timestamp() - make_interval(secs => $2)"""
_FORGET = "DELETE FROM workers WHERE seen_at < clock_timestamp() - interval '1 hour'"


class WorkerStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def beat_everywhere(
        self, worker: UUID, host: str, pid: int, roles: Sequence[str]
    ) -> float:
        """Say that this engine lives; returns the database's time, epoch seconds."""
        at: float = await self._connection.fetchval(_BEAT, worker, host, pid, roles)
        return at

    async def live_everywhere(self, role: str, within_s: float) -> int:
        """How many engines with this role were seen lately."""
        count: int = await self._connection.fetchval(_LIVE, role, within_s)
        return count

    async def leave_everywhere(self, worker: UUID) -> None:
        """Say goodbye, and clear away those who could not."""
        await self._connection.execute("DELETE FROM workers WHERE id = $1", worker)
        await self._connection.execute(_FORGET)
