"""All clients are read at night, each account once, and what failed is read later."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from kommutator.flows.ask_crm import next_night
from kommutator.store.database import Database
from kommutator.store.phone_book import Told
from kommutator.store.phone_book_reads import BookRead
from tests.support.book import CRM, HERE, OTHER_CRM, THERE, Crm, clients, entry, filler
from tests.support.book_calls import a_call, attend, name_of
from tests.support.factories import value
from tests.support.waiting import eventually


async def test_all_clients_are_read_and_who_is_gone_is_asked_for(
    db: Database, database_url: str
) -> None:
    crm = Crm(clients(25))
    async with db.unit() as unit:
        gone = Told("+375291111111", known=True, customer_id="500", name="Gone")
        await unit.phone_book.hear(HERE, CRM, gone, at=datetime.now(UTC))
        await unit.phone_book.hear(THERE, OTHER_CRM, gone, at=datetime.now(UTC))
    await attend(db, a_call(client="+375290000003"))
    async with filler(db, crm, database_url):

        async def done() -> bool:
            return await value(db, "SELECT count(finished_at) FROM phone_book_reads") == 2

        await eventually(done)

        async def found_out() -> bool:
            held = await entry(db, "+375291111111")
            return held is not None and held.known is False

        await eventually(found_out)
    assert [page for whose, page in crm.pages if whose == CRM] == [1, 2, 3]
    known = "SELECT count(*) FROM phone_book WHERE enterprise = $1 AND known"
    assert await value(db, known, HERE) == 25
    assert await name_of(db) == "Client 3"
    (read,) = await reads_of(db)
    assert (read.clients, read.pages, read.under_way, read.error) == (25, 3, False, None)
    assert timedelta(0) < read.due_at - datetime.now(UTC) < timedelta(hours=26)


async def reads_of(db: Database) -> Sequence[BookRead]:
    async with db.single() as unit:
        return await unit.phone_book_reads.of(HERE)


async def test_a_failed_page_is_shown_and_read_later_from_there(
    db: Database, database_url: str
) -> None:
    crm = Crm(clients(25))
    crm.hanging = {CRM}
    async with filler(db, crm, database_url):
        await eventually(lambda: (CRM, 1) in crm.pages)
        crm.broken = {CRM}
        crm.gate.set()

        async def failed() -> bool:
            return any(read.error for read in await reads_of(db))

        await eventually(failed)
        (read,) = await reads_of(db)
        assert (read.error, read.error_hint, read.page) == ("bad gateway", "vendor_down", 0)
        assert read.due_at > datetime.now(UTC)
        crm.broken = set()
        async with db.unit() as unit:
            await unit.phone_book_reads.start(HERE, CRM)

        async def done() -> bool:
            (read,) = await reads_of(db)
            return read.finished_at is not None and read.error is None

        await eventually(done)


async def test_two_processes_read_each_account_once(db: Database, database_url: str) -> None:
    crm = Crm(clients(95))
    other = await Database.open(database_url, size=4)
    try:
        async with filler(db, crm, database_url), filler(other, crm, database_url):

            async def done() -> bool:
                return await value(db, "SELECT count(finished_at) FROM phone_book_reads") == 2

            await eventually(done)
    finally:
        await other.close()
    assert sorted(crm.pages) == sorted((c, p) for c in (CRM, OTHER_CRM) for p in range(1, 11))


async def test_whoever_stops_gives_the_read_back(db: Database, database_url: str) -> None:
    crm = Crm(clients(25))
    crm.hanging = {CRM}
    async with filler(db, crm, database_url):
        await eventually(lambda: (CRM, 1) in crm.pages)
    crm.hanging = set()
    async with filler(db, crm, database_url):

        async def done() -> bool:
            (read,) = await reads_of(db)
            return read.finished_at is not None

        await eventually(done, 10)


async def test_a_paused_connection_is_not_read(db: Database, database_url: str) -> None:
    crm = Crm(clients(25))
    crm.pause(CRM)  # the directory knows, the table does not yet
    async with filler(db, crm, database_url):
        await eventually(lambda: (OTHER_CRM, 3) in crm.pages)

        async def waits() -> bool:
            return any(read.due_at > datetime.now(UTC) for read in await reads_of(db))

        await eventually(waits)
    assert CRM not in {whose for whose, _ in crm.pages}


@pytest.mark.parametrize(
    ("now", "first"),
    [
        (datetime(2026, 11, 20, 23, 0, tzinfo=UTC), datetime(2026, 11, 21, 0, 0, tzinfo=UTC)),
        (datetime(2026, 11, 21, 0, 31, tzinfo=UTC), datetime(2026, 11, 22, 0, 0, tzinfo=UTC)),
    ],
)
def test_the_night_is_the_enterprises_own(now: datetime, first: datetime) -> None:
    assert next_night(now, "Europe/Minsk", UUID(int=0)) == first
    assert next_night(now, "Europe/Minsk", UUID(int=1800)) == first + timedelta(minutes=30)
