"""A salon's day as its journal shows it, and where a visit of it could go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from kommutator.domain.salon.booking import Start
from kommutator.domain.salon.facts import Salon, Service, StaffMember, Visit
from kommutator.domain.salon.slots import (
    DAY_S,
    DayBook,
    FreeDay,
    free_days,
    open_day,
    seances,
    step_of,
)
from kommutator.store.salons import KeptSalon


@dataclass(frozen=True, slots=True)
class DayView:
    """One day of a salon as its journal shows it.

    Attributes:
        books: hours and busy times of those who work, in the order of `staff`.
        visits: in order of time; deleted ones too, if asked for.
        free: free starts, if services were asked for.
        staff: those who work, have a visit, or can be booked; in the salon's order.
    """

    salon: KeptSalon
    day: date
    staff: Sequence[StaffMember]
    books: Sequence[DayBook]
    visits: Sequence[Visit]
    free: Sequence[FreeDay]


def starts_of_move(
    visit: Visit,
    salon: Salon,
    books: Sequence[DayBook],
    people: Sequence[StaffMember],
    services: Sequence[Service],
    earliest: datetime,
) -> list[Start]:
    """Free starts for a visit as long as it is, with whoever does its services; in time's order.

    It keeps its length with another employee, too, as it does at the vendor.
    """
    wanted = [one.service_id for one in visit.services]
    able = {*seances(services, people, wanted), visit.staff_id} if wanted else {visit.staff_id}
    lengths = dict.fromkeys(able, visit.seance_s + visit.break_s)
    step_s = step_of(services, wanted, salon.slot_step_s)
    days = [open_day(_without(book, visit)) for book in books]
    free = free_days(days, lengths, step_s=step_s, earliest=earliest)
    starts = [
        Start(one.staff_id, one.starts_at, visit.seance_s) for day in free for one in day.starts()
    ]
    return sorted(starts, key=lambda start: start.starts_at)


def _without(book: DayBook, visit: Visit) -> DayBook:
    """The day as if this visit were not there."""
    if book.staff_id != visit.staff_id or not visit.busy:
        return book
    begin = int((visit.starts_at - datetime.combine(book.day, time.min)).total_seconds())
    own = max(begin, 0), min(begin + visit.seance_s + visit.break_s, DAY_S)
    pairs = list(zip(book.busy[::2], book.busy[1::2], strict=True))
    if own in pairs:
        pairs.remove(own)
    return book._replace(busy=[edge for pair in pairs for edge in pair])
