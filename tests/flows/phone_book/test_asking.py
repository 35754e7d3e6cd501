"""Who is calling is asked of the CRM beside the call: once, and anew only when old."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from kommutator.flows.phone_book import FRESH, FRESH_STRANGER
from kommutator.kit.clock import ManualClock, SystemClock
from kommutator.store.database import Database
from kommutator.store.listener import Listener
from kommutator.store.phone_book import Told
from kommutator.store.unit import LIVE
from tests.support.book import ANNA, CRM, HERE, Crm, account, entry, filler
from tests.support.book_calls import STRANGER, a_call, attend, knows, name_of
from tests.support.factories import value
from tests.support.waiting import eventually


async def test_a_caller_is_looked_up_aside_and_named_while_it_rings(
    db: Database, crm: Crm, database_url: str
) -> None:
    crm.hanging = {CRM}
    async with filler(db, crm, database_url):
        await attend(db, a_call())  # returns although the CRM hangs
        assert await knows(db, ANNA.phone) is None
        await eventually(lambda: crm.asked)
        crm.gate.set()
        await eventually(lambda: name_of(db))
    assert await name_of(db) == "Анна Тестова"
    assert await knows(db, ANNA.phone) is True
    assert crm.asked == [(CRM, ANNA.phone)]
    held = await entry(db)
    assert held is not None
    assert (held.owner_user, held.wanted_at) == ("19", None)


async def test_the_live_board_hears_of_the_name(db: Database, crm: Crm, database_url: str) -> None:
    heard: list[str] = []
    clock = SystemClock()
    listener = Listener(database_url, {LIVE: heard.append}, on_reconnect=lambda: None, clock=clock)
    await listener.start()
    try:
        async with filler(db, crm, database_url):
            await attend(db, a_call())
            await eventually(lambda: heard)
            await eventually(lambda: name_of(db))
        assert heard == ['{"enterprise_number":"0367","call_id":"c-1"}']
        await attend(db, a_call("c-2"))  # known by now: named at once
        await eventually(lambda: len(heard) == 2)
    finally:
        await listener.stop()
    assert await name_of(db, "c-2") == "Анна Тестова"


async def test_nobody_is_an_answer_too(db: Database, crm: Crm, database_url: str) -> None:
    async with filler(db, crm, database_url):
        await attend(db, a_call(client=STRANGER))

        async def told() -> bool:
            return await knows(db, STRANGER) is not None

        await eventually(told)
    assert await knows(db, STRANGER) is False
    assert await name_of(db) is None


async def test_one_call_is_one_question(db: Database, crm: Crm) -> None:
    """The PBX asked for a route, the story began: the wish is the same."""
    async with db.unit() as unit:
        await unit.phone_book.want(HERE, ANNA.phone)
        (wanted,) = await unit.phone_book.take_wanted(HERE, 1, 60.0)
    await attend(db, a_call())
    async with db.unit() as unit:
        assert await unit.phone_book.take_wanted(HERE, 9, 60.0) == []
    held = await entry(db)
    assert held is not None
    assert held.wanted_at == wanted.wanted_at


@pytest.mark.parametrize(
    ("known", "age", "asked"),
    [
        (True, FRESH - timedelta(minutes=5), False),
        (True, FRESH + timedelta(minutes=5), True),
        (False, FRESH_STRANGER - timedelta(minutes=5), False),
        (False, FRESH_STRANGER + timedelta(minutes=5), True),
    ],
)
async def test_only_the_old_is_asked_for_anew(
    db: Database, crm: Crm, database_url: str, known: bool, age: timedelta, asked: bool
) -> None:
    phone = ANNA.phone if known else STRANGER
    async with filler(db, crm, database_url):
        await attend(db, a_call(client=phone))

        async def told() -> bool:
            return await knows(db, phone) is not None

        await eventually(told)
    await attend(db, a_call("c-2", client=phone), clock=ManualClock(datetime.now(UTC) + age))
    held = await entry(db, phone)
    assert held is not None
    assert (held.wanted_at is not None) is asked


async def test_a_stranger_of_yesterday_may_be_a_client_today(db: Database) -> None:
    async with db.unit() as unit:
        old = datetime.now(UTC) - timedelta(hours=1)
        await unit.phone_book.hear(HERE, CRM, Told(STRANGER, known=False), at=old)
        await unit.phone_book.hear(HERE, CRM, Told(ANNA.phone, known=True, customer_id="7"), at=old)
    assert await knows(db, STRANGER) is None
    assert await knows(db, ANNA.phone) is True


async def test_another_account_of_the_same_crm_knows_nobody_yet(db: Database) -> None:
    async with db.unit() as unit:
        told = Told(ANNA.phone, known=True, customer_id="7")
        await unit.phone_book.hear(HERE, CRM, told, at=datetime.now(UTC))
    assert await knows(db, ANNA.phone, account(UUID(int=9))) is None


@pytest.mark.parametrize("client", [None, "150", "anonymous"])
async def test_who_has_no_number_is_nobody(db: Database, client: str | None) -> None:
    await attend(db, a_call(client=client, answered_by=("150",)))
    assert await knows(db, client or "") is None
    assert await value(db, "SELECT count(*) FROM phone_book") == 0
