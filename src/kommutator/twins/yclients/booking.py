"""Online booking with a partner token: what, with whom, when, and the booking itself (§1.4)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from kommutator.twins.yclients import phones
from kommutator.twins.yclients.call import BOOKING_LICENCE, Call, Route
from kommutator.twins.yclients.company import Service
from kommutator.twins.yclients.local_time import (
    at_second,
    day_word,
    read_day,
    read_local,
    slot_time,
)
from kommutator.twins.yclients.replies import (
    BAD_FORMAT,
    CREATED,
    Answer,
    Refusal,
    invalid,
    no_staff,
)
from kommutator.twins.yclients.show_salon import NO_PICTURE_BIG, as_word, position_of
from kommutator.twins.yclients.slots import Slot, in_order, is_free, length_of
from kommutator.twins.yclients.staff import Staff

Json = dict[str, Any]

# How far ahead a client may look.
DAYS_AHEAD = 60


def book_services(call: Call) -> Answer:
    """`GET /book_services/{c}?staff_id&datetime&service_ids[]`: what may still be added."""
    company, staff = call.company, call.staff(call.whole("staff_id", 0))
    start = read_local(company, call.word("datetime")) if call.word("datetime") else None
    chosen = call.many("service_ids")
    rows = [
        _service(one, staff)
        for one in sorted(company.services.values(), key=lambda s: (-s.weight, s.id))
        if one.active and one.online and _offered(call, one, staff, [*chosen, one.id], start)
    ]
    shown = {row["category_id"] for row in rows}
    categories = [
        {"id": c.id, "title": c.title, "sex": 0, "api_id": c.api_id or 0, "weight": c.weight}
        for c in company.categories.values()
        if c.id in shown
    ]
    return Answer({"events": [], "services": rows, "category": categories})


def book_staff(call: Call) -> Answer:
    """`GET /book_staff/{c}?service_ids[]&datetime`: who does all these services."""
    services = call.many("service_ids")
    wanted = read_local(call.company, call.word("datetime")) if call.word("datetime") else None
    rows = []
    for staff in in_order(call.company.staff.values()):
        length = length_of(staff, services, call.switches.default_seance_seconds)
        if not staff.visible or length is None:
            continue
        bookable = staff.bookable
        if wanted is not None:
            bookable = bookable and is_free(call.company, staff, wanted, length)
        rows.append(_staff(call, staff, services, bookable=bookable))
    return Answer(rows)


def book_dates(call: Call) -> Answer:
    """`GET /book_dates/{c}?service_ids[]&staff_id&date|date_from&date_to`."""
    services, staff_id = call.many("service_ids"), call.whole("staff_id", 0)
    days = _period(call)
    working = [day for day in days if _works(call, staff_id, day)]
    world, company = call.world, call.company
    free = [day for day in working if world.times(company, staff_id, day, services)]
    return Answer(
        {
            "booking_days": _by_month(free),
            "booking_dates": [day_word(world, day) for day in free],
            "working_days": _by_month(working),
            "working_dates": [day_word(world, day) for day in working],
        }
    )


def book_times(call: Call) -> Answer:
    """`GET /book_times/{c}/{staff|0}/{date}?service_ids[]`; other names are ignored."""
    day, staff_id = read_day(call.args["date"]), call.id("staff")
    if day is None:
        raise invalid(date="Недопустимая дата")
    if staff_id and call.staff(staff_id) is None:
        raise no_staff(staff_id, call.company.id)
    slots = call.world.times(call.company, staff_id, day, call.many("service_ids"))
    return Answer([_seance(call, day, slot) for slot in slots])


def book_staff_seances(call: Call) -> Answer:
    """`GET /book_staff_seances/{c}/{staff}?service_ids[]`: the nearest day with free time."""
    staff_id = call.id("staff")
    if staff_id and call.staff(staff_id) is None:
        raise no_staff(staff_id, call.company.id)
    day, slots = _nearest(call, staff_id, call.many("service_ids"))
    if day is None:
        return Answer({"seance_date": None, "seances": []})
    seances = [_seance(call, day, slot) for slot in slots]
    return Answer({"seance_date": day_word(call.world, day), "seances": seances})


def book_code(call: Call) -> Answer:
    """`POST /book_code/{c} {phone}`: a code by SMS; control paths show it."""
    body = call.item()
    digits = phones.digits_of(body.get("phone"))
    if not phones.is_valid(digits):
        raise Refusal(422, "Неверный формат номера телефона", code=431)
    code = f"{int(call.world.hash_of('code', call.world.next_id('code')), 16) % 10_000:04d}"
    call.company.codes[digits] = code
    call.world.core.bell.ring()
    return CREATED


def _offered(
    call: Call, one: Service, staff: Staff | None, services: list[int], start: Any
) -> bool:
    if staff is None:
        return any(one.id in s.lengths and s.visible for s in call.company.staff.values())
    length = length_of(staff, services, call.switches.default_seance_seconds)
    if length is None:
        return False
    return start is None or is_free(call.company, staff, start, length)


def _service(one: Service, staff: Staff | None) -> Json:
    row: Json = {
        "id": one.id,
        "title": one.title,
        "category_id": one.category_id,
        "price_min": one.price_min,
        "price_max": one.price_max,
        "discount": one.discount,
        "comment": one.comment,
        "weight": one.weight,
        "active": int(one.active),
        "sex": 0,
        "image": "",
        "prepaid": "forbidden",
    }
    if staff is not None:
        row["seance_length"] = staff.lengths[one.id]
        if one.id in staff.prices:
            row["price_min"] = row["price_max"] = staff.prices[one.id]
    return row


def _staff(call: Call, staff: Staff, services: list[int], *, bookable: bool) -> Json:
    noisy = call.switches.type_noise

    def word(value: float) -> str | float:
        return as_word(value) if noisy else value

    row: Json = {
        "id": str(staff.id) if noisy else staff.id,
        "name": staff.name,
        "bookable": bookable,
        "specialization": staff.specialization,
        "position": position_of(staff),
        "show_rating": word(1),
        "rating": word(staff.rating),
        "votes_count": word(staff.votes_count),
        "avatar": staff.avatar or NO_PICTURE_BIG,
        "comments_count": word(0),
        "weight": word(staff.weight),
        "information": staff.information,
    }
    day, _ = _nearest(call, staff.id, services) if bookable else (None, [])
    if day is not None:
        row |= {"seance_date": day_word(call.world, day), "seances": []}
    return row | {"bookable": day is not None}


def _seance(call: Call, day: date, slot: Slot) -> Json:
    at = slot_time(call.world, call.company, at_second(day, slot.start))
    return {
        "time": slot.time,
        "seance_length": slot.length,
        "sum_length": slot.length,
        "datetime": at,
    }


def _nearest(call: Call, staff_id: int, services: list[int]) -> tuple[date | None, list[Slot]]:
    today = call.world.today(call.company)
    for n in range(DAYS_AHEAD + 1):
        day = today + timedelta(n)
        if slots := call.world.times(call.company, staff_id, day, services):
            return day, slots
    return None, []


def _works(call: Call, staff_id: int, day: date) -> bool:
    staff = call.company.staff.values()
    return any(day in one.shifts and one.visible for one in staff if staff_id in (0, one.id))


def _period(call: Call) -> list[date]:
    """One `date`, or from `date_from` to `date_to`, or the coming days."""
    today = call.world.today(call.company)
    if call.word("date"):
        first = last = _day(call, "date")
    else:
        first = _day(call, "date_from") if call.word("date_from") else today
        last = _day(call, "date_to") if call.word("date_to") else today + timedelta(DAYS_AHEAD)
    length = min((last - first).days, DAYS_AHEAD * 6)
    return [day for n in range(length + 1) if (day := first + timedelta(n)) >= today]


def _day(call: Call, name: str) -> date:
    found = read_day(call.word(name))
    if found is None:
        raise Refusal(400, BAD_FORMAT)
    return found


def _by_month(days: Iterable[date]) -> dict[str, list[str]]:
    months: dict[str, list[str]] = {}
    for day in days:
        months.setdefault(str(day.month), []).append(str(day.day))
    return months


_READS = (
    ("book_services/{company}", book_services),
    ("book_staff/{company}", book_staff),
    ("book_dates/{company}", book_dates),
    ("book_times/{company}/{staff}/{date}", book_times),
    ("book_staff_seances/{company}/{staff}", book_staff_seances),
)
ROUTES = (
    *(Route("GET", f"/api/v1/{path}", read, licence=BOOKING_LICENCE) for path, read in _READS),
    Route("POST", "/api/v1/book_code/{company}", book_code, licence=BOOKING_LICENCE),
)
