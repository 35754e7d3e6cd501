"""Free time: shifts less what is busy, in steps, long enough for all wanted services (§1.4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kommutator.twins.yclients.company import Company, Span
from kommutator.twins.yclients.staff import Staff

STEP_SECONDS = 900
DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Slot:
    """A free time: `start` in seconds from local midnight, `length` in seconds."""

    start: int
    length: int
    staff_id: int

    @property
    def time(self) -> str:
        """As clocks show it: `9:30`."""
        return f"{self.start // 3600}:{self.start % 3600 // 60:02d}"


def slots_of(
    company: Company,
    staff_id: int,
    day: date,
    service_ids: Sequence[int],
    *,
    now: datetime,
    default_seconds: int,
) -> list[Slot]:
    """Free slots of one employee, or with 0 of the first free one at each time.

    `now` is branch-local; without services a slot takes `default_seconds`.
    """
    if staff_id:
        staff = company.staff.get(staff_id)
        return (
            [] if staff is None else _of_one(company, staff, day, service_ids, now, default_seconds)
        )
    if not company.settings.any_master:
        return []
    found: dict[int, Slot] = {}
    for staff in in_order(company.staff.values()):
        for slot in _of_one(company, staff, day, service_ids, now, default_seconds):
            found.setdefault(slot.start, slot)
    return [found[start] for start in sorted(found)]


def length_of(staff: Staff, service_ids: Sequence[int], default_seconds: int) -> int | None:
    """How long the employee needs for all services; None when one of them is not theirs."""
    if not service_ids:
        return default_seconds
    if not all(number in staff.lengths for number in service_ids):
        return None
    return sum(staff.lengths[number] for number in service_ids)


def step_of(company: Company, service_ids: Iterable[int]) -> int:
    """The coarsest step among the services."""
    steps = [company.services[n].step for n in service_ids if n in company.services]
    return max(steps, default=STEP_SECONDS)


def in_order(staff: Iterable[Staff]) -> list[Staff]:
    """Employees as lists show them: heaviest first."""
    return sorted(staff, key=lambda one: (-one.weight, one.id))


def is_free(company: Company, staff: Staff, start: datetime, seconds: int, *, but: int = 0) -> bool:
    """Whether the employee works then and nothing is there; record `but` does not count."""
    begin = start.hour * 3600 + start.minute * 60 + start.second
    end = begin + seconds
    if not any(a <= begin and end <= b for a, b in staff.shifts.get(start.date(), ())):
        return False
    return not any(
        begin < b and a < end
        for a, b, kind, number in company.busy(staff.id, start.date())
        if (kind, number) != ("record", but)
    )


def free_spans(company: Company, staff: Staff, day: date) -> list[Span]:
    """Shifts of a day less everything busy, sorted."""
    free: list[Span] = []
    for begin, end in staff.shifts.get(day, ()):
        at = begin
        for a, b, _, _ in company.busy(staff.id, day):
            if b <= at or a >= end:
                continue
            if a > at:
                free.append((at, a))
            at = max(at, b)
        if at < end:
            free.append((at, end))
    return free


def _of_one(
    company: Company,
    staff: Staff,
    day: date,
    service_ids: Sequence[int],
    now: datetime,
    default_seconds: int,
) -> list[Slot]:
    length = length_of(staff, service_ids, default_seconds)
    if length is None or not (staff.visible and staff.bookable):
        return []
    step = step_of(company, service_ids)
    earliest = now + timedelta(minutes=company.settings.seance_delay_step)
    if day < earliest.date():
        return []
    soonest = 0
    if day == earliest.date():
        soonest = earliest.hour * 3600 + earliest.minute * 60 + earliest.second
        soonest += earliest.microsecond > 0
    found = []
    for begin, end in free_spans(company, staff, day):
        first = -(-max(begin, soonest) // step) * step
        found += [Slot(at, length, staff.id) for at in range(first, end - length + 1, step)]
    return found
