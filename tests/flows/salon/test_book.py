"""Booking: one of many gets a start, once, whatever becomes of the answers."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from unittest.mock import AsyncMock

import asyncpg
import pytest

from kommutator.domain.connection import ConnectionStatus
from kommutator.domain.salon.booking import BookingRefused, BookingWish, Refused
from kommutator.flows.salon.book import Book
from kommutator.flows.salon.came import Came, Declined, Done, Unclear
from kommutator.kit.clock import SystemClock
from kommutator.kit.errors import Conflict, ErrorKind, InvalidInput, Stage, VendorError
from kommutator.kit.ids import SystemIds
from kommutator.kit.metrics import Metrics
from kommutator.store.database import Database
from kommutator.workers.scheduler import Scheduler
from tests.support.salon import CONNECTION, HERE, Hasty, Shelf, Vendor, an_account, at, wish
from tests.support.salon import connect_salon as connect


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = await Database.open(database_url, size=8)
    await connect(database)
    yield database
    await database.close()


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
def shelf(vendor: Vendor) -> Shelf:
    return Shelf(vendor)


@pytest.fixture
def book(db: Database, vendor: Vendor, shelf: Shelf) -> Book:
    return Book(db, vendor, shelf, clock=Hasty(), ids=SystemIds(), metrics=Metrics())


async def ask(book: Book, wanted: BookingWish) -> Came:
    return await book(an_account(), wanted, made_by="tests")


async def states(db: Database) -> Counter[str]:
    async with db.single() as unit:
        rows = await unit.connection.fetch("SELECT state FROM salon_bookings")
    return Counter(row["state"] for row in rows)


def lost(_: int) -> None:
    raise VendorError(ErrorKind.UNSURE, "no answer", stage=Stage.SENT)


async def test_a_visit_is_made_and_kept(db: Database, book: Book, shelf: Shelf) -> None:
    came = await ask(book, wish())
    assert isinstance(came, Done)
    assert came.visit_kept
    assert shelf.kept[came.made.record_id].starts_at == at(10)
    assert await states(db) == {"made": 1}


async def test_fifty_want_one_start(db: Database, book: Book, vendor: Vendor) -> None:
    """One gets it; the others hear of other times, and the vendor of none of them."""
    came = await asyncio.gather(*(ask(book, wish(f"w{number}")) for number in range(50)))
    assert Counter(type(one) for one in came) == {Done: 1, Declined: 49}
    assert vendor.asked == 1
    for one in came:
        if isinstance(one, Declined):
            assert one.reason is Refused.TAKEN
            assert len(one.alternatives) == 5
            assert at(10) not in [start.starts_at for start in one.alternatives]
    assert await states(db) == {"made": 1}


async def test_fifty_want_anybody(db: Database, book: Book, vendor: Vendor) -> None:
    """Two employees are free then: two get it."""
    wanted = [wish(f"w{number}", staff_id=0) for number in range(50)]
    came = await asyncio.gather(*(ask(book, one) for one in wanted))
    assert Counter(type(one) for one in came) == {Done: 2, Declined: 48}
    assert {visit.staff_id for visit in vendor.visits.values()} == {7, 8}


async def test_overlapping_starts(book: Book, vendor: Vendor) -> None:
    """A hold is a span, not a moment: half an hour later is taken, too."""
    assert isinstance(await ask(book, wish("a", hour=11)), Done)
    vendor.visits.clear()  # the copy alone knows
    assert isinstance(await ask(book, wish("b", hour=11)), Declined)
    assert isinstance(await ask(book, wish("c", hour=12)), Done)


async def test_the_salon_knew_better(db: Database, book: Book, vendor: Vendor) -> None:
    """Somebody was written into the journal a second ago: the vendor's word counts."""
    await vendor.book(an_account(), wish("theirs"))
    came = await ask(book, wish())
    assert isinstance(came, Declined)
    assert (came.reason, came.words) == (Refused.TAKEN, "занято")
    assert came.alternatives
    assert await states(db) == {"refused": 1}


async def test_a_refusal_of_another_kind_offers_nothing(book: Book, vendor: Vendor) -> None:
    def blacklisted(_: int) -> None:
        raise BookingRefused(Refused.BLACKLISTED, "в чёрном списке")

    vendor.before = blacklisted
    came = await ask(book, wish())
    assert came == Declined(Refused.BLACKLISTED, (), "в чёрном списке")


