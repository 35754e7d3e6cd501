"""A salon that its vendor froze: our copy is read, nothing is written."""

from tests.doors.salons.desk import Desk
from tests.support.booking_service import BookingService
from tests.support.yclients_service import HERE, SALON


async def test_a_frozen_salon_books_nothing(salon: BookingService, desk: Desk) -> None:
    service_id = await salon.service_id()
    slot = (await salon.slots(service_id))[0]
    booked = await salon.book(slot, service_id)
    record = booked.body["record_id"]
    await salon.twin.order("market", act="freeze", salon_id=SALON)
    await salon.service.told("paused", "yclients_frozen")
    salon.service.house.directory.clear()
    other = await salon.book((await salon.slots(service_id))[0], service_id)
    assert (other.status, other.code) == (409, "salon_not_working")
    for act in ("cancel", "confirm"):
        answer = await salon.api.post(f"/api/yclients/records/{record}/{act}")
        assert (answer.status, answer.code) == (409, "salon_not_working")
    day = salon.record(record).start.date()
    status, page = await desk.get(f"?date={day}&service={service_id}")
    assert (status, "Салон сейчас не работает" in page) == (200, True)
    assert 'button class="day-start' not in page
    assert (await desk.post(f"/visits/{record}/cancel"))[0] == 409
    assert not salon.record(record).deleted
    assert (await salon.api.get(f"/api/yclients/records/{record}")).status == 200
    await salon.twin.order("market", act="unfreeze", salon_id=SALON)
    await salon.service.house.yclients.reconcile.one(HERE, salon.connection)
    salon.service.house.directory.clear()
    assert (await salon.api.post(f"/api/yclients/records/{record}/confirm")).status == 200
