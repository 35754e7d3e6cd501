"""What became of a visit between two looks at it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kommutator.domain.salon.facts import Attendance, Visit


class VisitNews(StrEnum):
    """What people want to hear of. The value is kept in rows and shown as `visit.<value>`."""

    CREATED = "created"
    MOVED = "moved"  # another time or another employee
    CANCELLED = "cancelled"  # taken out of the journal
    RESTORED = "restored"
    CHANGED = "changed"  # other services, another client, another length
    CONFIRMED = "confirmed"
    CAME = "came"
    NO_SHOW = "no_show"


@dataclass(frozen=True, slots=True)
class VisitChange:
    """Two looks at one visit.

    Attributes:
        before: None when we had never seen it.
        first_read: found while the salon was copied for the first time, or long after the visit
            was over: nobody is told.
    """

    before: Visit | None
    after: Visit
    news: tuple[VisitNews, ...]
    first_read: bool = False


_ATTENDED = {
    Attendance.CONFIRMED: VisitNews.CONFIRMED,
    Attendance.CAME: VisitNews.CAME,
    Attendance.NO_SHOW: VisitNews.NO_SHOW,
}


def news_of(before: Visit | None, after: Visit) -> tuple[VisitNews, ...]:
    """What happened, the weightiest first; nothing if people would see no difference."""
    if before is None:
        return () if after.deleted else (VisitNews.CREATED,)
    if after.deleted:
        return () if before.deleted else (VisitNews.CANCELLED,)
    news = [VisitNews.RESTORED] if before.deleted else []
    if (before.starts_at, before.staff_id) != (after.starts_at, after.staff_id):
        news.append(VisitNews.MOVED)
    if _what(before) != _what(after):
        news.append(VisitNews.CHANGED)
    if before.attendance is not after.attendance and after.attendance in _ATTENDED:
        news.append(_ATTENDED[after.attendance])
    return tuple(news)


def _what(visit: Visit) -> tuple[object, ...]:
    services = tuple(sorted(booked.service_id for booked in visit.services))
    return visit.client_id, visit.seance_s, services
