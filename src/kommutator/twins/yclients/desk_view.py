"""What the pages show of one salon: the day, calls, messages, applications and what left."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from kommutator.twins.yclients.applications import ROOM_WORDS, Application, Connection
from kommutator.twins.yclients.letters import Letter

if TYPE_CHECKING:
    from kommutator.twins.yclients.company import Company
    from kommutator.twins.yclients.rows import Record
    from kommutator.twins.yclients.staff import Staff
    from kommutator.twins.yclients.world import World

Json = dict[str, Any]

STEP_MINUTES = 15
# A day without shifts is shown all the same.
USUAL_DAY = (9 * 60, 21 * 60)
DAY_MINUTES = 24 * 60
ROWS_SHOWN = 60
LETTERS_SHOWN = 25


def desk_view(world: World, company: Company, day: date) -> Json:
    """One salon as its people see it on one day."""
    now, outside = world.local_now(company), world.outside
    told = outside.telephony(company.group_id)
    group = world.groups.get(company.group_id)
    return {
        "epoch": world.now(),
        "salon": {
            "id": company.id,
            "title": company.title,
            "address": company.address,
            "timezone": company.timezone_name,
            "chain": group.title if group else "",
        },
        "salons": [{"id": one.id, "title": one.title} for one in _chain(world, company)],
        "users": [
            {"id": user.id, "name": user.name, "salons": sorted(user.access)}
            for user in world.users.values()
            if not user.is_system
        ],
        **day_view(company, day, now),
        "telephony": {
            "crm_token": group.crm_token if group else "",
            "enabled": told.enabled,
            "routes": dict(told.routes),
        },
        "calls": [
            call.dump() | {"client": _name(company, call.client_id)}
            for call in told.calls[-ROWS_SHOWN:]
            if call.salon_id == company.id
        ][::-1],
        "popups": [
            popup.dump() | {"client": client_hint(company, popup.client_id, now)}
            for popup in told.popups[-ROWS_SHOWN:]
            if popup.salon_id == company.id
        ],
        "channels": outside.operator.channels(company.id),
        "messages": [row.dump() for row in outside.operator.messages.of(company.id)[-ROWS_SHOWN:]][
            ::-1
        ],
        "applications": [
            _application(world, company, one) for one in outside.market.applications.values()
        ],
        "letters": letters_view(outside.courier.book.find(company_id=company.id)),
    }


def _chain(world: World, company: Company) -> list[Company]:
    """The salons of one chain; a twin may hold hundreds of others."""
    group = world.groups.get(company.group_id)
    found = [world.companies[one] for one in group.company_ids] if group else []
    return found if company in found else [company, *found]


def _application(world: World, company: Company, application: Application) -> Json:
    market = world.outside.market
    return {
        "id": application.id,
        "title": application.title,
        "description": application.description,
        "multi_branch": application.multi_branch,
        "rights": [ROOM_WORDS[room] for room in application.rooms if room in ROOM_WORDS],
        "salons": [
            _state(one, market.connection(application, one.id)) for one in _chain(world, company)
        ],
    }


def _state(company: Company, connection: Connection) -> Json:
    paid = [row["period_to"] for row in connection.payments if not row["is_refunded"]]
    return {
        "salon_id": company.id,
        "title": company.title,
        "status": connection.status,
        "channels": sorted(slug for slug, there in connection.channels.items() if there),
        "paid": max(paid, default=None),
    }


def _name(company: Company, client_id: int) -> str | None:
    client = company.clients.get(client_id)
    return client.display_name if client else None


def day_view(company: Company, day: date, now: datetime) -> Json:
    """The journal of one day: minutes from local midnight, a column per employee.

    `now` is the salon's local time.
    """
    staff = [one for one in company.staff.values() if not one.fired]
    columns = [_column(company, one, day) for one in staff]
    begins = [slot["from"] for one in columns for slot in [*one["slots"], *one["records"]]]
    ends = [slot["to"] for one in columns for slot in [*one["slots"], *one["records"]]]
    first, last = min(begins, default=USUAL_DAY[0]), max(ends, default=USUAL_DAY[1])
    return {
        "date": day.isoformat(),
        "now": f"{now:%Y-%m-%d %H:%M:%S}",
        "step": STEP_MINUTES,
        "from": first // 60 * 60,
        "to": min(-(-last // 60) * 60, DAY_MINUTES),
        "staff": columns,
    }


def _column(company: Company, staff: Staff, day: date) -> Json:
    records = [
        record
        for record in company.records.values()
        if record.staff_id == staff.id and record.start.date() == day and not record.deleted
    ]
    events = [
        one
        for one in company.activities.values()
        if one.staff_id == staff.id and one.start.date() == day
    ]
    return {
        "id": staff.id,
        "name": staff.name,
        "specialization": staff.specialization,
        "slots": [{"from": a // 60, "to": b // 60} for a, b in staff.shifts.get(day, [])],
        "services": [
            {
                "id": number,
                "title": company.services[number].title,
                "minutes": seconds // 60,
                "price": staff.prices.get(number, company.services[number].price_min),
            }
            for number, seconds in staff.lengths.items()
            if number in company.services
        ],
        "records": sorted((_record(company, one) for one in records), key=lambda r: r["from"]),
        "busy": [
            {
                "from": _minute(one.start),
                "to": _minute(one.start) + one.length // 60,
                "title": company.services[one.service_id].title
                if one.service_id in company.services
                else "Событие",
            }
            for one in events
        ],
    }


def _record(company: Company, record: Record) -> Json:
    client = company.clients.get(record.client_id or 0)
    start = _minute(record.start)
    return {
        "id": record.id,
        "from": start,
        "to": min(start + -(-record.busy_seconds // 60), DAY_MINUTES),
        "client": {
            "name": client.display_name if client else "",
            "phone": f"+{client.phone}" if client and client.phone else "",
        },
        "services": ", ".join(line.title for line in record.services),
        "cost": sum(line.cost for line in record.services),
        "comment": record.comment,
        "attendance": record.attendance,
        "online": record.online,
    }


def client_hint(company: Company, client_id: int, now: datetime) -> Json | None:
    """Who calls: the name and the nearest visit; None for a stranger."""
    client = company.clients.get(client_id)
    if client is None:
        return None
    coming = [
        record.start
        for record in company.records.values()
        if record.client_id == client.id and record.start >= now and not record.deleted
    ]
    nearest = min(coming, default=None)
    return {
        "id": client.id,
        "name": client.display_name,
        "next": f"{nearest:%d.%m %H:%M}" if nearest else None,
    }


def day_asked(text: str, now: datetime) -> date:
    """`YYYY-MM-DD`, or the salon's today.

    Raises:
        ValueError: no such day.
    """
    return date.fromisoformat(text) if text else now.date()


def letters_view(letters: list[Letter]) -> list[Json]:
    """The last letters, newest first."""
    return [letter.dump() for letter in letters[-LETTERS_SHOWN:]][::-1]


def _minute(moment: datetime) -> int:
    return int((moment - moment.replace(hour=0, minute=0, second=0)) / timedelta(minutes=1))
