"""`POST /api/yclients/book`: one of many gets a start, once, whatever becomes of the answers."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.support.booking_service import BookingService, moment

BOOK_RECORD = "/book_record/"


@pytest.fixture
async def haircut(salon: BookingService) -> int:
    return await salon.service_id()


async def test_a_visit_is_made(salon: BookingService, haircut: int) -> None:
    slot = (await salon.slots(haircut))[0]
    made = await salon.book(slot, haircut, comment="с укладкой")
    assert made.status == 201, made.text
    record = salon.record(made.body["record_id"])
    assert (record.start, record.staff_id) == (moment(slot["datetime"]), slot["staff_id"])
    assert record.comment == "с укладкой"
    assert made.body["record_hash"]
    shown = await salon.api.get(f"/api/yclients/records/{record.id}")
    assert shown.body["data"]["client"]["name"] == "Анна"
    assert shown.body["data"]["datetime"] == made.body["datetime"] == slot["datetime"]
    state = await salon.api.get(f"/api/yclients/bookings/{made.body['booking_id']}")
    assert (state.body["state"], state.body["record_id"]) == ("made", record.id)
    assert state.body["record_hash"] is None
    assert slot not in await salon.slots(haircut)


async def test_fifty_want_one_start(salon: BookingService, haircut: int) -> None:
    slot = (await salon.slots(haircut))[0]
    before = len(salon.asked("POST", BOOK_RECORD))
    answers = await asyncio.gather(
        *(salon.book(slot, haircut, phone=f"+700000006{n:02}") for n in range(50))
    )
    assert Counter(one.status for one in answers) == {201: 1, 409: 49}
    for one in answers:
        if one.status == 409:
            assert one.code == "booking_taken"
            assert one.body["error"]["action"]
            assert one.body["alternatives"]
            assert slot not in one.body["alternatives"]
    assert len(salon.asked("POST", BOOK_RECORD)) == before + 1


async def test_an_alternative_can_be_booked(salon: BookingService, haircut: int) -> None:
    slot = (await salon.slots(haircut))[0]
    assert (await salon.book(slot, haircut)).status == 201
    refused = await salon.book(slot, haircut)
    assert refused.status == 409
    assert (await salon.book(refused.body["alternatives"][0], haircut)).status == 201


async def test_the_salon_itself_was_quicker(salon: BookingService, haircut: int) -> None:
    """Its journal has a visit that no notice told us of: the vendor's own words come along."""
    slot = (await salon.slots(haircut))[0]
    await salon.twin.order("switches", hook_loss=1.0)
    begins = moment(slot["datetime"])
    await salon.twin.order(
        "act", act="create", company=962302, staff_id=slot["staff_id"], services=[haircut],
        datetime=begins.isoformat(sep=" "),
    )  # fmt: skip
    refused = await salon.book(slot, haircut)
    await salon.twin.order("switches", hook_loss=0.0)
    assert (refused.status, refused.code) == (409, "booking_taken")
    offered = [moment(one["datetime"]) for one in refused.body["alternatives"]]
    assert offered
    assert all(abs(one - begins) >= timedelta(hours=1) for one in offered)

    async def read() -> bool:
        return slot not in await salon.slots(haircut)

    await salon.settled(read)  # at once, not with the next round


async def test_one_key_is_one_visit(salon: BookingService, haircut: int) -> None:
    slot = (await salon.slots(haircut))[0]
    key = {"Idempotency-Key": str(uuid4())}
    phone = "+70000000701"
    first = await salon.book(slot, haircut, phone=phone, headers=key)
    again = await salon.book(slot, haircut, phone=phone, headers=key)
    assert first.status == again.status == 201
    assert first.body == again.body
    assert len(salon.of_guest(phone)) == 1
    other = await salon.book(slot, haircut, phone="+70000000702", headers=key)
    assert (other.status, other.code) == (409, "idempotency_key_reused")


