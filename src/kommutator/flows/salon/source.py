"""Whose salon is read: a connection that works, its reader, its own time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID
from weakref import WeakValueDictionary

from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.crm_news import read_pace
from kommutator.domain.salon.facts import Salon
from kommutator.domain.salon.ports import SalonReader
from kommutator.flows.directory import Directory
from kommutator.kit.errors import Conflict
from kommutator.kit.zones import zone
from kommutator.store.salons import KeptSalon

if TYPE_CHECKING:
    from kommutator.store.database import Database


class SalonSource:
    """What every reading of a salon begins with."""

    def __init__(
        self, db: Database, directory: Directory, readers: Mapping[ConnectionKind, SalonReader]
    ) -> None:
        self.db = db
        self._directory = directory
        self._readers = readers
        self._asking: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    @property
    def kinds(self) -> list[str]:
        """The booking systems that are copied."""
        return [kind.value for kind in self._readers]

    def reader(self, account: Account) -> SalonReader:
        return self._readers[account.kind]

    async def account(self, connection_id: UUID) -> Account:
        """A working one.

        Raises:
            NotFound: removed.
            Conflict: `crm_not_working`: paused, broken, or its copy is switched off.
        """
        account = await self._directory.account(connection_id)
        if account.status is not ConnectionStatus.ACTIVE or not read_pace(account.config).on:
            raise Conflict("crm_not_working")
        return account

    async def know(self, account: Account) -> KeptSalon:
        """The salon's facts; read now if they never were: nothing can be kept without them."""
        kept = await self._kept(account)
        if kept is None:
            # All rounds of a new salon begin at once: one asks, the others wait for it.
            async with self._asking.setdefault(account.connection_id, asyncio.Lock()):
                kept = await self._kept(account)
                if kept is None:
                    await self.read_facts(account, await self.now())
                    kept = await self._kept(account)
        assert kept is not None, account.connection_id
        return kept

    async def read_facts(self, account: Account, at: datetime) -> None:
        """Read and keep what the salon is. Raises VendorError, UserError."""
        reader = self.reader(account)
        facts = await reader.salon(account, background=True)
        categories = await reader.categories(account, background=True)
        async with self.db.unit() as unit:
            # Several processes may read a new salon at once.
            await unit.salons.lock(account.enterprise, account.connection_id)
            await unit.salons.save(
                account.enterprise, account.connection_id, facts, categories=categories, read_at=at
            )

    async def now(self) -> datetime:
        """By the database's clock, as every `read_at`."""
        async with self.db.single() as unit:
            at: datetime = await unit.connection.fetchval("SELECT clock_timestamp()")
        return at

    async def _kept(self, account: Account) -> KeptSalon | None:
        async with self.db.single() as unit:
            return await unit.salons.get(account.enterprise, account.connection_id)


def local(moment: datetime, salon: Salon) -> datetime:
    """A moment in the salon's time, without a zone, as its vendor tells times."""
    return moment.astimezone(zone(salon.time_zone)).replace(tzinfo=None)


def today(moment: datetime, salon: Salon) -> date:
    return local(moment, salon).date()
