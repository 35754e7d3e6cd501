"""What a check-up asks the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.views.rows import Connection


@dataclass(frozen=True, slots=True)
class PhoneBookRead:
    """How the last read of the CRM's clients went. `page` above 0: one is under way."""

    finished_at: datetime | None
    clients: int
    page: int
    error: str | None


class CheckUpViews:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def clock_everywhere(self) -> float:
        """The database's time, epoch seconds."""
        at: float = await self._connection.fetchval(
            "SELECT extract(epoch FROM clock_timestamp())::float8"
        )
        return at

    async def roles_everywhere(self, within_s: float) -> dict[str, int]:
        """Role → how many living processes have it."""
        rows = await self._connection.fetch(
            """SELECT role, count(*) AS alive FROM workers, unnest(roles) role
               WHERE seen_at > clock_timestamp() - make_interval(secs => $1) GROUP BY role""",
            within_s,
        )
        return {row["role"]: row["alive"] for row in rows}

    async def recordings(self, enterprise: EnterpriseNumber, late_s: float) -> dict[str, int]:
        """How many are `late` by so many seconds, and how many went `missing` within a day."""
        row = await self._connection.fetchrow(
            """SELECT count(*) FILTER (WHERE state = 'expected' AND expected_at
                          < clock_timestamp() - make_interval(secs => $2)) AS late,
                      count(*) FILTER (WHERE state = 'missing' AND expected_at
                          > clock_timestamp() - interval '1 day') AS missing
               FROM recordings WHERE enterprise = $1 AND state IN ('expected', 'missing')""",
            enterprise,
            late_s,
        )
        return dict(row)

    async def phone_book(
        self, enterprise: EnterpriseNumber, connection_id: UUID
    ) -> PhoneBookRead | None:
        row = await self._connection.fetchrow(
            """SELECT finished_at, clients, page, error FROM phone_book_reads
               WHERE enterprise = $1 AND connection_id = $2""",
            enterprise,
            connection_id,
        )
        return None if row is None else PhoneBookRead(**dict(row))

    async def allowance_everywhere(self, keys: Sequence[str]) -> float:
        """Seconds until the next request may leave under the slowest of these budgets."""
        wait: float = await self._connection.fetchval(
            """SELECT coalesce(max(tat) - extract(epoch FROM clock_timestamp()), 0)::float8
               FROM budgets WHERE key = ANY ($1)""",
            list(keys),
        )
        return max(wait, 0.0)

    async def heard(self, enterprise: EnterpriseNumber, call_id: str) -> list[dict[str, Any]]:
        """Kind and body of what a PBX said about a call, in order."""
        rows = await self._connection.fetch(
            """SELECT kind, body FROM journal WHERE enterprise = $1 AND key = $2
               ORDER BY id LIMIT 100""",
            enterprise,
            call_id,
        )
        return [dict(row) for row in rows]
