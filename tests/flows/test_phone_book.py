"""Looking callers up beside the call, never in its way."""

import asyncio
from typing import Any, cast
from uuid import UUID

import pytest

from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.ports import CrmDesk, Person
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.directory import Directory
from kommutator.flows.phone_book import PhoneBook
from kommutator.kit.clock import ManualClock
from kommutator.kit.errors import ErrorKind, VendorError
from kommutator.kit.ids import SequenceIds
from tests.support.waiting import eventually

HERE = EnterpriseNumber("0367")
KNOWN, UNKNOWN = "+375000000070", "+375000000071"


def account(number: int = 1, kind: ConnectionKind = ConnectionKind.RETAILCRM) -> Account:
    return Account(
        enterprise=HERE,
        connection_id=UUID(int=number),
        kind=kind,
        name="June",
        base_url="https://example.invalid",
        status=ConnectionStatus.ACTIVE,
        config={},
        secrets={},
    )


class Crm:
    """Knows one client; a closed gate makes the account of that number hang."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, str]] = []
        self.hanging: set[int] = set()
        self.broken = False
        self.gate = asyncio.Event()

    async def account(self, connection_id: UUID) -> Account:
        return account(connection_id.int)

    async def person(self, whose: Account, phone: str) -> Person | None:
        self.asked.append((whose.connection_id.int, phone))
        if whose.connection_id.int in self.hanging:
            await self.gate.wait()
        if self.broken:
            raise VendorError(ErrorKind.TRANSIENT, "bad gateway", status=502)
        return Person(phone, customer_id="7") if phone == KNOWN else None


@pytest.fixture
def crm() -> Crm:
    return Crm()


@pytest.fixture
def book(crm: Crm) -> PhoneBook:
    desks: dict[ConnectionKind, Any] = {ConnectionKind.RETAILCRM: cast("CrmDesk", crm)}
    return PhoneBook(cast("Directory", crm), desks, clock=ManualClock(), ids=SequenceIds())


async def until_told(book: PhoneBook, phone: str, number: int = 1) -> bool:
    async def told() -> bool:
        return await book.knows(HERE, account(number), phone) is not None

    await eventually(told)
    return bool(await book.knows(HERE, account(number), phone))


async def test_asking_never_waits_and_asks_once(book: PhoneBook, crm: Crm) -> None:
    crm.hanging = {1}
    answers = [await book.knows(HERE, account(), KNOWN) for _ in range(50)]
    assert set(answers) == {None}
    await eventually(lambda: crm.asked)
    assert crm.asked == [(1, KNOWN)]
    crm.gate.set()
    assert await until_told(book, KNOWN) is True
    assert crm.asked == [(1, KNOWN)]


async def test_nobody_is_an_answer_too(book: PhoneBook, crm: Crm) -> None:
    assert await until_told(book, UNKNOWN) is False
    assert crm.asked == [(1, UNKNOWN)]


async def test_a_hanging_crm_holds_up_nobody_else(book: PhoneBook, crm: Crm) -> None:
    crm.hanging = {1}
    for number in range(1000):
        book.warm(account(1), f"+37500000{number:04}")
    assert await until_told(book, KNOWN, number=2) is True
    assert len([1 for whose, _ in crm.asked if whose == 1]) == 4
    assert len(book._under_way) == 200
    await book.stop()
    assert book._under_way == set()


async def test_a_failure_is_asked_again_later(book: PhoneBook, crm: Crm) -> None:
    crm.broken = True
    assert await book.knows(HERE, account(), KNOWN) is None
    await eventually(lambda: crm.asked and not book._under_way)
    assert await book.knows(HERE, account(), KNOWN) is None
    crm.broken = False
    await eventually(lambda: not book._under_way)
    assert await until_told(book, KNOWN) is True


async def test_a_changed_client_is_looked_up_anew(book: PhoneBook, crm: Crm) -> None:
    await until_told(book, KNOWN)
    book.forget(account(), KNOWN)
    assert await book.knows(HERE, account(), KNOWN) is None
    assert await until_told(book, KNOWN) is True
    assert crm.asked == [(1, KNOWN), (1, KNOWN)]


async def test_a_pbx_has_no_phone_book(book: PhoneBook, crm: Crm) -> None:
    assert await book.knows(HERE, account(kind=ConnectionKind.ASTERISK), KNOWN) is None
    assert (crm.asked, book._under_way) == ([], set())
