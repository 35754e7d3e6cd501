"""Connections as pages show them: without secrets, with the state of their lane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kommutator.domain.connection import CRMS, ConnectionStatus
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.views.rows import Connection, document


@dataclass(frozen=True, slots=True)
class ConnectionLine:
    """A connection, which secrets it has (never their values), and how its lane fares.

    `waiting` and `oldest` describe commands not yet delivered; `dead` those given up.
    """

    id: UUID
    kind: str
    name: str
    base_url: str
    status: str
    status_reason: str | None
    status_detail: str | None
    status_since: datetime
    config: dict[str, Any]
    secret_names: Sequence[str]
    version: int
    last_sync_at: datetime | None
    created_at: datetime
    lane: str
    owned: bool
    parked_reason: str | None
    parked_detail: str | None
    parked_at: datetime | None
    breaker: str
    breaker_until: datetime | None
    failures: int
    last_success_at: datetime | None
    last_error_at: datetime | None
    last_error: str | None
    waiting: int
    oldest: datetime | None
    dead: int

    @property
    def troubled(self) -> bool:
        """Needs a person: broken or its lane stands."""
        return self.status in ("broken", "draft") or self.parked_reason is not None


_LANE = """
(CASE c.kind WHEN 'asterisk' THEN 'pbx:' WHEN 'whatsapp' THEN 'wa:' ELSE
  CASE WHEN c.kind IN ('telegram', 'avito', 'whatsapp_cloud') THEN 'chat:' ELSE 'crm:' END
  END) || c.id"""
_SELECT = f"""
SELECT c.id, c.kind, c.name, c.base_url, c.status, c.status_reason, c.status_detail,
       c.status_since, c.config, c.version, c.last_sync_at, c.created_at,
       ARRAY(SELECT jsonb_object_keys(c.secrets)) AS secret_names,
       {_LANE} AS lane,
       COALESCE(l.lease_until > now() AND l.owner IS NOT NULL, false) AS owned,
       l.parked_reason, l.parked_detail, l.parked_at,
       COALESCE(l.breaker, 'closed') AS breaker, l.breaker_until,
       COALESCE(l.failures, 0) AS failures, l.last_success_at, l.last_error_at, l.last_error,
       due.waiting, due.oldest,
       (SELECT count(*) FROM outbox o WHERE o.enterprise = c.enterprise AND o.state = 'dead'
            AND o.connection_id = c.id) AS dead
FROM connections c
LEFT JOIN lanes l ON l.enterprise = c.enterprise
    AND l.lane = {_LANE}
CROSS JOIN LATERAL (
    SELECT count(*) AS waiting, min(o.age_from) AS oldest FROM outbox o
    WHERE o.lane = {_LANE}
      AND o.enterprise = c.enterprise AND o.state = 'due') due
WHERE c.enterprise = $1 AND c.status <> 'removed' AND c.user_id IS NULL"""


class ConnectionViews:
    """Reads of `connections` with lanes and queue."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def all(self, enterprise: EnterpriseNumber) -> list[ConnectionLine]:
        """Of the enterprise, not of its people."""
        rows = await self._connection.fetch(f"{_SELECT} ORDER BY c.created_at", enterprise)
        return [_line(row) for row in rows]

    async def crms(self, enterprise: EnterpriseNumber) -> list[ConnectionLine]:
        """The CRMs, the one whose owners and rules count first (`domain.connection.crm_of`)."""
        lines = [line for line in await self.all(enterprise) if line.kind in CRMS]
        return sorted(lines, key=lambda line: line.status != ConnectionStatus.ACTIVE)

    async def of_kind(self, enterprise: EnterpriseNumber, kind: str) -> ConnectionLine | None:
        """The oldest of this kind."""
        row = await self._connection.fetchrow(
            f"{_SELECT} AND c.kind = $2 ORDER BY c.created_at LIMIT 1", enterprise, kind
        )
        return _line(row) if row is not None else None


def _line(row: Any) -> ConnectionLine:
    return ConnectionLine(**{**dict(row), "config": document(row["config"])})
