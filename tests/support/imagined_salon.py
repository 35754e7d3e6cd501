"""The imagined salon of the assistant's exam: free times as the domain counts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from kommutator.domain.assistant.talk import (
    Acted,
    AnyAct,
    BookVisit,
    CancelVisit,
    ConfirmVisit,
    MoveVisit,
    Offer,
    OptIn,
    OptOut,
    Rate,
)
from kommutator.domain.salon.facts import (
    Attendance,
    Booked,
    Salon,
    Service,
    StaffMember,
    Visit,
)
from kommutator.domain.salon.slots import (
    DayBook,
    OpenDay,
    free_days,
    open_day,
    seances,
    seconds_of,
    step_of,
)
from kommutator.kit.errors import ErrorKind, VendorError

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Facts:
    """What `salon.json` holds, as the domain has it."""

    raw: Mapping[str, Any]

    @cached_property
    def salon(self) -> Salon:
        return Salon(**self.raw["salon"])

    @cached_property
    def staff(self) -> list[StaffMember]:
        return [
            StaffMember(row["id"], row["name"], row["specialization"]) for row in self.raw["staff"]
        ]

    @cached_property
    def services(self) -> list[Service]:
        return [
            Service(
                row["id"],
                row["title"],
                price_min=row["price_min"],
                price_max=row["price_max"],
                duration_s=row["duration_s"],
                staff_s={
                    one["id"]: row["duration_s"]
                    for one in self.raw["staff"]
                    if row["id"] in one["services"]
                },
            )
            for row in self.raw["services"]
        ]

    def open_on(self, day: date) -> tuple[str, str] | None:
        if day.isoformat() in self.raw["closed"]:
            return None
        span = self.raw["week"][_WEEK[day.weekday()]]
        return None if span is None else (span[0], span[1])

    def works(self, staff_id: int, day: date) -> tuple[int, ...]:
        """Seconds of the day, as `DayBook` has them."""
        row = next(one for one in self.raw["staff"] if one["id"] == staff_id)
        span = row["works"].get(_WEEK[day.weekday()])
        if span is None or day.isoformat() in row["off"] or self.open_on(day) is None:
            return ()
        return tuple(seconds_of(time.fromisoformat(edge)) for edge in span)


@dataclass
class ImaginedSalon:
    """One client's visits and everybody else's, at a clock that stands until it is moved.

    Attributes:
        taken: of others: employee, start, seconds.
        down: nobody answers there.
    """

    facts: Facts
    now: datetime
    visits: dict[int, Visit] = field(default_factory=dict)
    taken: list[tuple[int, datetime, int]] = field(default_factory=list)
    rated: dict[int, Rate] = field(default_factory=dict)
    opted_out: bool = False
    down: bool = False
    _last_id: int = 9000

    # --- what clients may have: FreeTimes --------------------------------------------------------

    async def starts(
        self, service_ids: Sequence[int], staff_id: int | None, first: date, last: date
    ) -> Sequence[Offer]:
        self._answers()
        lengths = seances(self.facts.services, self.facts.staff, service_ids)
        return self._free(service_ids, lengths, staff_id, first, last)

    async def moves(self, record_id: int, first: date, last: date) -> Sequence[Offer]:
        self._answers()
        visit = self.visits[record_id]
        wanted = [one.service_id for one in visit.services]
        able = seances(self.facts.services, self.facts.staff, wanted)
        lengths = dict.fromkeys(able, visit.seance_s)
        return self._free(wanted, lengths, None, first, last, moved=record_id)

    # --- what is done ----------------------------------------------------------------------------

    async def do(self, act: AnyAct) -> Acted:
        """As the flows would; the system being away is told, not raised."""
        if self.down and not isinstance(act, OptOut | OptIn | Rate):
            return Acted("failed")
        match act:
            case BookVisit():
                return await self._book(act)
            case MoveVisit():
                return await self._move(act)
            case CancelVisit():
                for record_id in act.records:
                    self._change(record_id, deleted=True)
            case ConfirmVisit():
                for record_id in act.records:
                    self._change(record_id, attendance=Attendance.CONFIRMED)
            case Rate():
                self.rated[act.record_id] = act
            case OptOut() | OptIn():
                self.opted_out = isinstance(act, OptOut)
        return Acted("done")

    def put(self, row: Mapping[str, Any]) -> None:
        """A visit that the client has had from the beginning."""
        at = datetime.fromisoformat(row["at"])
        self._save(row["id"], row["staff"], at, row["services"], row.get("minutes"))
        if row.get("confirmed"):
            self._change(row["id"], attendance=Attendance.CONFIRMED)

    def coming(self) -> list[Visit]:
        left = [one for one in self.visits.values() if one.starts_at > self.now and one.busy]
        return sorted(left, key=lambda one: one.starts_at)

    def take(self, row: Mapping[str, Any]) -> None:
        """Somebody else has come first."""
        at = datetime.fromisoformat(row["at"])
        self.taken.append((row["staff"], at, row.get("minutes", 60) * 60))

    def free_again(self, row: Mapping[str, Any]) -> None:
        gone = row["staff"], datetime.fromisoformat(row["at"])
        self.taken = [one for one in self.taken if one[:2] != gone]

    def cancelled(self, record_id: int) -> None:
        self._change(record_id, deleted=True)

    # --- how -------------------------------------------------------------------------------------

    def _answers(self) -> None:
        if self.down:
            raise VendorError(ErrorKind.TRANSIENT, "the salon's system is away")

    async def _book(self, act: BookVisit) -> Acted:
        day, offer = act.offer.starts_at.date(), act.offer
        free = await self.starts(act.service_ids, offer.staff_id, day, day)
        if offer not in free:
            return Acted("taken", alternatives=tuple(free[:3]))
        self._last_id += 1
        self._save(self._last_id, offer.staff_id, offer.starts_at, act.service_ids, None)
        return Acted("done", record_id=self._last_id)

    async def _move(self, act: MoveVisit) -> Acted:
        day = act.offer.starts_at.date()
        if act.offer not in await self.moves(act.record_id, day, day):
            return Acted("taken")
        self._change(act.record_id, starts_at=act.offer.starts_at, staff_id=act.offer.staff_id)
        return Acted("done", record_id=act.record_id)

    def _change(self, record_id: int, **fields: Any) -> None:
        self.visits[record_id] = replace(self.visits[record_id], **fields)

    def _save(
        self, number: int, staff: int, at: datetime, services: Sequence[int], minutes: int | None
    ) -> None:
        chosen = [one for one in self.facts.services if one.id in services]
        booked = tuple(Booked(one.id, one.title, one.price_min) for one in chosen)
        seconds = minutes * 60 if minutes else sum(one.duration_s for one in chosen)
        self.visits[number] = Visit(number, staff, at, seconds, booked)

    def _free(
        self,
        wanted: Sequence[int],
        lengths: Mapping[int, int],
        staff_id: int | None,
        first: date,
        last: date,
        moved: int | None = None,
    ) -> list[Offer]:
        lengths = {one: s for one, s in lengths.items() if staff_id in {None, one}}
        end = min(last, self.now.date() + timedelta(days=self.facts.raw["horizon_days"]))
        days = [first + timedelta(days=n) for n in range((end - first).days + 1)]
        step_s = step_of(self.facts.services, wanted, self.facts.salon.slot_step_s)
        opened = [self._open(one, day, moved) for day in days for one in lengths]
        free = free_days(opened, lengths, step_s=step_s, earliest=self.now)
        starts = [start for one in free for start in one.starts()]
        return sorted(
            (Offer(one.staff_id, one.starts_at, one.seance_s) for one in starts),
            key=lambda one: one.starts_at,
        )

    def _open(self, staff_id: int, day: date, moved: int | None) -> OpenDay:
        own = [
            (one.staff_id, one.starts_at, one.seance_s)
            for one in self.visits.values()
            if one.busy and one.id != moved
        ]
        busy: list[int] = []
        for staff, at, seconds in (*self.taken, *own):
            if staff == staff_id and at.date() == day:
                begin = seconds_of(at.time())
                busy += (begin, begin + seconds)
        return open_day(DayBook(staff_id, day, self.facts.works(staff_id, day), busy))
