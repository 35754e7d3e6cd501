"""What a booking system holds of one salon. Who reads and writes it: `domain/salon/ports.py`.

Times of day are the salon's own, as the vendor keeps them: a visit at ten stays at ten whatever
becomes of the time zone (contract YClients §1.5: the offset in `datetime` can be wrong).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import IntEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Salon:
    """One branch.

    Attributes:
        id: at the vendor.
        time_zone: IANA name; visits and hours are told in it.
        slot_step_s: the grid that starts of visits are offered on.
        notice_s: nobody books online later than so long before the visit.
        asks_code: clients who book online must prove their number by an SMS code.
    """

    id: int
    title: str
    time_zone: str
    phone: str | None = None
    address: str | None = None
    slot_step_s: int = 900
    asks_code: bool = False
    notice_s: int = 0
    currency: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Category:
    id: int
    title: str
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Service:
    """What can be booked.

    Attributes:
        price_min, price_max: whole units of the salon's currency.
        duration_s: where the employee has no time of their own for it.
        staff_s: employee id → seconds this one takes; only these do it.
        step_s: its own grid; None: the salon's.
    """

    id: int
    title: str
    category_id: int | None = None
    price_min: int = 0
    price_max: int = 0
    duration_s: int = 3600
    staff_s: Mapping[int, int] = field(default_factory=dict)
    active: bool = True
    weight: int = 0
    step_s: int | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StaffMember:
    """`bookable`: shown to clients who book online; dismissed ones are kept for old visits."""

    id: int
    name: str
    specialization: str | None = None
    user_id: int | None = None
    bookable: bool = True
    hidden: bool = False
    fired: bool = False
    weight: int = 0
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Some hours of one day, `start` inclusive, `end` exclusive; the end of the day is 23:59:59."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class WorkDay:
    """When one employee works on one day; no hours: the day off.

    `events`: when they are taken by group events, whether somebody comes to these or not.
    """

    staff_id: int
    day: date
    hours: tuple[Span, ...] = ()
    events: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class SalonClient:
    """A client's card.

    Attributes:
        phone: E.164; None where there is none or our user may not see it.
        opted_out: wants no messages (`sms_not`).
        changed_at: UTC, by the vendor's clock.
    """

    id: int
    name: str
    phone: str | None = None
    email: str | None = None
    opted_out: bool = False
    visits: int = 0
    spent: int = 0
    comment: str = ""
    birthday: date | None = None
    changed_at: datetime | None = None
    deleted: bool = False
    raw: Mapping[str, Any] = field(default_factory=dict)


class Attendance(IntEnum):
    NO_SHOW = -1
    WAITING = 0
    CAME = 1
    CONFIRMED = 2


@dataclass(frozen=True, slots=True)
class Booked:
    """One service of a visit, at the price it was booked for."""

    service_id: int
    title: str
    cost: int = 0


@dataclass(frozen=True, slots=True)
class Visit:
    """One line of the salon's journal.

    Attributes:
        id: of the record; `visit_id` may join several records.
        starts_at: without a zone, the salon's time.
        seance_s: how long the client is there; after that the employee is taken for `break_s`.
        client_id, client_name, client_phone: None where nobody is named (a break, "any client").
        deleted: cancelled and taken out of the journal.
        online: booked by the client.
        api_id: our own mark, given when we made it.
        token: proof of who may see it by a link (`record_hash`), if the vendor told.
        created_at, changed_at: UTC.
    """

    id: int
    staff_id: int
    starts_at: datetime
    seance_s: int
    services: tuple[Booked, ...] = ()
    visit_id: int | None = None
    client_id: int | None = None
    client_name: str | None = None
    client_phone: str | None = None
    attendance: Attendance = Attendance.WAITING
    confirmed: bool = False
    deleted: bool = False
    online: bool = False
    comment: str = ""
    api_id: str | None = None
    activity_id: int | None = None
    token: str | None = field(default=None, repr=False)
    created_at: datetime | None = None
    changed_at: datetime | None = None
    break_s: int = 0
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def busy(self) -> bool:
        """Whether it takes the employee's time."""
        return not self.deleted and self.attendance is not Attendance.NO_SHOW
