"""How a booking system is read and written. Every method takes the account first.

All raise `VendorError`, except where they say otherwise. What does not exist is None or an empty
page. Whoever implements them draws the vendor's allowance for each request by itself; `background`
work of a whole copy leaves room for people who wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from kommutator.domain.connection import Account
from kommutator.domain.salon.booking import BookingWish, Made, Start
from kommutator.domain.salon.facts import (
    Attendance,
    Category,
    Salon,
    SalonClient,
    Service,
    StaffMember,
    Visit,
    WorkDay,
)


@dataclass(frozen=True, slots=True)
class VisitQuery:
    """Which visits; everything given must hold.

    Attributes:
        days_from, days_to: days of the visit, both inclusive.
        changed_from: by the vendor's clock, in the salon's time, inclusive.
        deleted: also those taken out of the journal.
        page: from 1; `limit` at most 200.
    """

    page: int = 1
    limit: int = 200
    days_from: date | None = None
    days_to: date | None = None
    staff_id: int | None = None
    client_id: int | None = None
    changed_from: datetime | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class VisitPage:
    """`total` as the vendor counts, `more`: there is a page after this one."""

    items: Sequence[Visit]
    total: int
    more: bool


@dataclass(frozen=True, slots=True)
class ClientPage:
    items: Sequence[SalonClient]
    total: int
    more: bool


@dataclass(frozen=True, slots=True)
class Rights:
    """What our user may do in this branch; `missing` are slugs `salon_right.<slug>`."""

    phones: bool
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Licence:
    """`until`: the last paid day, if known."""

    active: bool
    until: date | None = None
    staff_limit: int | None = None


class SalonReader(Protocol):
    async def salon(self, account: Account, *, background: bool = False) -> Salon: ...
    async def rights(self, account: Account) -> Rights: ...
    async def licence(self, account: Account) -> Licence: ...
    async def categories(
        self, account: Account, *, background: bool = False
    ) -> Sequence[Category]: ...
    async def services(self, account: Account, *, background: bool = False) -> Sequence[Service]:
        """All of them, also those that cannot be booked now."""
        ...

    async def staff(self, account: Account, *, background: bool = False) -> Sequence[StaffMember]:
        """All of them, also dismissed ones if the vendor tells of them."""
        ...

    async def schedule(
        self, account: Account, first: date, last: date, *, background: bool = False
    ) -> Sequence[WorkDay]:
        """Hours of everybody, both days inclusive; days without hours may be left out."""
        ...

    async def visits(
        self, account: Account, query: VisitQuery, *, background: bool = False
    ) -> VisitPage: ...
    async def visit(
        self, account: Account, record_id: int, *, background: bool = False
    ) -> Visit | None:
        """Also one that was taken out of the journal, with `deleted`, where the vendor tells."""
        ...

    async def clients(
        self,
        account: Account,
        page: int,
        *,
        changed_from: datetime | None = None,
        background: bool = False,
    ) -> ClientPage: ...
    async def client(
        self, account: Account, client_id: int, *, background: bool = False
    ) -> SalonClient | None: ...
    async def clients_by_phone(self, account: Account, phone: str) -> Sequence[SalonClient]:
        """Those whose number is exactly this one (E.164)."""
        ...

    async def starts(
        self, account: Account, staff_id: int, day: date, service_ids: Sequence[int]
    ) -> Sequence[Start]:
        """The vendor's own free starts; 0 of `staff_id`: of anybody."""
        ...


class SalonWriter(Protocol):
    """Nothing is repeated blindly: UNSURE means that it may have been done."""

    async def check(self, account: Account, wish: BookingWish) -> None:
        """Would it be taken? Raises `BookingRefused`. Not a hold."""
        ...

    async def book(self, account: Account, wish: BookingWish) -> Made:
        """As a client books online. Raises `BookingRefused`; UNSURE if it may have been made."""
        ...

    async def find(self, account: Account, wish: BookingWish) -> Visit | None:
        """The visit that an earlier `book` of this wish made, by its `api_id`."""
        ...

    async def put(self, account: Account, wish: BookingWish, *, save_if_busy: bool = False) -> Made:
        """As an administrator writes into the journal."""
        ...

    async def move(
        self, account: Account, visit: Visit, starts_at: datetime, staff_id: int | None = None
    ) -> None:
        """Everything else of the visit stays. Raises `BookingRefused`."""
        ...

    async def cancel(self, account: Account, visit: Visit) -> None:
        """Take it out of the journal; also fine when it is out already."""
        ...

    async def attend(self, account: Account, visit: Visit, attendance: Attendance) -> None: ...


class SalonHooks(Protocol):
    """Which addresses the vendor calls about one salon; those of others are never dropped."""

    async def addresses(self, account: Account) -> Sequence[str]: ...
    async def add(self, account: Account, address: str, *, instead_of: str = "") -> None:
        """Ours, with all kinds of news we read; `instead_of`: begin of our former ones to drop.

        Raises VendorError with hint `salon_hooks_full` when ten others are there.
        """
        ...

    async def take_off(self, account: Account, begin: str) -> None:
        """Ours, known by how they begin. Also fine when there was none."""
        ...
