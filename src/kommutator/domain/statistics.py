"""What the calls of a period amount to. Pure.

The database counts quarters of an hour in UTC, because every zone of the world is a multiple of
them away from UTC; days, hours and weekdays of the enterprise are made here. So a day of 23 or
25 hours is right, and only one table of zones is trusted: Python's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kommutator.kit.errors import InvalidInput

SLOT_S = 900
"""Seconds of one slot of `Slot.at`."""
SERVICE_LEVEL_S = 20
"""An incoming call answered within so many seconds was answered in time."""
LONGEST_DAYS = 366
PERIODS = ("today", "yesterday", "7", "30", "own")
_HOURS = 24
_WEEKDAYS = 7


@dataclass(frozen=True, slots=True)
class Period:
    """Days of the enterprise, both ends included."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def since(self) -> datetime:
        return _midnight(self.first, self.zone)

    @property
    def until(self) -> datetime:
        """The first moment that is not in the period any more."""
        return _midnight(self.last + timedelta(days=1), self.zone)

    def days(self) -> Iterator[date]:
        for number in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=number)


def choose_period(name: str, first: str, last: str, *, now: datetime, zone: ZoneInfo) -> Period:
    """From what a person chose. `name` is one of PERIODS; the dates (2026-01-31) are of `own`.

    Raises:
        InvalidInput: `period_invalid`, `period_too_long`.
    """
    today = now.astimezone(zone).date()
    if name == "own":
        return _own(first, last, zone)
    if name == "yesterday":
        day = today - timedelta(days=1)
        return Period(day, day, zone)
    if name not in PERIODS:
        raise InvalidInput("period_invalid", period=name[:20])
    back = int(name) - 1 if name.isdigit() else 0
    return Period(today - timedelta(days=back), today, zone)


def _own(first: str, last: str, zone: ZoneInfo) -> Period:
    try:
        begin, end = date.fromisoformat(first), date.fromisoformat(last)
        period = Period(begin, end, zone)
        days = (end - begin).days + 1
        _ = period.since, period.until  # dates at the edge of the calendar have no neighbours
    except (ValueError, OverflowError):
        raise InvalidInput("period_invalid", period=f"{first[:20]} – {last[:20]}") from None
    if days < 1:
        raise InvalidInput("period_invalid", period=f"{first[:20]} – {last[:20]}")
    if days > LONGEST_DAYS:
        raise InvalidInput("period_too_long", most=LONGEST_DAYS)
    return period


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


@dataclass(slots=True)
class Counts:
    """Calls with clients; internal ones are left out everywhere.

    Attributes:
        answered, missed: incoming, by whether anybody talked with the client.
        outgoing: all attempts; `reached` of them ended in a conversation.
    """

    answered: int = 0
    missed: int = 0
    outgoing: int = 0
    reached: int = 0

    @property
    def incoming(self) -> int:
        return self.answered + self.missed

    def add(self, other: Counts) -> None:
        self.answered += other.answered
        self.missed += other.missed
        self.outgoing += other.outgoing
        self.reached += other.reached


@dataclass(frozen=True, slots=True)
class Slot:
    """A quarter of an hour that begins at `at`."""

    at: datetime
    counts: Counts


@dataclass(frozen=True, slots=True)
class Totals:
    """Of the whole period; seconds. None where there is nothing to take the middle of.

    Attributes:
        wait_*: of answered incoming calls, from the first ring to the conversation.
        gave_up_s: how long clients of missed calls waited, on average.
        quick: incoming calls answered within SERVICE_LEVEL_S.
    """

    counts: Counts
    wait_avg_s: float | None
    wait_median_s: float | None
    wait_p90_s: float | None
    gave_up_s: float | None
    talk_s: int
    talk_avg_s: float | None
    quick: int

    @property
    def service_level(self) -> float | None:
        """Share (0 to 1) of all incoming calls that were answered in time."""
        return self.quick / self.counts.incoming if self.counts.incoming else None

    @property
    def missed_share(self) -> float | None:
        return self.counts.missed / self.counts.incoming if self.counts.incoming else None


@dataclass(frozen=True, slots=True)
class Share:
    """One line or one employee.

    Attributes:
        name: the company's number, or the extension; None: calls without one.
        talk_s: of an employee, of calls in which they talked last.
    """

    name: str | None
    counts: Counts
    wait_avg_s: float | None
    talk_s: int


@dataclass(frozen=True, slots=True)
class Uncalled:
    """A client whose call was missed and whom nobody has talked with since.

    Attributes:
        missed: how many such calls in the period.
        call_id: the last of them.
    """

    client: str
    client_name: str | None
    line: str | None
    missed: int
    last_at: datetime
    call_id: str


@dataclass(frozen=True, slots=True)
class UncalledList:
    """`items` are the newest; `clients` and `calls` count all."""

    items: Sequence[Uncalled] = ()
    clients: int = 0
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Spread:
    """Over time.

    Attributes:
        days: every day of the period, empty ones too.
        hours: hours[weekday][hour], Monday is 0.
    """

    days: dict[date, Counts] = field(default_factory=dict)
    hours: list[list[Counts]] = field(default_factory=list)

    def of_hour(self, hour: int) -> Counts:
        """The hour over all weekdays."""
        total = Counts()
        for day in self.hours:
            total.add(day[hour])
        return total

    @property
    def busiest(self) -> int:
        """The most incoming calls that any hour of the week has; at least 1."""
        return max(1, *(cell.incoming for day in self.hours for cell in day))


def spread(slots: Iterable[Slot], period: Period) -> Spread:
    """From quarters of an hour to the enterprise's days, hours and weekdays."""
    days = {day: Counts() for day in period.days()}
    hours = [[Counts() for _ in range(_HOURS)] for _ in range(_WEEKDAYS)]
    for slot in slots:
        local = slot.at.astimezone(period.zone)
        days[local.date()].add(slot.counts)
        hours[local.weekday()][local.hour].add(slot.counts)
    return Spread(days, hours)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything the statistics page tells of one period."""

    period: Period
    totals: Totals
    spread: Spread
    lines: Sequence[Share]
    employees: Sequence[Share]
    uncalled: UncalledList
