"""Free starts: when could somebody come for these services? Pure, and quick.

Seconds of the day throughout: a whole salon of two months is a few thousand small ranges, never
a hundred thousand moments, until somebody wants to read them.

A start is offered on the grid of the wanted services, counted from midnight, if the whole visit
fits between the neighbours and into the working span.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from kommutator.domain.salon.booking import Start
from kommutator.domain.salon.facts import Service, Span, StaffMember

ANYBODY = 0
"""Of a wish: whoever can."""

DAY_S = 86_400
Pairs = Sequence[int]
"""Begin and end, begin and end…, seconds of the day."""


class DayBook(NamedTuple):
    """One employee's day: when they work, and when somebody is with them.

    Attributes:
        hours, busy: pairs of seconds, in any order; they may overlap.
    """

    staff_id: int
    day: date
    hours: Pairs = ()
    busy: Pairs = ()


class OpenDay(NamedTuple):
    """What is left of one employee's day. `gaps`: pairs of seconds, in order."""

    staff_id: int
    day: date
    gaps: Pairs


@dataclass(slots=True)  # not frozen: thousands are made for one answer
class FreeDay:
    """The free starts of one employee on one day. `ranges`: seconds of the day, ascending."""

    staff_id: int
    day: date
    seance_s: int
    ranges: Sequence[range]

    def __len__(self) -> int:
        return sum(map(len, self.ranges))

    def seconds(self) -> Iterator[int]:
        for one in self.ranges:
            yield from one

    def starts(self) -> Iterator[Start]:
        """As bookings name them, in the salon's time."""
        midnight = datetime.combine(self.day, time.min)
        for second in self.seconds():
            yield Start(self.staff_id, midnight + timedelta(seconds=second), self.seance_s)


def seances(
    services: Iterable[Service], staff: Iterable[StaffMember], wanted: Sequence[int]
) -> dict[int, int]:
    """Who can do all of the wanted services → seconds they take together; in the salon's order.

    Without a wish everybody who can be booked, and 0 seconds: only the grid counts then.
    """
    able = {one.id: 0 for one in sorted(staff, key=_first) if one.bookable and not one.fired}
    known = {service.id: service for service in services if service.active}
    for service_id in wanted:
        service = known.get(service_id)
        if service is None:
            return {}
        able = {
            one: total + (service.staff_s[one] or service.duration_s)
            for one, total in able.items()
            if one in service.staff_s
        }
    return able


def step_of(services: Iterable[Service], wanted: Sequence[int], usual_s: int) -> int:
    """The grid on which these services begin together, seconds; `usual_s` is the salon's."""
    steps = [one.step_s or usual_s for one in services if one.id in wanted]
    return max(steps, default=usual_s)


def free_days(
    days: Iterable[OpenDay],
    lengths: Mapping[int, int],
    *,
    step_s: int,
    earliest: datetime | None = None,
) -> list[FreeDay]:
    """Days on which one of these employees can begin, in the order given.

    Written out: it runs for thousands of days in one answer.

    Args:
        lengths: employee → seconds, as `seances` tells.
        step_s: the grid; positive.
        earliest: nothing before this moment (now and the salon's notice), the salon's time.
    """
    found: list[FreeDay] = []
    for staff_id, day, gaps in days:
        length = lengths.get(staff_id)
        if length is None:
            continue
        length = length or step_s
        begin = 0 if earliest is None else _from(day, earliest)
        ranges: list[range] = []
        for edge in range(0, len(gaps), 2):
            first, last = gaps[edge], gaps[edge + 1] - length
            if first <= last:
                first = max(first, begin)
                first += -first % step_s
                if first <= last:
                    ranges.append(range(first, last + 1, step_s))
        if ranges:
            found.append(FreeDay(staff_id, day, length, ranges))
    return found


def open_day(book: DayBook) -> OpenDay:
    """What visits and group events leave of the working spans."""
    gaps: list[int] = []
    for begin, end in sorted(_each(book.hours)):
        at = begin
        for taken, released in sorted(_each(book.busy)):
            if taken < released and released > at and taken < end:
                if taken > at:
                    gaps += (at, taken)
                at = released
        if at < end:
            gaps += (at, end)
    return OpenDay(book.staff_id, book.day, gaps)


def for_anybody(days: Sequence[FreeDay], staff: Sequence[int]) -> list[Start]:
    """Each moment at which one of them is free, with the first in `staff` who is."""
    rank = {one: place for place, one in enumerate(staff)}
    first: dict[tuple[date, int], FreeDay] = {}
    for free in sorted(days, key=lambda one: rank.get(one.staff_id, len(rank)), reverse=True):
        first.update(dict.fromkeys(((free.day, second) for second in free.seconds()), free))
    starts: list[Start] = []
    for (day, second), free in sorted(first.items(), key=lambda item: item[0]):
        at = datetime.combine(day, time.min) + timedelta(seconds=second)
        starts.append(Start(free.staff_id, at, free.seance_s))
    return starts


def pairs_of(hours: Iterable[Span]) -> list[int]:
    """Working spans as seconds; the last second of the day is its end."""
    pairs: list[int] = []
    for span in sorted(hours):
        end = seconds_of(span.end)
        pairs += (seconds_of(span.start), DAY_S if end in {0, DAY_S - 1} else end)
    return pairs


def spans_of(pairs: Pairs) -> list[Span]:
    """The other way round."""
    return [Span(_clock(begin), _clock(end)) for begin, end in _each(pairs)]


def seconds_of(moment: time) -> int:
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def _from(day: date, earliest: datetime) -> int:
    if day > earliest.date():
        return 0
    return seconds_of(earliest.time()) if day == earliest.date() else DAY_S


def _each(pairs: Pairs) -> Iterator[tuple[int, int]]:
    return zip(pairs[::2], pairs[1::2], strict=True)


def _clock(second: int) -> time:
    second = min(second, DAY_S - 1)
    return time(second // 3600, second // 60 % 60, second % 60)


def _first(one: StaffMember) -> tuple[int, int]:
    return -one.weight, one.id
