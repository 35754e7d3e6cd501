"""The frame of a copy kept fresh, whatever is copied: rounds in pages, and wishes granted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Generic, Literal
from uuid import UUID

import structlog

from kommutator.domain.connection import Account
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.ask_crm import answered, ask_again_s, next_night
from kommutator.flows.crm_copy.cards import PageRead
from kommutator.kit.clock import Clock
from kommutator.kit.errors import ErrorKind, KommutatorError, TooMany, VendorError
from kommutator.store.crm_reads import CrmRead
from kommutator.store.driver import is_transient
from kommutator.store.wanted import P, Taken, WantedStore

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit

_log = structlog.get_logger(__name__)
_SHORTEST_WAIT_S, _LONGEST_WAIT_S = 5.0, 3600.0


class Copying(ABC, Generic[P]):
    """The only one who fills a copy; workers say when.

    Args:
        name: in logs.
        nightly: tasks that are due once a night.
    """

    def __init__(self, name: str, db: Database, *, clock: Clock, nightly: Collection[str]) -> None:
        self._name = name
        self._db = db
        self._clock = clock
        self._nightly = nightly

    @property
    @abstractmethod
    def kinds(self) -> list[str]:
        """The connections that are copied."""

    @abstractmethod
    def wanted(self, unit: Unit) -> WantedStore[P]:
        """Where the wishes are."""

    async def read_page(
        self, read: CrmRead, owner: UUID, page: int, lease_s: float
    ) -> PageRead | None:
        """Do a page of a round and note it. None: the round is another's now.

        Raises:
            VendorError: the vendor refused or kept silent.
            UserError: the connection does not work, or its allowance is spent.
        """
        account = await self._account(read.enterprise, read.connection_id)
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
        if read.task in self._nightly:
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
        self, enterprise: EnterpriseNumber, connection_id: UUID, taken: Taken[P]
    ) -> Literal["up", "down", "unknown"]:
        """Read what somebody told of. What goes wrong is only a reason to try again later.

        Returns whether the vendor answered, be it with a refusal.
        """
        try:
            await self._reread(await self._account(enterprise, connection_id), taken)
        except Exception as error:  # noqa: BLE001  nobody waits for it that could be told
            expected = isinstance(error, KommutatorError) or is_transient(error)
            log = _log.info if expected else _log.warning
            log(f"{self._name}.not_read", reason=str(error) if expected else repr(error))
            await self._postpone(enterprise, connection_id, taken, error)
            return answered(error)
        return "up"

    @abstractmethod
    async def _account(self, enterprise: EnterpriseNumber, connection_id: UUID) -> Account:
        """One that works. Raises NotFound, Conflict."""

    @abstractmethod
    async def _page(self, account: Account, read: CrmRead, page: int, at: datetime) -> PageRead:
        """Do this page of this round. Raises VendorError, UserError."""

    @abstractmethod
    async def _again_s(self, read: CrmRead) -> float:
        """How long until a round that is over begins again."""

    @abstractmethod
    async def _reread(self, account: Account, taken: Taken[P]) -> None:
        """Read these and grant the wishes. Raises VendorError, UserError."""

    async def _postpone(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        taken: Taken[P],
        error: Exception,
    ) -> None:
        """Wait as long as it was wanted already, so that a dead vendor is asked ever less.

        One that is only busy says itself when: whoever waited long must not wait longer.
        """
        busy = isinstance(error, TooMany) or (
            isinstance(error, VendorError) and error.kind is ErrorKind.RATE_LIMITED
        )
        waited = 0.0 if busy else (taken.at - taken.since).total_seconds()
        seconds = min(max(waited, ask_again_s(error), _SHORTEST_WAIT_S), _LONGEST_WAIT_S)
        try:
            async with self._db.single() as unit:
                await self.wanted(unit).postpone(enterprise, connection_id, taken, seconds)
        except Exception as trouble:  # noqa: BLE001  its lease ends by itself
            _log.info(f"{self._name}.not_postponed", reason=repr(trouble))
