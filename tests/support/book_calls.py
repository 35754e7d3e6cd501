"""Calls that the phone book attends, and what it knows and names because of them."""

from dataclasses import replace
from datetime import UTC, datetime

from kommutator.domain.calls.call import Call, Phase
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.flows.phone_book import PhoneBook
from kommutator.kit.clock import Clock, SystemClock
from kommutator.store.database import Database
from tests.support.book import ANNA, account
from tests.support.factories import value

STRANGER = "+375000000071"
KINDS = [ConnectionKind.RETAILCRM]


def a_call(call_id: str = "c-1", client: str | None = ANNA.phone, **more: object) -> Call:
    plain = Call(
        id=call_id, direction="in", client=client, line="+375000000001", phase=Phase.RINGING,
        started_at=datetime.now(UTC),
    )  # fmt: skip
    return replace(plain, **more)


async def attend(
    db: Database,
    call: Call,
    before: Call | None = None,
    *,
    crm: Account | None = None,
    clock: Clock | None = None,
) -> None:
    """As the call's story does, in one transaction with the call."""
    crm = crm or account()
    book = PhoneBook(KINDS, clock=clock or SystemClock())
    async with db.unit() as unit:
        await unit.calls.save(
            crm.enterprise, call, fold=b"{}", source="ami", connection_id=crm.connection_id
        )
        await book.attend(unit, crm.enterprise, call, before, [crm])


async def knows(db: Database, phone: str, whose: Account | None = None) -> bool | None:
    async with db.unit() as unit:
        return await PhoneBook(KINDS, clock=SystemClock()).knows(unit, whose or account(), phone)


async def name_of(db: Database, call_id: str = "c-1") -> object:
    return await value(db, "SELECT client_name FROM calls WHERE id = $1", call_id)
