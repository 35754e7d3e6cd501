"""Which hour is meant by "at seven": parts of the day and the salon's hours decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

_NOON = 12
_DAY = 24
_MORNING_FROM = 8  # "at eight" without anything else is the morning, "at seven" the evening


@dataclass(frozen=True, slots=True)
class Point:
    """A spoken time. `known`: the half of the day was said; else `hour` may mean 12 hours later."""

    hour: int
    minute: int = 0
    known: bool = False


def with_part(point: Point, part: str | None) -> Point:
    """The point with the part of the day that was said beside it ("7", "EVENING")."""
    hour = point.hour % _DAY
    if part is None or point.known or hour > _NOON or hour == 0:
        return Point(hour, point.minute, known=point.known or hour > _NOON or hour == 0)
    if part in ("AM", "MORNING"):
        hour %= _NOON
    elif part == "NIGHT":
        hour = hour % _NOON if hour <= 5 or hour == _NOON else hour + _NOON  # noqa: PLR2004  5 in the night
    elif hour != _NOON and (part != "DAY" or hour < _MORNING_FROM):
        hour += _NOON
    return Point(hour, point.minute, known=True)


def clock(point: Point, opens: time, closes: time, now: time | None = None) -> time:
    """The time that is meant.

    Args:
        point: as it was said.
        opens, closes: of the salon; the reading that lies between is taken.
        now: the time of day, where the day is today: of two readings the one to come is taken.
    """
    readings = _readings(point)
    if len(readings) == 1:
        return readings[0]
    early, late = readings
    open_ones = [at for at in readings if opens <= at < closes]
    if len(open_ones) == 1:
        return open_ones[0]
    if not open_ones:
        return min(readings, key=lambda at: (_distance(at, opens, closes), _usual(at, point)))
    if now is not None and early <= now < late:
        return late
    return min(readings, key=lambda at: _usual(at, point))


def _readings(point: Point) -> list[time]:
    hour = point.hour % _DAY
    if point.known or hour == 0 or hour > _NOON:
        return [time(hour, point.minute)]
    return [time(hour % _NOON, point.minute), time(hour % _NOON + _NOON, point.minute)]


def _usual(at: time, point: Point) -> int:
    in_the_morning = _MORNING_FROM <= point.hour < _NOON
    return 0 if (at.hour < _NOON) == in_the_morning else 1


def _distance(at: time, opens: time, closes: time) -> int:
    minutes = at.hour * 60 + at.minute
    first, last = opens.hour * 60 + opens.minute, closes.hour * 60 + closes.minute
    return max(first - minutes, minutes - last, 0)
