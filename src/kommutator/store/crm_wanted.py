"""Cards of a CRM that somebody told of and that are to be read again.

A wish made while its card is being read outlives the answer, which may be older than the news.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kommutator.domain.crm_data import EntityKind
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

# Rows in order of their key: whoever locks two may meet another who locks the same two.
_WANT = """
INSERT INTO crm_wanted AS w (enterprise, connection_id, kind, id, since, wanted_at)
SELECT $1, $2, kind, id, clock_timestamp(), clock_timestamp()
  FROM (SELECT DISTINCT kind, id FROM unnest($3::text[], $4::bigint[]) AS n (kind, id)) AS one
 ORDER BY kind, id
ON CONFLICT (enterprise, connection_id, kind, id) DO UPDATE SET wanted_at = excluded.wanted_at"""
# What was read after the event happened has been seen; clocks may differ by the slack.
_WANT_UNREAD = """
INSERT INTO crm_wanted AS w (enterprise, connection_id, kind, id, since, wanted_at)
SELECT $1, $2, kind, id, clock_timestamp(), clock_timestamp()
  FROM (SELECT kind, id, max(at) AS at
          FROM unnest($3::text[], $4::bigint[], $5::timestamptz[]) AS n (kind, id, at)
         GROUP BY kind, id) AS told
 WHERE NOT EXISTS (
    SELECT FROM crm_entities e
     WHERE e.enterprise = $1 AND e.connection_id = $2 AND e.kind = told.kind AND e.id = told.id
       AND e.read_at > told.at + make_interval(secs => $6))
   AND NOT EXISTS (
    SELECT FROM crm_wanted w
     WHERE w.enterprise = $1 AND w.connection_id = $2 AND w.kind = told.kind AND w.id = told.id)
 ORDER BY kind, id
ON CONFLICT (enterprise, connection_id, kind, id) DO NOTHING RETURNING kind"""
_WANT_UNCONFIRMED = """
INSERT INTO crm_wanted AS w (enterprise, connection_id, kind, id, since, wanted_at)
SELECT enterprise, connection_id, kind, id, clock_timestamp(), clock_timestamp()
  FROM crm_entities
 WHERE enterprise = $1 AND connection_id = $2 AND kind = $3 AND NOT deleted AND NOT closed
   AND read_at < $4
 ORDER BY id
ON CONFLICT (enterprise, connection_id, kind, id) DO NOTHING"""
# A CRM whose deliveries wait for it to come back is left alone.
_WAITING = """
SELECT c.enterprise, c.id, k.kind FROM connections c
  JOIN enterprises e ON e.number = c.enterprise AND e.active
 CROSS JOIN unnest(ARRAY['leads', 'contacts', 'companies']) AS k (kind)
  LEFT JOIN lanes l ON l.lane = 'crm:' || c.id
 WHERE c.kind = ANY ($1::text[]) AND c.status = 'active' AND c.user_id IS NULL
   AND l.parked_reason IS NULL
   AND (l.breaker_until IS NULL OR l.breaker_until <= clock_timestamp())
   AND EXISTS (SELECT FROM crm_wanted w WHERE w.connection_id = c.id AND w.kind = k.kind
                  AND w.take_after <= clock_timestamp())"""
_TAKE = """
WITH taken AS (
    SELECT id FROM crm_wanted
     WHERE enterprise = $1 AND connection_id = $2 AND kind = $3
       AND take_after <= clock_timestamp()
     ORDER BY since LIMIT $4 FOR UPDATE SKIP LOCKED)
UPDATE crm_wanted w SET take_after = clock_timestamp() + make_interval(secs => $5)
  FROM taken WHERE w.enterprise = $1 AND w.connection_id = $2 AND w.kind = $3
   AND w.id = taken.id
