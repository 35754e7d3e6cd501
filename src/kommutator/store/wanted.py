"""What somebody told of and that is to be read again: wishes, leased in a table.

A wish made while its part is being read outlives the answer, which may be older than the news.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

P = TypeVar("P", bound=StrEnum)

# Rows in order of their key: whoever locks two may meet another who locks the same two.
_WANT = """
INSERT INTO {table} AS w (enterprise, connection_id, {part}, id, since, wanted_at)
SELECT $1, $2, {part}, id, clock_timestamp(), clock_timestamp()
  FROM (SELECT DISTINCT {part}, id FROM unnest($3::text[], $4::bigint[]) AS n ({part}, id)) AS one
 ORDER BY {part}, id
ON CONFLICT (enterprise, connection_id, {part}, id) DO UPDATE SET wanted_at = excluded.wanted_at"""
# A vendor whose deliveries wait for it to come back is left alone.
_WAITING = """
SELECT c.enterprise, c.id, k.part FROM connections c
  JOIN enterprises e ON e.number = c.enterprise AND e.active
 CROSS JOIN unnest(ARRAY[{parts}]) AS k (part)
  LEFT JOIN lanes l ON l.lane = 'crm:' || c.id
 WHERE c.kind = ANY ($1::text[]) AND c.status = 'active' AND c.user_id IS NULL
   AND l.parked_reason IS NULL
   AND (l.breaker_until IS NULL OR l.breaker_until <= clock_timestamp())
   AND EXISTS (SELECT FROM {table} w WHERE w.connection_id = c.id AND w.{part} = k.part
                  AND w.take_after <= clock_timestamp())"""
_TAKE = """
WITH taken AS (
    SELECT id FROM {table}
     WHERE enterprise = $1 AND connection_id = $2 AND {part} = $3
       AND take_after <= clock_timestamp()
     ORDER BY since LIMIT $4 FOR UPDATE SKIP LOCKED)
UPDATE {table} w SET take_after = clock_timestamp() + make_interval(secs => $5)
  FROM taken WHERE w.enterprise = $1 AND w.connection_id = $2 AND w.{part} = $3
   AND w.id = taken.id
RETURNING w.id, w.since, clock_timestamp() AS at"""
_GRANT = """
DELETE FROM {table}
 WHERE enterprise = $1 AND connection_id = $2 AND {part} = $3 AND id = ANY ($4::bigint[])
   AND wanted_at <= $5"""
_AGAIN = """
UPDATE {table} SET since = wanted_at, take_after = '-infinity'
 WHERE enterprise = $1 AND connection_id = $2 AND {part} = $3 AND id = ANY ($4::bigint[])"""
_POSTPONE = """
UPDATE {table} SET take_after = clock_timestamp() + make_interval(secs => $5)
 WHERE enterprise = $1 AND connection_id = $2 AND {part} = $3 AND id = ANY ($4::bigint[])"""
_NEWS = "SELECT pg_notify('kommutator_wanted', '')"


@dataclass(frozen=True)  # with slots, Python 3.11 cannot make one by its alias
class Taken(Generic[P]):
    """Of one part, to be read now. `at`: the database's time; `since`: of the oldest wish."""

    part: P
    ids: Sequence[int]
    at: datetime
    since: datetime


class WantedTable(Generic[P]):
    """A table of wishes, and how it is spoken to.

    Args:
        column: names the part.
        parts: what may stand there.
    """

    def __init__(self, table: str, column: str, parts: type[P]) -> None:
        self.part = parts
        values = ", ".join(f"'{one.value}'" for one in parts)

        def about(statement: str) -> str:
            return statement.format(table=table, part=column, parts=values)

        self.want, self.waiting, self.take = about(_WANT), about(_WAITING), about(_TAKE)
        self.grant, self.again, self.postpone = about(_GRANT), about(_AGAIN), about(_POSTPONE)


class WantedStore(Generic[P]):
    """Wishes of all connections that keep theirs in one table."""

    def __init__(self, connection: Connection, table: WantedTable[P]) -> None:
        self._connection = connection
        self._table = table

    async def want(
        self, enterprise: EnterpriseNumber, connection_id: UUID, wishes: Collection[tuple[P, int]]
    ) -> None:
        """Have these read as soon as possible; the workers hear of it at the commit."""
        if not wishes:
            return
        parts, ids = zip(*((part.value, one) for part, one in wishes), strict=True)
        await self._connection.execute(self._table.want, enterprise, connection_id, parts, ids)
        await self._tell()

    async def waiting_everywhere(
        self, kinds: Sequence[str]
    ) -> Sequence[tuple[EnterpriseNumber, UUID, P]]:
        """Working connections of these kinds with wishes that may be tried now."""
        rows = await self._connection.fetch(self._table.waiting, list(kinds))
        part = self._table.part
        return [(EnterpriseNumber(row["enterprise"]), row["id"], part(row["part"])) for row in rows]

    async def take(
        self, enterprise: EnterpriseNumber, connection_id: UUID, part: P, limit: int, lease_s: float
    ) -> Taken[P] | None:
        """The oldest wishes; nobody else gets them until the lease ends or they are granted."""
        rows = await self._connection.fetch(
            self._table.take, enterprise, connection_id, part.value, limit, lease_s
        )
        if not rows:
            return None
        since, at = min(row["since"] for row in rows), min(row["at"] for row in rows)
        return Taken(part, sorted(row["id"] for row in rows), at, since)

    async def grant(
        self, enterprise: EnterpriseNumber, connection_id: UUID, taken: Taken[P]
    ) -> None:
        """They were read; what was wanted again meanwhile is read again."""
        key = (enterprise, connection_id, taken.part.value, taken.ids)
        await self._connection.execute(self._table.grant, *key, taken.at)
        await self._connection.execute(self._table.again, *key)

    async def postpone(
        self, enterprise: EnterpriseNumber, connection_id: UUID, taken: Taken[P], seconds: float
    ) -> None:
        """The vendor could not be asked; try again later."""
        key = (enterprise, connection_id, taken.part.value, taken.ids)
        await self._connection.execute(self._table.postpone, *key, seconds)

    async def _tell(self) -> None:
        """The workers hear of it at the commit."""
        await self._connection.execute(_NEWS)
