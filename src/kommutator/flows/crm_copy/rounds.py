"""Which round reads what, what becomes of its end, and when the next one begins."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

import structlog

from kommutator.domain.connection import Account
from kommutator.domain.crm_data import EntityKind
from kommutator.domain.crm_news import CHANGED, EVENTS, HOOKS, REFERENCES, WHOLE, read_pace
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.ask_crm import answered, ask_again_s, next_night
from kommutator.flows.crm_copy.cards import PageRead, ReadCards
from kommutator.flows.crm_copy.events import Reconcile
from kommutator.flows.crm_copy.references import PIPELINES, ReadReferences
from kommutator.flows.crm_copy.subscription import WatchHooks
from kommutator.kit.clock import Clock
from kommutator.kit.errors import KommutatorError, VendorError
from kommutator.store.crm_reads import CrmRead
from kommutator.store.crm_wanted import TakenCards
from kommutator.store.driver import is_transient

if TYPE_CHECKING:
    from kommutator.store.database import Database

_log = structlog.get_logger(__name__)
_EVENTS_S, _REFERENCES_S, _HOOKS_S = 300.0, 3600.0, 600.0
_SHORTEST_WAIT_S, _LONGEST_WAIT_S = 5.0, 3600.0


class CopyCrm:
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
        self._db = db
        self._cards = cards
        self._references = references
        self._events = events
        self._hooks = hooks
        self._clock = clock

    @property
    def kinds(self) -> list[str]:
        return self._cards.kinds

    async def read_page(
        self, read: CrmRead, owner: UUID, page: int, lease_s: float
    ) -> PageRead | None:
        """Do a page of a round and note it. None: the round is another's now.

        Raises:
            VendorError: the CRM refused or kept silent.
            UserError: the connection does not work, or its allowance is spent.
        """
        account = await self._cards.account(read.enterprise, read.connection_id)
        async with self._db.single() as unit:
            at = await unit.crm_reads.renew(read, owner, lease_s)
        if at is None:
            return None
        done = await self._page(account, read, page, at)
        async with self._db.single() as unit:
            mine = await unit.crm_reads.turn(
                read, owner, page=page, items=done.items, reached_at=done.reached_at
            )
        return done if mine else None

    async def finish(self, read: CrmRead, owner: UUID) -> None:
        """The round is over; a night's read is due the next night, others soon."""
        due_at, again_s = None, 0.0
        if read.task in WHOLE:
            async with self._db.single() as unit:
                tenant = await unit.enterprises.get(read.enterprise)
            due_at = next_night(self._clock.now(), tenant.time_zone, read.connection_id)
        else:
            again_s = await self._again_s(read)
        async with self._db.single() as unit:
            await unit.crm_reads.finish(read, owner, due_at=due_at, again_s=again_s)

    async def fail(self, read: CrmRead, owner: UUID, error: Exception) -> None:
        """Note what the CRM said; the round goes on from its page later."""
        words = error.message if isinstance(error, VendorError) else None
        hint = error.hint if isinstance(error, VendorError) else None
        async with self._db.single() as unit:
            await unit.crm_reads.fail(
                read, owner, error=words, hint=hint, again_s=ask_again_s(error)
            )

    async def reread(
        self, enterprise: EnterpriseNumber, connection_id: UUID, taken: TakenCards
    ) -> Literal["up", "down", "unknown"]:
        """Read what somebody told of. What goes wrong is only a reason to try again later.

        Returns whether the CRM answered, be it with a refusal.
        """
        try:
            account = await self._cards.account(enterprise, connection_id)
            await self._cards.reread(account, taken)
        except Exception as error:  # noqa: BLE001  nobody waits for it that could be told
            expected = isinstance(error, KommutatorError) or is_transient(error)
            log = _log.info if expected else _log.warning
            log("crm_copy.not_read", reason=str(error) if expected else repr(error))
            await self._postpone(enterprise, connection_id, taken, error)
            return answered(error)
        return "up"

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

    async def _postpone(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        taken: TakenCards,
        error: Exception,
    ) -> None:
        """Wait as long as it was wanted already, so that a dead CRM is asked ever less."""
        waited = (taken.at - taken.since).total_seconds()
        seconds = min(max(waited, ask_again_s(error), _SHORTEST_WAIT_S), _LONGEST_WAIT_S)
        try:
            async with self._db.single() as unit:
                await unit.crm_wanted.postpone(enterprise, connection_id, taken, seconds)
        except Exception as trouble:  # noqa: BLE001  its lease ends by itself
            _log.info("crm_copy.not_postponed", reason=repr(trouble))
