"""Cards of a CRM as our API reads and writes them: leads, contacts, companies, tasks, notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from kommutator.domain.bulk import BulkItem, ItemState, found_creations
from kommutator.domain.connection import Account
from kommutator.domain.crm_data import (
    CrmTask,
    CrmUser,
    Entity,
    EntityKind,
    EntityPage,
    NotePage,
    Pipeline,
    TaskPage,
)
from kommutator.domain.crm_ports import (
    CrmReader,
    CrmWriter,
    EntityQuery,
    Item,
    Link,
    TaskQuery,
)
from kommutator.flows.amocrm.written import Maker, written
from kommutator.flows.once import Once, Plan
from kommutator.kit.errors import (
    NotFound,
)
from kommutator.store.answered import Asked

_NOTES_LOOKED_AT = 4  # pages


class Cards:
    """Raises `VendorError` besides what each method says.

    What is created carries a `created_at` of ours: if its answer gets lost it is found by that.
    """

    def __init__(
        self,
        reader: CrmReader,
        writer: CrmWriter,
        once: Once,
        maker: Maker,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._once = once
        self._maker = maker

    # --- reading -------------------------------------------------------------------------

    async def page(
        self, account: Account, kind: EntityKind, query: EntityQuery, statuses: Sequence[int] = ()
    ) -> EntityPage:
        """`statuses`: of leads, in the pipelines of the query, else in every pipeline."""
        if statuses:
            pairs = await self._stages(account, query.pipeline_ids, statuses)
            if not pairs:
                return EntityPage((), more=False)
            query = replace(query, stages=pairs, pipeline_ids=())
        return await self._reader.entities(account, kind, query)

    async def get(self, account: Account, kind: EntityKind, entity_id: int) -> Entity:
        """Raises NotFound: `crm_card_unknown`."""
        entity = await self._reader.entity(account, kind, entity_id)
        if entity is None:
            raise NotFound("crm_card_unknown")
        return entity

    async def pipelines(self, account: Account) -> Sequence[Pipeline]:
        return await self._reader.pipelines(account)

    async def users(self, account: Account) -> Sequence[CrmUser]:
        return await self._reader.users(account)

    async def tasks(self, account: Account, query: TaskQuery) -> TaskPage:
        return await self._reader.tasks(account, query)

    async def task(self, account: Account, task_id: int) -> CrmTask:
        """Raises NotFound: `crm_card_unknown`."""
        page = await self._reader.tasks(account, TaskQuery(ids=(task_id,), limit=1))
        if not page.items:
            raise NotFound("crm_card_unknown")
        return page.items[0]

    async def notes(
        self, account: Account, kind: EntityKind, entity_id: int, page: int
    ) -> NotePage:
        return await self._reader.notes(account, kind, entity_id, page=page)

    # --- writing -------------------------------------------------------------------------

    async def change(
        self, account: Account, kind: EntityKind, entity_id: int, item: Item
    ) -> Entity:
        """Write the given keys and no others, then read the card again.

        Raises:
            NotFound: `crm_card_unknown`.
            FieldsRefused: `crm_card_refused`.
        """
        if item:
            await self.get(account, kind, entity_id)
            results = await self._writer.update_many(account, kind, [{**item, "id": entity_id}])
            written(results)
        return await self.get(account, kind, entity_id)

    async def create(
        self, account: Account, kind: EntityKind, item: Item, asked: Asked | None = None
    ) -> Entity:
        """Raises FieldsRefused: `crm_card_refused`; Conflict as `Once`."""

        async def act(plan: Plan) -> int:
            body = {"created_at": plan.stamp, **item}
            return await self._maker.make(
                plan,
                lambda: self._writer.create_many(account, kind, [body]),
                lambda: self._find(account, kind, body),
            )

        return await self.get(account, kind, await self._once(asked, act))

    async def create_task(
        self, account: Account, item: Item, asked: Asked | None = None
    ) -> CrmTask:
        """Raises as `create`."""

        async def act(plan: Plan) -> int:
            body = {"created_at": plan.stamp, **item}
            return await self._maker.make(
                plan,
                lambda: self._writer.create_tasks(account, [body]),
                lambda: self._find_task(account, item, plan),
            )

        return await self.task(account, await self._once(asked, act))

    async def complete_task(self, account: Account, task_id: int, result: str | None) -> CrmTask:
        """Twice does no harm. Raises NotFound: `crm_card_unknown`."""
        await self.task(account, task_id)
        change: dict[str, Any] = {"id": task_id, "is_completed": True}
        if result:
            change["result"] = {"text": result}
        written(await self._writer.update_tasks(account, [change]))
        return await self.task(account, task_id)

    async def create_note(
        self,
        account: Account,
        kind: EntityKind,
        entity_id: int,
        item: Item,
        asked: Asked | None = None,
    ) -> int:
        """The new note's id. Raises as `create`; NotFound: `crm_card_unknown`."""
        await self.get(account, kind, entity_id)

        async def act(plan: Plan) -> int:
            body = {"created_at": plan.stamp, **item, "entity_id": entity_id}
            return await self._maker.make(
                plan,
                lambda: self._writer.create_notes(account, kind, [body]),
                lambda: self._find_note(account, kind, body),
            )

        made: int = await self._once(asked, act)
        return made

    async def link(
        self, account: Account, kind: EntityKind, entity_id: int, links: Sequence[Link]
    ) -> Entity:
        """Twice does no harm. Raises NotFound: `crm_card_unknown`."""
        await self.get(account, kind, entity_id)
        await self._writer.link(account, kind, entity_id, links)
        return await self.get(account, kind, entity_id)

    async def unlink(
        self, account: Account, kind: EntityKind, entity_id: int, links: Sequence[Link]
    ) -> Entity:
        """Twice does no harm. Raises NotFound: `crm_card_unknown`."""
        await self.get(account, kind, entity_id)
        await self._writer.unlink(account, kind, entity_id, links)
        return await self.get(account, kind, entity_id)

    # --- found again ---------------------------------------------------------------------

    async def _find(
        self, account: Account, kind: EntityKind, body: Mapping[str, Any]
    ) -> int | None:
        at = datetime.fromtimestamp(body["created_at"], UTC)
        query = EntityQuery(created_from=at, created_to=at)
        page = await self._reader.entities(account, kind, query)
        item = BulkItem(1, None, body, stamp=body["created_at"])
        raws = [entity.raw for entity in page.items]
        (result,) = found_creations([item], raws, frozenset())
        return result.entity_id if result.state is ItemState.DONE else None

    async def _find_task(self, account: Account, item: Item, plan: Plan) -> int | None:
        ids = (item["entity_id"],) if item.get("entity_id") else ()
        since = datetime.fromtimestamp(plan.stamp - 300, UTC)  # the vendor's clock dates it
        page = await self._reader.tasks(account, TaskQuery(entity_ids=ids, updated_from=since))
        for task in page.items:
            due = int(task.due_at.timestamp()) == item.get("complete_till")
            if due and task.text == item.get("text") and task.entity_id == item.get("entity_id"):
                return task.id
        return None

    async def _find_note(
        self, account: Account, kind: EntityKind, body: Mapping[str, Any]
    ) -> int | None:
        for number in range(1, _NOTES_LOOKED_AT + 1):
            page = await self._reader.notes(account, kind, body["entity_id"], page=number)
            for note in page.items:
                same = (
                    note.type == body["note_type"] and note.params.items() >= body["params"].items()
                )
                if same and int(note.created_at.timestamp()) == body["created_at"]:
                    return note.id
            if not page.more:
                break
        return None

    async def _stages(
        self, account: Account, pipelines: Sequence[int], statuses: Sequence[int]
    ) -> tuple[tuple[int, int], ...]:
        """Won and lost have one id in every pipeline, so a stage is a pair."""
        known = await self._reader.pipelines(account)
        return tuple(
            (pipeline.id, stage.id)
            for pipeline in known
            for stage in pipeline.stages
            if stage.id in statuses and (not pipelines or pipeline.id in pipelines)
        )
