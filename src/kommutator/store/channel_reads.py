"""Messengers that we ask for news: whose turn it is, and how far we have read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

_ENROL = """
INSERT INTO channel_reads (enterprise, connection_id)
SELECT c.enterprise, c.id FROM connections c
 WHERE c.kind = ANY ($1::text[]) AND c.status = 'active'
   AND NOT EXISTS (SELECT FROM channel_reads r
                    WHERE r.enterprise = c.enterprise AND r.connection_id = c.id)
ON CONFLICT DO NOTHING"""
_CLAIM = """
UPDATE channel_reads r SET owner = $1, lease_until = clock_timestamp() + make_interval(secs => $3)
 WHERE (r.enterprise, r.connection_id) IN (
    SELECT d.enterprise, d.connection_id FROM channel_reads d
      JOIN connections c ON c.enterprise = d.enterprise AND c.id = d.connection_id
     WHERE d.due_at <= clock_timestamp() AND c.status = 'active'
       AND (d.lease_until IS NULL OR d.lease_until < clock_timestamp())
     ORDER BY d.due_at LIMIT $2 FOR UPDATE OF d SKIP LOCKED)
RETURNING r.enterprise, r.connection_id, r.position"""
_GIVE_BACK = """
UPDATE channel_reads SET owner = NULL, lease_until = NULL, asked_at = clock_timestamp(),
       due_at = clock_timestamp() + make_interval(secs => $5),
       position = greatest(position, $4), error = $6, error_hint = $7
 WHERE enterprise = $1 AND connection_id = $2 AND owner = $3"""
_OF = """
SELECT asked_at, error, error_hint FROM channel_reads
 WHERE enterprise = $1 AND connection_id = $2"""
_WIPE = "DELETE FROM channel_reads WHERE enterprise = $1 AND connection_id = $2"


@dataclass(frozen=True, slots=True)
class ChannelRead:
    """A connection that is asked now, after `position`."""

    enterprise: EnterpriseNumber
    connection_id: UUID
    position: int


@dataclass(frozen=True, slots=True)
class ChannelAsked:
    """The last time; `error_hint` is the slug of our words."""

    asked_at: datetime | None
    error: str | None
    error_hint: str | None


class ChannelReadStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def enrol_everywhere(self, kinds: Sequence[str]) -> None:
        """Every working connection of these kinds gets its turn."""
        await self._connection.execute(_ENROL, list(kinds))

    async def claim_everywhere(
        self, owner: UUID, *, limit: int, lease_s: float
    ) -> Sequence[ChannelRead]:
        """Those due and nobody's."""
        rows = await self._connection.fetch(_CLAIM, owner, limit, lease_s)
        return [ChannelRead(**row) for row in rows]

    async def give_back(
        self,
        read: ChannelRead,
        owner: UUID,
        *,
        position: int,
        again_s: float,
        error: str | None = None,
        hint: str | None = None,
    ) -> None:
        """Asked, with this result; the next turn in so many seconds."""
        await self._connection.execute(
            _GIVE_BACK, read.enterprise, read.connection_id, owner, position, again_s, error, hint
        )

    async def of(self, enterprise: EnterpriseNumber, connection_id: UUID) -> ChannelAsked | None:
        row = await self._connection.fetchrow(_OF, enterprise, connection_id)
        return None if row is None else ChannelAsked(**row)

    async def wipe(self, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        """Begin anew: another account stands behind the connection."""
        await self._connection.execute(_WIPE, enterprise, connection_id)
