"""Connections whose vendor shuts them out for asking too much: they work, and nothing gets through.

A note on a working connection (`status_reason`), not a state of it: what is owed knocks again by
itself, and the first thing that got through takes the note away.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

LIMITS = "limits"
"""The reason; its texts are `reason.limits`, `grant.limits` and `grant.limits.action`."""

_HEAR = """
UPDATE connections SET status_reason = $3, status_detail = $4, status_since = clock_timestamp(),
       version = version + 1, updated_at = now()
 WHERE enterprise = $1 AND id = $2 AND status = 'active' AND status_reason IS NULL
   AND user_id IS NULL
RETURNING true"""

_OVER = """
UPDATE connections c SET status_reason = NULL, status_detail = NULL,
       status_since = clock_timestamp(), version = version + 1, updated_at = now()
 WHERE c.status = 'active' AND c.status_reason = $1
   AND (EXISTS (SELECT FROM lanes l WHERE l.lane = 'crm:' || c.id
                   AND l.last_success_at > c.status_since)
     OR EXISTS (SELECT FROM crm_reads r WHERE r.enterprise = c.enterprise
                   AND r.connection_id = c.id AND r.finished_at > c.status_since))
RETURNING c.enterprise, c.id, c.kind"""


class LimitBlockStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def hear(self, enterprise: EnterpriseNumber, connection_id: UUID, detail: str) -> bool:
        """Note it, with the vendor's words, redacted by the caller.

        False: it is noted already, or has worse troubles, or belongs to one person.
        """
        noted = await self._connection.fetchval(_HEAR, enterprise, connection_id, LIMITS, detail)
        return bool(noted)

    async def over_everywhere(self) -> Sequence[tuple[EnterpriseNumber, UUID, ConnectionKind]]:
        """Take the note away where something got through since."""
        rows = await self._connection.fetch(_OVER, LIMITS)
        return [
            (EnterpriseNumber(row["enterprise"]), row["id"], ConnectionKind(row["kind"]))
            for row in rows
        ]
