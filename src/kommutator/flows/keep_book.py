"""The phone book for people and integrators: look, pin, forget, ask the CRM anew.

Every entry is shown with whoever would be asked for a call of that number, and why: by the same
rules as the call itself, as if everybody were free and at work.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.crm_data import EntityKind
from kommutator.domain.crm_news import COPIED
from kommutator.domain.owners import gather
from kommutator.domain.redirect import KnownCaller, RouteAnswer, decide_route
from kommutator.domain.routing import RoutePolicy, read_routing
from kommutator.domain.salon.copy import SALONS, Part
from kommutator.domain.tenancy import Actor, EnterpriseNumber
from kommutator.flows.directory import Directory
from kommutator.kit.clock import Clock
from kommutator.kit.errors import Conflict, InvalidInput, NotFound
from kommutator.kit.phones import to_e164
from kommutator.store.connection_rows import ConnectionRecord
from kommutator.store.crm_reads import CrmRead
from kommutator.store.phone_book import BookEntry, fits
from kommutator.store.phone_book_reads import BookRead
from kommutator.store.views.phone_book import BookFigures, BookFilter, PhoneBookViews, Place

if TYPE_CHECKING:
    from kommutator.store.database import Database


_CLIENTS = (EntityKind.CONTACTS.value, EntityKind.COMPANIES.value)
"""Rounds of a copy that fill the book."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry and whose phone would ring. `answer.extension` None: the PBX's own group."""

    entry: BookEntry
    answer: RouteAnswer


@dataclass(frozen=True, slots=True)
class State:
    """How full the book is. `can_read`: a CRM is connected that can be read."""

    figures: BookFigures
    reads: Sequence[BookRead]
    can_read: bool