RETURNING w.id, w.since, clock_timestamp() AS at"""
_GRANT = """
DELETE FROM crm_wanted
 WHERE enterprise = $1 AND connection_id = $2 AND kind = $3 AND id = ANY ($4::bigint[])
   AND wanted_at <= $5"""
_AGAIN = """
UPDATE crm_wanted SET since = wanted_at, take_after = '-infinity'
 WHERE enterprise = $1 AND connection_id = $2 AND kind = $3 AND id = ANY ($4::bigint[])"""
_POSTPONE = """
UPDATE crm_wanted SET take_after = clock_timestamp() + make_interval(secs => $5)
 WHERE enterprise = $1 AND connection_id = $2 AND kind = $3 AND id = ANY ($4::bigint[])"""
_WIPE = """
DELETE FROM crm_wanted WHERE (enterprise, connection_id, kind, id) IN (
    SELECT w.enterprise, w.connection_id, w.kind, w.id FROM crm_wanted w
      JOIN connections c ON c.enterprise = w.enterprise AND c.id = w.connection_id
     WHERE c.status = 'removed' LIMIT $1)"""
_NEWS = "SELECT pg_notify('kommutator_wanted', '')"


@dataclass(frozen=True, slots=True)
class Taken:
    """Cards of one kind to be read now. `at`: the database's time; `since`: of the oldest wish."""

    kind: EntityKind
    ids: Sequence[int]
    at: datetime
    since: datetime


class CrmWantedStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def want(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        cards: Collection[tuple[EntityKind, int]],
    ) -> None:
        """Have these read as soon as possible; the workers hear of it at the commit."""
        if not cards:
            return
        kinds, ids = zip(*((kind.value, one) for kind, one in cards), strict=True)
        await self._connection.execute(_WANT, enterprise, connection_id, kinds, ids)
        await self._connection.execute(_NEWS)

    async def want_unread(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        told: Collection[tuple[EntityKind, int, datetime]],
        *,
        slack_s: float,
    ) -> int:
        """Have those read of which the vendor tells something newer than what was read.

        Returns how many these are: news that no hook had brought.
        """
        if not told:
            return 0
        kinds, ids, at = zip(*((kind.value, one, at) for kind, one, at in told), strict=True)
        rows = await self._connection.fetch(
            _WANT_UNREAD, enterprise, connection_id, kinds, ids, at, slack_s
        )
        if rows:
            await self._connection.execute(_NEWS)
        return len(rows)

    async def want_unconfirmed(
        self, enterprise: EnterpriseNumber, connection_id: UUID, kind: EntityKind, since: datetime
    ) -> None:
        """Cards that a whole read since then did not show: gone, or missed between two pages."""
        await self._connection.execute(
            _WANT_UNCONFIRMED, enterprise, connection_id, kind.value, since
        )

    async def waiting_everywhere(
        self, kinds: Sequence[str]
    ) -> Sequence[tuple[EnterpriseNumber, UUID, EntityKind]]:
        """Working connections of these kinds with wishes that may be tried now."""
        rows = await self._connection.fetch(_WAITING, list(kinds))
        return [
            (EnterpriseNumber(row["enterprise"]), row["id"], EntityKind(row["kind"]))
            for row in rows
        ]

    async def take(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        kind: EntityKind,
        limit: int,
        lease_s: float,
    ) -> Taken | None:
        """The oldest wishes; nobody else gets them until the lease ends or they are granted."""
        rows = await self._connection.fetch(
            _TAKE, enterprise, connection_id, kind.value, limit, lease_s
        )
        if not rows:
            return None
        since = min(row["since"] for row in rows)
        at = min(row["at"] for row in rows)
        return Taken(kind, sorted(row["id"] for row in rows), at, since)

    async def grant(self, enterprise: EnterpriseNumber, connection_id: UUID, taken: Taken) -> None:
        """They were read; what was wanted again meanwhile is read again."""
        key = (enterprise, connection_id, taken.kind.value, taken.ids)
        await self._connection.execute(_GRANT, *key, taken.at)
        await self._connection.execute(_AGAIN, *key)

    async def postpone(
        self, enterprise: EnterpriseNumber, connection_id: UUID, taken: Taken, seconds: float
    ) -> None:
        """The CRM could not be asked; try again later."""
        await self._connection.execute(
            _POSTPONE, enterprise, connection_id, taken.kind.value, taken.ids, seconds
        )

    async def wipe_removed_everywhere(self, limit: int = 5000) -> int:
        """Drop wishes about removed connections; returns how many."""
        return int(str(await self._connection.execute(_WIPE, limit)).rpartition(" ")[2])
