"""The vendor's shapes of a salon, read tolerantly into the house's own types.

What has no id is nothing. Each fact keeps what the vendor sent in `raw`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kommutator.connectors.crm.yclients.values import (
    as_day,
    as_flag,
    as_hour,
    as_id,
    as_int,
    as_money,
    as_phone,
    as_utc,
)
from kommutator.domain.salon.facts import (
    Category,
    Salon,
    SalonClient,
    Service,
    Span,
    StaffMember,
    WorkDay,
)
from kommutator.kit.plain_json import as_map, as_text, maps_in

_HOUR_S = 3600
_STEP_S = 900


def read_salon(item: Mapping[str, Any], online: Mapping[str, Any], zone: str) -> Salon | None:
    """A branch.

    Args:
        online: its settings of online booking; empty where they may not be read.
        zone: taken where the vendor names none that this machine knows.
    """
    salon_id = as_id(item.get("id"))
    if salon_id is None:
        return None
    return Salon(
        id=salon_id,
        title=as_text(item.get("title")) or "",
        time_zone=_zone(as_text(item.get("timezone_name"))) or zone,
        phone=as_phone(item.get("phone")) or as_text(item.get("phone")),
        address=as_text(item.get("address")),
        slot_step_s=as_id(item.get("seance_search_step")) or _STEP_S,
        asks_code=as_flag(item.get("phone_confirmation")) or as_flag(online.get("confirm_number")),
        notice_s=60 * max(as_int(online.get("seance_delay_step")) or 0, 0),
        currency=(as_text(item.get("currency_short_title")) or "")[:10],
        raw={**item, "online_settings": dict(online)},
    )


def _zone(name: str | None) -> str | None:
    try:
        return None if name is None else ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):  # also what looks like a path
        return None


def read_category(item: Mapping[str, Any]) -> Category | None:
    category_id = as_id(item.get("id"))
    if category_id is None:
        return None
    weight = as_int(item.get("weight")) or 0
    return Category(category_id, as_text(item.get("title")) or "", weight)


def read_service(item: Mapping[str, Any]) -> Service | None:
    service_id = as_id(item.get("id"))
    if service_id is None:
        return None
    staff = {
        staff_id: as_id(one.get("seance_length")) or 0
        for one in maps_in(item.get("staff"))
        if (staff_id := as_id(one.get("id"))) is not None
    }
    usual = as_id(item.get("duration")) or max(staff.values(), default=0) or _HOUR_S
    return Service(
        id=service_id,
        title=as_text(item.get("title")) or "",
        category_id=as_id(item.get("category_id")),
        price_min=as_money(item.get("price_min")),
        price_max=as_money(item.get("price_max")),
        duration_s=usual,
        staff_s={staff_id: seconds or usual for staff_id, seconds in staff.items()},
        active=as_flag(item.get("active", True)),
        weight=as_int(item.get("weight")) or 0,
        step_s=as_id(item.get("seance_search_step")),
        raw=item,
    )


def read_staff(item: Mapping[str, Any]) -> StaffMember | None:
    staff_id = as_id(item.get("id"))
    if staff_id is None:
        return None
    hidden = as_flag(item.get("hidden"))
    fired = any(as_flag(item.get(name)) for name in ("fired", "is_fired", "is_deleted"))
    bookable = item.get("is_bookable", item.get("bookable"))
    return StaffMember(
        id=staff_id,
        name=as_text(item.get("name")) or "",
        specialization=as_text(item.get("specialization")),
        user_id=as_id(item.get("user_id")),
        bookable=not hidden and not fired if bookable is None else as_flag(bookable),
        hidden=hidden,
        fired=fired,
        weight=as_int(item.get("weight")) or 0,
        raw=item,
    )


def read_days(rows: Sequence[Mapping[str, Any]]) -> list[WorkDay]:
    """Hours of the salon's schedule; what stands for one employee and day is put together."""
    found: dict[tuple[int, str], WorkDay] = {}
    for row in rows:
        staff, day = as_id(row.get("staff_id")), as_day(row.get("date"))
        if staff is None or day is None:
            continue
        key = (staff, day.isoformat())
        before = found.get(key, WorkDay(staff, day))
        hours = tuple(sorted({*before.hours, *_spans(row.get("slots"))}))
        events = tuple(sorted({*before.events, *_spans(_events(row.get("busy_intervals")))}))
        found[key] = WorkDay(staff, day, hours, events)
    return list(found.values())


def _events(intervals: object) -> list[Mapping[str, Any]]:
    """Group events; visits are told of by themselves, and sooner."""
    return [one for one in maps_in(intervals) if one.get("entity_type") == "activity"]


def _spans(slots: object) -> Iterator[Span]:
    for slot in maps_in(slots):
        start, end = as_hour(slot.get("from")), as_hour(slot.get("to"))
        if start is None or end is None:
            continue
        if as_text(slot.get("to")) in ("00:00", "00:00:00"):
            end = as_hour("24:00") or end
        if start < end:
            yield Span(start, end)


def read_client(item: Mapping[str, Any], region: str = "RU") -> SalonClient | None:
    client_id = as_id(item.get("id"))
    if client_id is None:
        return None
    return SalonClient(
        id=client_id,
        name=name_of(item),
        phone=as_phone(item.get("phone"), region),
        email=as_text(item.get("email")),
        opted_out=as_flag(item.get("sms_not")),
        visits=as_int(item.get("visits")) or as_int(item.get("success_visits_count")) or 0,
        spent=as_money(item.get("spent") or item.get("sold_amount")),
        comment=_comment(item.get("comment")),
        birthday=as_day(item.get("birth_date") or item.get("birthday")),
        changed_at=as_utc(item.get("last_change_date")),
        deleted=as_flag(item.get("deleted")) or as_flag(item.get("is_deleted")),
        raw=item,
    )


def name_of(item: Mapping[str, Any]) -> str:
    """As the vendor shows it, else put together of its parts."""
    shown = as_text(item.get("display_name"))
    parts = (as_text(item.get(part)) for part in ("name", "patronymic", "surname"))
    return shown or " ".join(filter(None, parts))


def _comment(value: object) -> str:
    return "" if value in (0, "0") else as_text(value) or ""


def read_comment(item: Mapping[str, Any]) -> str:
    """0 is the vendor's word for none, too."""
    return _comment(as_map(item).get("comment"))
