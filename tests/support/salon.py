"""A salon in memory: its copy and its vendor, for tests of booking."""

# ruff: noqa: ARG002 - a port's methods are told more than a fake needs

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.salon.booking import (
    BookingRefused,
    BookingWish,
    Guest,
    Made,
    Refused,
    Start,
)
from kommutator.domain.salon.facts import (
    Attendance,
    Booked,
    Salon,
    Service,
    StaffMember,
    Visit,
)
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.clock import SystemClock
from kommutator.store.database import Database

HERE = EnterpriseNumber("0367")
CONNECTION = UUID(int=367)
DAY = date(2026, 11, 25)
NOW = datetime.combine(DAY, time(8))
HOUR_S = 3600
STAFF = (StaffMember(7, "Ольга"), StaffMember(8, "Ирина"))
SERVICES = (
    Service(11, "Стрижка", staff_s={7: HOUR_S, 8: HOUR_S}),
    Service(12, "Окраска", staff_s={7: 2 * HOUR_S}),
)


def at(hour: int, minute: int = 0) -> datetime:
    """That day, the salon's time."""
    return datetime.combine(DAY, time(hour, minute))


def wish(api_id: str = "w1", staff_id: int = 7, hour: int = 10) -> BookingWish:
    return BookingWish(staff_id, (11,), at(hour), Guest("+79161234567", "Анна"), api_id)


def an_account() -> Account:
    return Account(
        enterprise=HERE,
        connection_id=CONNECTION,
        kind=ConnectionKind.YCLIENTS,
        name="Салон",
        base_url="http://127.0.0.1",
        status=ConnectionStatus.ACTIVE,
        config={"salon_id": 962302},
        secrets={},
        account_key="962302",
    )


async def connect_salon(db: Database) -> None:
    """Rows that bookings refer to."""
    async with db.unit() as unit:
        await unit.enterprises.create(HERE, name="Салон", time_zone="Europe/Moscow")
        await unit.connection.execute(
            "INSERT INTO connections (id, enterprise, kind, name, base_url, status) "
            "VALUES ($1, $2, 'yclients', 'Салон', 'http://127.0.0.1', 'active')",
            CONNECTION, HERE,
        )  # fmt: skip


class Hasty(SystemClock):
    """Nobody waits."""

    async def sleep(self, seconds: float) -> None:
        """At once."""


@dataclass
class Vendor:
    """A salon's journal, as the vendor keeps it: takes what fits, refuses the rest.

    Attributes:
        before, after: called around each `book`; they may raise.
        seen: whether `find` shows what is there.
    """

    visits: dict[int, Visit] = field(default_factory=dict)
    asked: int = 0
    looked: int = 0
    before: Callable[[int], None] = lambda _: None
    after: Callable[[int], None] = lambda _: None
    seen: Callable[[int], bool] = lambda _: True

    async def check(self, account: Account, wanted: BookingWish) -> None:
        if self._busy(wanted.staff_id, wanted.starts_at):
            raise BookingRefused(Refused.TAKEN, "занято")

    async def book(self, account: Account, wanted: BookingWish) -> Made:
        self.asked += 1
        self.before(self.asked)
        await self.check(account, wanted)
        record_id = 1000 + len(self.visits)
        self.visits[record_id] = Visit(
            record_id,
            wanted.staff_id,
            wanted.starts_at,
            HOUR_S,
            tuple(Booked(one, str(one)) for one in wanted.service_ids),
            client_name=wanted.guest.name,
            client_phone=wanted.guest.phone,
            api_id=wanted.api_id,
        )
        self.after(self.asked)
        return Made(record_id, "hash")

    async def put(
        self, account: Account, wanted: BookingWish, *, save_if_busy: bool = False
    ) -> Made:
        return await self.book(account, wanted)

    async def find(self, account: Account, wanted: BookingWish) -> Visit | None:
        self.looked += 1
        found = (one for one in self.visits.values() if one.api_id == wanted.api_id)
        return next(found, None) if self.seen(self.looked) else None

    async def move(
        self, account: Account, visit: Visit, starts_at: datetime, staff_id: int | None = None
    ) -> None:
        self.asked += 1
        self.before(self.asked)
        who = staff_id or visit.staff_id
        if self._busy(who, starts_at, but=visit.id):
            raise BookingRefused(Refused.TAKEN, "занято")
        self.visits[visit.id] = replace(visit, starts_at=starts_at, staff_id=who)
        self.after(self.asked)

    async def cancel(self, account: Account, visit: Visit) -> None:
        self.asked += 1
        self.before(self.asked)
        self.visits[visit.id] = replace(visit, deleted=True)
        self.after(self.asked)

    async def attend(self, account: Account, visit: Visit, attendance: Attendance) -> None:
        self.asked += 1
        self.visits[visit.id] = replace(visit, attendance=attendance)

    def _busy(self, staff_id: int, starts_at: datetime, but: int = 0) -> bool:
        return any(
            one.busy
            and one.id != but
            and one.staff_id == staff_id
            and abs(one.starts_at - starts_at) < timedelta(seconds=HOUR_S)
            for one in self.visits.values()
        )


@dataclass
class Shelf:
    """The copy: what of the vendor's journal was read, by `reread` or at `read`."""

    vendor: Vendor
    kept: dict[int, Visit] = field(default_factory=dict)
    now_is: datetime = NOW

    async def salon(self, account: Account) -> Salon:
        return Salon(962302, "Салон", "Europe/Moscow")

    async def services(self, account: Account) -> Sequence[Service]:
        return SERVICES

    async def staff(self, account: Account) -> Sequence[StaffMember]:
        return STAFF

    async def now(self, account: Account) -> datetime:
        return self.now_is

    async def free(
        self, account: Account, service_ids: Sequence[int], staff_id: int, first: date, last: date
    ) -> Sequence[Start]:
        """Every whole hour from 10 to 17 on that one day."""
        able = [one.id for one in STAFF if staff_id in (0, one.id)]
        return [
            Start(one, at(hour), HOUR_S)
            for hour in range(10, 18)
            for one in able
            if first <= DAY <= last and not self._taken(one, at(hour))
        ]

    async def free_to_move(
        self, account: Account, visit: Visit, first: date, last: date
    ) -> Sequence[Start]:
        return await self.free(account, [one.service_id for one in visit.services], 0, first, last)

    async def visit(self, account: Account, record_id: int) -> Visit | None:
        return self.kept.get(record_id)

    async def reread(self, account: Account, record_id: int) -> Visit | None:
        visit = self.vendor.visits.get(record_id)
        if visit is not None:
            self.kept[record_id] = visit
        elif record_id in self.kept:
            self.kept[record_id] = replace(self.kept[record_id], deleted=True)
        return visit

    def _taken(self, staff_id: int, starts_at: datetime) -> bool:
        return any(
            one.busy and (one.staff_id, one.starts_at) == (staff_id, starts_at)
            for one in self.kept.values()
        )
