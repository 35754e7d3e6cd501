"""Whom a campaign calls, and the calls it made: added to and looked at by people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from kommutator.domain.campaigns.numbers import Pasted, Wanted, read_numbers
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import Actor, EnterpriseNumber
from kommutator.flows.directory import Directory
from kommutator.kit.errors import Conflict
from kommutator.kit.phones import to_e164
from kommutator.store.campaign_items import ItemRow
from kommutator.store.views import AttemptLine, CampaignViews

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit

MOST_ITEMS: Final = 200_000


@dataclass(frozen=True, slots=True)
class Added:
    """`new` numbers of the list; `known` were in the campaign before; `odd` lines hold none."""

    new: int
    known: int
    odd: Sequence[str] = ()
    odd_count: int = 0


class CampaignLists:
    """The list side of the campaigns' service."""

    def __init__(self, db: Database, directory: Directory) -> None:
        self._db = db
        self._directory = directory

    async def add_text(
        self, actor: Actor, enterprise: EnterpriseNumber, campaign: UUID, text: str
    ) -> Added:
        """Numbers as people paste them, or a CSV table.

        Raises:
            NotFound: `campaign_not_found`.
            InvalidInput: `campaign_list_too_long`, `campaign_list_invalid`.
            Conflict: `campaign_full`.
        """
        pasted = read_numbers(text, await self._region(enterprise))
        return await self._add(actor, enterprise, campaign, pasted)

    async def add(
        self, actor: Actor, enterprise: EnterpriseNumber, campaign: UUID, given: Sequence[Wanted]
    ) -> Added:
        """Numbers with all that is known of them. Raises as `add_text`."""
        region = await self._region(enterprise)
        found: dict[str, Wanted] = {}
        odd: list[str] = []
        for one in given:
            phone = to_e164(one.phone, region)
            if phone is None:
                odd.append(one.phone[:60])
            else:
                found.setdefault(phone, Wanted(phone, one.name, one.lead_id, one.time_zone))
        pasted = Pasted(tuple(found.values()), tuple(odd[:20]), len(odd))
        return await self._add(actor, enterprise, campaign, pasted)

    async def items(
        self,
        enterprise: EnterpriseNumber,
        campaign: UUID,
        *,
        after: int = 0,
        state: str | None = None,
        outcome: str | None = None,
        limit: int = 50,
    ) -> Sequence[ItemRow]:
        """Raises NotFound: `campaign_not_found`."""
        async with self._db.unit() as unit:
            await unit.campaigns.get(enterprise, campaign)
            return await CampaignViews(unit.connection).items(
                enterprise, campaign, after=after, state=state, outcome=outcome, limit=limit
            )

    async def attempts(
        self,
        enterprise: EnterpriseNumber,
        campaign: UUID,
        *,
        after: tuple[datetime, str] | None = None,
        limit: int = 50,
    ) -> Sequence[AttemptLine]:
        """Newest first. Raises NotFound: `campaign_not_found`."""
        async with self._db.unit() as unit:
            await unit.campaigns.get(enterprise, campaign)
            return await CampaignViews(unit.connection).attempts(
                enterprise, campaign, after=after, limit=limit
            )

    async def _add(
        self, actor: Actor, enterprise: EnterpriseNumber, campaign: UUID, pasted: Pasted
    ) -> Added:
        async with self._db.unit() as unit:
            row = await unit.campaigns.get(enterprise, campaign, lock=True)
            figures = await CampaignViews(unit.connection).figures(enterprise, [campaign])
            if figures[campaign].items + len(pasted.wanted) > MOST_ITEMS:
                raise Conflict("campaign_full", most=MOST_ITEMS)
            new = await unit.campaign_items.add(enterprise, campaign, pasted.wanted)
            await audit(unit, actor, enterprise, "campaign.add", row.name, new=new)
        return Added(new, len(pasted.wanted) - new, pasted.odd, pasted.odd_count)

    async def _region(self, enterprise: EnterpriseNumber) -> str:
        pbx = await self._directory.account_of(enterprise, ConnectionKind.ASTERISK)
        return str(pbx.config.get("region") or "RU") if pbx is not None else "RU"


async def audit(
    unit: Unit, actor: Actor, enterprise: EnterpriseNumber, action: str, name: str, **detail: Any
) -> None:
    """A line in the audit log; the campaign is named as people know it."""
    await unit.audit.add(enterprise, actor=actor.name, action=action, target=name, detail=detail)
