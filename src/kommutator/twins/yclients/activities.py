"""Group events: found, counted, booked with a partner token (§1.4)."""

from __future__ import annotations

from datetime import date
from typing import Any

from kommutator.twins.yclients.book_rules import TAKEN, check_person
from kommutator.twins.yclients.call import BOOKING_LICENCE, Call, Route, number
from kommutator.twins.yclients.changes import By
from kommutator.twins.yclients.clients_book import client_for
from kommutator.twins.yclients.company import Company
from kommutator.twins.yclients.local_time import read_day
from kommutator.twins.yclients.records_book import Draft, add_record, lines_of
from kommutator.twins.yclients.replies import NOT_FOUND, Answer, Refusal
from kommutator.twins.yclients.rows import Activity
from kommutator.twins.yclients.show_record import staff_in_record

Json = dict[str, Any]


def search(call: Call) -> Answer:
    """`GET /activity/{c}/search?from&till&staff_ids[]&service_ids[]`: those to come."""
    found = _coming(call)
    rows = [activity_body(call.company, one) for one in found]
    return Answer(rows, {"count": len(rows)})


def search_dates(call: Call) -> Answer:
    """`GET /activity/{c}/search_dates`: days with events."""
    return Answer(sorted({one.start.date().isoformat() for one in _coming(call)}))


def services(call: Call) -> Answer:
    """`GET /activity/{c}/services`: what the events are about."""
    numbers = {one.service_id for one in call.company.activities.values()}
    known = call.company.services
    return Answer([{"id": one, "title": known[one].title} for one in sorted(numbers)])


def filters(call: Call) -> Answer:
    """`GET /activity/{c}/filters`: by whom and about what the coming events are."""
    company, found = call.company, _coming(call)
    busy = {activity.staff_id for activity in found}
    about = {activity.service_id for activity in found}
    staff = [(one.id, one.name, one.id in busy) for one in company.staff.values()]
    services_ = [(one.id, one.title, one.id in about) for one in company.services.values()]
    return Answer(
        [
            {
                "code": code,
                "title": title,
                "data": [
                    {"id": number_, "title": word, "is_disabled": not there}
                    for number_, word, there in rows
                ],
            }
            for code, title, rows in (
                ("staff", "Сотрудник", staff),
                ("service", "Услуга", services_),
            )
        ]
    )


def one(call: Call) -> Answer:
    """`GET /activity/{c}/{id}`."""
    return Answer(activity_body(call.company, _activity(call)))


def book(call: Call) -> Answer:
    """`POST /activity/{c}/{id}/book`: a place, while there are any."""
    activity, body, company = _activity(call), call.item(), call.company
    check_person(call, body)
    places = max(1, number(body.get("clients_count")))
    past = activity.start < call.world.local_now(company)
    if past or seated(company, activity) + places > activity.capacity:
        raise Refusal(422, "Нет свободных мест", code=TAKEN, appointment=body.get("id"))
    by = By(call.user, call.partner)
    facts = {"phone": body["phone"], "name": body["fullname"], "email": body.get("email")}
    draft = Draft(
        staff_id=activity.staff_id,
        start=activity.start,
        seance_length=activity.length,
        services=lines_of(company, activity.staff_id, [activity.service_id]),
        client=client_for(call.world, company, facts, by),
        comment=str(body.get("comment") or ""),
        api_id=str(body.get("api_id") or ""),
        activity_id=activity.id,
        online=True,
        record_from="api",
    )
    made = add_record(call.world, company, draft, by)
    return Answer({"id": made.id, "record_id": made.id, "record_hash": made.hash}, status=201)


def seated(company: Company, activity: Activity) -> int:
    """How many places are taken."""
    return sum(
        record.activity_id == activity.id and not record.deleted
        for record in company.records.values()
    )


def activity_body(company: Company, activity: Activity) -> Json:
    """A group event."""
    service = company.services[activity.service_id]
    category = company.categories[service.category_id]
    staff = company.staff[activity.staff_id]
    return {
        "id": activity.id,
        "service_id": activity.service_id,
        "company_id": company.id,
        "staff_id": activity.staff_id,
        "date": int(company.moment(activity.start).timestamp()),
        "length": activity.length,
        "capacity": activity.capacity,
        "records_count": seated(company, activity),
        "color": "",
        "instructions": "",
        "stream_link": "",
        "font_color": "",
        "notified": False,
        "prepaid": "forbidden",
        "service": {
            "id": service.id,
            "category_id": service.category_id,
            "title": service.title,
            "price_min": service.price_min,
            "price_max": service.price_max,
            "comment": service.comment,
            "image_url": "",
            "salon_service_id": service.salon_service_id,
            "prepaid": "forbidden",
            "category": {"id": category.id, "category_id": 1, "title": category.title},
        },
        "staff": staff_in_record(staff, staff.id)
        | {
            "company_id": company.id,
            "show_rating": 1,
            "comments_count": 0,
            "average_score": staff.rating,
            "prepaid": "forbidden",
        },
        "resource_instances": [],
        "labels": [],
    }


def _coming(call: Call) -> list[Activity]:
    now = call.world.local_now(call.company)
    first, last = (read_day(call.word(name)) for name in ("from", "till"))
    staff, wanted = call.many("staff_ids"), call.many("service_ids")

    def fits(activity: Activity, day: date) -> bool:
        return (
            activity.start >= now
            and (first is None or day >= first)
            and (last is None or day <= last)
            and (not staff or activity.staff_id in staff)
            and (not wanted or activity.service_id in wanted)
        )

    rows = [a for a in call.company.activities.values() if fits(a, a.start.date())]
    return sorted(rows, key=lambda activity: (activity.start, activity.id))


def _activity(call: Call) -> Activity:
    found = call.company.activities.get(call.id("activity"))
    if found is None:
        raise Refusal(404, NOT_FOUND)
    return found


_ROOT = "/api/v1/activity/{company}"
ROUTES = (
    Route("GET", f"{_ROOT}/search", search, licence=BOOKING_LICENCE),
    Route("GET", f"{_ROOT}/search_dates", search_dates, licence=BOOKING_LICENCE),
    Route("GET", f"{_ROOT}/services", services, licence=BOOKING_LICENCE),
    Route("GET", f"{_ROOT}/filters", filters, licence=BOOKING_LICENCE),
    Route("GET", f"{_ROOT}/{{activity}}", one, licence=BOOKING_LICENCE),
    Route("POST", f"{_ROOT}/{{activity}}/book", book, licence=BOOKING_LICENCE),
)