LOST: list[dict[str, Any]] = [
    {"kind": "drop", "after": True},
    {"kind": "reply", "status": 504, "after": True, "body": "<html>504</html>"},
    {"kind": "truncated", "after": True},
    {"kind": "garbage", "after": True},
]


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: fault["kind"])
async def test_a_lost_answer_makes_no_second_visit(
    salon: BookingService, haircut: int, fault: dict[str, Any]
) -> None:
    slot = (await salon.slots(haircut))[0]
    phone = f"+7000000080{LOST.index(fault)}"
    before = len(salon.asked("POST", BOOK_RECORD))
    path = "/api/v1/book_record"
    rule = await salon.twin.order("faults", method="POST", path=path, count=1, **fault)
    made = await salon.book(slot, haircut, phone=phone)
    assert made.status == 201, (rule, made.text)
    (record,) = salon.of_guest(phone)
    assert record.id == made.body["record_id"]
    assert len(salon.asked("POST", BOOK_RECORD)) == before + 1


async def test_a_vendor_that_stays_silent(salon: BookingService, haircut: int) -> None:
    """202: made, but nobody can say so yet; whoever asks later is told."""
    slot = (await salon.slots(haircut))[0]
    await salon.twin.order("faults", kind="drop", after=True, path="/api/v1/book_record", count=1)
    await salon.twin.order("faults", kind="reply", status=503, path="/api/v1/records/")
    unsure = await salon.book(slot, haircut, phone="+70000000901")
    await salon.twin.http.delete(f"{salon.twin.url}/_twin/faults")
    assert unsure.status == 202, unsure.text
    assert (unsure.body["state"], unsure.body["record_id"]) == ("unsure", None)
    taken = await salon.book(slot, haircut)
    assert (taken.status, taken.code) == (409, "booking_taken")
    await salon.settle()
    state = await salon.api.get(f"/api/yclients/bookings/{unsure.body['booking_id']}")
    assert state.body["state"] == "made"
    assert len(salon.of_guest("+70000000901")) == 1


GARBAGE: list[tuple[dict[str, Any], int, str]] = [
    ({"service_ids": []}, 400, "request_invalid"),
    ({"service_ids": [999_999_999]}, 400, "booking_service_unknown"),
    ({"service_ids": [2**70]}, 400, "request_invalid"),
    ({"staff_id": 999_999_999}, 400, "booking_staff_unknown"),
    ({"staff_id": -1}, 400, "request_invalid"),
    ({"datetime": "2020-01-01T10:00:00"}, 400, "booking_past"),
    ({"datetime": "9999-12-31T23:00:00"}, 400, "request_invalid"),
    ({"datetime": "tomorrow"}, 400, "request_invalid"),
    ({"phone": "нет"}, 400, "booking_phone_invalid"),
    ({"phone": "+7000\u0000"}, 400, "request_invalid"),
    ({"name": ""}, 400, "request_invalid"),
    ({"company_id": 1}, 404, "salon_unknown"),
    ({"surprise": 1}, 400, "request_invalid"),
    ({"code": "<script>"}, 400, "request_invalid"),
]


@pytest.mark.parametrize(("changes", "status", "code"), GARBAGE, ids=str)
async def test_garbage_costs_the_vendor_nothing(
    salon: BookingService, haircut: int, changes: dict[str, Any], status: int, code: str
) -> None:
    slot = (await salon.slots(haircut))[0]
    before = len(salon.asked("POST", BOOK_RECORD))
    service_ids = changes.get("service_ids", [haircut])
    more = {"service_ids": service_ids, **changes}
    refused = await salon.book(slot, haircut, **more)
    assert refused.status == status, refused.text
    assert refused.code == code
    assert len(salon.asked("POST", BOOK_RECORD)) == before


async def test_who_may_not(salon: BookingService, haircut: int) -> None:
    slot = (await salon.slots(haircut))[0]
    body = {"service_ids": [haircut], "datetime": slot["datetime"], "name": "А", "phone": "+70"}
    stranger = await salon.service.caller.post("/api/yclients/book", json=body)
    assert stranger.status == 401
    theirs = await salon.neighbour.post(
        "/api/yclients/book", json={**body, "company_id": 962302, "phone": "+70000000555"}
    )
    assert (theirs.status, theirs.code) == (404, "salon_not_connected")
