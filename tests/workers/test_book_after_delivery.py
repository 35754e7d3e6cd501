"""What we made in the CRM is known there now, so the phone book asks for it at once."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from kommutator.domain.commands import Command, CreateCustomer, CreateOrder, CreateTask
from kommutator.domain.outcome import Outcome
from kommutator.domain.ports import Due
from kommutator.kit.errors import ErrorKind
from kommutator.store.database import Database
from tests.support.waiting import eventually
from tests.workers.harness import E, FakeDelivery, account, add_connection, failed, house, owe
from tests.workers.harness import states as states_of

A = account(1)
CLIENT = "+375000000070"
NEW = CreateCustomer(call_id="c1", client=CLIENT, name=CLIENT, extension="150")


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = await Database.open(database_url, size=4)
    await add_connection(database, A)
    yield database
    await database.close()


async def wanted(db: Database) -> list[tuple[str, datetime | None]]:
    async with db.single() as unit:
        rows = await unit.connection.fetch(
            "SELECT phone, wanted_at FROM phone_book WHERE enterprise = $1", E
        )
    return [(row["phone"], row["wanted_at"]) for row in rows]


@pytest.mark.parametrize(
    ("command", "asks"),
    [
        (NEW, True),
        (CreateOrder(call_id="c1", client=CLIENT), True),
        (CreateTask(call_id="c1", client=CLIENT, text="call back"), False),
        (CreateOrder(call_id="c1", client="hidden"), False),
    ],
)
async def test_who_became_a_client_is_looked_up_for_the_next_call(
    db: Database, database_url: str, command: Command, asks: bool
) -> None:
    async with house(database_url, FakeDelivery(), [A]) as h:
        await owe(h.db, A, [("c1", "once", command)])
        await eventually(lambda: h.all_done(1))
    assert [(phone, at is not None) for phone, at in await wanted(db)] == [(CLIENT, True)] * asks


async def test_a_look_up_under_way_is_not_enough(db: Database, database_url: str) -> None:
    """It may have asked before the client was there: the wish is renewed, and may go at once."""
    async with db.unit() as unit:
        await unit.phone_book.want(E, CLIENT)
        (taken,) = await unit.phone_book.take_wanted(E, 1, 60)
    async with house(database_url, FakeDelivery(), [A]) as h:
        await owe(h.db, A, [("c1", "once", NEW)])
        await eventually(lambda: h.all_done(1))
    async with db.unit() as unit:
        (again,) = await unit.phone_book.take_wanted(E, 1, 60)
    assert again.wanted_at > taken.asked_at


async def test_what_the_crm_refused_changes_nothing(db: Database, database_url: str) -> None:
    async def refuse(_: Due) -> Outcome:
        return failed(ErrorKind.REJECTED)

    async with house(database_url, FakeDelivery(refuse), [A]) as h:
        await owe(h.db, A, [("c1", "once", NEW)])

        async def dead() -> bool:
            return await states_of(h.db) == {"dead": 1}

        await eventually(dead)
    assert await wanted(db) == []
