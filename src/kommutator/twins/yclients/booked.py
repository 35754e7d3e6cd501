"""Online bookings as their clients and their partner see them (§1.4, §1.5)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from kommutator.twins.yclients.call import Call, Route
from kommutator.twins.yclients.company import Company
from kommutator.twins.yclients.local_time import iso, plain, stamp
from kommutator.twins.yclients.replies import BAD_FILTER, Answer, Refusal
from kommutator.twins.yclients.rows import Record
from kommutator.twins.yclients.show_record import staff_in_record

Json = dict[str, Any]

PARTNER_MOST = 100


def of_partner(call: Call) -> Answer:
    """`GET /records/partner`: online bookings of all branches, with their clients."""
    size = min(max(1, call.whole("editable_length", PARTNER_MOST)), PARTNER_MOST)
    page, salon = max(1, call.whole("page", 1)), call.whole("salon_id", 0)
    since, made = _russian_day(call, "start_date"), _russian_day(call, "created_start_date")
    found = [
        (company, record)
        for company in call.world.companies.values()
        for record in company.records.values()
        if record.online
        and salon in (0, company.id)
        and (since is None or record.start.date() >= since)
        and (made is None or made_on(company, record) >= made)
    ]
    shown = found[(page - 1) * size : page * size]
    bodies = [
        booked_body(call, company, record) | {"client": _client(company, record)}
        for company, record in shown
    ]
    return Answer(bodies, {"count": len(found)})


def booked_body(call: Call, company: Company, record: Record) -> Json:
    """A record as its client sees it."""
    staff = staff_in_record(company.staff.get(record.staff_id), record.staff_id)
    settings = company.settings
    return {
        "id": record.id,
        "services": [
            {
                "id": line.id,
                "title": line.title,
                "cost": line.cost,
                "price_min": line.first_cost,
                "price_max": line.first_cost,
                "discount": line.discount,
                "amount": line.amount,
                "seance_length": record.seance_length // max(1, len(record.services)),
            }
            for line in record.services
        ],
        "company": {
            "id": company.id,
            "title": company.title,
            "country_id": company.country_id,
            "country": company.country,
            "city_id": company.city_id,
            "city": company.city,
            "phone": company.phone,
            "phones": [company.phone],
            "timezone": _whole_hours(company, record),
            "timezone_name": company.timezone_name,
            "address": company.address,
            "coordinate_lat": company.coordinate_lat,
            "coordinate_lon": company.coordinate_lon,
            "allow_delete_record": settings.allow_delete_record,
            "allow_change_record": settings.allow_change_record,
            "site": company.site,
            "currency_short_title": "₽",
            "allow_change_record_delay_step": settings.allow_change_record_delay_step,
            "allow_delete_record_delay_step": settings.allow_delete_record_delay_step,
        },
        "staff": staff | {"show_rating": 1, "comments_count": 0},
        "clients_count": 1,
        "date": plain(record.start),
        "datetime": iso(call.world, company, record.start),
        "create_date": stamp(company, record.created_at),
        "comment": record.comment,
        "deleted": record.deleted,
        "attendance": record.attendance,
        "length": record.seance_length,
        "notify_by_sms": record.sms_remain_hours,
        "notify_by_email": record.email_remain_hours,
        "master_requested": bool(record.master_request),
        "online": record.online,
        "api_id": record.api_id,
        "last_change_date": stamp(company, record.changed_at),
        "prepaid": False,
        "prepaid_confirmed": False,
        "activity_id": record.activity_id,
    }


def made_on(company: Company, record: Record) -> date:
    """The branch's day on which the record was made."""
    return datetime.fromtimestamp(record.created_at, company.zone).date()


def _client(company: Company, record: Record) -> Json | None:
    client = company.clients.get(record.client_id or 0)
    if client is None:
        return None
    return {
        "id": client.id,
        "name": client.name,
        "surname": client.surname,
        "patronymic": client.patronymic,
        "phone": f"+{client.phone}",
        "phone_code": client.phone[:1],
        "email": client.email,
    }


def _russian_day(call: Call, name: str) -> date | None:
    """`17.01.2018`."""
    if not call.word(name):
        return None
    try:
        return datetime.strptime(call.word(name), "%d.%m.%Y").replace(tzinfo=UTC).date()
    except ValueError:
        raise Refusal(400, BAD_FILTER) from None


def _whole_hours(company: Company, record: Record) -> int:
    offset = company.moment(record.start).utcoffset()
    return int(offset.total_seconds() // 3600) if offset else 0


ROUTES = (Route("GET", "/api/v1/records/partner", of_partner),)