class KeepBook:
    """The service behind the API's and the console's phone book."""

    def __init__(self, db: Database, directory: Directory, *, clock: Clock) -> None:
        self._db = db
        self._directory = directory
        self._clock = clock

    async def page(
        self,
        enterprise: EnterpriseNumber,
        wanted: BookFilter,
        *,
        after: Place | None = None,
        limit: int = 50,
    ) -> Sequence[Shown]:
        """Lines of the list, whoever talked last first."""
        async with self._db.unit() as unit:
            views = PhoneBookViews(unit.connection)
            entries = await views.page(enterprise, wanted, after=after, limit=limit)
            numbers = await unit.extensions.numbers(enterprise)
        show = await self._shower(enterprise, numbers)
        return [show(entry) for entry in entries]

    async def get(self, enterprise: EnterpriseNumber, phone: str) -> Shown:
        """Raises NotFound: `phone_not_in_book`; InvalidInput: `phone_invalid`."""
        phone = await self._number(enterprise, phone)
        async with self._db.unit() as unit:
            entry = await unit.phone_book.get(enterprise, phone)
            numbers = await unit.extensions.numbers(enterprise)
        if entry is None:
            raise NotFound("phone_not_in_book", phone=phone)
        return (await self._shower(enterprise, numbers))(entry)

    async def pin(
        self, actor: Actor, enterprise: EnterpriseNumber, phone: str, extension: str | None
    ) -> Shown:
        """Have `extension` asked first for this number, whatever the CRM says; None: no more.

        Raises:
            NotFound: `extension_not_found`.
            InvalidInput: `phone_invalid`.
        """
        phone = await self._number(enterprise, phone)
        async with self._db.unit() as unit:
            if extension is not None:
                await unit.extensions.get(enterprise, extension)
            entry = await unit.phone_book.pin(enterprise, phone, extension, actor.name)
            numbers = await unit.extensions.numbers(enterprise)
            await unit.audit.add(
                enterprise, actor=actor.name, action="phone_book.pin", target=phone,
                detail={"extension": extension},
            )  # fmt: skip
        return (await self._shower(enterprise, numbers))(entry)

    async def forget(self, actor: Actor, enterprise: EnterpriseNumber, phone: str) -> None:
        """Delete the entry; a client of the CRM comes back with the next read.

        Raises:
            NotFound: `phone_not_in_book`.
        """
        phone = await self._number(enterprise, phone)
        async with self._db.unit() as unit:
            if not await unit.phone_book.delete(enterprise, phone):
                raise NotFound("phone_not_in_book", phone=phone)
            await unit.audit.add(
                enterprise, actor=actor.name, action="phone_book.forget", target=phone
            )

    async def refresh(self, enterprise: EnterpriseNumber, phone: str) -> str:
        """Have the CRM asked about this number now; returns it in E.164.

        Raises:
            Conflict: `crm_not_working`: nobody would answer.
            InvalidInput: `phone_invalid`.
        """
        phone = await self._number(enterprise, phone)
        await self._crm(enterprise)
        async with self._db.unit() as unit:
            await unit.phone_book.want(enterprise, phone)
        return phone

    async def read_all(self, actor: Actor, enterprise: EnterpriseNumber) -> None:
        """Start reading all clients of the CRM; a read under way goes on.

        Raises:
            Conflict: `crm_not_working`.
        """
        crm = await self._crm(enterprise)
        async with self._db.unit() as unit:
            if crm.kind in SALONS:
                await unit.crm_reads.start(enterprise, crm.id, Part.CLIENTS.value)
            elif crm.kind in COPIED:
                for task in _CLIENTS:
                    await unit.crm_reads.start(enterprise, crm.id, task)
            else:
                await unit.phone_book_reads.start(enterprise, crm.id)
            await unit.audit.add(
                enterprise, actor=actor.name, action="phone_book.read", target=str(crm.id)
            )

    async def state(self, enterprise: EnterpriseNumber) -> State:
        """How far reading has come."""
        async with self._db.unit() as unit:
            figures = await PhoneBookViews(unit.connection).figures(enterprise)
            reads = await unit.phone_book_reads.of(enterprise)
            crm = await unit.connections.crm(enterprise)
            if crm is not None and crm.kind in COPIED | SALONS:
                tasks = (Part.CLIENTS.value,) if crm.kind in SALONS else _CLIENTS
                rounds = await unit.crm_reads.of(enterprise, crm.id)
                reads = [_book_read(one) for one in rounds if one.task in tasks]
        can_read = crm is not None and crm.status is ConnectionStatus.ACTIVE
        return State(figures, reads, can_read)

    async def _crm(self, enterprise: EnterpriseNumber) -> ConnectionRecord:
        async with self._db.unit() as unit:
            crm = await unit.connections.crm(enterprise)
        if crm is None or crm.status is not ConnectionStatus.ACTIVE:
            raise Conflict("crm_not_working")
        return crm

    async def _number(self, enterprise: EnterpriseNumber, phone: str) -> str:
        """As people write it, in their own country too."""
        pbx = await self._directory.account_of(enterprise, ConnectionKind.ASTERISK)
        region = "RU" if pbx is None else str(pbx.config.get("region") or "RU")
        number = phone if fits(phone) else to_e164(phone, region)
        if number is None or not fits(number):
            raise InvalidInput("phone_invalid")
        return number

    async def _shower(
        self, enterprise: EnterpriseNumber, numbers: frozenset[str]
    ) -> Callable[[BookEntry], Shown]:
        accounts = await self._directory.accounts(enterprise)
        policy = RoutePolicy()
        for account in accounts:
            if account.kind is ConnectionKind.ASTERISK:
                policy = read_routing(account.config)
        policy = replace(policy, hours=None)
        at = self._clock.now()

        def show(entry: BookEntry) -> Shown:
            caller = KnownCaller(
                owner_user=entry.owner_user,
                owner_code=entry.owner_code,
                crm_at=entry.crm_at,
                last_talker=entry.last_talker,
                last_talk_at=entry.last_talk_at,
                pinned=entry.pinned,
                told_by=entry.connection_id,
            )
            knowledge = gather(caller, accounts, numbers)
            return Shown(
                entry, decide_route(knowledge, policy, caller=entry.phone, line=None, at=at)
            )

        return show


def _book_read(one: CrmRead) -> BookRead:
    """As the page shows reads; this CRM does not say how many pages there are."""
    return BookRead(
        enterprise=one.enterprise,
        connection_id=one.connection_id,
        page=one.page,
        pages=0,
        clients=one.items,
        started_at=one.started_at,
        finished_at=one.finished_at,
        error=one.error,
        error_hint=one.error_hint,
        due_at=one.due_at,
    )
