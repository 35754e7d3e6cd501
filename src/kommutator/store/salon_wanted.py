"""Parts of salons that somebody told of and that are to be read again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from kommutator.domain.salon.copy import Part
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection
from kommutator.store.wanted import Taken, WantedStore, WantedTable

TakenPart = Taken[Part]
_TABLE = WantedTable("salon_wanted", "part", Part)
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


class SalonWantedStore(WantedStore[Part]):
    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, _TABLE)

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
