"""What came of a campaign's calls: read from the calls themselves, told to the CRM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from kommutator.domain.campaigns.plan import Plan
from kommutator.domain.campaigns.results import FAILURES, CallOutcome, outcome_of
from kommutator.domain.campaigns.steps import Done, Item, after_call, counts
from kommutator.domain.campaigns.write_back import Told, write_back
from kommutator.domain.commands import CallResult
from kommutator.domain.connection import Account
from kommutator.kit.phones import zone_of
from kommutator.kit.texts import Texts
from kommutator.kit.zones import zone
from kommutator.store.campaign_items import Heard, ItemRow
from kommutator.store.campaigns import CampaignRow
from kommutator.store.outbox import Owed

if TYPE_CHECKING:
    from kommutator.store.enterprises import Enterprise
    from kommutator.store.unit import Unit

_LONGEST: Final = timedelta(hours=6)
"""Every call is ended by its own events, by a reconciliation or by its alarm long before."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Calls that ended. `failures`: in a row, after them."""

    results: Sequence[CallOutcome]
    failures: int


class SettleCalls:
    """Ends attempts whose calls have ended. `texts` put a result into the CRM's notes."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    async def settle(
        self,
        unit: Unit,
        owner: Enterprise,
        row: CampaignRow,
        plan: Plan,
        crm: Account | None,
        now: datetime,
    ) -> Settled:
        """In the caller's unit, which holds the campaign."""
        results: list[CallOutcome] = []
        failures = row.failures
        for heard in await unit.campaign_items.going(row.enterprise, row.id):
            outcome = _outcome(heard, now)
            if outcome is None:
                continue
            ended = heard.ended_at or now
            await unit.campaign_items.end(
                row.enterprise,
                heard.call_id,
                result=outcome.value,
                reason=heard.reason,
                talk_s=heard.talk_s,
                ended_at=min(ended, now),  # the PBX's clock may be ahead of ours
            )
            results.append(outcome)
            failures = failures + 1 if outcome in FAILURES else 0
            item = await unit.campaign_items.get(row.enterprise, heard.item)
            if item is not None and item.state == "calling":
                await self._follow(unit, owner, row, plan, item, outcome, now)
                await self._tell(unit, owner, plan, crm, item, heard, outcome)
        return Settled(results, failures)

    async def _follow(
        self,
        unit: Unit,
        owner: Enterprise,
        row: CampaignRow,
        plan: Plan,
        item: ItemRow,
        outcome: CallOutcome,
        now: datetime,
    ) -> None:
        counted = counts(outcome)
        seen = Item(item.phone, zone_for(item, owner), item.attempts + counted, item.tries)
        step = after_call(seen, outcome, now, plan)
        if isinstance(step, Done):
            await unit.campaign_items.finish(row.enterprise, item.id, step.why, counts=counted)
            return
        await unit.campaign_items.put_off(
            row.enterprise,
            item.id,
            step.until,
            step.why,
            counts=counted,
            first=step.first,
            outcome=outcome.value,
        )

    async def _tell(
        self,
        unit: Unit,
        owner: Enterprise,
        plan: Plan,
        crm: Account | None,
        item: ItemRow,
        heard: Heard,
        outcome: CallOutcome,
    ) -> None:
        if crm is None or item.lead_id is None:
            return
        result = self._texts.translate(owner.locale, f"campaign.outcome.{outcome.value}")
        attempt = str(item.attempts + counts(outcome))
        told = Told(
            heard.call_id,
            item.lead_id,
            item.phone,
            heard.ended_at or heard.placed_at,
            {"result": result, "attempt": attempt, "phone": item.phone},
        )
        owed = [
            Owed(crm.lane, crm.connection_id, f"lead:{item.lead_id}", command, once)
            for once, command in write_back(plan.write_back.get(outcome), told)
        ]
        await unit.outbox.add(crm.enterprise, owed)


def zone_for(item: ItemRow, owner: Enterprise) -> ZoneInfo:
    """The client's: told, else by the number, else the enterprise's own."""
    return zone(item.time_zone or zone_of(item.phone) or owner.time_zone)


def _outcome(heard: Heard, now: datetime) -> CallOutcome | None:
    """None: it goes on."""
    if heard.phase == "ended":
        return outcome_of(CallResult(heard.result or CallResult.FAILED), heard.reason)
    return CallOutcome.LOST if now - heard.placed_at > _LONGEST else None
