"""Writing amoCRM's cards, tasks, notes and links."""

from __future__ import annotations

from collections.abc import Sequence

from kommutator.connectors.crm.amocrm.batches import Batches, Operation, Sizes
from kommutator.connectors.crm.amocrm.client import AmoCrmClients
from kommutator.connectors.crm.amocrm.manifest import BULK_TIMEOUT_S
from kommutator.domain.connection import Account
from kommutator.domain.crm_data import EntityKind
from kommutator.domain.crm_ports import Item, ItemResult, Link


class AmoCrmWriter:
    """Implements `domain.crm_ports.CrmWriter`; see `batches` for what is repeated and what not."""

    def __init__(self, clients: AmoCrmClients) -> None:
        self._clients = clients
        self._sizes = Sizes()

    async def create_many(
        self, account: Account, kind: EntityKind, items: Sequence[Item]
    ) -> Sequence[ItemResult]:
        operation = Operation(f"/api/v4/{kind.value}", kind.value, creates=True)
        return await self._run(account, operation, items)

    async def update_many(
        self, account: Account, kind: EntityKind, items: Sequence[Item]
    ) -> Sequence[ItemResult]:
        operation = Operation(f"/api/v4/{kind.value}", kind.value, creates=False)
        return await self._run(account, operation, items)

    async def create_tasks(self, account: Account, items: Sequence[Item]) -> Sequence[ItemResult]:
        return await self._run(account, Operation("/api/v4/tasks", "tasks", creates=True), items)

    async def update_tasks(self, account: Account, items: Sequence[Item]) -> Sequence[ItemResult]:
        return await self._run(account, Operation("/api/v4/tasks", "tasks", creates=False), items)

    async def create_notes(
        self, account: Account, kind: EntityKind, items: Sequence[Item]
    ) -> Sequence[ItemResult]:
        operation = Operation(f"/api/v4/{kind.value}/notes", "notes", creates=True)
        return await self._run(account, operation, items)

    async def link(
        self, account: Account, kind: EntityKind, entity_id: int, links: Sequence[Link]
    ) -> None:
        """Linking what is linked changes nothing, so it may be repeated."""
        await self._clients.of(account).post(
            f"/api/v4/{kind.value}/{entity_id}/link", [_link(link) for link in links]
        )

    async def unlink(
        self, account: Account, kind: EntityKind, entity_id: int, links: Sequence[Link]
    ) -> None:
        await self._clients.of(account).post(
            f"/api/v4/{kind.value}/{entity_id}/unlink", [_link(link) for link in links]
        )

    async def _run(
        self, account: Account, operation: Operation, items: Sequence[Item]
    ) -> Sequence[ItemResult]:
        client = self._clients.of(account, timeout_s=BULK_TIMEOUT_S)
        return await Batches(client, operation, items, self._sizes).run()


def _link(link: Link) -> dict[str, object]:
    row: dict[str, object] = {"to_entity_id": link.to_id, "to_entity_type": link.to_kind.value}
    return row if link.main is None else row | {"metadata": {"is_main": link.main}}
