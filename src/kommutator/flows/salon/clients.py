"""Reading a salon's clients into the copy: all, those that changed, those somebody told of."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from kommutator.domain.connection import Account
from kommutator.domain.crm_news import reached
from kommutator.domain.salon.facts import SalonClient
from kommutator.flows.crm_copy.cards import PageRead
from kommutator.flows.name_calls import name_calls
from kommutator.flows.salon.source import SalonSource, local
from kommutator.flows.salon.visits import BEFORE, OVERLAP, grant
from kommutator.kit.errors import VendorError
from kommutator.store.crm_reads import CrmRead
from kommutator.store.database import Database
from kommutator.store.salon_wanted import TakenPart
from kommutator.store.unit import Unit

BATCH = 20
"""Wishes that are granted together: each is a request."""


class ReadClients:
    """Each method reads and keeps. Raises VendorError, UserError: nothing was kept then."""

    def __init__(self, source: SalonSource) -> None:
        self._source = source

    async def whole_page(
        self, account: Account, read: CrmRead, page: int, at: datetime
    ) -> PageRead:
        """One page of all clients; at the end those are looked after that no page showed."""
        await self._source.know(account)
        found = await self._source.reader(account).clients(account, page, background=True)
        key = account.enterprise, account.connection_id
        async with _telling(self._source.db, account, found.items) as unit:
            changed = await unit.salon_clients.save(*key, found.items, read_at=at)
            await unit.salons.drifted(*key, 0 if read.finished_at is None else changed)
            if not found.more:
                await unit.salon_wanted.want_unseen_clients(*key, read.started_at or at)
        return PageRead(found.more, len(found.items))

    async def changed_page(
        self, account: Account, read: CrmRead, page: int, at: datetime
    ) -> PageRead:
        """One page of those that changed since the last round."""
        kept = await self._source.know(account)
        since = (read.cursor_at or (read.started_at or at) - BEFORE) - OVERLAP
        found = await self._source.reader(account).clients(
            account, page, changed_from=local(since, kept.salon), background=True
        )
        key = account.enterprise, account.connection_id
        async with _telling(self._source.db, account, found.items) as unit:
            await unit.salon_clients.save(*key, found.items, read_at=at)
        dates = [one.changed_at for one in found.items if one.changed_at is not None]
        # A vendor that takes no notice of the filter would give us everything each time.
        fresh = not found.items or max(dates, default=since) >= since - timedelta(seconds=1)
        newest = max(dates, default=None)
        return PageRead(
            found.more and fresh, len(found.items), reached(read.reached_at, newest, at)
        )

    async def reread(self, account: Account, taken: TakenPart) -> None:
        """Read these again; what the vendor no longer has is buried. As `ReadVisits.reread`."""
        await self._source.know(account)
        reader, found, gone = self._source.reader(account), list[SalonClient](), list[int]()
        later = taken.ids[BATCH:]
        for place, one in enumerate(taken.ids[:BATCH]):
            try:
                client = await reader.client(account, one, background=True)
            except VendorError:
                if place == 0:
                    raise
                later = taken.ids[place:]
                break
            if client is None:
                gone.append(one)
            else:
                found.append(client)
        key = account.enterprise, account.connection_id
        async with _telling(self._source.db, account, found, gone) as unit:
            await unit.salon_clients.save(*key, found, read_at=taken.at)
            await unit.salon_clients.bury(*key, gone, read_at=taken.at)
            await grant(unit, account, taken, later)


@asynccontextmanager
async def _telling(
    db: Database, account: Account, found: Sequence[SalonClient], gone: Sequence[int] = ()
) -> AsyncIterator[Unit]:
    """The transaction in which these clients change, with the salon's lock.

    The phone book is told of the numbers that they had and have, and calls of their names.
    """
    key = account.enterprise, account.connection_id
    ids = [*(one.id for one in found), *gone]
    async with db.unit() as unit:
        await unit.salons.lock(*key)
        phones = await unit.salon_book.phones(*key, ids)
        yield unit
        phones |= await unit.salon_book.phones(*key, ids)
        names = await unit.salon_book.tell(account.enterprise, phones)
    await name_calls(db, account.enterprise, names)
