"""Reading visits into the copy: all, those that changed, those somebody told of."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from kommutator.domain.connection import Account
from kommutator.domain.crm_news import reached
from kommutator.domain.salon.facts import Salon, Visit
from kommutator.domain.salon.ports import VisitQuery
from kommutator.flows.ask_crm import answered
from kommutator.flows.crm_copy.cards import PageRead
from kommutator.flows.salon.shelve import ShelveVisits
from kommutator.flows.salon.source import SalonSource, local, today
from kommutator.kit.errors import VendorError
from kommutator.store.crm_reads import CrmRead
from kommutator.store.salon_wanted import TakenPart
from kommutator.store.unit import Unit

BATCH = 200
"""Wishes that are granted together."""

OVERLAP = timedelta(minutes=5)
"""Changes may become visible later than they are dated; our requests may wait for their turn."""

BEFORE = timedelta(hours=1)
"""How far back the very first look for changes goes: the whole read begins at the same time."""

_AHEAD = timedelta(days=366)
_FIRST_BACK, _NIGHTLY_BACK = timedelta(days=366), timedelta(days=40)
"""Visits of how long ago are read: clients' history at first, later what may still change."""

_BY_LIST = 5  # so many wishes are cheaper to read as a list of what changed
_PAGES = 5  # of that list
_REFUSED = 3  # in one batch; after that it is not the visit that the vendor refuses
_REFUSED_FOR_S = 600.0
_SINGLY = 20  # asked for one by one in one batch; the others wait for the next


class ReadVisits:
    """Each method reads and keeps. Raises VendorError, UserError: nothing was kept then."""

    def __init__(self, source: SalonSource, shelve: ShelveVisits) -> None:
        self._source = source
        self._shelve = shelve

    async def whole_page(
        self, account: Account, read: CrmRead, page: int, at: datetime
    ) -> PageRead:
        """One page of all visits of a year, at night of those that may still change.

        At the end those are looked after that no page showed: gone, or moved between two pages.
        """
        kept = await self._source.know(account)
        async with self._source.db.single() as unit:
            days = await unit.salons.kept_days(account.enterprise)
        first, last = _days(read, kept.salon, at, days)
        query = VisitQuery(page=page, limit=BATCH, days_from=first, days_to=last, deleted=True)
        found = await self._source.reader(account).visits(account, query, background=True)
        key = account.enterprise, account.connection_id
        async with self._source.db.unit() as unit:
            shelved = await self._shelve(unit, account, found.items, read_at=at)
            if read.finished_at is not None:
                await unit.salons.drifted(*key, shelved.unheard)
                await unit.crm_hooks.missed(*key, shelved.unheard)
            if not found.more:
                await unit.salon_wanted.want_unseen_visits(
                    *key, read.started_at or at, _midnight(first), _midnight(last + timedelta(1))
                )
                await unit.salons.copied(*key)
                if read.finished_at is not None:
                    await unit.salons.count_drift(*key)
        return PageRead(found.more, len(found.items))

    async def changed_page(
        self, account: Account, read: CrmRead, page: int, at: datetime
    ) -> PageRead:
        """One page of what changed since the last round."""
        kept = await self._source.know(account)
        since = (read.cursor_at or (read.started_at or at) - BEFORE) - OVERLAP
        found, more = await self._changed(account, kept.salon, since, page)
        key = account.enterprise, account.connection_id
        async with self._source.db.unit() as unit:
            shelved = await self._shelve(unit, account, found, read_at=at)
            if shelved.unheard and kept.state.copied_at is not None:
                await unit.crm_hooks.missed(*key, shelved.unheard)
                await unit.salons.unheard(*key, shelved.unheard)
        newest = max((one.changed_at for one in found if one.changed_at), default=None)
        return PageRead(more, len(found), reached(read.reached_at, newest, at))

    async def reread(self, account: Account, taken: TakenPart) -> None:
        """Read these again; what the vendor no longer has is buried.

        If it stops answering midway, what it told is kept, and the rest waits for the next batch.
        A visit that it refuses to show does not keep those behind it waiting.
        """
        kept = await self._source.know(account)
        found: dict[int, Visit] = {}
        if len(taken.ids) >= _BY_LIST:
            found = await self._listed(account, kept.salon, taken)
        missing = [one for one in taken.ids if one not in found]
        later, gone, refused = missing[_SINGLY:], list[int](), dict[int, VendorError]()
        for place, one in enumerate(missing[:_SINGLY]):
            try:
                visit = await self._source.reader(account).visit(account, one, background=True)
            except VendorError as error:
                if answered(error) == "up" and len(refused) < _REFUSED:
                    refused[one] = error
                    continue
                if not found and not gone:
                    raise
                later = missing[place:]
                break
            if visit is None:
                gone.append(one)
            else:
                found[one] = visit
        if refused and not found and not gone:
            raise next(iter(refused.values()))
        key = account.enterprise, account.connection_id
        async with self._source.db.unit() as unit:
            await self._shelve(unit, account, list(found.values()), gone=gone, read_at=taken.at)
            await grant(unit, account, taken, [*later, *refused])
            aside = replace(taken, ids=sorted(refused))
            await unit.salon_wanted.postpone(*key, aside, _REFUSED_FOR_S)

    async def _listed(self, account: Account, salon: Salon, taken: TakenPart) -> dict[int, Visit]:
        """Those of the wished-for that the list of changes shows."""
        wanted, found = set(taken.ids), dict[int, Visit]()
        for page in range(1, _PAGES + 1):
            visits, more = await self._changed(account, salon, taken.since - OVERLAP, page)
            found |= {visit.id: visit for visit in visits if visit.id in wanted}
            if not more or len(found) == len(wanted):
                break
        return found

    async def _changed(
        self, account: Account, salon: Salon, since: datetime, page: int
    ) -> tuple[Sequence[Visit], bool]:
        """A page of what changed since then, and whether to read on."""
        query = VisitQuery(page=page, limit=BATCH, changed_from=local(since, salon), deleted=True)
        found = await self._source.reader(account).visits(account, query, background=True)
        dates = [one.changed_at for one in found.items if one.changed_at is not None]
        # A vendor that takes no notice of the filter would give us everything each time.
        fresh = not dates or max(dates) >= since - timedelta(seconds=1)
        return found.items, found.more and fresh


async def grant(unit: Unit, account: Account, taken: TakenPart, later: Collection[int]) -> None:
    """What was read is no wish any more; `later` waits for the next batch."""
    enterprise, connection_id = account.enterprise, account.connection_id
    left = frozenset(later)
    done = replace(taken, ids=[one for one in taken.ids if one not in left])
    await unit.salon_wanted.grant(enterprise, connection_id, done)
    if left:
        waiting = replace(taken, ids=sorted(left))
        await unit.salon_wanted.postpone(enterprise, connection_id, waiting, 0.0)


def _days(read: CrmRead, salon: Salon, at: datetime, kept_days: int) -> tuple[date, date]:
    """The same for every page of a round; nothing that would be deleted for its age at once."""
    day = today(read.started_at or at, salon)
    back = _FIRST_BACK if read.finished_at is None else _NIGHTLY_BACK
    return day - min(back, timedelta(days=max(kept_days - 1, 0))), day + _AHEAD


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min)
