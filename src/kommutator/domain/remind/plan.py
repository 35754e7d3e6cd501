"""Which messages a visit calls for, and when. Pure.

Moments here are what the rules ask for; quiet hours move them later (`domain/outreach/hours.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from uuid import UUID

from kommutator.domain.outreach.wanted import OutreachKind
from kommutator.domain.remind.rules import DayBefore, Rules
from kommutator.domain.salon.facts import Attendance, Visit
from kommutator.kit.zones import zone

FRESH: Final = timedelta(hours=3)
"""Whoever booked so lately needs no reminder (contract messaging §5)."""
_BOOKED_AHEAD: Final = timedelta(hours=24)
"""An evening's reminder is for those who booked earlier than that."""
_ONE_RUN: Final = timedelta(hours=3)
"""Visits that begin within so long of the first one are reminded of together."""
REVIEW_WORTH: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Planned:
    """One message about a visit; moments in UTC."""

    kind: OutreachKind
    due_at: datetime
    not_after: datetime


def to_come(visit: Visit) -> bool:
    """Whether somebody can be reminded of it: a client's own, known by phone, not over."""
    waits = visit.attendance in (Attendance.WAITING, Attendance.CONFIRMED)
    return waits and not visit.deleted and visit.activity_id is None and bool(visit.client_phone)


def start_of(visit: Visit, zone_name: str) -> datetime:
    """UTC."""
    return visit.starts_at.replace(tzinfo=zone(zone_name)).astimezone(UTC)


def reminders(
    visit: Visit, rules: Rules, zone_name: str, *, salon: UUID, now: datetime
) -> list[Planned]:
    """What is still ahead of it; nothing for a visit that was booked for right now.

    Args:
        zone_name: the salon's.
        salon: spreads an evening's messages, together with the visit.
    """
    if not to_come(visit):
        return []
    start = start_of(visit, zone_name)
    booked = visit.created_at or now
    found = []
    day_at = moment_of(OutreachKind.REMINDER_DAY, visit, rules, zone_name, salon=salon)
    if rules.day.on and start - booked >= _BOOKED_AHEAD and now < day_at < start:
        found.append(Planned(OutreachKind.REMINDER_DAY, day_at, start))
    hours_at = moment_of(OutreachKind.REMINDER_HOURS, visit, rules, zone_name, salon=salon)
    if rules.hours.on and hours_at - booked >= FRESH and now < hours_at:
        found.append(Planned(OutreachKind.REMINDER_HOURS, hours_at, start))
    return found


def moment_of(
    kind: OutreachKind, visit: Visit, rules: Rules, zone_name: str, *, salon: UUID
) -> datetime:
    """When a reminder of this kind is due by the rules, UTC."""
    if kind is OutreachKind.REMINDER_DAY:
        return _day_before(visit, rules.day, zone_name, salon)
    return start_of(visit, zone_name) - timedelta(hours=rules.hours.hours)


def together(visit: Visit, that_day: Sequence[Visit], kind: OutreachKind) -> Sequence[Visit]:
    """Which of a client's visits one reminder names, in order of time.

    The evening before: all of the day; hours before: those that begin soon after each other.

    Args:
        that_day: to come, on the day of `visit`; it is one of them.
    """
    in_order = sorted(that_day, key=lambda one: (one.starts_at, one.id))
    if kind is OutreachKind.REMINDER_DAY:
        return in_order
    runs: list[list[Visit]] = []
    for one in in_order:
        if not runs or one.starts_at - runs[-1][0].starts_at >= _ONE_RUN:
            runs.append([])
        runs[-1].append(one)
    return next(run for run in runs if visit.id in {one.id for one in run})


def review(visit: Visit, rules: Rules, *, now: datetime) -> Planned | None:
    """Asked since the salon noted that the client came: `now`."""
    if not rules.review.on or visit.deleted or not visit.client_phone:
        return None
    due_at = now + timedelta(minutes=rules.review.after_minutes)
    return Planned(OutreachKind.REVIEW, due_at, due_at + REVIEW_WORTH)


def _day_before(visit: Visit, rule: DayBefore, zone_name: str, salon: UUID) -> datetime:
    if rule.way == "hours":
        return start_of(visit, zone_name) - timedelta(hours=rule.hours)
    day = visit.starts_at.date() - timedelta(days=1)
    begin, end = (
        datetime.combine(day, time.fromisoformat(edge), zone(zone_name))
        for edge in (rule.begin, rule.end)
    )
    return (begin + (end - begin) * _spread(salon, visit.id)).astimezone(UTC)


def _spread(salon: UUID, record_id: int) -> float:
    """[0, 1), always the same for the same visit."""
    digest = hashlib.sha256(f"{salon.hex}:{record_id}".encode()).digest()
    return int.from_bytes(digest[:4]) / 2**32
