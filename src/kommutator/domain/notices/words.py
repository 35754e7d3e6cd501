"""A visit in words: what stands in the places of a template."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

import msgspec
from babel.dates import format_date

from kommutator.domain.salon.changes import VisitChange, VisitNews
from kommutator.domain.salon.facts import Booked, Salon, Visit

_UNITS: Mapping[str, tuple[str, str]] = {
    "ru": ("ч", "мин"),
    "uk": ("год", "хв"),
    "en": ("h", "min"),
}


def values_of(
    change: VisitChange, salon: Salon, staff: Mapping[int, str], language: str
) -> dict[str, str]:
    """Place → text; places without a value are empty. `staff`: names by id, as far as known."""
    visit, before = change.after, change.before
    was = before if before is not None and before.starts_at != visit.starts_at else None
    handed = before is not None and before.staff_id != visit.staff_id
    cost = sum(one.cost for one in visit.services)
    return {
        "salon": salon.title,
        "date": _date(visit.starts_at, language),
        "time": f"{visit.starts_at:%H:%M}",
        "duration": _duration(visit.seance_s, language),
        "services": ", ".join(one.title for one in visit.services),
        "cost": str(cost) if cost else "",
        "staff": staff.get(visit.staff_id, ""),
        "client": visit.client_name or "",
        "phone": visit.client_phone or "",
        "comment": visit.comment,
        "old_date": _date(was.starts_at, language) if was else "",
        "old_time": f"{was.starts_at:%H:%M}" if was else "",
        "old_staff": staff.get(before.staff_id, "") if before and handed else "",
    }


def fingerprint(change: VisitChange, news: VisitNews) -> bytes:
    """The same for one change however often it is seen; another for the next one like it."""
    looks = [_visible(look) for look in (change.before, change.after)]
    at = change.after.changed_at
    told = (news.value, looks, at.isoformat() if at else None)
    return hashlib.sha256(msgspec.json.encode(told)).digest()


def example(words: Callable[[str], str]) -> tuple[VisitChange, Salon, Mapping[int, str]]:
    """An invented visit that was moved, for previews. `words`: sentence by slug."""
    salon = Salon(id=1, title=words("notice.example.salon"), time_zone="Europe/Moscow")
    before = Visit(
        id=1,
        staff_id=1,
        starts_at=datetime(2026, 12, 1, 10, 0),  # noqa: DTZ001  a salon's own time has no zone
        seance_s=5400,
        services=(Booked(1, words("notice.example.service"), 1500),),
        client_name=words("notice.example.client"),
        client_phone="+375000000070",
        comment=words("notice.example.comment"),
    )
    after = replace(before, starts_at=before.starts_at.replace(hour=12, minute=30), staff_id=2)
    staff = {1: words("notice.example.staff"), 2: words("notice.example.other_staff")}
    return VisitChange(before, after, (VisitNews.MOVED,)), salon, staff


def _visible(visit: Visit | None) -> object:
    if visit is None:
        return None
    return (
        visit.id,
        visit.starts_at.isoformat(),
        visit.staff_id,
        visit.seance_s,
        sorted(one.service_id for one in visit.services),
        visit.client_id,
        int(visit.attendance),
        visit.deleted,
    )


def _date(at: datetime, language: str) -> str:
    """As in: пн, 23 ноября."""
    return format_date(at.date(), "EEE, d MMMM", locale=language)


def _duration(seconds: int, language: str) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    hour, minute = _UNITS.get(language, _UNITS["en"])
    parts = [f"{hours} {hour}" if hours else "", f"{minutes} {minute}" if minutes else ""]
    return " ".join(part for part in parts if part)
