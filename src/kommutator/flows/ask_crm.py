"""What the CRM is asked for the phone book's sake: one number at once, all clients at night.

The answers go into the table, and their names to the calls that lack them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.crm_news import read_pace
from kommutator.domain.ports import CrmDesk, Person
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.directory import Directory
from kommutator.flows.name_calls import name_calls
from kommutator.kit.clock import Clock
from kommutator.kit.errors import ErrorKind, KommutatorError, TooMany, VendorError
from kommutator.store.database import Database
from kommutator.store.driver import is_transient
from kommutator.store.phone_book import Told, Wanted
from kommutator.store.phone_book_reads import BookRead

_log = structlog.get_logger(__name__)
_NIGHT = time(3, 0)
_SPREAD = timedelta(hours=1)  # so that tenants behind one address do not all read at once
_SHORTEST_WAIT_S, _LONGEST_WAIT_S = 15.0, 3600.0
_BUSY_WAIT_S = 5.0
_AGAIN_S = 60.0
_MUCH_LATER_S = 3600.0
_SILENT = frozenset({ErrorKind.TRANSIENT, ErrorKind.UNSURE})
_LASTING = frozenset({ErrorKind.ACCESS_REVOKED, ErrorKind.REJECTED, ErrorKind.GONE})


@dataclass(frozen=True, slots=True)
class Turned:
    """A page is in the book. `pause_s`: how long to leave the CRM to the calls."""

    last: bool
    pause_s: float


class AskCrm:
    """The only one who fills the phone book from CRMs, but for what copies tell it.

    Args:
        copied: CRMs of whose cards we keep a copy: only numbers that no card has are asked for.
    """

    def __init__(
        self,
        db: Database,
        directory: Directory,
        desks: Mapping[ConnectionKind, CrmDesk],
        *,
        clock: Clock,
        copied: Collection[ConnectionKind] = (),
    ) -> None:
        self._db = db
        self._directory = directory
        self._desks = desks
        self._clock = clock
        self._copied = frozenset(copied)

    @property
    def kinds(self) -> list[str]:
        """The CRMs that can be asked."""
        return [kind.value for kind in self._desks]

    @property
    def listed_kinds(self) -> list[str]:
        """The CRMs whose clients are read at night; of a copied one the book is told at once."""
        return [kind.value for kind in self._desks if kind not in self._copied]

    async def look_up(
        self, enterprise: EnterpriseNumber, connection_id: UUID, wanted: Wanted
    ) -> Literal["up", "down", "unknown"]:
        """Ask for one number. What goes wrong is only a reason to ask again later.

        Returns whether the CRM answered, be it with a refusal.
        """
        try:
            account = await self._account(enterprise, connection_id)
            if self._is_copied(account) and await self._have_reread(account, wanted):
                return "unknown"
            person = await self._desks[account.kind].person(account, wanted.phone)
            told = _told(wanted.phone, person)
            async with self._db.single() as unit:
                await unit.phone_book.hear(enterprise, connection_id, told, at=wanted.asked_at)
            await name_calls(self._db, enterprise, {told.phone: told.name} if told.name else {})
        except Exception as error:  # noqa: BLE001  nobody waits for a look-up that could be told
            expected = isinstance(error, KommutatorError) or is_transient(error)
            log = _log.info if expected else _log.warning
            log("phone_book.not_found_out", reason=str(error) if expected else repr(error))
            await self._postpone(enterprise, wanted)
            return answered(error)
        return "up"

    async def read_page(
        self, read: BookRead, owner: UUID, page: int, lease_s: float
    ) -> Turned | None:
        """Put a page of clients into the book. None: the read is another's, or must wait.

        Raises:
            VendorError: the CRM refused or kept silent.
            UserError: there is no such connection any more, or its allowance is spent.
        """
        account = await self._account(read.enterprise, read.connection_id)
        async with self._db.single() as unit:
            if account.status is not ConnectionStatus.ACTIVE:
                await unit.phone_book_reads.fail(read, owner, again_s=_AGAIN_S)
                return None
            at = await unit.phone_book_reads.renew(read, owner, lease_s)
            if at is None:
                return None
        found = await self._desks[account.kind].people(account, page)
        told = [_told(person.phone, person) for person in found.people]
        async with self._db.unit() as unit:
            if not await unit.phone_book_reads.turn(
                read, owner, page=page, pages=found.pages, clients=found.clients
            ):
                return None
            await unit.phone_book.hear_list(
                read.enterprise, read.connection_id, told, at=at, since=read.started_at or at
            )
        names = {one.phone: one.name for one in told if one.name}
        await name_calls(self._db, read.enterprise, names)
        return Turned(page >= found.pages, found.pause_s)

    async def finish(self, read: BookRead, owner: UUID) -> None:
        """The whole list is in; what it did not show is asked for one by one."""
        async with self._db.unit() as unit:
            tenant = await unit.enterprises.get(read.enterprise)
            due_at = next_night(self._clock.now(), tenant.time_zone, read.connection_id)
            await unit.phone_book_reads.finish(read, owner, due_at)
            if read.started_at is not None:
                await unit.phone_book.want_unconfirmed(
                    read.enterprise, read.connection_id, read.started_at
                )

    async def fail(self, read: BookRead, owner: UUID, error: Exception) -> None:
        """Note what the CRM said; the read goes on from its page later."""
        words = error.message if isinstance(error, VendorError) else None
        hint = error.hint if isinstance(error, VendorError) else None
        async with self._db.single() as unit:
            await unit.phone_book_reads.fail(
                read, owner, error=words, hint=hint, again_s=ask_again_s(error)
            )

    async def _account(self, enterprise: EnterpriseNumber, connection_id: UUID) -> Account:
        """The account, with the country whose national numbers its cards may hold."""
        account = await self._directory.account(connection_id)
        pbx = await self._directory.account_of(enterprise, ConnectionKind.ASTERISK)
        if pbx is None or "region" not in pbx.config:
            return account
        return replace(account, config={"region": pbx.config["region"], **account.config})

    def _is_copied(self, account: Account) -> bool:
        return account.kind in self._copied and read_pace(account.config).on

    async def _have_reread(self, account: Account, wanted: Wanted) -> bool:
        """Cards of the copy with this number are read again, and grant the wish by that."""
        enterprise, connection_id = account.enterprise, account.connection_id
        async with self._db.unit() as unit:
            cards = await unit.crm_copy.holders(enterprise, connection_id, wanted.phone)
            await unit.crm_wanted.want(enterprise, connection_id, cards)
            if cards:
                await unit.phone_book.postpone(enterprise, wanted.phone, _AGAIN_S)
        return bool(cards)

    async def _postpone(self, enterprise: EnterpriseNumber, wanted: Wanted) -> None:
        """Wait as long as it was wanted already, so that a dead CRM is asked ever less."""
        waited = (wanted.asked_at - wanted.wanted_at).total_seconds()
        seconds = min(max(waited, _SHORTEST_WAIT_S), _LONGEST_WAIT_S)
        try:
            async with self._db.single() as unit:
                await unit.phone_book.postpone(enterprise, wanted.phone, seconds)
        except Exception as error:  # noqa: BLE001  its lease ends by itself
            _log.info("phone_book.not_postponed", reason=repr(error))


def next_night(now: datetime, time_zone: str, connection_id: UUID) -> datetime:
    """When the next whole read begins: between three and four in the enterprise's own night."""
    local = now.astimezone(ZoneInfo(time_zone))
    shift = _SPREAD * (connection_id.int % 3600 / 3600)
    night = datetime.combine(local.date(), _NIGHT, local.tzinfo) + shift
    if night <= local:
        night = datetime.combine(local.date() + timedelta(days=1), _NIGHT, local.tzinfo) + shift
    return night.astimezone(now.tzinfo)


def _told(phone: str, person: Person | None) -> Told:
    """Somebody responsible for a number without a client is worth knowing too."""
    if person is None:
        return Told(phone, known=False)
    return Told(
        phone,
        known=person.customer_id is not None,
        name=person.name,
        customer_id=person.customer_id,
        owner_user=person.responsible_id,
        owner_code=person.responsible_code,
        links=person.links,
    )


def answered(error: Exception) -> Literal["up", "down", "unknown"]:
    """What an error tells about the CRM's health; a refusal is an answer."""
    if not isinstance(error, VendorError) or error.kind is ErrorKind.RATE_LIMITED:
        return "unknown"
    return "down" if error.kind in _SILENT else "up"


def ask_again_s(error: Exception) -> float:
    """Seconds until the CRM may be asked again."""
    if isinstance(error, TooMany):
        return max(error.retry_after, _BUSY_WAIT_S)
    if isinstance(error, VendorError):
        if error.kind is ErrorKind.RATE_LIMITED:
            return max(error.retry_after or 0.0, _BUSY_WAIT_S)
        if error.kind in _LASTING:
            return _MUCH_LATER_S
    return _AGAIN_S
