"""What the diagnostics page asks the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.views.rows import Connection

_LATEST = 2000  # attempts looked at; keeps the page cheap when errors are rare


@dataclass(frozen=True, slots=True)
class JournalHealth:
    """How the deciding side stands."""

    waiting: int
    oldest: datetime | None
    failed: int
    last_at: datetime | None


class HealthViews:
    """Reads across journal, attempts and workers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def journal(self, enterprise: EnterpriseNumber) -> JournalHealth:
        row = await self._connection.fetchrow(
            """SELECT
                 (SELECT count(*) FROM journal WHERE enterprise = $1 AND state = 'new') AS waiting,
                 (SELECT min(received_at) FROM journal
                  WHERE enterprise = $1 AND state = 'new') AS oldest,
                 (SELECT count(*) FROM journal
                  WHERE enterprise = $1 AND state = 'failed') AS failed,
                 (SELECT max(received_at) FROM (SELECT received_at FROM journal
                  WHERE enterprise = $1 ORDER BY id DESC LIMIT 50) latest) AS last_at""",
            enterprise,
        )
        return JournalHealth(**dict(row))

    async def latest(
        self, enterprise: EnterpriseNumber, connection_id: UUID, status: str, *, limit: int = 5
    ) -> list[dict[str, Any]]:
        """The last successes or errors of one connection, among its enterprise's latest."""
        rows = await self._connection.fetch(
            f"""SELECT id, at, event_type, error_message, duration_ms FROM (
                    SELECT * FROM attempts WHERE enterprise = $1 ORDER BY id DESC LIMIT {_LATEST}
                ) recent WHERE connection_id = $2 AND status = $3 ORDER BY id DESC LIMIT $4""",
            enterprise,
            connection_id,
            status,
            limit,
        )
        return [dict(row) for row in rows]

    async def workers_everywhere(self) -> list[dict[str, Any]]:
        """Processes that showed themselves, with seconds since."""
        rows = await self._connection.fetch(
            """SELECT id, host, pid, roles, started_at,
                      extract(epoch FROM now() - seen_at)::float8 AS silent_s
               FROM workers ORDER BY host, pid"""
        )
        return [dict(row) for row in rows]
