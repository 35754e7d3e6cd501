"""Visits by HTTP: listed as requirement 000 lists them, moved, cancelled, confirmed, attended."""

from datetime import date, timedelta
from typing import Any

import pytest

from kommutator.kit.throttle import Throttle
from tests.support.booking_service import BookingService, moment
from tests.support.yclients_service import SALON

RECORDS = "/api/yclients/records"


@pytest.fixture
async def haircut(salon: BookingService) -> int:
    return await salon.service_id()


async def made(salon: BookingService, haircut: int, place: int = 0, **more: Any) -> int:
    booked = await salon.book((await salon.slots(haircut))[place], haircut, **more)
    assert booked.status == 201, booked.text
    return int(booked.body["record_id"])


def days(first: date, last: date, **query: Any) -> dict[str, str]:
    words = {name: str(value) for name, value in query.items()}
    return {"date_from": first.isoformat(), "date_to": last.isoformat(), **words}


def between(salon: BookingService, first: date, last: date) -> list[int]:
    """Standing records of the twin's journal, in its order."""
    records = salon.twin.world.companies[SALON].records.values()
    found = [r for r in records if not r.deleted and first <= r.start.date() <= last]
    return [r.id for r in sorted(found, key=lambda r: (r.start, r.id))]


@pytest.mark.parametrize("fresh", [False, True], ids=["copy", "fresh"])
async def test_the_days_wanted(salon: BookingService, fresh: bool) -> None:
    first, last = salon.today() - timedelta(days=3), salon.today() + timedelta(days=3)
    answer = await salon.api.get(
        RECORDS, params=days(first, last, limit=200, fresh=str(fresh).lower())
    )
    assert answer.status == 200, answer.text
    assert answer.body["success"] is True
    listed = [one["id"] for one in answer.body["data"]]
    assert sorted(listed) == sorted(between(salon, first, last))
    assert answer.body["total"] == len(listed) > 5
    one = answer.body["data"][0]
    assert {"id", "company_id", "datetime", "staff_id", "services", "client"} <= set(one)
    assert one["datetime"].endswith("+03:00")


async def test_fresh_asks_with_the_vendors_own_words(salon: BookingService) -> None:
    """`start_date` and `count`: the requirement's names are not the vendor's (contract §1.5)."""
    first, last = salon.today(), salon.today() + timedelta(days=1)
    await salon.api.get(RECORDS, params=days(first, last, limit=7, page=2, fresh="true"))
    asked = [row for row in salon.asked("GET", f"/records/{SALON}") if row["query"].get("count")]
    query = asked[-1]["query"]
    assert query["start_date"] == first.isoformat()
    assert query["end_date"] == last.isoformat()
    assert (str(query["count"]), str(query["page"])) == ("7", "2")
    assert not {"date_from", "date_to", "limit"} & set(query)


async def test_one_tenant_does_not_use_up_what_all_salons_share(salon: BookingService) -> None:
    """YClients counts by our address: whoever asks it in a loop is told to wait, by us."""
    state = salon.service.app.asgi.state
    usual = state.salon_throttle
    state.salon_throttle = Throttle(0.01, 2, salon.service.house.clock)
    try:
        query = days(salon.today(), salon.today())
        fresh = [await salon.api.get(RECORDS, params=query | {"fresh": "true"}) for _ in range(3)]
        cancelled = await salon.api.post(f"{RECORDS}/1/cancel")
        copied = await salon.api.get(RECORDS, params=query)
    finally:
        state.salon_throttle = usual
    assert [one.status for one in fresh] == [200, 200, 429]
    assert fresh[-1].code == "too_many_requests"
    assert (cancelled.status, copied.status) == (429, 200)


