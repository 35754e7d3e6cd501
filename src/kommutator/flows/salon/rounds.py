"""The copy of a salon kept fresh, in rounds and by wishes: what to do, and when to do it again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

import structlog

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
from kommutator.flows.ask_crm import answered, ask_again_s, next_night
from kommutator.flows.crm_copy.cards import PageRead
from kommutator.flows.salon.clients import ReadClients
from kommutator.flows.salon.hooks import WatchSalonHooks
from kommutator.flows.salon.lists import ReadLists
from kommutator.flows.salon.source import SalonSource
from kommutator.flows.salon.visits import ReadVisits
from kommutator.kit.clock import Clock
from kommutator.kit.errors import KommutatorError, VendorError
from kommutator.store.crm_reads import CrmRead
from kommutator.store.driver import is_transient
from kommutator.store.salon_wanted import TakenPart

if TYPE_CHECKING:
    from kommutator.store.database import Database

_log = structlog.get_logger(__name__)
_HOUR_S = 3600.0
_HOOKS_OFF_S = 600.0
_CLIENTS_SELDOMER = 6  # than visits: who changes is told of by notices, and nobody waits for it
_SHORTEST_WAIT_S, _LONGEST_WAIT_S = 5.0, 3600.0


class CopySalons:
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
        self._db = db
        self._source = source
        self._lists = lists
        self._visits = visits
        self._clients = clients
        self._hooks = hooks
        self._clock = clock

    @property
    def kinds(self) -> list[str]:
        return self._source.kinds

    async def read_page(
        self, read: CrmRead, owner: UUID, page: int, lease_s: float
    ) -> PageRead | None:
        """Do a page of a round and note it. None: the round is another's now.

        Raises:
            VendorError: the vendor refused or kept silent.
            UserError: the connection does not work, or its allowance is spent.
        """
        account = await self._source.account(read.connection_id)
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
        if read.task in NIGHTLY:
            async with self._db.single() as unit:
                tenant = await unit.enterprises.get(read.enterprise)
            due_at = next_night(self._clock.now(), tenant.time_zone, read.connection_id)
        else:
            again_s = await self._again_s(read)
        async with self._db.single() as unit:
            await unit.crm_reads.finish(read, owner, due_at=due_at, again_s=again_s)

    async def fail(self, read: CrmRead, owner: UUID, error: Exception) -> None:
        """Note what the vendor said; the round goes on from its page later."""
        words = error.message if isinstance(error, VendorError) else None
        hint = error.hint if isinstance(error, VendorError) else None
        async with self._db.single() as unit:
            await unit.crm_reads.fail(
                read, owner, error=words, hint=hint, again_s=ask_again_s(error)
            )

    async def reread(
        self, enterprise: EnterpriseNumber, connection_id: UUID, taken: TakenPart
    ) -> Literal["up", "down", "unknown"]:
        """Read what somebody told of. What goes wrong is only a reason to try again later.

        Returns whether the vendor answered, be it with a refusal.
        """
        try:
            account = await self._source.account(connection_id)
            await self._reread(account, taken)
        except Exception as error:  # noqa: BLE001  nobody waits for it that could be told
            expected = isinstance(error, KommutatorError) or is_transient(error)
            log = _log.info if expected else _log.warning
            log("salon_copy.not_read", reason=str(error) if expected else repr(error))
            await self._postpone(enterprise, connection_id, taken, error)
            return answered(error)
        return "up"

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

    async def _postpone(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        taken: TakenPart,
        error: Exception,
    ) -> None:
        """Wait as long as it was wanted already, so that a dead vendor is asked ever less."""
        waited = (taken.at - taken.since).total_seconds()
        seconds = min(max(waited, ask_again_s(error), _SHORTEST_WAIT_S), _LONGEST_WAIT_S)
        try:
            async with self._db.single() as unit:
                await unit.salon_wanted.postpone(enterprise, connection_id, taken, seconds)
        except Exception as trouble:  # noqa: BLE001  its lease ends by itself
            _log.info("salon_copy.not_postponed", reason=repr(trouble))
