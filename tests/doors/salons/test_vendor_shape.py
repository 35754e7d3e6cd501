"""`book_check` and `book_record` as the vendor has them, with our holds behind them."""

from typing import Any

import pytest

from tests.support.booking_service import BookingService, moment
from tests.support.yclients_service import SALON

CHECK, RECORD = f"/api/yclients/book_check/{SALON}", f"/api/yclients/book_record/{SALON}"


@pytest.fixture
async def haircut(salon: BookingService) -> int:
    return await salon.service_id()


def wanted(service: int, *slots: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "appointments": [
            {
                "id": place + 7,
                "services": [service],
                "staff_id": slot["staff_id"],
                "datetime": slot["datetime"],
            }
            for place, slot in enumerate(slots)
        ],
        "phone": "+70000002001",
        "fullname": "Ирина",
        "email": "irina@example.com",
        "notify_by_sms": 6,
        **more,
    }


async def test_checked_then_booked(salon: BookingService, haircut: int) -> None:
    slot = (await salon.slots(haircut))[0]
    checked = await salon.api.post(CHECK, json=wanted(haircut, slot))
    assert checked.status == 201, checked.text
    assert checked.body["success"] is True
    booked = await salon.api.post(RECORD, json=wanted(haircut, slot, unknown="passed over"))
    assert booked.status == 201, booked.text
    (one,) = booked.body["data"]
    assert one["id"] == 7
    assert one["record_hash"]
    assert salon.record(one["record_id"]).start == moment(slot["datetime"])
    assert salon.record(one["record_id"]).sms_remain_hours == 6
    refused = await salon.api.post(CHECK, json=wanted(haircut, slot))
    assert refused.status == 422
    assert refused.body["success"] is False
    assert refused.body["meta"]["errors"] == {"id": 7, "code": 433}
    assert refused.body["alternatives"]


async def test_all_or_nothing(salon: BookingService, haircut: int) -> None:
    """The second is taken: the first is cancelled again."""
    slots = await salon.slots(haircut)
    assert (await salon.book(slots[0], haircut)).status == 201
    phone = "+70000002002"
    refused = await salon.api.post(RECORD, json=wanted(haircut, slots[-1], slots[0], phone=phone))
    assert refused.status == 422, refused.text
    assert refused.body["meta"]["errors"] == {"id": 8, "code": 433}
    assert salon.of_guest(phone) == []
    assert slots[-1] in await salon.slots(haircut)


async def test_two_at_once_and_once_only(salon: BookingService, haircut: int) -> None:
    slots = await salon.slots(haircut)
    phone = "+70000002003"
    body = wanted(haircut, slots[0], slots[-1], phone=phone)
    key = {"Idempotency-Key": "two-at-once"}
    first = await salon.api.post(RECORD, json=body, headers=key)
    again = await salon.api.post(RECORD, json=body, headers=key)
    assert first.status == 201, first.text
    assert first.body == again.body
    assert len(salon.of_guest(phone)) == 2


async def test_what_was_cancelled_again_is_booked_anew(salon: BookingService, haircut: int) -> None:
    """Under the same key, once the other time is free: what was undone must not count as made."""
    slots = await salon.slots(haircut)
    theirs = await salon.book(slots[0], haircut)
    phone, key = "+70000002005", {"Idempotency-Key": "undone"}
    body = wanted(haircut, slots[-1], slots[0], phone=phone)
    refused = await salon.api.post(RECORD, json=body, headers=key)
    assert refused.status == 422, refused.text
    path = f"/api/yclients/records/{theirs.body['record_id']}/cancel"
    assert (await salon.api.post(path)).status == 200
    booked = await salon.api.post(RECORD, json=body, headers=key)
    assert booked.status == 201, booked.text
    assert len(salon.of_guest(phone)) == 2
    assert {one["record_id"] for one in booked.body["data"]} == {
        one.id for one in salon.of_guest(phone)
    }


async def test_the_salon_blacklists(salon: BookingService, haircut: int) -> None:
    phone = "+70000002004"
    await salon.twin.order("company", company=SALON, blacklist=[phone.lstrip("+")])
    slot = (await salon.slots(haircut))[0]
    refused = await salon.api.post(RECORD, json=wanted(haircut, slot, phone=phone))
    plain = await salon.book(slot, haircut, phone=phone)
    await salon.twin.order("company", company=SALON, blacklist=[])
    assert (refused.status, refused.body["meta"]["code"]) == (403, 434)
    assert (plain.status, plain.code) == (403, "booking_blacklisted")
    assert slot in await salon.slots(haircut)  # nothing stays held


async def test_no_sense(salon: BookingService, haircut: int) -> None:
    slot = (await salon.slots(haircut))[0]
    bodies: list[Any] = [
        wanted(haircut, slot, slot),
        wanted(haircut),
        wanted(haircut, slot, phone="x"),
        wanted(haircut, *[slot] * 11),
        wanted(haircut, slot, notify_by_sms=-1),
        {},
        [],
    ]
    for body in bodies:
        answer = await salon.api.post(RECORD, json=body)
        assert answer.status == 400, answer.text
    theirs = await salon.neighbour.post(RECORD, json=wanted(haircut, slot))
    assert theirs.status == 404
    unknown = await salon.api.post("/api/yclients/book_record/1", json=wanted(haircut, slot))
    assert (unknown.status, unknown.code) == (404, "salon_unknown")
