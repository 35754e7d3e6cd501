"""A record of the journal: into a `Visit`, and back into the body that a full replace needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kommutator.connectors.crm.yclients.schemas import name_of, read_comment
from kommutator.connectors.crm.yclients.values import (
    as_flag,
    as_id,
    as_int,
    as_money,
    as_phone,
    as_utc,
    as_wall,
)
from kommutator.domain.salon.facts import Attendance, Booked, Visit
from kommutator.kit.plain_json import as_map, as_text, maps_in

_ATTENDANCES = {int(one): one for one in Attendance}
_KEPT = (
    "comment",
    "api_id",
    "custom_color",
    "sms_remain_hours",
    "email_remain_hours",
    "technical_break_duration",
)
"""Fields that a replace takes as the record has them (contract §1.5)."""
_PRICED = ("id", "first_cost", "discount", "cost", "amount")
_PERSON = ("id", "phone", "name", "surname", "patronymic", "email")


def read_visit(item: Mapping[str, Any], region: str = "RU") -> Visit | None:
    """One line of the journal; None without an id, an employee or a start.

    `date` is the salon's own time and right; the zone of `datetime` may be wrong around changes
    of the clock (§1.5), so only its face is read, and only where `date` is missing.
    """
    record_id = as_id(item.get("id"))
    staff_id = as_id(item.get("staff_id")) or as_id(as_map(item.get("staff")).get("id"))
    starts_at = as_wall(item.get("date")) or as_wall(item.get("datetime"))
    if record_id is None or staff_id is None or starts_at is None:
        return None
    client = as_map(item.get("client"))
    return Visit(
        id=record_id,
        staff_id=staff_id,
        starts_at=starts_at,
        seance_s=as_int(item.get("seance_length")) or as_int(item.get("length")) or 0,
        services=tuple(_booked(item)),
        visit_id=as_id(item.get("visit_id")),
        client_id=as_id(client.get("id")),
        client_name=name_of(client) or None,
        client_phone=as_phone(client.get("phone"), region),
        attendance=_attendance(item),
        confirmed=as_flag(item.get("confirmed")),
        deleted=as_flag(item.get("deleted")),
        online=as_flag(item.get("online")),
        comment=read_comment(item),
        api_id=own_mark(item.get("api_id")),
        activity_id=as_id(item.get("activity_id")),
        token=as_text(item.get("record_hash")) or as_text(item.get("hash")),
        created_at=as_utc(item.get("create_date")),
        changed_at=as_utc(item.get("last_change_date")),
        break_s=max(as_int(item.get("technical_break_duration")) or 0, 0),
        raw=item,
    )


def own_mark(value: object) -> str | None:
    """An `api_id`; "" and "0" are none."""
    text = as_text(value)
    return None if text in (None, "0") else text


def _booked(item: Mapping[str, Any]) -> list[Booked]:
    return [
        Booked(service_id, as_text(one.get("title")) or "", as_money(one.get("cost")))
        for one in maps_in(item.get("services"))
        if (service_id := as_id(one.get("id"))) is not None
    ]


def _attendance(item: Mapping[str, Any]) -> Attendance:
    said = as_int(item.get("attendance"))
    told = said if said is not None else as_int(item.get("visit_attendance"))
    return _ATTENDANCES.get(told or 0, Attendance.WAITING)


def replacement(item: Mapping[str, Any], *, starts: str, staff_id: int) -> dict[str, Any]:
    """The whole record again, at another time or with another employee.

    Whatever a replace does not take stays with the vendor or is read-only; whatever it takes and
    is not sent would be lost.
    """
    body: dict[str, Any] = {
        "staff_id": staff_id,
        "services": [_priced(one) for one in maps_in(item.get("services"))],
        "client": _person(as_map(item.get("client"))),
        "datetime": starts,
        "seance_length": as_int(item.get("seance_length")) or as_int(item.get("length")) or 0,
        "save_if_busy": False,
        "send_sms": False,
        "attendance": int(_attendance(item)),
        "record_labels": [
            str(label) for one in maps_in(item.get("record_labels")) if (label := one.get("id"))
        ],
    }
    body |= {name: item[name] for name in _KEPT if item.get(name) is not None}
    body["comment"] = read_comment(item)
    if fields := as_map(item.get("custom_fields")):
        body["custom_fields"] = fields
    if activity := as_id(item.get("activity_id")):
        body["activity_id"] = activity
    return body


def _priced(one: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one[name] for name in _PRICED if one.get(name) is not None}


def _person(client: Mapping[str, Any]) -> dict[str, Any]:
    person = {name: client[name] for name in _PERSON if client.get(name) is not None}
    if "phone" in person:
        person["phone"] = str(person["phone"])
    return person


def hides_client(item: Mapping[str, Any]) -> bool:
    """Whether there is a client whose number we may not see: a replace would lose them."""
    client = as_map(item.get("client"))
    return bool(client) and as_phone(client.get("phone")) is None
