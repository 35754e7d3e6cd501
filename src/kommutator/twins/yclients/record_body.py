"""A record's body as clients send it, whole (§1.5)."""

from __future__ import annotations

import math
from typing import Any

from kommutator.twins.yclients import phones
from kommutator.twins.yclients.call import Call, number
from kommutator.twins.yclients.changes import By
from kommutator.twins.yclients.clients_book import client_for
from kommutator.twins.yclients.local_time import read_local
from kommutator.twins.yclients.records_book import Draft
from kommutator.twins.yclients.replies import (
    INVALID,
    NO_SERVICE,
    Refusal,
    invalid,
    no_staff,
)
from kommutator.twins.yclients.rows import ATTENDANCES, Client, ServiceLine

Json = dict[str, Any]

ALWAYS_REQUIRED = ("staff_id", "services", "datetime")
# A full replace has no memory: these too must be said.
REQUIRED_TO_REPLACE = (*ALWAYS_REQUIRED, "client", "seance_length", "save_if_busy", "send_sms")
_MISSING = "Обязательное поле"
_ODD = "Недопустимое значение"
SHORTEST_SECONDS, LONGEST_SECONDS = 60, 86_400
# How long before a visit anybody is reminded.
MOST_HOURS = 1000


def read_draft(call: Call, required: tuple[str, ...]) -> tuple[Draft, Json | None]:
    """The record wanted, and the client's facts; nothing is changed yet.

    Raises:
        Refusal: 400 for no object, 404 for an unknown employee or service, 422 for a field.
    """
    body, company = call.item(), call.company
    errors = {name: [_MISSING] for name in required if name not in body}
    if errors:
        raise Refusal(422, INVALID, errors)
    staff = call.staff(number(body["staff_id"]))
    if staff is None or staff.fired:
        raise no_staff(body["staff_id"], company.id)
    start = read_local(company, body["datetime"])
    if start is None:
        raise invalid(datetime=_ODD)
    services = _services(call, body["services"])
    lengths = [staff.lengths.get(line.id, company.services[line.id].duration) for line in services]
    length = number(body.get("seance_length")) or sum(lengths)
    if not SHORTEST_SECONDS <= length <= LONGEST_SECONDS:
        raise invalid(seance_length=_ODD)
    extra = body.get("custom_fields")
    return Draft(
        staff_id=staff.id,
        start=start,
        seance_length=length,
        services=services,
        comment=str(body.get("comment") or ""),
        attendance=read_attendance(body.get("attendance", 0)),
        api_id=str(body.get("api_id") or ""),
        technical_break=min(number(body.get("technical_break_duration")), LONGEST_SECONDS),
        sms_remain_hours=min(number(body.get("sms_remain_hours")), MOST_HOURS),
        email_remain_hours=min(number(body.get("email_remain_hours")), MOST_HOURS),
        sms_now=int(bool(body.get("send_sms"))),
        custom_color=str(body.get("custom_color") or ""),
        labels=_labels(body.get("record_labels")),
        custom_fields=extra if isinstance(extra, dict) else {},
        activity_id=number(body.get("activity_id")),
        record_from="api",
    ), _client(body.get("client"))


def find_client(call: Call, facts: Json | None, by: By) -> Client | None:
    """The client the facts mean: by `id`, by phone, or a new one.

    Raises:
        Refusal: 404, no client has the id.
    """
    if facts is None:
        return None
    if wanted := number(facts.get("id")):
        found = call.company.clients.get(wanted)
        if found is None:
            raise invalid(client="Клиент не найден")
        return found
    return client_for(call.world, call.company, facts, by)


def read_attendance(value: Any) -> int:
    """-1, 0, 1 or 2, as a number or a word.

    Raises:
        Refusal: 422 for anything else.
    """
    try:
        attendance = int(value)
    except (TypeError, ValueError, OverflowError):
        raise invalid(attendance=_ODD) from None
    if attendance not in ATTENDANCES:
        raise invalid(attendance=_ODD)
    return attendance


def _client(facts: Any) -> Json | None:
    """None, `[]` and `{}` are nobody."""
    if not facts:
        return None
    if not isinstance(facts, dict):
        raise invalid(client=_ODD)
    if number(facts.get("id")):
        return facts
    if not phones.is_valid(facts.get("phone")):
        raise invalid(phone="Телефон должен содержать от 9 до 15 цифр")
    return facts


def _services(call: Call, rows: Any) -> list[ServiceLine]:
    if not isinstance(rows, list):
        raise invalid(services=_ODD)
    lines = []
    for row in rows:
        if not isinstance(row, dict):
            raise invalid(services=_ODD)
        service = call.company.services.get(number(row.get("id")))
        if service is None:
            raise Refusal(404, NO_SERVICE)
        first = _price(row.get("first_cost"), service.price_min)
        discount = _price(row.get("discount"), 0)
        cost = _price(row.get("cost"), first * (100 - discount) / 100)
        amount = number(row.get("amount")) or 1
        lines.append(ServiceLine(service.id, service.title, first, discount, cost, amount))
    return lines


def _price(value: Any, default: float) -> float:
    if value is None:
        return default
    try:
        price = float(value)
    except (TypeError, ValueError, OverflowError):
        raise invalid(services=_ODD) from None
    if not math.isfinite(price):
        raise invalid(services=_ODD)
    return int(price) if price.is_integer() else price


def _labels(ids: Any) -> list[Json]:
    if not isinstance(ids, list):
        return []
    return [
        {"id": str(one), "title": f"Метка {one}", "color": "#009800", "icon": "star",
         "font_color": "#ffffff"}
        for one in ids
    ]  # fmt: skip
