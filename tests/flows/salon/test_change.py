"""Visits moved, cancelled, attended: seen before and after, and done once."""

from collections.abc import AsyncIterator

import pytest

from kommutator.domain.salon.booking import Refused
from kommutator.domain.salon.facts import Attendance, Visit
from kommutator.flows.salon.came import Declined
from kommutator.flows.salon.change import ChangeVisit, Move
from kommutator.kit.errors import Conflict, ErrorKind, InvalidInput, NotFound, Stage, VendorError
from kommutator.store.database import Database
from tests.support.salon import HERE, Shelf, Vendor, an_account, at, connect_salon, wish

ACCOUNT = an_account()


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
def shelf(vendor: Vendor) -> Shelf:
    return Shelf(vendor)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = await Database.open(database_url, size=2)
    await connect_salon(database)
    yield database
    await database.close()


@pytest.fixture
def change(db: Database, vendor: Vendor, shelf: Shelf) -> ChangeVisit:
    return ChangeVisit(db, vendor, shelf)


async def a_visit(vendor: Vendor, hour: int = 10) -> int:
    made = await vendor.book(ACCOUNT, wish(f"at {hour}", hour=hour))
    vendor.asked = 0
    return made.record_id


def lost(_: int) -> None:
    raise VendorError(ErrorKind.UNSURE, "no answer", stage=Stage.SENT)


async def test_moving(change: ChangeVisit, vendor: Vendor, shelf: Shelf) -> None:
    record_id = await a_visit(vendor)
    seen = await change.move(ACCOUNT, record_id, Move(at(15), staff_id=8), by="tests")
    assert isinstance(seen, Visit)
    assert (seen.starts_at, seen.staff_id) == (at(15), 8)
    assert shelf.kept[record_id] == seen


async def test_moving_onto_somebody(change: ChangeVisit, vendor: Vendor) -> None:
    await a_visit(vendor, hour=15)
    record_id = await a_visit(vendor)
    declined = await change.move(ACCOUNT, record_id, Move(at(15)), by="tests")
    assert isinstance(declined, Declined)
    assert declined.reason is Refused.TAKEN
    assert at(15) not in [start.starts_at for start in declined.alternatives]
    assert vendor.visits[record_id].starts_at == at(10)


@pytest.mark.parametrize("where", ["before", "after"])
async def test_answers_that_were_lost(change: ChangeVisit, vendor: Vendor, where: str) -> None:
    """What really became of it decides, not the silence."""
    record_id = await a_visit(vendor)
    setattr(vendor, where, lost)
    if where == "before":
        with pytest.raises(VendorError):
            await change.move(ACCOUNT, record_id, Move(at(15)), by="tests")
    else:
        seen = await change.move(ACCOUNT, record_id, Move(at(15)), by="tests")
        assert isinstance(seen, Visit)
        assert seen.starts_at == at(15)
    assert vendor.asked == 1


async def test_cancelling_twice(change: ChangeVisit, vendor: Vendor) -> None:
    record_id = await a_visit(vendor)
    assert (await change.cancel(ACCOUNT, record_id, by="tests")).deleted
    assert (await change.cancel(ACCOUNT, record_id, by="tests")).deleted
    assert vendor.asked == 1
    with pytest.raises(Conflict, match="visit_cancelled"):
        await change.move(ACCOUNT, record_id, Move(at(15)), by="tests")
    with pytest.raises(Conflict, match="visit_cancelled"):
        await change.attend(ACCOUNT, record_id, Attendance.CAME, by="tests")


async def test_cancelling_where_the_vendor_shows_no_cancelled_ones(
    change: ChangeVisit, vendor: Vendor
) -> None:
    """It is done, and so it is told, the second time too."""
    record_id = await a_visit(vendor)
    vendor.after = lambda _: vendor.visits.clear()
    for _ in range(2):
        seen = await change.cancel(ACCOUNT, record_id, by="tests")
        assert (seen.id, seen.deleted) == (record_id, True)
    with pytest.raises(Conflict, match="visit_cancelled"):
        await change.move(ACCOUNT, record_id, Move(at(15)), by="tests")


async def test_attending(change: ChangeVisit, vendor: Vendor) -> None:
    record_id = await a_visit(vendor)
    seen = await change.attend(ACCOUNT, record_id, Attendance.CONFIRMED, by="tests")
    assert seen.attendance is Attendance.CONFIRMED
    await change.attend(ACCOUNT, record_id, Attendance.CONFIRMED, by="tests")
    assert vendor.asked == 1


async def test_a_visit_nobody_has(change: ChangeVisit) -> None:
    with pytest.raises(NotFound, match="visit_not_found"):
        await change.cancel(ACCOUNT, 1, by="tests")


async def test_moving_into_the_past(change: ChangeVisit, vendor: Vendor) -> None:
    record_id = await a_visit(vendor)
    with pytest.raises(InvalidInput, match="booking_past"):
        await change.move(ACCOUNT, record_id, Move(at(7)), by="tests")


async def test_who_did_what_is_written_down(
    db: Database, change: ChangeVisit, vendor: Vendor
) -> None:
    """Once: what was so already is nobody's deed."""
    record_id = await a_visit(vendor)
    for _ in range(2):
        await change.move(ACCOUNT, record_id, Move(at(15)), by="Анна")
        await change.attend(ACCOUNT, record_id, Attendance.CAME, by="Олег")
    for _ in range(2):
        await change.cancel(ACCOUNT, record_id, by="Анна")
    async with db.unit() as unit:
        rows = await unit.audit.page(HERE)
    assert [(row.actor, row.action, row.target) for row in reversed(rows)] == [
        ("Анна", "visit.move", str(record_id)),
        ("Олег", "visit.attend", str(record_id)),
        ("Анна", "visit.cancel", str(record_id)),
    ]
    assert str(vendor.visits[record_id].client_name) not in str([row.detail for row in rows])
