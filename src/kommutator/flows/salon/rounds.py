"""The copy of a salon kept fresh, in rounds and by wishes: what to do, and when to do it again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from kommutator.domain.connection import Account
from kommutator.domain.crm_news import read_pace
from kommutator.domain.salon.copy import (
    CHANGED_CLIENTS,
    CHANGED_VISITS,
    HOOKS,
    NIGHTLY,
    SOON,
    Part,
    look_again_s,
)
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.copying import Copying
from kommutator.flows.crm_copy.cards import PageRead
from kommutator.flows.salon.clients import ReadClients
from kommutator.flows.salon.hooks import WatchSalonHooks
from kommutator.flows.salon.lists import ReadLists
from kommutator.flows.salon.source import SalonSource
from kommutator.flows.salon.visits import ReadVisits
from kommutator.kit.clock import Clock
from kommutator.store.crm_reads import CrmRead
from kommutator.store.salon_wanted import SalonWantedStore, TakenPart

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit

_HOUR_S = 3600.0
_HOOKS_OFF_S = 600.0
_CLIENTS_SELDOMER = 6  # than visits: who changes is told of by notices, and nobody waits for it


class CopySalons(Copying[Part]):
    """The only one who fills the copy; workers say when."""

    def __init__(
        self,
        db: Database,
        source: SalonSource,
        lists: ReadLists,
        visits: ReadVisits,
        clients: ReadClients,
        hooks: WatchSalonHooks,
        *,
        clock: Clock,
    ) -> None:
        super().__init__("salon_copy", db, clock=clock, nightly=NIGHTLY)
        self._source = source
        self._lists = lists
        self._visits = visits
        self._clients = clients
        self._hooks = hooks

    @property
    def kinds(self) -> list[str]:
        return self._source.kinds

    def wanted(self, unit: Unit) -> SalonWantedStore:
        return unit.salon_wanted

    async def _account(self, enterprise: EnterpriseNumber, connection_id: UUID) -> Account:  # noqa: ARG002  asked of every copy
        return await self._source.account(connection_id)

    async def _page(self, account: Account, read: CrmRead, page: int, at: datetime) -> PageRead:
        if read.task == HOOKS:
            return await self._hooks.check(account)
        if read.task == SOON:
            return await self._lists.hours(account, page, at, days=1)
        whole_or_changed = {
            Part.VISITS.value: self._visits.whole_page,
            Part.CLIENTS.value: self._clients.whole_page,
            CHANGED_VISITS: self._visits.changed_page,
            CHANGED_CLIENTS: self._clients.changed_page,
        }
        if (do := whole_or_changed.get(read.task)) is not None:
            return await do(account, read, page, at)
        part, again = Part(read.task), read.finished_at is not None
        return await self._lists.page(account, part, page, at, drift=again)

    async def _reread(self, account: Account, taken: TakenPart) -> None:
        if taken.part is Part.VISITS:
            await self._visits.reread(account, taken)
        elif taken.part is Part.CLIENTS:
            await self._clients.reread(account, taken)
        else:
            page = 1
            while (await self._lists.page(account, taken.part, page, taken.at)).more:
                page += 1
            async with self._db.unit() as unit:
                await unit.salon_wanted.grant(account.enterprise, account.connection_id, taken)

    async def _again_s(self, read: CrmRead) -> float:
        if read.task == SOON:
            return _HOUR_S
        account = await self._source.account(read.connection_id)
        hooks = await self._hooks.on(account)
        if read.task == HOOKS:
            return _HOUR_S if hooks else _HOOKS_OFF_S
        async with self._db.single() as unit:
            salons = await unit.salons.working_everywhere(self.kinds)
        wished = read_pace(account.config).every_s
        seconds = look_again_s(hooks=hooks, salons=salons, wished=wished)
        return seconds if read.task == CHANGED_VISITS else seconds * _CLIENTS_SELDOMER
