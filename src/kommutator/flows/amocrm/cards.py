"""Cards of a CRM as our API reads and writes them: leads, contacts, companies, tasks, notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

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
from kommutator.domain.crm_whole import WholeLead, WholeLeads
from kommutator.flows.amocrm.found import find_card, find_note, find_task
from kommutator.flows.amocrm.written import Maker, written
from kommutator.flows.once import Once, Plan
from kommutator.kit.errors import FieldsRefused, NotFound, VendorError
from kommutator.store.answered import Asked


class Cards:
    """Raises `VendorError` besides what each method says.

    What is created carries a `created_at` of ours: if its answer gets lost it is found by that.
    """

    def __init__(
        self,
        reader: CrmReader,
        writer: CrmWriter,
        whole: WholeLeads,
        once: Once,
        maker: Maker,
    ) -> None:
        self._whole = whole
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
            results = await self._writer.update_many(account, kind, [{**item, "id": entity_id}])
            try:
                written(results)
            except (FieldsRefused, VendorError):
                await self.get(account, kind, entity_id)  # perhaps there is no such card
                raise
        return await self.get(account, kind, entity_id)

    async def create(
        self, account: Account, kind: EntityKind, item: Item, asked: Asked | None = None
    ) -> Entity:
        """Raises FieldsRefused: `crm_card_refused`; Conflict as `Once`."""

        async def act(plan: Plan) -> int:
            body = _stamped(item, plan)
            return await self._maker.make(
                plan,
                lambda: self._writer.create_many(account, kind, [body]),
                lambda: find_card(self._reader, account, kind, body),
            )

        return await self.get(account, kind, await self._once(asked, act))

    async def create_whole(
        self, account: Account, item: Item, asked: Asked | None = None
    ) -> tuple[WholeLead, Entity]:
        """A lead with its contact and company, all or nothing. Raises as `create`."""

        async def act(plan: Plan) -> dict[str, Any]:
            body = _stamped(item, plan)
            return asdict(
                await self._maker.make_whole(
                    plan,
                    lambda: self._whole.create_whole(account, body),
                    lambda: self._find_whole(account, body),
                )
            )

        whole = WholeLead(**await self._once(asked, act))
        return whole, await self.get(account, EntityKind.LEADS, whole.id)

    async def _find_whole(self, account: Account, body: Item) -> WholeLead | None:
        found = await find_card(self._reader, account, EntityKind.LEADS, body)
        if found is None:
            return None
        lead = await self.get(account, EntityKind.LEADS, found)
        contact, company = (next(iter(ids), None) for ids in (lead.contact_ids, lead.company_ids))
        return WholeLead(found, contact, company)

    async def create_task(
        self, account: Account, item: Item, asked: Asked | None = None
    ) -> CrmTask:
        """Raises as `create`."""

        async def act(plan: Plan) -> int:
            body = _stamped(item, plan)
            return await self._maker.make(
                plan,
                lambda: self._writer.create_tasks(account, [body]),
                lambda: find_task(self._reader, account, item, plan.stamp),
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
            body = {**_stamped(item, plan), "entity_id": entity_id}
            return await self._maker.make(
                plan,
                lambda: self._writer.create_notes(account, kind, [body]),
                lambda: find_note(self._reader, account, kind, body),
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


def _stamped(item: Item, plan: Plan) -> dict[str, Any]:
    """With a moment to be found at: the item's own, else that of the first try."""
    return {**item, "created_at": item.get("created_at") or plan.stamp}
