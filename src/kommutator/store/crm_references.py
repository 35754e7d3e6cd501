"""What changes seldom in a CRM: users, pipelines, custom fields. Lists of plain objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

_PUT = """
INSERT INTO crm_references AS r (enterprise, connection_id, kind, data, read_at)
VALUES ($1, $2, $3, $4, clock_timestamp())
ON CONFLICT (enterprise, connection_id, kind) DO UPDATE
   SET data = excluded.data, read_at = excluded.read_at"""
_WIPE = """
DELETE FROM crm_references r USING connections c
 WHERE c.enterprise = r.enterprise AND c.id = r.connection_id AND c.status = 'removed'"""


@dataclass(frozen=True, slots=True)
class Reference:
    """One list as last read."""

    kind: str
    data: Sequence[dict[str, Any]]
    read_at: datetime


class CrmReferenceStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def put(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        kind: str,
        data: Sequence[dict[str, Any]],
    ) -> None:
        """Replace one list; `kind` is "users", "pipelines", "fields:leads" and so on."""
        await self._connection.execute(_PUT, enterprise, connection_id, kind, list(data))

    async def get(
        self, enterprise: EnterpriseNumber, connection_id: UUID, kind: str
    ) -> Reference | None:
        """None: never read."""
        row = await self._connection.fetchrow(
            "SELECT kind, data, read_at FROM crm_references "
            "WHERE enterprise = $1 AND connection_id = $2 AND kind = $3",
            enterprise, connection_id, kind,
        )  # fmt: skip
        return Reference(**row) if row else None

    async def wipe_removed_everywhere(self) -> int:
        """Delete what is known of removed connections; returns how many lists."""
        status = await self._connection.execute(_WIPE)
        return int(str(status).rpartition(" ")[2])
