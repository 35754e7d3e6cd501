"""Hours in which people may be written to unasked, by the salon's clock. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from kommutator.kit.zones import zone

_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
LEAST_AHEAD: Final = timedelta(hours=1)
"""A reminder that comes later than so long before its visit reminds nobody."""
_EVENING: Final = timedelta(hours=1)
_EVENING_ENDS: Final = timedelta(minutes=15)


class Hours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[`begin`, `end`) of every day; equal: the whole day; `begin` later: over midnight."""

    begin: str = "09:00"
    end: str = "21:00"

    @property
    def valid(self) -> bool:
        return all(_TIME.fullmatch(edge) for edge in (self.begin, self.end))

    @property
    def always(self) -> bool:
        return self.begin == self.end

    def is_open(self, at: datetime, zone_name: str) -> bool:
        """Whether people may be written to at this moment."""
        if self.always:
            return True
        begin, end = time.fromisoformat(self.begin), time.fromisoformat(self.end)
        local = at.astimezone(zone(zone_name)).time()
        return begin <= local < end if begin < end else local >= begin or local < end

    def next_open(self, at: datetime, zone_name: str) -> datetime:
        """`at` itself, else when the hours begin next, UTC."""
        if self.is_open(at, zone_name):
            return at
        return self._edge(at, zone_name, self.begin, ahead=True)

    def next_close(self, at: datetime, zone_name: str) -> datetime | None:
        """When the hours that `at` lies in end, UTC; None: they never do."""
        return None if self.always else self._edge(at, zone_name, self.end, ahead=True)

    def last_close(self, at: datetime, zone_name: str) -> datetime:
        """When the hours ended that were the last before `at`, UTC; `at` lies outside of them."""
        return self._edge(at, zone_name, self.end, ahead=False)

    def _edge(self, at: datetime, zone_name: str, edge: str, *, ahead: bool) -> datetime:
        there = zone(zone_name)
        today, moment = at.astimezone(there).date(), time.fromisoformat(edge)
        days = (0, 1) if ahead else (0, -1)
        found = [_moment(today + timedelta(days=day), moment, there) for day in days]
        return next(one for one in found if (one >= at if ahead else one <= at))


def placed(
    due_at: datetime,
    not_after: datetime,
    hours: Hours,
    zone_name: str,
    *,
    now: datetime,
    jitter: float,
) -> datetime | None:
    """When a reminder that is due at `due_at` is sent, UTC; None: there is no moment for it.

    In quiet hours it waits until they end if that is an hour before the visit; else it goes out
    the evening before.

    Args:
        not_after: the start of the visit.
        jitter: [0, 1): spreads an evening's messages over its last hour.
    """
    due_at = max(due_at, now)
    if hours.is_open(due_at, zone_name):
        return due_at if due_at <= not_after else None
    morning = hours.next_open(due_at, zone_name)
    if morning + LEAST_AHEAD <= not_after:
        return morning
    evening = hours.last_close(due_at, zone_name) - _EVENING + (_EVENING - _EVENING_ENDS) * jitter
    if evening <= now:  # still in it, or it is over
        return now if hours.is_open(now, zone_name) else None
    return evening


def day_began(now: datetime, zone_name: str) -> datetime:
    """The last midnight there, UTC."""
    there = zone(zone_name)
    return _moment(now.astimezone(there).date(), time(0), there)


def _moment(day: date, at: time, there: ZoneInfo) -> datetime:
    return datetime.combine(day, at, there).astimezone(UTC)
