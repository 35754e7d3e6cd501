"""One look at one campaign: settle what ended, then place one call, if one may be placed.

All of it is one transaction under the campaign's lock. A pause waits for that lock, so after it
is committed nothing is placed any more; and whoever dies between two lines leaves either a call
that is owed and an attempt that knows its id, or neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from kommutator.domain.campaigns.gate import (
    Enough,
    Go,
    Hold,
    Pause,
    gate,
)
from kommutator.domain.campaigns.leads import crm_for
from kommutator.domain.campaigns.plan import Mode, read_plan
from kommutator.domain.campaigns.results import CallOutcome
from kommutator.domain.campaigns.steps import Dial, Done, Facts, Item, next_step
from kommutator.domain.campaigns.windows import day_began
from kommutator.domain.clicks import ClickRequest, read_order
from kommutator.domain.connection import ConnectionKind, by_ssh
from kommutator.flows.campaigns.scene import (
    Scene,
    agents_of,
    is_deaf,
    pulse_of,
    refused_by_clicks,
)
from kommutator.flows.campaigns.settle import SettleCalls, zone_for
from kommutator.flows.click_to_call import ClickToCall, RingFirst
from kommutator.flows.directory import Directory
from kommutator.kit.clock import Clock
from kommutator.kit.errors import TooMany
from kommutator.store.campaign_items import ItemRow
from kommutator.store.campaigns import Hold as Holding

if TYPE_CHECKING:
    from kommutator.store.database import Database

_AT_A_LOOK: Final = 50  # numbers judged in one transaction; most of them are put off for hours
_REPEATED: Final = timedelta(seconds=30)
_AGENTS = ("agents_busy", "no_agents")


@dataclass(frozen=True, slots=True)
class Look:
    """What one look did. `placed`: look again at once; `waits`: slug, why nothing was placed."""

    placed: bool = False
    results: Sequence[CallOutcome] = ()
    waits: str | None = None
    moved_to: str | None = None


class DialCampaigns:
    """`leads_of`: the kind of CRM that is told of results."""

    def __init__(
        self,
        db: Database,
        directory: Directory,
        clicks: ClickToCall,
        settle: SettleCalls,
        *,
        leads_of: ConnectionKind,
        clock: Clock,
    ) -> None:
        self._db = db
        self._directory = directory
        self._clicks = clicks
        self._settle = settle
        self._leads_of = leads_of
        self._clock = clock

    async def look(self, holding: Holding) -> Look:
        """Raises what the database raises; then nothing has happened."""
        enterprise = holding.enterprise
        pbx = await self._directory.account_of(enterprise, ConnectionKind.ASTERISK)
        accounts = await self._directory.accounts(enterprise)
        async with self._db.unit() as unit:
            row = await unit.campaigns.held(enterprise, holding)
            if row is None:
                return Look()
            owner, known = await unit.enterprises.with_numbers(enterprise)
            plan = read_plan(row.plan)
            crm = crm_for(plan.source, self._leads_of, accounts)
            scene = Scene(unit, row, plan, owner, known, pbx, crm, self._clock.now())
            ended = await self._settle.settle(unit, owner, row, plan, crm, scene.now)
            scene.failures = ended.failures
            look = await self._go_on(scene) if row.state == "running" else Look()
        return Look(look.placed, ended.results, look.waits, look.moved_to)

    async def _go_on(self, scene: Scene) -> Look:
        row, now = scene.row, scene.now
        scene.deaf_since = (row.deaf_since or now) if await is_deaf(scene) else None
        scene.agents = await agents_of(scene)
        verdict = gate(scene.plan, await pulse_of(scene), now)
        if isinstance(verdict, Enough | Pause):
            return await self._leave(scene, verdict)
        paced = row.next_at is not None and row.next_at > now
        if isinstance(verdict, Hold) and verdict.why not in _AGENTS:
            return await self._wait(scene, verdict.why, verdict.until)
        if row.filling is not None and scene.plan.moves_leads:
            return await self._wait(scene, "filling")  # a lead moved now would shift the pages
        item = None if paced else await self._choose(scene)
        if item is None:
            return await self._nobody(scene, paced=paced)
        if isinstance(verdict, Go):
            return await self._place(scene, item, verdict.agent)
        if not scene.agents.at_work:
            scene.alone_since = row.alone_since or now
        return await self._wait(scene, verdict.why)

    async def _choose(self, scene: Scene) -> ItemRow | None:
        """The first number that may be called now; those before it are put off or left."""
        items = scene.unit.campaign_items
        for row in await items.due(scene.enterprise, scene.row.id, scene.now, _AT_A_LOOK):
            zone = zone_for(row, scene.owner)
            seen = Item(row.phone, zone, row.attempts, row.tries)
            step = next_step(seen, scene.now, scene.plan, await self._facts(scene, row))
            if isinstance(step, Dial):
                return row
            if isinstance(step, Done):
                await items.finish(scene.enterprise, row.id, step.why)
            else:
                first = row.urgency == 0
                await items.put_off(scene.enterprise, row.id, step.until, step.why, first=first)
        return None

    async def _facts(self, scene: Scene, item: ItemRow) -> Facts:
        midnight = day_began(zone_for(item, scene.owner), scene.now)
        known = await scene.unit.campaign_items.facts(
            scene.enterprise, scene.row.id, item.phone, midnight
        )
        return Facts(
            unwanted=known.unwanted,
            refused=refused_by_clicks(scene, item.phone),
            in_call=known.in_call,
            elsewhere_at=known.elsewhere_at,
            today=known.today,
        )

    async def _place(self, scene: Scene, item: ItemRow, agent: str) -> Look:
        plan, unit, pbx = scene.plan, scene.unit, scene.pbx
        assert pbx is not None  # else it would be deaf
        by = f"campaign: {scene.row.name}"
        request = ClickRequest(phone=item.phone, requested_by=by, code=agent, line=plan.line)
        order = read_order(
            request, pbx, scene.crm, settings=scene.owner.settings, known=scene.known
        )
        ring = RingFirst(plan.client_ring_s, plan.agent_ring_s)
        client_first = plan.mode is Mode.CLIENT_FIRST and not by_ssh(pbx)
        try:
            receipt = await self._clicks.owe(
                unit, pbx, order, by, ring=ring if client_first else None
            )
        except TooMany as slower:
            until = scene.now + timedelta(seconds=slower.retry_after)
            return await self._wait(scene, "pace", until)
        if receipt.repeated:  # somebody clicked on this very number two seconds ago
            until = scene.now + _REPEATED
            await unit.campaign_items.put_off(scene.enterprise, item.id, until, "in_call")
            return Look(placed=True)
        await unit.campaign_items.place(
            scene.enterprise, item, call_id=receipt.call_id, extension=agent, at=scene.now
        )
        await self._note(scene, None, None)
        return Look(placed=True)

    async def _nobody(self, scene: Scene, *, paced: bool) -> Look:
        if paced:
            return await self._wait(scene, "pace", scene.row.next_at)
        left = await scene.unit.campaign_items.any_left(scene.enterprise, scene.row.id)
        if not left and scene.row.filling is None:
            return await self._leave(scene, Enough("all_called"))
        return await self._wait(scene, "nobody_due" if left else "filling")

    async def _leave(self, scene: Scene, verdict: Enough | Pause) -> Look:
        state = "done" if isinstance(verdict, Enough) else "paused"
        await scene.unit.campaigns.move(
            scene.enterprise, scene.row.id, state, reason=verdict.reason, before=["running"]
        )
        await scene.unit.audit.add(
            scene.enterprise,
            actor="campaign",
            action="campaign.finish" if state == "done" else "campaign.pause",
            target=scene.row.name,
            detail={"reason": verdict.reason},
        )
        return Look(moved_to=state)

    async def _wait(self, scene: Scene, why: str, until: datetime | None = None) -> Look:
        await self._note(scene, until, why)
        return Look(waits=why)

    async def _note(self, scene: Scene, until: datetime | None, why: str | None) -> None:
        """Written only when something is new: a waiting campaign is looked at often."""
        row = scene.row
        fresh = (until, why, scene.alone_since, scene.deaf_since, scene.failures)
        if fresh == (row.next_at, row.waits, row.alone_since, row.deaf_since, row.failures):
            return
        await scene.unit.campaigns.note_pulse(
            scene.enterprise,
            row.id,
            next_at=until,
            waits=why,
            alone_since=scene.alone_since,
            deaf_since=scene.deaf_since,
            failures=scene.failures,
        )
