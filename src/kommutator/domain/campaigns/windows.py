"""When a client may be called, by the clock on the client's own wall. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from kommutator.domain.campaigns.plan import DAYS, Plan

_LOOK_AHEAD_DAYS: Final = 400
_MIDNIGHT: Final = "24:00"


def is_open(plan: Plan, zone: ZoneInfo, at: datetime) -> bool:
    """Whether `at` lies in a window of that day, which is no holiday."""
    local = at.astimezone(zone)
    if local.date() in plan.holidays:
        return False
    wall = local.strftime("%H:%M")
    return any(begin <= wall < end for begin, end in plan.windows.get(DAYS[local.weekday()], ()))


def opens(plan: Plan, zone: ZoneInfo, at: datetime) -> datetime | None:
    """The first moment from `at` on, UTC; None if there is none in more than a year."""
    if is_open(plan, zone, at):
        return at
    day = at.astimezone(zone).date()
    for _ in range(_LOOK_AHEAD_DAYS):
        for begin, _end in sorted(plan.windows.get(DAYS[day.weekday()], ())):
            if begin == _MIDNIGHT:
                continue
            # An hour that the clock skips opens as much later; one that it repeats, at its first.
            start = datetime.combine(day, time.fromisoformat(begin), zone).astimezone(UTC)
            if start >= at and is_open(plan, zone, start):
                return start
        day += timedelta(days=1)
    return None


def next_day(zone: ZoneInfo, at: datetime) -> datetime:
    """The client's next midnight, UTC."""
    day = at.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, time(), zone).astimezone(UTC)


def day_began(zone: ZoneInfo, at: datetime) -> datetime:
    """The client's last midnight, UTC."""
    return datetime.combine(at.astimezone(zone).date(), time(), zone).astimezone(UTC)
