"""What one look at a campaign rests on: its row, its agents, the PBX, the CRM."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from kommutator.domain.campaigns.gate import MINUTE, AgentPast, Agents, Pulse, look_at
from kommutator.domain.campaigns.plan import Plan
from kommutator.domain.connection import Account, ConnectionStatus
from kommutator.domain.dialing import destination, read_dialing
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.errors import Forbidden, InvalidInput
from kommutator.store.campaigns import CampaignRow

if TYPE_CHECKING:
    from kommutator.store.enterprises import Enterprise
    from kommutator.store.unit import Unit


@dataclass(slots=True)
class Scene:
    """All that one look rests on."""

    unit: Unit
    row: CampaignRow
    plan: Plan
    owner: Enterprise
    known: Collection[str]
    pbx: Account | None
    crm: Account | None
    now: datetime
    failures: int = 0
    agents: Agents = field(default_factory=Agents)
    alone_since: datetime | None = None
    deaf_since: datetime | None = None

    @property
    def enterprise(self) -> EnterpriseNumber:
        return self.row.enterprise


async def is_deaf(scene: Scene) -> bool:
    """Whether the PBX would not hear us now."""
    pbx = scene.pbx
    if pbx is None or pbx.status is not ConnectionStatus.ACTIVE or not scene.owner.active:
        return True
    (lane,) = await scene.unit.lanes.status(scene.enterprise, pbx.lane) or (None,)
    if lane is None or not lane.owned or lane.parked_reason is not None:
        return True
    failed, worked = lane.last_error_at, lane.last_success_at
    return failed is not None and (worked is None or failed > worked)


async def agents_of(scene: Scene) -> Agents:
    """Who could take a call; nobody else chooses until the unit ends."""
    facts = await scene.unit.routes.facts(scene.enterprise, None, "")
    past = await scene.unit.campaign_items.agents(scene.enterprise, scene.plan.agents)
    return look_at(
        scene.plan,
        scene.known,
        facts.states,
        {one.extension: AgentPast(one.ended_at, one.result) for one in past},
        scene.now,
    )


async def pulse_of(scene: Scene) -> Pulse:
    """How the campaign is; `scene.agents` and `scene.deaf_since` are known already."""
    plan, since = scene.plan, scene.now - MINUTE
    bounded = plan.max_calls is not None or plan.max_talked is not None
    tally = await scene.unit.campaign_items.tally(
        scene.enterprise, scene.row.id, since, whole=bounded
    )
    return Pulse(
        going=tally.going,
        placed=tally.placed,
        talked=tally.talked,
        lately=tally.lately,
        failures=scene.failures,
        alone_since=None if scene.agents.at_work else scene.row.alone_since,
        deaf_since=scene.deaf_since,
        crm_away=await _is_crm_away(scene),
        agents=scene.agents,
    )


async def _is_crm_away(scene: Scene) -> bool:
    if not scene.plan.write_back and scene.plan.source.kind == "numbers":
        return False
    if scene.crm is None:
        return scene.plan.source.kind == "leads"
    if scene.crm.status is not ConnectionStatus.ACTIVE:
        return True
    lanes = await scene.unit.lanes.status(scene.enterprise, scene.crm.lane)
    return any(lane.parked_reason is not None for lane in lanes)


def refused_by_clicks(scene: Scene, phone: str) -> str | None:
    """By the same judgement as clicks: a campaign opens no destination."""
    region = str(scene.pbx.config.get("region") or "RU") if scene.pbx else "RU"
    try:
        destination(phone, read_dialing(scene.owner.settings, region), region, scene.known)
    except (InvalidInput, Forbidden) as refusal:
        return refusal.code
    return None
