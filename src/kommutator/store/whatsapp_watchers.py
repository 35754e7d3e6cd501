"""Which page watches a session being linked: the one that was opened last."""

from __future__ import annotations

from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection


class WhatsAppWatcherStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def take(self, enterprise: EnterpriseNumber, connection_id: UUID, watcher: UUID) -> None:
        """From now on this one watches; whoever did before does no more."""
        await self._connection.execute(
            "INSERT INTO whatsapp_watchers (enterprise, connection_id, watcher) VALUES ($1, $2, $3)"
            " ON CONFLICT (enterprise, connection_id) DO UPDATE SET watcher = excluded.watcher,"
            " since = clock_timestamp()",
            enterprise, connection_id, watcher,
        )  # fmt: skip

    async def of(self, enterprise: EnterpriseNumber, connection_id: UUID) -> UUID | None:
        found: UUID | None = await self._connection.fetchval(
            "SELECT watcher FROM whatsapp_watchers WHERE enterprise = $1 AND connection_id = $2",
            enterprise, connection_id,
        )  # fmt: skip
        return found

    async def leave(self, enterprise: EnterpriseNumber, connection_id: UUID, watcher: UUID) -> None:
        """Nothing, if another one watches by now."""
        await self._connection.execute(
            "DELETE FROM whatsapp_watchers "
            "WHERE enterprise = $1 AND connection_id = $2 AND watcher = $3",
            enterprise, connection_id, watcher,
        )  # fmt: skip
