"""A connection that somebody names: theirs, of the kind that is meant, and not removed."""

from __future__ import annotations

from collections.abc import Container
from uuid import UUID

from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.errors import NotFound
from kommutator.store.connection_rows import ConnectionRecord
from kommutator.store.unit import Unit


async def standing(
    unit: Unit, enterprise: EnterpriseNumber, connection_id: UUID, kinds: Container[ConnectionKind]
) -> ConnectionRecord:
    """Raises NotFound: `connection_not_found`, also for one of another kind."""
    record = await unit.connections.get(enterprise, connection_id)
    if record.kind not in kinds or record.status is ConnectionStatus.REMOVED:
        raise NotFound("connection_not_found")
    return record
