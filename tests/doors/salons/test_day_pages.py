"""The day's page without a browser: what was lost, what is closed, what somebody bent."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.doors.salons.desk import Desk
from tests.support.booking_service import BookingService
from tests.support.yclients_service import SALON

SLUG = re.compile(r"\b(?:day|salon|error|done|nav)\.[a-z_]+\.?[a-z_]*\b")


async def a_form(salon: BookingService, **more: str) -> dict[str, str]:
    service = await salon.service_id()
    slot = (await salon.slots(service))[0]
    return {
        "at": slot["datetime"][:19], "staff": str(slot["staff_id"]), "service": str(service),
        "name": "Анна", "phone": "+70000003001", "mark": uuid4().hex, **more,
    }  # fmt: skip


async def test_one_form_sent_twice_makes_one_visit(salon: BookingService, desk: Desk) -> None:
    form = await a_form(salon, phone="+70000003002")
    first = await desk.post("/book", **form)
    again = await desk.post("/book", **form)
    assert first[0] == again[0] == 200
    (record,) = salon.of_guest("+70000003002")
    for _, text in (first, again):
        assert f'data-visit="{record.id}"' in text


async def test_an_answer_that_was_lost(salon: BookingService, desk: Desk) -> None:
    """The page says that it is being looked for, and shows the visit once it is found."""
    form = await a_form(salon, phone="+70000003003")
    fault = {"kind": "drop", "after": True, "method": "POST", "path": f"/api/v1/records/{SALON}"}
    await salon.twin.order("faults", count=1, **fault)
    silent = {"kind": "reply", "status": 503, "method": "GET", "path": "/api/v1/records/"}
    await salon.twin.order("faults", **silent)
    status, text = await desk.post("/book", **form)
    await salon.twin.http.delete(f"{salon.twin.url}/_twin/faults")
    assert status == 200, text
    assert "Проверяем запись" in text
    look = re.search(r'hx-get="[^"]*(/bookings/[0-9a-f-]+)"', text)
    assert look is not None
    assert 'hx-trigger="every' in (await desk.get(look[1]))[1]
    await salon.settle()
    (record,) = salon.of_guest("+70000003003")
    assert f'data-visit="{record.id}"' in (await desk.get(look[1]))[1]


async def test_forms_without_a_mark_are_not_one_visit(salon: BookingService, desk: Desk) -> None:
    for phone in ("+70000003004", "+70000003005"):
        assert (await desk.post("/book", **await a_form(salon, phone=phone, mark="")))[0] == 200
        assert len(salon.of_guest(phone)) == 1


BENT = [
    "?date=9999-99-99",
    "?date=9999-12-31",
    "?date=0001-01-01",
    "?staff=x&service=x&service=-1",
    "?staff=99999999999999999999999999&service=99999999999999999999999999",
]


@pytest.mark.parametrize("query", BENT)
async def test_a_bent_link_shows_the_usual_day(desk: Desk, query: str) -> None:
    status, text = await desk.get(query)
    assert status == 200
    assert "day-table" in text


BAD_FORMS: list[tuple[dict[str, str], int, str]] = [
    ({"at": "tomorrow"}, 400, "booking_time_invalid"),
    ({"at": "2027-01-01T10:00:00+03:00"}, 400, "booking_time_invalid"),
    ({"at": "9999-12-31T23:59:59"}, 400, "booking_time_invalid"),
    ({"at": "2020-01-01T10:00:00"}, 400, "booking_past"),
    ({"service": "999999999"}, 400, "booking_service_unknown"),
    ({"service": "\u0661"}, 400, "booking_service_unknown"),
    ({"staff": "999999999"}, 400, "booking_staff_unknown"),
    ({"phone": "нет"}, 400, "booking_phone_invalid"),
    ({"name": "  "}, 400, "booking_no_name"),
    ({"mark": "'; --"}, 400, "request_invalid"),
    ({"name": "x" * 300}, 400, "request_invalid"),
]


@pytest.mark.parametrize(("changes", "status", "code"), BAD_FORMS, ids=str)
async def test_a_bent_form_makes_nothing(
    salon: BookingService, desk: Desk, changes: dict[str, str], status: int, code: str
) -> None:
    before = len(salon.asked("POST", f"/records/{SALON}"))
    answer = await desk.post("/book", **{**await a_form(salon), **changes})
    assert answer[0] == status, answer
    assert f'"{code}"' in answer[1]
    assert len(salon.asked("POST", f"/records/{SALON}")) == before


async def test_unknown_visits_and_marks(salon: BookingService, desk: Desk) -> None:
    assert (await desk.get("/visits/999999999", **{"HX-Request": "true"}))[0] == 404
    form = await a_form(salon)
    made = await desk.post("/book", **form)
    record = re.search(r'data-visit="(\d+)"', made[1])
    assert record is not None, made
    status, text = await desk.post(f"/visits/{record[1]}/attend", attendance="SLEEPING")
    assert (status, "visit_attendance_invalid" in text) == (400, True)


@pytest.mark.parametrize("language", ["ru", "uk", "en"])
async def test_every_sentence_is_there(salon: BookingService, desk: Desk, language: str) -> None:
    service = await salon.service_id()
    day = salon.today() + timedelta(days=1)
    form = await a_form(salon)
    pages = [
        await desk.get(f"?date={day}&service={service}", **{"Accept-Language": language}),
        await desk.post("/form", **form),
        await desk.post("/clients", q="Ксен"),
        await desk.post("/clients", q="zzzz"),
    ]
    for status, text in pages:
        assert status == 200
        words = re.sub(r"<[^>]*>", " ", text)
        assert not SLUG.findall(words), SLUG.findall(words)


async def test_a_script_as_a_name_is_only_a_name(salon: BookingService, desk: Desk) -> None:
    evil = "<script>alert(1)</script>"
    form = await a_form(salon, name=evil, phone="+70000003009", comment=evil)
    status, text = await desk.post("/book", **form)
    assert status == 200
    assert evil not in text
    (record,) = salon.of_guest("+70000003009")
    _, page = await desk.get(f"?date={record.start.date()}")
    assert evil not in page
    assert "&lt;script&gt;" in page
