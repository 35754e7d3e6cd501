"""What a tenant wants of one of its amoCRM accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission
from kommutator.flows.forms import merged
from kommutator.kit.errors import NotFound
from kommutator.store.connection_rows import ConnectionRecord

if TYPE_CHECKING:
    from kommutator.store.database import Database

_KIND = ConnectionKind.AMOCRM


class KeepSettings:
    """Keys that are not given stay as they are; None takes one away."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def save(
        self,
        actor: Actor,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        config: Mapping[str, Any],
    ) -> ConnectionRecord:
        """Raises NotFound: `connection_not_found`; Forbidden: `not_allowed`."""
        actor.demand(Permission.CONFIGURE, enterprise)
        async with self._db.unit() as unit:
            stored = await unit.connections.lock(enterprise, connection_id)
            if (
                stored.kind is not _KIND
                or stored.user_id is not None
                or stored.status is ConnectionStatus.REMOVED
            ):
                raise NotFound("connection_not_found")
            saved = await unit.connections.save(
                enterprise, connection_id, config=merged(stored.config, dict(config))
            )
            await unit.audit.add(
                enterprise,
                actor=actor.name,
                action="connection.save",
                target=str(connection_id),
                detail={"kind": _KIND.value, "config": sorted(config)},
            )
            unit.config_changed(enterprise, _KIND.value)
        return saved