async def test_a_visit_that_our_copy_could_not_take_is_made_all_the_same(
    db: Database, book: Book, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever heard of an error would book a second one."""
    for number, error in enumerate(
        (asyncpg.DeadlockDetectedError("deadlock"), Conflict("made_up"))
    ):
        monkeypatch.setattr(shelf, "reread", AsyncMock(side_effect=error))
        came = await ask(book, wish(f"w{number}", hour=10 + number))
        assert isinstance(came, Done)
        assert not came.visit_kept
    assert await states(db) == {"made": 2}


async def test_an_answer_that_was_lost(db: Database, book: Book, vendor: Vendor) -> None:
    """It had been made: found by our mark, not made again."""
    vendor.after = lost
    came = await ask(book, wish())
    assert isinstance(came, Done)
    assert came.made.found_again
    assert (len(vendor.visits), vendor.asked) == (1, 1)
    assert await states(db) == {"made": 1}


async def test_a_request_that_was_lost(book: Book, vendor: Vendor) -> None:
    """It had not been made: looked for, then asked for once more."""
    vendor.before = lambda number: lost(number) if number == 1 else None
    came = await ask(book, wish())
    assert isinstance(came, Done)
    assert not came.made.found_again
    assert (len(vendor.visits), vendor.asked, vendor.looked) == (1, 2, 2)


async def test_a_list_that_lags_behind(db: Database, book: Book, vendor: Vendor) -> None:
    """Made, not listed yet, and so "taken" by ourselves: unclear now, found later."""
    vendor.after = lost
    vendor.seen = lambda looked: looked > 3
    came = await ask(book, wish())
    assert isinstance(came, Unclear)
    assert await states(db) == {"unsure": 1}
    assert isinstance(await ask(book, wish("other")), Declined)  # the time stays held

    await settle_all(db, book)
    assert await states(db) == {"unsure": 1}  # the vendor's list is still behind
    await settle_all(db, book)
    assert await states(db) == {"made": 1}
    assert len(vendor.visits) == 1


async def test_a_process_that_died_before_asking(db: Database, book: Book) -> None:
    async with db.unit() as unit:
        await unit.salon_bookings.hold(
            HERE, CONNECTION, SystemIds().uuid(), wish(), 3600, made_by="tests", lease_s=0
        )
    assert isinstance(await ask(book, wish("other")), Declined)
    await settle_all(db, book)
    assert isinstance(await ask(book, wish("other")), Done)


async def test_a_process_that_died_after_the_vendor_had_it(
    db: Database, book: Book, vendor: Vendor
) -> None:
    booking_id = SystemIds().uuid()
    async with db.unit() as unit:
        await unit.salon_bookings.hold(
            HERE, CONNECTION, booking_id, wish(), 3600, made_by="tests", lease_s=60
        )
        await unit.salon_bookings.asked(HERE, booking_id, 60)
    await vendor.book(an_account(), wish())
    await settle_all(db, book)
    assert await states(db) == {"made": 1}


async def test_the_same_wish_again(db: Database, book: Book, vendor: Vendor) -> None:
    """Whoever repeats a request gets the visit that the first one made."""
    first = await ask(book, wish())
    again = await ask(book, wish())
    assert isinstance(first, Done)
    assert isinstance(again, Done)
    assert again.made.record_id == first.made.record_id
    assert again.made.found_again
    assert vendor.asked == 1


async def test_a_mark_is_of_one_wish(book: Book, vendor: Vendor) -> None:
    """Marks outlive the keys they are made of: another wish under one is not called made."""
    assert isinstance(await ask(book, wish(hour=10)), Done)
    for other in (wish(hour=12), wish(staff_id=8)):
        with pytest.raises(Conflict, match="idempotency_key_reused"):
            await ask(book, other)
    assert isinstance(await ask(book, wish(staff_id=0)), Done)
    assert vendor.asked == 1


async def test_the_same_wish_again_after_silence(book: Book, vendor: Vendor) -> None:
    vendor.after = lost
    vendor.seen = lambda looked: looked > 2
    assert isinstance(await ask(book, wish()), Unclear)
    again = await ask(book, wish())
    assert isinstance(again, Done)
    assert len(vendor.visits) == 1


@pytest.mark.parametrize("asked", [True, False])
async def test_whoever_began_is_gone(db: Database, book: Book, vendor: Vendor, asked: bool) -> None:
    """Killed before the vendor heard of it: after ten seconds the same wish goes on."""
    booking_id = SystemIds().uuid()
    async with db.unit() as unit:
        await unit.salon_bookings.hold(
            HERE, CONNECTION, booking_id, wish(), 3600, made_by="tests", lease_s=60
        )
        if asked:
            await unit.salon_bookings.asked(HERE, booking_id, 60)
    assert isinstance(await ask(book, wish()), Unclear)
    assert vendor.asked == 0
    async with db.unit() as unit:
        await unit.connection.execute(
            "UPDATE salon_bookings SET created_at = created_at - interval '10 s'"
        )
    assert isinstance(await ask(book, wish()), Done)
    assert isinstance(await ask(book, wish()), Done)
    assert len(vendor.visits) == vendor.asked == 1


async def test_one_that_never_shows_up_is_given_up(db: Database, book: Book) -> None:
    booking_id = SystemIds().uuid()
    async with db.unit() as unit:
        await unit.salon_bookings.hold(
            HERE, CONNECTION, booking_id, wish(), 3600, made_by="tests", lease_s=60
        )
        await unit.salon_bookings.asked(HERE, booking_id, 60)
    for _ in range(6):
        assert await states(db) == {"asked": 1}
        await settle_all(db, book)
    assert await states(db) == {"dropped": 1}


async def settle_all(db: Database, book: Book) -> None:
    async with db.unit() as unit:
        await unit.connection.execute("UPDATE salon_bookings SET due_at = now()")
        due = await unit.salon_bookings.claim_everywhere(10)
    for booking in due:
        await book.settle(an_account(), booking)


async def test_a_vendor_that_is_down(db: Database, book: Book, vendor: Vendor) -> None:
    """Nothing left: nothing is held, and the next one may try."""

    def down(_: int) -> None:
        raise VendorError(ErrorKind.TRANSIENT, "refused", stage=Stage.BEFORE_SENDING)

    vendor.before = down
    with pytest.raises(VendorError):
        await ask(book, wish())
    assert await states(db) == {"dropped": 1}
    vendor.before = lambda _: None
    assert isinstance(await ask(book, wish("next")), Done)


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (wish(hour=7), "booking_past"),
        (wish(staff_id=99), "booking_staff_unknown"),
        (BookingWish(7, (99,), at(10), wish().guest, "w"), "booking_service_unknown"),
        (BookingWish(7, (), at(10), wish().guest, "w"), "booking_service_unknown"),
    ],
)
async def test_wishes_without_sense(
    book: Book, vendor: Vendor, wanted: BookingWish, code: str
) -> None:
    with pytest.raises(InvalidInput, match=code):
        await ask(book, wanted)
    assert vendor.asked == 0


async def test_old_wishes_go_and_open_ones_stay(db: Database, book: Book) -> None:
    for hour, mark in ((10, "old"), (11, "open"), (12, "young")):
        assert isinstance(await ask(book, wish(mark, hour=hour)), Done)
    async with db.single() as unit:
        await unit.connection.execute(
            "UPDATE salon_bookings SET starts_at = starts_at - interval '100 days', "
            "ends_at = ends_at - interval '100 days', created_at = now() - interval '91 days' "
            "WHERE api_id <> 'young'"
        )
        await unit.connection.execute(
            "UPDATE salon_bookings SET state = 'unsure' WHERE api_id = 'open'"
        )
    await Scheduler(db, clock=SystemClock()).retire()
    async with db.single() as unit:
        rows = await unit.connection.fetch("SELECT api_id FROM salon_bookings")
    assert {row["api_id"] for row in rows} == {"open", "young"}


async def test_outcomes_are_counted(db: Database, vendor: Vendor, shelf: Shelf) -> None:
    metrics = Metrics()
    book = Book(db, vendor, shelf, clock=Hasty(), ids=SystemIds(), metrics=metrics)
    for mark in ("a", "a", "b"):
        await ask(book, wish(mark))
    page = metrics.render().decode()
    for outcome in ("made", "found_again", "taken"):
        assert f'kommutator_bookings_total{{outcome="{outcome}"}} 1.0' in page


async def test_nothing_stays_of_a_removed_salons_guests(db: Database, book: Book) -> None:
    assert isinstance(await ask(book, wish()), Done)
    async with db.unit() as unit:
        await unit.connections.set_status(HERE, CONNECTION, ConnectionStatus.REMOVED)
        await unit.salons.wipe_removed_everywhere()
    assert await states(db) == {}
