"""What changes seldom: the salon itself, its services, its people and their hours."""

from __future__ import annotations

from datetime import datetime, timedelta

from kommutator.domain.connection import Account
from kommutator.domain.salon.copy import Part
from kommutator.flows.crm_copy.cards import PageRead
from kommutator.flows.salon.source import SalonSource, today

DAYS_AHEAD = 60
"""How far hours are read."""

_DAYS_AT_ONCE = 31


class ReadLists:
    """Each method reads one page and keeps it. Raises VendorError, UserError: nothing was kept.

    `drift`: whether what changed counts as missed by notices.
    """

    def __init__(self, source: SalonSource) -> None:
        self._source = source

    async def page(
        self, account: Account, part: Part, page: int, at: datetime, *, drift: bool = False
    ) -> PageRead:
        """A page of one of the lists; `part` is none of those that are read one by one."""
        if part is Part.SALON:
            await self._source.read_facts(account, at)
            return PageRead(more=False, items=1)
        if part is Part.SERVICES:
            return await self._services(account, at, drift=drift)
        if part is Part.STAFF:
            return await self._staff(account, at, drift=drift)
        assert part is Part.HOURS, part
        return await self.hours(account, page, at)

    async def hours(
        self, account: Account, page: int, at: datetime, *, days: int = DAYS_AHEAD
    ) -> PageRead:
        """Who works on the next days; a month is one page."""
        kept = await self._source.know(account)
        begin = today(at, kept.salon)
        last = begin + timedelta(days=days)
        first = begin + timedelta(days=_DAYS_AT_ONCE * (page - 1))
        end = min(first + timedelta(days=_DAYS_AT_ONCE - 1), last)
        found = await self._source.reader(account).schedule(account, first, end, background=True)
        async with self._source.db.unit() as unit:
            key = account.enterprise, account.connection_id
            await unit.salons.lock(*key)
            await unit.salon_days.save(*key, first, end, found, read_at=at)
        return PageRead(end < last, len(found))

    async def _services(self, account: Account, at: datetime, *, drift: bool) -> PageRead:
        await self._source.know(account)
        found = await self._source.reader(account).services(account, background=True)
        async with self._source.db.unit() as unit:
            key = account.enterprise, account.connection_id
            changed = await unit.salon_lists.save_services(*key, found, read_at=at)
            await unit.salons.drifted(*key, changed if drift else 0)
        return PageRead(more=False, items=len(found))

    async def _staff(self, account: Account, at: datetime, *, drift: bool) -> PageRead:
        await self._source.know(account)
        found = await self._source.reader(account).staff(account, background=True)
        async with self._source.db.unit() as unit:
            key = account.enterprise, account.connection_id
            changed = await unit.salon_lists.save_staff(*key, found, read_at=at)
            await unit.salons.drifted(*key, changed if drift else 0)
        return PageRead(more=False, items=len(found))
