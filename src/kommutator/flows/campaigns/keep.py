"""Campaigns for people and integrators: made, changed, started, paused, looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from kommutator.domain.campaigns.leads import crm_for
from kommutator.domain.campaigns.plan import Mode, Plan, checked_plan, dump_plan, read_plan
from kommutator.domain.clicks import own_lines
from kommutator.domain.connection import Account, ConnectionKind, by_ssh
from kommutator.domain.tenancy import Actor, EnterpriseNumber
from kommutator.flows.campaigns.fill import FROM_THE_START
from kommutator.flows.campaigns.lists import CampaignLists, audit
from kommutator.flows.directory import Directory
from kommutator.kit.errors import Conflict, InvalidInput
from kommutator.kit.ids import Ids
from kommutator.store.campaigns import CampaignRow
from kommutator.store.views import CampaignFigures, CampaignViews

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Shown:
    """A campaign, its plan and how far it is."""

    row: CampaignRow
    plan: Plan
    figures: CampaignFigures


class Campaigns(CampaignLists):
    """The service behind the API's and the console's campaigns.

    Args:
        leads_of: the kind of CRM whose leads a campaign may call.
    """

    def __init__(
        self, db: Database, directory: Directory, *, ids: Ids, leads_of: ConnectionKind
    ) -> None:
        super().__init__(db, directory)
        self._ids = ids
        self._leads_of = leads_of

    async def create(
        self, actor: Actor, enterprise: EnterpriseNumber, name: str, plan: Mapping[str, Any]
    ) -> Shown:
        """A draft; nobody is called yet.

        Raises:
            InvalidInput: see `checked_plan`; `extension_unknown`, `campaign_line_unknown`.
            Conflict: `campaign_needs_ami`, `campaign_needs_crm`.
        """
        checked = await self._checked(enterprise, plan)
        async with self._db.unit() as unit:
            row = await unit.campaigns.create(
                enterprise,
                self._ids.uuid(),
                name=name,
                plan=dump_plan(checked),
                created_by=actor.name,
                filling=FROM_THE_START if checked.source.kind == "leads" else None,
            )
            await audit(unit, actor, enterprise, "campaign.create", name)
            return await _shown(unit, row)

    async def change(
        self,
        actor: Actor,
        enterprise: EnterpriseNumber,
        campaign: UUID,
        *,
        name: str | None = None,
        plan: Mapping[str, Any] | None = None,
    ) -> Shown:
        """Also while it runs: the next call follows the new plan. `plan`: only what changes.

        Raises as `create`, NotFound: `campaign_not_found`, and Conflict:
        `campaign_account_fixed`: its list is another account's.
        """
        shown = await self.get(enterprise, campaign)
        before = shown.plan
        merged = {**msgspec.to_builtins(before), **(plan or {})}
        after = await self._checked(enterprise, merged) if plan is not None else before
        if shown.figures.items and await self._is_moved(enterprise, before, after):
            raise Conflict("campaign_account_fixed")
        async with self._db.unit() as unit:
            row = await unit.campaigns.get(enterprise, campaign, lock=True)
            filling = row.filling
            if after.source != before.source:
                filling = FROM_THE_START if after.source.kind == "leads" else None
            row = await unit.campaigns.change(
                enterprise,
                campaign,
                name=name or row.name,
                plan=dump_plan(after),
                filling=filling,
            )
            await audit(unit, actor, enterprise, "campaign.change", row.name)
            return await _shown(unit, row)

    async def get(self, enterprise: EnterpriseNumber, campaign: UUID) -> Shown:
        """Raises NotFound: `campaign_not_found`."""
        async with self._db.unit() as unit:
            return await _shown(unit, await unit.campaigns.get(enterprise, campaign))

    async def page(
        self,
        enterprise: EnterpriseNumber,
        *,
        after: tuple[datetime, UUID] | None = None,
        limit: int = 50,
    ) -> Sequence[Shown]:
        """Newest first."""
        async with self._db.unit() as unit:
            rows = await unit.campaigns.page(enterprise, after=after, limit=limit)
            views = CampaignViews(unit.connection)
            figures = await views.figures(enterprise, [row.id for row in rows])
        return [Shown(row, read_plan(row.plan), figures[row.id]) for row in rows]

    async def start(self, actor: Actor, enterprise: EnterpriseNumber, campaign: UUID) -> Shown:
        """Begin, go on after a pause, or begin anew what was done; failures count from zero.

        Raises:
            NotFound: `campaign_not_found`.
            Conflict: `campaign_is_running`, `campaign_empty`, `campaign_needs_ami`,
                `campaign_needs_crm`, `pbx_not_connected`.
        """
        shown = await self.get(enterprise, campaign)
        await self._check_links(enterprise, shown.plan)
        if await self._directory.account_of(enterprise, ConnectionKind.ASTERISK) is None:
            raise Conflict("pbx_not_connected")
        if not shown.figures.items and shown.row.filling is None:
            raise Conflict("campaign_empty")
        return await self._move(actor, enterprise, campaign, "running", "campaign.start")

    async def pause(self, actor: Actor, enterprise: EnterpriseNumber, campaign: UUID) -> Shown:
        """Nothing is placed after this returns; calls under way go on.

        Raises:
            NotFound: `campaign_not_found`.
            Conflict: `campaign_is_draft`, `campaign_is_paused`, `campaign_is_done`.
        """
        return await self._move(actor, enterprise, campaign, "paused", "campaign.pause")

    async def stop(self, actor: Actor, enterprise: EnterpriseNumber, campaign: UUID) -> Shown:
        """For good, as far as people are: it may be started again. Raises as `pause`."""
        return await self._move(actor, enterprise, campaign, "done", "campaign.stop")

    async def delete(self, actor: Actor, enterprise: EnterpriseNumber, campaign: UUID) -> None:
        """With its list and its results; calls stay in the history.

        Raises:
            NotFound: `campaign_not_found`.
            Conflict: `campaign_is_running`.
        """
        async with self._db.unit() as unit:
            row = await unit.campaigns.get(enterprise, campaign, lock=True)
            if row.state == "running" or await unit.campaign_items.going(enterprise, campaign):
                raise Conflict("campaign_is_running")
            await unit.campaigns.delete(enterprise, campaign)
            await audit(unit, actor, enterprise, "campaign.delete", row.name)

    async def _move(
        self, actor: Actor, enterprise: EnterpriseNumber, campaign: UUID, state: str, action: str
    ) -> Shown:
        before = {"running": ("draft", "paused", "done"), "paused": ("running",)}
        async with self._db.unit() as unit:
            row = await unit.campaigns.move(
                enterprise,
                campaign,
                state,
                reason=None if state == "running" else "by_hand",
                before=before.get(state, ("running", "paused")),
            )
            await audit(unit, actor, enterprise, action, row.name)
            return await _shown(unit, row)

    async def _checked(self, enterprise: EnterpriseNumber, given: Mapping[str, Any]) -> Plan:
        plan = checked_plan(given)
        async with self._db.unit() as unit:
            known = await unit.extensions.numbers(enterprise)
        if strangers := [agent for agent in plan.agents if agent not in known]:
            raise InvalidInput("extension_unknown", extension=strangers[0])
        await self._check_links(enterprise, plan)
        return plan

    async def _crm(self, enterprise: EnterpriseNumber, plan: Plan) -> Account | None:
        accounts = await self._directory.accounts(enterprise)
        return crm_for(plan.source, self._leads_of, accounts)

    async def _is_moved(self, enterprise: EnterpriseNumber, before: Plan, after: Plan) -> bool:
        """Whether the ids of its leads would name somebody else's leads."""
        were, are = await self._crm(enterprise, before), await self._crm(enterprise, after)
        return bool(were and are and were.connection_id != are.connection_id)

    async def _check_links(self, enterprise: EnterpriseNumber, plan: Plan) -> None:
        """What the plan needs of the PBX and the CRM."""
        pbx = await self._directory.account_of(enterprise, ConnectionKind.ASTERISK)
        crm = await self._crm(enterprise, plan)
        if pbx is not None and by_ssh(pbx) and plan.mode is Mode.CLIENT_FIRST:
            raise Conflict("campaign_needs_ami")
        wants_crm = plan.source.kind == "leads" or plan.source.connection_id is not None
        if wants_crm and crm is None:
            raise Conflict("campaign_needs_crm")
        if plan.line is not None and pbx is not None and plan.line not in own_lines(pbx, crm):
            raise InvalidInput("campaign_line_unknown", line=plan.line[:20])


async def _shown(unit: Unit, row: CampaignRow) -> Shown:
    figures = await CampaignViews(unit.connection).figures(row.enterprise, [row.id])
    return Shown(row, read_plan(row.plan), figures[row.id])
