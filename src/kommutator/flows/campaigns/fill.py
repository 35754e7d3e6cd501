"""Reading a campaign's leads from the CRM, page by page; each page is noted when it is in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from kommutator.domain.campaigns.leads import LeadPage, LeadSource, crm_for
from kommutator.domain.campaigns.plan import read_plan
from kommutator.domain.connection import ConnectionStatus
from kommutator.flows.directory import Directory
from kommutator.kit.clock import Clock
from kommutator.kit.errors import Conflict, UserError, VendorError
from kommutator.store.campaigns import CampaignRow, Hold

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit

FROM_THE_START: Final = '{"page": 0}'
_MOST_PAGES: Final = 500
_AGAIN_S: Final = 30.0
_MARKED_BY: Final = "crm"


class Filling(msgspec.Struct, omit_defaults=True):
    """How far the leads were read, as `campaigns.filling` holds it.

    Attributes:
        page: the last one that is in.
        numberless: leads without a number that can be called.
        error: the CRM's words; `refused`: slug of ours, why it was not asked.
        again_at: epoch seconds, not before this.
    """

    page: int = 0
    numberless: int = 0
    error: str | None = None
    refused: str | None = None
    again_at: float | None = None


def read_filling(stored: str) -> Filling:
    return msgspec.json.decode(stored, type=Filling)


class FillCampaigns:
    """Asks outside of any transaction; whoever holds the campaign writes."""

    def __init__(
        self, db: Database, directory: Directory, source: LeadSource, *, clock: Clock
    ) -> None:
        self._db = db
        self._directory = directory
        self._source = source
        self._clock = clock

    async def turn(self, holding: Hold) -> bool:
        """Read one page, if one is to be read; True: ask again for the next one."""
        async with self._db.unit() as unit:
            row = await unit.campaigns.held(holding.enterprise, holding)
        if row is None or row.filling is None or row.state != "running":
            return False
        filling = read_filling(row.filling)
        if filling.again_at is not None and self._clock.now().timestamp() < filling.again_at:
            return False
        try:
            page = await self._page(row, filling)
        except (VendorError, UserError) as error:
            failed = _failed(filling, error, self._clock.now().timestamp())
            async with self._db.unit() as unit:
                if await self._still(unit, holding, row):
                    await unit.campaigns.note_filling(row.enterprise, row.id, _stored(failed))
            return False
        return await self._take(holding, row, filling, page)

    async def _page(self, row: CampaignRow, filling: Filling) -> LeadPage:
        source = read_plan(row.plan).source
        accounts = await self._directory.accounts(row.enterprise)
        account = crm_for(source, self._source.kind, accounts)
        if account is None or account.status is not ConnectionStatus.ACTIVE:
            raise Conflict("campaign_needs_crm")
        return await self._source.leads(account, source, filling.page + 1)

    async def _take(
        self, holding: Hold, row: CampaignRow, filling: Filling, page: LeadPage
    ) -> bool:
        numberless = filling.numberless + page.numberless
        more = page.more and filling.page + 1 < _MOST_PAGES
        reached = Filling(page=filling.page + 1, numberless=numberless)
        async with self._db.unit() as unit:
            if not await self._still(unit, holding, row):
                return False
            await unit.do_not_call.add(row.enterprise, page.unwanted, note=None, by=_MARKED_BY)
            await unit.campaign_items.add(row.enterprise, row.id, page.wanted)
            await unit.campaigns.note_filling(
                row.enterprise, row.id, _stored(reached) if more else None
            )
        return more

    async def _still(self, unit: Unit, holding: Hold, row: CampaignRow) -> bool:
        """Whether the page belongs to what is wanted now: somebody may have chosen other leads."""
        now = await unit.campaigns.held(holding.enterprise, holding)
        return now is not None and (now.plan, now.filling) == (row.plan, row.filling)


def _failed(filling: Filling, error: VendorError | UserError, now: float) -> Filling:
    return Filling(
        page=filling.page,
        numberless=filling.numberless,
        error=error.message[:300] if isinstance(error, VendorError) else None,
        refused=error.code if isinstance(error, UserError) else None,
        again_at=now + _AGAIN_S,
    )


def _stored(filling: Filling) -> str:
    return msgspec.json.encode(filling).decode()
