"""Cards of a CRM that somebody told of and that are to be read again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from kommutator.domain.crm_data import EntityKind
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection
from kommutator.store.wanted import Taken, WantedStore, WantedTable

TakenCards = Taken[EntityKind]
_TABLE = WantedTable("crm_wanted", "kind", EntityKind)
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
_WIPE = """
DELETE FROM crm_wanted WHERE (enterprise, connection_id, kind, id) IN (
    SELECT w.enterprise, w.connection_id, w.kind, w.id FROM crm_wanted w
      JOIN connections c ON c.enterprise = w.enterprise AND c.id = w.connection_id
     WHERE c.status = 'removed' LIMIT $1)"""


class CrmWantedStore(WantedStore[EntityKind]):
    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, _TABLE)

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
            await self._tell()
        return len(rows)

    async def want_unconfirmed(
        self, enterprise: EnterpriseNumber, connection_id: UUID, kind: EntityKind, since: datetime
    ) -> None:
        """Cards that a whole read since then did not show: gone, or missed between two pages."""
        await self._connection.execute(
            _WANT_UNCONFIRMED, enterprise, connection_id, kind.value, since
        )

    async def wipe_removed_everywhere(self, limit: int = 5000) -> int:
        """Drop wishes about removed connections; returns how many."""
        return int(str(await self._connection.execute(_WIPE, limit)).rpartition(" ")[2])
