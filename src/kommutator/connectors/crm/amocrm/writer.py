"""Writing amoCRM's cards, tasks, notes and links."""

from __future__ import annotations

from collections.abc import Sequence

from kommutator.connectors.crm.amocrm.batches import Batches, Operation, Sizes
from kommutator.connectors.crm.amocrm.client import AmoCrmClients
from kommutator.connectors.crm.amocrm.errors import AmoCrmError
from kommutator.connectors.crm.amocrm.manifest import BULK_TIMEOUT_S
from kommutator.connectors.crm.amocrm.schemas import as_int, as_time
from kommutator.domain.connection import Account
from kommutator.domain.crm_data import EntityKind
from kommutator.domain.crm_ports import Item, ItemResult, Link, Unwritten, Written
from kommutator.kit.clock import Clock


class AmoCrmWriter:
    """Implements `domain.crm_ports.CrmWriter`; see `batches` for what is repeated and what not."""

    def __init__(self, clients: AmoCrmClients, *, clock: Clock) -> None:
        self._clients = clients
        self._clock = clock
        self._sizes = Sizes()

    async def create_many(
        self, account: Account, kind: EntityKind, items: Sequence[Item]
    ) -> Sequence[ItemResult]:
        return await self._create(account, f"/api/v4/{kind.value}", kind.value, items)

    async def update_many(
        self, account: Account, kind: EntityKind, items: Sequence[Item]
    ) -> Sequence[ItemResult]:
        operation = Operation(f"/api/v4/{kind.value}", kind.value, creates=False)
        return await self._run(account, operation, items, own_times=False)

    async def create(self, account: Account, kind: EntityKind, item: Item) -> Written:
        (result,) = await self.create_many(account, kind, [item])
        if isinstance(result, Unwritten):
            raise AmoCrmError(
                result.kind,
                result.message,
                retry_after=result.retry_after,
                hint=result.hint,
                items={"0": result.fields} if result.fields else None,
            )
        return result

    async def update(
        self, account: Account, kind: EntityKind, entity_id: int, item: Item
    ) -> Written:
        client = self._clients.of(account)
        reply = await client.patch(f"/api/v4/{kind.value}/{entity_id}", item)
        return Written(
            as_int(reply.map.get("id")) or entity_id, as_time(reply.map.get("updated_at"))
        )

    async def create_tasks(self, account: Account, items: Sequence[Item]) -> Sequence[ItemResult]:
        return await self._create(account, "/api/v4/tasks", "tasks", items)

    async def update_tasks(self, account: Account, items: Sequence[Item]) -> Sequence[ItemResult]:
        operation = Operation("/api/v4/tasks", "tasks", creates=False)
        return await self._run(account, operation, items, own_times=False)

    async def create_notes(
        self, account: Account, kind: EntityKind, items: Sequence[Item]
    ) -> Sequence[ItemResult]:
        return await self._create(account, f"/api/v4/{kind.value}/notes", "notes", items)

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

    async def _create(
        self, account: Account, path: str, name: str, items: Sequence[Item]
    ) -> Sequence[ItemResult]:
        """With a time of ours where no item has one: so they can be found again."""
        own_times = not any("created_at" in item for item in items)
        if own_times:
            at = int(self._clock.now().timestamp())
            items = [{**item, "created_at": at} for item in items]
        operation = Operation(path, name, creates=True)
        return await self._run(account, operation, items, own_times=own_times)

    async def _run(
        self, account: Account, operation: Operation, items: Sequence[Item], *, own_times: bool
    ) -> Sequence[ItemResult]:
        client = self._clients.of(account, timeout_s=BULK_TIMEOUT_S)
        work = Batches(client, operation, items, own_times, self._sizes, self._clock)
        return await work.run()


def _link(link: Link) -> dict[str, object]:
    row: dict[str, object] = {"to_entity_id": link.to_id, "to_entity_type": link.to_kind.value}
    return row if link.main is None else row | {"metadata": {"is_main": link.main}}
