"""A CRM for the phone book's tests: knows some clients, hangs or breaks on demand."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.ports import CrmDesk, Person, PersonPage
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.ask_crm import AskCrm
from kommutator.flows.directory import Directory
from kommutator.kit.clock import Clock, SystemClock
from kommutator.kit.errors import ErrorKind, VendorError
from kommutator.kit.ids import SystemIds
from kommutator.store.database import Database
from kommutator.store.listener import Listener
from kommutator.store.phone_book import BookEntry
from kommutator.store.unit import WANTED
from kommutator.workers.phone_book import PhoneBookFiller

HERE, THERE = EnterpriseNumber("0367"), EnterpriseNumber("0411")
CRM, OTHER_CRM = UUID(int=1), UUID(int=2)
ANNA = Person(
    "+375000000070", "Анна Тестова", "7", "19", "150", {"customerLink": "https://x.test/7"}
)
PER_PAGE = 10


def account(number: UUID = CRM, enterprise: EnterpriseNumber = HERE) -> Account:
    return Account(
        enterprise=enterprise,
        connection_id=number,
        kind=ConnectionKind.RETAILCRM,
        name="June",
        base_url="https://example.invalid",
        status=ConnectionStatus.ACTIVE,
        config={},
        secrets={},
    )


def clients(count: int) -> list[Person]:
    """Newest first, as the vendor lists them."""
    return [Person(f"+37529{n:07}", f"Client {n}", str(n), "19") for n in range(count, 0, -1)]


class Crm:
    """Both the desk and the directory of its accounts.

    Attributes:
        asked: connection and number of every look-up, in order.
        pages: connection and number of every page asked for.
        hanging: connections that do not answer until `gate` opens.
        broken: connections that answer with an error.
    """

    kind = ConnectionKind.RETAILCRM

    def __init__(self, people: Iterable[Person] = (ANNA,)) -> None:
        self.people_list = list(people)
        self.asked: list[tuple[UUID, str]] = []
        self.pages: list[tuple[UUID, int]] = []
        self.hanging: set[UUID] = set()
        self.broken: set[UUID] = set()
        self.gate = asyncio.Event()
        self.accounts = {CRM: account(), OTHER_CRM: account(OTHER_CRM, THERE)}

    async def account(self, connection_id: UUID) -> Account:
        return self.accounts[connection_id]

    async def account_of(self, *_: object) -> Account | None:
        return None

    def pause(self, connection_id: UUID) -> None:
        paused = replace(self.accounts[connection_id], status=ConnectionStatus.PAUSED)
        self.accounts[connection_id] = paused

    async def person(self, whose: Account, phone: str) -> Person | None:
        self.asked.append((whose.connection_id, phone))
        await self._trouble(whose)
        return next((person for person in self.people_list if person.phone == phone), None)

    async def people(self, whose: Account, page: int) -> PersonPage:
        self.pages.append((whose.connection_id, page))
        await self._trouble(whose)
        found = self.people_list[(page - 1) * PER_PAGE : page * PER_PAGE]
        return PersonPage(found, -(-len(self.people_list) // PER_PAGE), len(found), 0.0)

    async def _trouble(self, whose: Account) -> None:
        if whose.connection_id in self.hanging:
            await self.gate.wait()
        if whose.connection_id in self.broken:
            raise VendorError(ErrorKind.TRANSIENT, "bad gateway", status=502, hint="vendor_down")


def ask_crm(db: Database, crm: Crm, clock: Clock | None = None) -> AskCrm:
    desks: dict[ConnectionKind, Any] = {ConnectionKind.RETAILCRM: cast("CrmDesk", crm)}
    return AskCrm(db, cast("Directory", crm), desks, clock=clock or SystemClock())


async def settle(db: Database) -> None:
    """Two enterprises with a working CRM each."""
    async with db.unit() as unit:
        for enterprise, connection_id in ((HERE, CRM), (THERE, OTHER_CRM)):
            await unit.enterprises.create(enterprise, name=f"Firm {enterprise}")
            await unit.connections.create(
                enterprise,
                connection_id,
                kind=ConnectionKind.RETAILCRM,
                name="CRM",
                base_url=f"https://{enterprise}.example",
                account_key=enterprise,
                config={},
                sealed={},
                client_id_hash=None,
            )
            await unit.connections.set_status(enterprise, connection_id, ConnectionStatus.ACTIVE)


@asynccontextmanager
async def filler(
    db: Database, crm: Crm, dsn: str, *, lease_s: float = 60.0
) -> AsyncIterator[PhoneBookFiller]:
    """A worker's part of one process, told of wishes as in earnest."""
    made = PhoneBookFiller(
        db, ask_crm(db, crm), clock=SystemClock(), ids=SystemIds(), lease_s=lease_s
    )
    hears = {WANTED: lambda _payload: made.kick()}
    listener = Listener(dsn, hears, on_reconnect=made.kick, clock=SystemClock())
    await listener.start()
    await made.start()
    try:
        yield made
    finally:
        await made.stop()
        await listener.stop()


async def entry(
    db: Database, phone: str = ANNA.phone, enterprise: EnterpriseNumber = HERE
) -> BookEntry | None:
    async with db.single() as unit:
        return await unit.phone_book.get(enterprise, phone)
