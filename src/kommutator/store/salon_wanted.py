"""Parts of salons that somebody told of and that are to be read again.

As `crm_wanted`: a wish made while its part is being read outlives the answer, which may be older
than the news.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kommutator.domain.salon.copy import Part
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

# Rows in order of their key: whoever locks two may meet another who locks the same two.
_WANT = """
INSERT INTO salon_wanted AS w (enterprise, connection_id, part, id, since, wanted_at)
SELECT $1, $2, part, id, clock_timestamp(), clock_timestamp()
  FROM (SELECT DISTINCT part, id FROM unnest($3::text[], $4::bigint[]) AS n (part, id)) AS one
 ORDER BY part, id
ON CONFLICT (enterprise, connection_id, part, id) DO UPDATE SET wanted_at = excluded.wanted_at"""
_WANT_VISITS = """
INSERT INTO salon_wanted (enterprise, connection_id, part, id, since, wanted_at)
SELECT enterprise, connection_id, 'visits', id, clock_timestamp(), clock_timestamp()
  FROM salon_visits
 WHERE enterprise = $1 AND connection_id = $2 AND NOT deleted AND read_at < $3
   AND starts_at >= $4 AND starts_at < $5
 ORDER BY id
ON CONFLICT (enterprise, connection_id, part, id) DO NOTHING"""
_WANT_CLIENTS = """
INSERT INTO salon_wanted (enterprise, connection_id, part, id, since, wanted_at)
SELECT enterprise, connection_id, 'clients', id, clock_timestamp(), clock_timestamp()
  FROM salon_clients
 WHERE enterprise = $1 AND connection_id = $2 AND NOT deleted AND read_at < $3
 ORDER BY id
ON CONFLICT (enterprise, connection_id, part, id) DO NOTHING"""
_WAITING = """
SELECT c.enterprise, c.id, k.part FROM connections c
  JOIN enterprises e ON e.number = c.enterprise AND e.active
 CROSS JOIN unnest(ARRAY['salon', 'staff', 'services', 'hours', 'visits', 'clients']) AS k (part)
  LEFT JOIN lanes l ON l.lane = 'crm:' || c.id
 WHERE c.kind = ANY ($1::text[]) AND c.status = 'active' AND c.user_id IS NULL
   AND l.parked_reason IS NULL
   AND (l.breaker_until IS NULL OR l.breaker_until <= clock_timestamp())
   AND EXISTS (SELECT FROM salon_wanted w WHERE w.connection_id = c.id AND w.part = k.part
                  AND w.take_after <= clock_timestamp())"""
_TAKE = """
WITH taken AS (
    SELECT id FROM salon_wanted
     WHERE enterprise = $1 AND connection_id = $2 AND part = $3
       AND take_after <= clock_timestamp()
     ORDER BY since LIMIT $4 FOR UPDATE SKIP LOCKED)
UPDATE salon_wanted w SET take_after = clock_timestamp() + make_interval(secs => $5)
  FROM taken WHERE w.enterprise = $1 AND w.connection_id = $2 AND w.part = $3 AND w.id = taken.id
RETURNING w.id, w.since, clock_timestamp() AS at"""
_GRANT = """
DELETE FROM salon_wanted
 WHERE enterprise = $1 AND connection_id = $2 AND part = $3 AND id = ANY ($4::bigint[])
   AND wanted_at <= $5"""
_AGAIN = """
UPDATE salon_wanted SET since = wanted_at, take_after = '-infinity'
 WHERE enterprise = $1 AND connection_id = $2 AND part = $3 AND id = ANY ($4::bigint[])"""
_POSTPONE = """
UPDATE salon_wanted SET take_after = clock_timestamp() + make_interval(secs => $5)
 WHERE enterprise = $1 AND connection_id = $2 AND part = $3 AND id = ANY ($4::bigint[])"""
_NEWS = "SELECT pg_notify('kommutator_wanted', '')"


@dataclass(frozen=True, slots=True)
class TakenPart:
    """To be read now. `at`: the database's time; `since`: of the oldest wish."""

    part: Part
    ids: Sequence[int]
    at: datetime
    since: datetime


class SalonWantedStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def want(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        wishes: Collection[tuple[Part, int]],
    ) -> None:
        """Have these read as soon as possible; the workers hear of it at the commit."""
        if not wishes:
            return
        parts, ids = zip(*((part.value, one) for part, one in wishes), strict=True)
        await self._connection.execute(_WANT, enterprise, connection_id, parts, ids)
        await self._connection.execute(_NEWS)

    async def want_unseen_visits(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        since: datetime,
        first: datetime,
        last: datetime,
    ) -> None:
        """Visits of that time that a whole read since then did not show, or missed."""
        await self._connection.execute(_WANT_VISITS, enterprise, connection_id, since, first, last)

    async def want_unseen_clients(
        self, enterprise: EnterpriseNumber, connection_id: UUID, since: datetime
    ) -> None:
        """Clients that a whole read since then did not show: gone, or missed."""
        await self._connection.execute(_WANT_CLIENTS, enterprise, connection_id, since)

    async def among(
        self, enterprise: EnterpriseNumber, connection_id: UUID, part: Part, ids: Collection[int]
    ) -> frozenset[int]:
        """Those of these that somebody told of and that are not read again yet."""
        if not ids:
            return frozenset()
        rows = await self._connection.fetch(
            "SELECT id FROM salon_wanted WHERE enterprise = $1 AND connection_id = $2 "
            "AND part = $3 AND id = ANY ($4::bigint[])",
            enterprise, connection_id, part.value, list(ids),
        )  # fmt: skip
        return frozenset(row["id"] for row in rows)

    async def waiting(
        self, enterprise: EnterpriseNumber, connection_id: UUID
    ) -> tuple[int, datetime | None]:
        """How much of a salon is told of and not yet read, and since when."""
        row = await self._connection.fetchrow(
            "SELECT count(*) AS wanted, min(since) AS since FROM salon_wanted "
            "WHERE enterprise = $1 AND connection_id = $2",
            enterprise, connection_id,
        )  # fmt: skip
        return row["wanted"], row["since"]

    async def waiting_everywhere(
        self, kinds: Sequence[str]
    ) -> Sequence[tuple[EnterpriseNumber, UUID, Part]]:
        """Working connections of these kinds with wishes that may be tried now."""
        rows = await self._connection.fetch(_WAITING, list(kinds))
        return [(EnterpriseNumber(row["enterprise"]), row["id"], Part(row["part"])) for row in rows]

    async def take(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        part: Part,
        limit: int,
        lease_s: float,
    ) -> TakenPart | None:
        """The oldest wishes; nobody else gets them until the lease ends or they are granted."""
        rows = await self._connection.fetch(
            _TAKE, enterprise, connection_id, part.value, limit, lease_s
        )
        if not rows:
            return None
        since, at = min(row["since"] for row in rows), min(row["at"] for row in rows)
        return TakenPart(part, sorted(row["id"] for row in rows), at, since)

    async def grant(
        self, enterprise: EnterpriseNumber, connection_id: UUID, taken: TakenPart
    ) -> None:
        """They were read; what was wanted again meanwhile is read again."""
        key = (enterprise, connection_id, taken.part.value, taken.ids)
        await self._connection.execute(_GRANT, *key, taken.at)
        await self._connection.execute(_AGAIN, *key)

    async def postpone(
        self, enterprise: EnterpriseNumber, connection_id: UUID, taken: TakenPart, seconds: float
    ) -> None:
        """The vendor could not be asked; try again later."""
        await self._connection.execute(
            _POSTPONE, enterprise, connection_id, taken.part.value, taken.ids, seconds
        )