async def test_pages_join_to_the_whole(salon: BookingService) -> None:
    first, last = salon.today() - timedelta(days=5), salon.today() + timedelta(days=5)
    whole = (await salon.api.get(RECORDS, params=days(first, last, limit=200))).body
    pages, page, more = [], 0, True
    while more:
        page += 1
        part = (await salon.api.get(RECORDS, params=days(first, last, limit=9, page=page))).body
        assert len(part["data"]) <= 9
        pages += part["data"]
        more = part["has_more"]
    assert pages == whole["data"]
    assert page == -(-whole["total"] // 9)


async def test_a_clients_history(salon: BookingService, haircut: int) -> None:
    phone = "+70000001001"
    first = await made(salon, haircut, 0, phone=phone)
    second = await made(salon, haircut, -1, phone=phone)
    await salon.api.post(f"{RECORDS}/{first}/cancel")
    client = salon.record(second).client_id
    history = await salon.api.get(f"/api/yclients/clients/{client}/records")
    assert [(one["id"], one["deleted"]) for one in history.body["data"]] == [
        (second, False),
        (first, True),
    ]
    standing = await salon.api.get(RECORDS, params={"phone": "8 000 000-10-01"})
    assert standing.status in (200, 400)
    by_phone = await salon.api.get(RECORDS, params={"phone": phone})
    assert [one["id"] for one in by_phone.body["data"]] == [second]
    deleted = await salon.api.get(RECORDS, params={"phone": phone, "with_deleted": "true"})
    assert {one["id"] for one in deleted.body["data"]} == {first, second}


async def test_slots_are_the_twins(salon: BookingService, haircut: int) -> None:
    day = salon.today() + timedelta(days=20)  # nobody else here books so late
    ours = await salon.slots(haircut, day, days=1)
    theirs = set()
    for staff in {one.id for one in await salon.desk.shelf.staff(await salon.account())}:
        found = await salon.twin.look(
            "times", company=SALON, staff=staff, date=day.isoformat(), services=haircut
        )
        theirs |= {(one["datetime"], staff) for one in found["slots"]}
    assert {(one["datetime"], one["staff_id"]) for one in ours} == theirs
    assert theirs
    only = await salon.slots(haircut, day, days=1, staff_id=ours[0]["staff_id"])
    assert {one["staff_id"] for one in only} == {ours[0]["staff_id"]}


async def free_to_move(salon: BookingService, record: int) -> dict[str, Any]:
    """The last of the next days' starts that the visit could go to as it is."""
    account = await salon.account()
    visit = await salon.desk.shelf.visit(account, record)
    assert visit is not None
    day = salon.today()
    starts = await salon.desk.shelf.free_to_move(
        account, visit, day + timedelta(days=1), day + timedelta(days=10)
    )
    assert visit.starts_at in [start.starts_at for start in starts]
    last = starts[-1]
    return {"datetime": f"{last.starts_at.isoformat()}+03:00", "staff_id": last.staff_id}


async def test_a_visit_is_moved(salon: BookingService, haircut: int) -> None:
    record = await made(salon, haircut)
    free = await free_to_move(salon, record)
    body = {"datetime": free["datetime"], "staff_id": free["staff_id"]}
    moved = await salon.api.post(f"{RECORDS}/{record}/move", json=body)
    assert moved.status == 200, moved.text
    assert moved.body["data"]["datetime"] == free["datetime"]
    assert (salon.record(record).start, salon.record(record).staff_id) == (
        moment(free["datetime"]),
        free["staff_id"],
    )
    asked = len(salon.asked("PUT", "/"))
    again = await salon.api.post(f"{RECORDS}/{record}/move", json=body)
    assert again.status == 200
    assert len(salon.asked("PUT", "/")) == asked


async def test_a_move_to_a_taken_time(salon: BookingService, haircut: int) -> None:
    free = await salon.slots(haircut)
    taken = await salon.book(free[0], haircut)
    assert taken.status == 201
    record = await made(salon, haircut, -1)
    start = salon.record(record).start
    body = {"datetime": free[0]["datetime"], "staff_id": free[0]["staff_id"]}
    refused = await salon.api.post(f"{RECORDS}/{record}/move", json=body)
    assert (refused.status, refused.code) == (409, "booking_taken"), refused.text
    assert refused.body["alternatives"]
    assert salon.record(record).start == start
    other = refused.body["alternatives"][0]
    other.pop("seance_length")
    moved = await salon.api.post(f"{RECORDS}/{record}/move", json=other)
    assert moved.status == 200, moved.text


async def test_a_lost_answer_of_a_move(salon: BookingService, haircut: int) -> None:
    record = await made(salon, haircut)
    free = await free_to_move(salon, record)
    await salon.twin.order("faults", kind="drop", method="PUT", after=True, count=1)
    moved = await salon.api.post(
        f"{RECORDS}/{record}/move",
        json={"datetime": free["datetime"], "staff_id": free["staff_id"]},
    )
    assert moved.status == 200, moved.text
    assert salon.record(record).start == moment(free["datetime"])


async def test_a_visit_is_cancelled_once(salon: BookingService, haircut: int) -> None:
    slot = (await salon.slots(haircut))[0]
    booked = await salon.book(slot, haircut)
    record = booked.body["record_id"]
    cancelled = await salon.api.post(f"{RECORDS}/{record}/cancel")
    assert cancelled.status == 200, cancelled.text
    assert cancelled.body["data"]["deleted"] is True
    assert salon.record(record).deleted
    assert (await salon.api.post(f"{RECORDS}/{record}/cancel")).status == 200
    assert slot in await salon.slots(haircut)
    moved = await salon.api.post(f"{RECORDS}/{record}/move", json={"datetime": slot["datetime"]})
    assert (moved.status, moved.code) == (409, "visit_cancelled")


async def test_confirmed_then_came(salon: BookingService, haircut: int) -> None:
    record = await made(salon, haircut)
    confirmed = await salon.api.post(f"{RECORDS}/{record}/confirm")
    assert (confirmed.status, confirmed.body["data"]["attendance"]) == (200, 2)
    assert salon.record(record).attendance == 2
    for attendance in (1, -1, 0):
        answer = await salon.api.post(
            f"{RECORDS}/{record}/attendance", json={"attendance": attendance}
        )
        assert answer.status == 200, answer.text
        assert salon.record(record).attendance == attendance
    bad = await salon.api.post(f"{RECORDS}/{record}/attendance", json={"attendance": 7})
    assert bad.status == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{RECORDS}?limit=0", 400),
        (f"{RECORDS}?limit=201", 400),
        (f"{RECORDS}?page=x", 400),
        (f"{RECORDS}?date_from=2026-13-01", 400),
        (f"{RECORDS}?date_from=yesterday", 400),
        (f"{RECORDS}?phone=%00", 400),
        (f"{RECORDS}/0", 400),
        (f"{RECORDS}/99999999999999999999", 400),
        (f"{RECORDS}/999999999", 404),
        ("/api/yclients/slots", 400),
        ("/api/yclients/slots?service_ids=1&date_from=2026-01-01&date_to=2025-01-01", 400),
        ("/api/yclients/slots?service_ids=1&date_from=2026-01-01&date_to=2026-12-01", 400),
        ("/api/yclients/slots?service_ids=1&date_from=9999-12-31", 400),
        ("/api/yclients/bookings/x", 400),
        ("/api/yclients/bookings/00000000-0000-0000-0000-000000000000", 404),
        (f"{RECORDS}?company_id=1", 404),
    ],
)
async def test_garbage_is_answered(salon: BookingService, path: str, status: int) -> None:
    answer = await salon.api.get(path)
    assert answer.status == status, answer.text
    assert answer.body["error"]["message"]


async def test_unknown_visits(salon: BookingService) -> None:
    for path in ("cancel", "confirm"):
        answer = await salon.api.post(f"{RECORDS}/999999999/{path}")
        assert (answer.status, answer.code) == (404, "visit_not_found")


async def test_only_who_may(salon: BookingService, haircut: int) -> None:
    record = await made(salon, haircut)
    for caller, status in ((salon.service.caller, 401), (salon.neighbour, 404)):
        for path in (f"{RECORDS}?company_id={SALON}", f"{RECORDS}/{record}?company_id={SALON}"):
            assert (await caller.get(path)).status == status
        for path in ("cancel", "confirm"):
            answer = await caller.post(f"{RECORDS}/{record}/{path}?company_id={SALON}")
            assert answer.status == status
    assert not salon.record(record).deleted
    assert salon.record(record).attendance == 0
