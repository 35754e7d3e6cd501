"""Which round reads what, what becomes of its end, and when the next one begins."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from kommutator.domain.connection import Account
from kommutator.domain.crm_data import EntityKind
from kommutator.domain.crm_news import CHANGED, EVENTS, HOOKS, REFERENCES, WHOLE, read_pace
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.copying import Copying
from kommutator.flows.crm_copy.cards import PageRead, ReadCards
from kommutator.flows.crm_copy.events import Reconcile
from kommutator.flows.crm_copy.references import PIPELINES, ReadReferences
from kommutator.flows.crm_copy.subscription import WatchHooks
from kommutator.kit.clock import Clock
from kommutator.store.crm_reads import CrmRead
from kommutator.store.crm_wanted import CrmWantedStore, TakenCards

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit

_EVENTS_S, _REFERENCES_S, _HOOKS_S = 300.0, 3600.0, 600.0


class CopyCrm(Copying[EntityKind]):
    """The only one who fills the copy; workers say when."""

    def __init__(
        self,
        db: Database,
        cards: ReadCards,
        references: ReadReferences,
        events: Reconcile,
        hooks: WatchHooks,
        *,
        clock: Clock,
    ) -> None:
        super().__init__("crm_copy", db, clock=clock, nightly=WHOLE)
        self._cards = cards
        self._references = references
        self._events = events
        self._hooks = hooks

    @property
    def kinds(self) -> list[str]:
        return self._cards.kinds

    def wanted(self, unit: Unit) -> CrmWantedStore:
        return unit.crm_wanted

    async def _account(self, enterprise: EnterpriseNumber, connection_id: UUID) -> Account:
        return await self._cards.account(enterprise, connection_id)

    async def _reread(self, account: Account, taken: TakenCards) -> None:
        await self._cards.reread(account, taken)

    async def _page(self, account: Account, read: CrmRead, page: int, at: datetime) -> PageRead:
        if read.task in WHOLE:
            kind = WHOLE[read.task]
            if kind is EntityKind.LEADS and page == 1:  # which are open is for its stages to say
                await self._references.know(account, PIPELINES)
            return await self._cards.whole_page(account, read, kind, page, at)
        if read.task in CHANGED:
            return await self._cards.changed_page(account, read, CHANGED[read.task], page, at)
        if read.task == EVENTS:
            return await self._events.page(account, read, page, at)
        if read.task == REFERENCES:
            return await self._references.page(account, page)
        assert read.task == HOOKS, read.task
        return await self._hooks.check(account)

    async def _again_s(self, read: CrmRead) -> float:
        if read.task in CHANGED:
            account = await self._cards.account(read.enterprise, read.connection_id)
            hooks = await self._hooks.on(account)
            return read_pace(account.config).changes_every_s(hooks=hooks)
        return {EVENTS: _EVENTS_S, REFERENCES: _REFERENCES_S}.get(read.task, _HOOKS_S)
