"""A booking system in memory whose salon is copied: it changes, tells badly, hangs or breaks."""

# ruff: noqa: ARG002 - a port's methods are told more than a fake needs

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.journal import JournalRow, Verdict
from kommutator.domain.salon.changes import VisitChange
from kommutator.domain.salon.copy import Part, SalonNews
from kommutator.domain.salon.facts import (
    Booked,
    Category,
    Salon,
    SalonClient,
    Service,
    Span,
    StaffMember,
    Visit,
    WorkDay,
)
from kommutator.domain.salon.ports import ClientPage, SalonReader, VisitPage, VisitQuery
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.directory import Directory
from kommutator.flows.salon.clients import ReadClients
from kommutator.flows.salon.hear import HearSalons
from kommutator.flows.salon.hooks import WatchSalonHooks
from kommutator.flows.salon.kept import Salons
from kommutator.flows.salon.lists import ReadLists
from kommutator.flows.salon.rounds import CopySalons
from kommutator.flows.salon.shelve import ShelveVisits
from kommutator.flows.salon.source import SalonSource
from kommutator.flows.salon.visits import BATCH, ReadVisits
from kommutator.kit.clock import SystemClock
from kommutator.kit.errors import VendorError
from kommutator.kit.ids import SystemIds
from kommutator.store.crm_reads import CrmRead
from kommutator.store.database import Database
from kommutator.store.unit import Unit
from tests.support.house import settings_for_tests, vault_of
from tests.support.rounds import whole_round

HERE = EnterpriseNumber("0367")
SALON = UUID(int=7)
NUMBER = 962302
PUBLIC = "https://gate.example"
ZONE = ZoneInfo("Europe/Moscow")
HAIRCUT = Service(1, "Стрижка", price_min=900, staff_s={10: 3600, 11: 2700})


def salon_account(connection_id: UUID = SALON, **config: Any) -> Account:
    return Account(
        enterprise=HERE,
        connection_id=connection_id,
        kind=ConnectionKind.YCLIENTS,
        name="Июнь",
        base_url="https://api.yclients.example",
        status=ConnectionStatus.ACTIVE,
        config={"salon_id": NUMBER, "way": "direct", **config},
        secrets={},
        account_key=str(NUMBER),
    )


@dataclass
class VendorSalon:
    """`SalonReader`, `SalonHooks`, and the directory of its one account.

    Attributes:
        asked: what was asked for, in order.
        error: raised instead of every answer.
        ignores_filter: of what changed since when.
    """

    whose: Account = field(default_factory=salon_account)
    book: dict[int, Visit] = field(default_factory=dict)
    people: dict[int, SalonClient] = field(default_factory=dict)
    offered: list[Service] = field(default_factory=lambda: [HAIRCUT])
    masters: list[StaffMember] = field(
        default_factory=lambda: [StaffMember(10, "Анна"), StaffMember(11, "Борис")]
    )
    hours: list[WorkDay] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    asked: list[tuple[str, object]] = field(default_factory=list)
    error: VendorError | None = None
    hook_error: VendorError | None = None
    ignores_filter: bool = False
    per_page: int = 200

    # --- the vendor's own doings ---

    def put(self, number: int, hour: float = 10, staff: int = 10, **more: Any) -> Visit:
        """A visit today, changed now."""
        now = datetime.now(UTC).replace(microsecond=0)
        at = datetime.combine(now.astimezone(ZONE).date(), time.min) + timedelta(hours=hour)
        known = self.book.get(number) or Visit(
            number, staff, at, 3600, (Booked(1, "Стрижка", 900),), created_at=now
        )
        fields = {"changed_at": now, "raw": {"id": number, "at": at.isoformat()}, **more}
        self.book[number] = replace(known, starts_at=at, staff_id=staff, **fields)
        return self.book[number]

    def change(self, number: int, **more: Any) -> Visit:
        now = datetime.now(UTC).replace(microsecond=0)
        self.book[number] = replace(self.book[number], **{"changed_at": now, **more})
        return self.book[number]

    # --- SalonReader ---

    async def salon(self, account: Account, *, background: bool = False) -> Salon:
        self._ask("salon")
        return Salon(NUMBER, "Июнь", "Europe/Moscow")

    async def categories(self, account: Account, *, background: bool = False) -> list[Category]:
        return [Category(1, "Волосы")]

    async def services(self, account: Account, *, background: bool = False) -> list[Service]:
        self._ask("services")
        return list(self.offered)

    async def staff(self, account: Account, *, background: bool = False) -> list[StaffMember]:
        self._ask("staff")
        return list(self.masters)

    async def schedule(
        self, account: Account, first: date, last: date, *, background: bool = False
    ) -> list[WorkDay]:
        self._ask("hours", (first, last))
        return [one for one in self.hours if first <= one.day <= last]

    async def visits(
        self, account: Account, query: VisitQuery, *, background: bool = False
    ) -> VisitPage:
        self._ask("visits", query.page)
        found = [one for _, one in sorted(self.book.items())]
        if query.days_from:
            found = [one for one in found if one.starts_at.date() >= query.days_from]
        if query.days_to:
            found = [one for one in found if one.starts_at.date() <= query.days_to]
        if query.changed_from and not self.ignores_filter:
            since = query.changed_from.replace(tzinfo=ZONE, microsecond=0)
            found = [one for one in found if one.changed_at and one.changed_at >= since]
        if not query.deleted:
            found = [one for one in found if not one.deleted]
        size = min(query.limit, self.per_page)
        start = (query.page - 1) * size
        return VisitPage(found[start : start + size], len(found), len(found) > start + size)

    async def visit(
        self, account: Account, record_id: int, *, background: bool = False
    ) -> Visit | None:
        self._ask("visit", record_id)
        return self.book.get(record_id)

    async def clients(
        self,
        account: Account,
        page: int,
        *,
        changed_from: datetime | None = None,
        background: bool = False,
    ) -> ClientPage:
        self._ask("clients", page)
        found = [one for _, one in sorted(self.people.items())]
        if changed_from:
            since = changed_from.replace(tzinfo=ZONE, microsecond=0)
            found = [one for one in found if one.changed_at and one.changed_at >= since]
        start = (page - 1) * self.per_page
        items = found[start : start + self.per_page]
        return ClientPage(items, len(found), len(found) > start + self.per_page)

    async def client(
        self, account: Account, client_id: int, *, background: bool = False
    ) -> SalonClient | None:
        self._ask("client", client_id)
        return self.people.get(client_id)

    # --- SalonHooks ---

    async def addresses(self, account: Account) -> Sequence[str]:
        self._hook_trouble()
        return list(self.called)

    async def add(self, account: Account, address: str, *, instead_of: str = "") -> None:
        self._hook_trouble()
        self.called = [
            one for one in self.called if not (instead_of and one.startswith(instead_of))
        ]
        self.called.append(address)

    async def take_off(self, account: Account, begin: str) -> None:
        self._hook_trouble()
        self.called = [one for one in self.called if not one.startswith(begin)]

    # --- Directory ---

    async def account(self, connection_id: UUID) -> Account:
        return self.whose

    def _ask(self, what: str, which: object = None) -> None:
        self.asked.append((what, which))
        if self.error:
            raise self.error

    def _hook_trouble(self) -> None:
        if self.hook_error:
            raise self.hook_error


@dataclass
class Hearer:
    """`HearVisits` that remembers. `error`: raised instead."""

    told: list[VisitChange] = field(default_factory=list)
    error: Exception | None = None

    async def __call__(
        self, unit: Unit, account: Account, salon: Salon, changes: Sequence[VisitChange]
    ) -> None:
        if self.error:
            raise self.error
        self.told.extend(changes)

    @property
    def news(self) -> list[tuple[int, tuple[str, ...]]]:
        """Of visits that came up after the first copy."""
        return [
            (one.after.id, tuple(news.value for news in one.news))
            for one in self.told
            if not one.first_read
        ]


@dataclass(frozen=True)
class SalonCopy:
    """Everything that keeps a copy of one salon."""

    db: Database
    vendor: VendorSalon
    hearer: Hearer
    source: SalonSource
    hooks: WatchSalonHooks
    copier: CopySalons
    salons: Salons

    async def round(self, task: str) -> CrmRead:
        """Do a whole round now, as a worker does; returns what is noted of it."""
        whose = self.vendor.whose.connection_id
        return await whole_round(self.db, self.copier, HERE, whose, task)

    async def hear(self, *news: SalonNews, source: str = "yclients") -> Verdict:
        """A notice is decided upon."""

        async def nobody(unit: Unit, row: JournalRow) -> Verdict:
            raise AssertionError

        directory = cast("Directory", self.vendor)
        hear = HearSalons(directory, "yclients", lambda _account, _row: news, nobody)
        async with self.db.unit() as unit:
            at = await unit.connection.fetchval("SELECT clock_timestamp()")
            whose = self.vendor.whose.connection_id
            row = JournalRow(1, HERE, source, "hook", None, b"", whose, at)
            return await hear.decide(unit, row)

    async def reread(self, part: Part, limit: int = BATCH) -> str | None:
        """Read a batch that somebody told of; None: nobody told of any."""
        whose = self.vendor.whose.connection_id
        async with self.db.unit() as unit:
            taken = await unit.salon_wanted.take(HERE, whose, part, limit, 60)
        return None if taken is None else await self.copier.reread(HERE, whose, taken)

    async def reread_all(self) -> None:
        for part in Part:
            while await self.reread(part) == "up":
                pass

    async def held(self) -> dict[int, Visit]:
        """Visits of the copy, deleted ones too."""
        async with self.db.unit() as unit:
            ids = await unit.connection.fetch("SELECT id FROM salon_visits")
            found = await unit.salon_visits.some(
                HERE, self.vendor.whose.connection_id, [row["id"] for row in ids]
            )
        return {one: kept.visit for one, kept in found.items()}

    async def waiting(self) -> int:
        async with self.db.unit() as unit:
            return (await unit.salon_wanted.waiting(HERE, self.vendor.whose.connection_id))[0]

    async def run(self, sql: str) -> None:
        async with self.db.single() as unit:
            await unit.connection.execute(sql)


async def keep_salon(db: Database, vendor: VendorSalon) -> SalonCopy:
    """An enterprise with a working salon, and the parts that copy it."""
    whose = vendor.whose
    async with db.unit() as unit:
        await unit.enterprises.create(HERE, name="Firm")
        await unit.connections.create(
            HERE, whose.connection_id, kind=whose.kind, name=whose.name, base_url=whose.base_url,
            account_key=whose.account_key or "", config=whose.config, sealed={},
        )  # fmt: skip
        await unit.connections.set_status(HERE, whose.connection_id, ConnectionStatus.ACTIVE)
    clock, ids, hearer = SystemClock(), SystemIds(), Hearer()
    readers = {ConnectionKind.YCLIENTS: cast("SalonReader", vendor)}
    source = SalonSource(db, cast("Directory", vendor), readers)
    shelve = ShelveVisits([hearer])
    hooks = WatchSalonHooks(
        db, vault_of(settings_for_tests()), {ConnectionKind.YCLIENTS: vendor}, ids=ids,
        public_url=PUBLIC,
    )  # fmt: skip
    copier = CopySalons(
        db, source, ReadLists(source), ReadVisits(source, shelve), ReadClients(source), hooks,
        clock=clock,
    )  # fmt: skip
    salons = Salons(db, source, shelve, clock=clock)
    return SalonCopy(db, vendor, hearer, source, hooks, copier, salons)


def working_day(day: date, *staff: int, begin: int = 9, end: int = 18) -> list[WorkDay]:
    return [WorkDay(one, day, (Span(time(begin), time(end)),)) for one in staff]


async def copied(copy: SalonCopy) -> SalonCopy:
    """The first copy is made: from now on changes are news."""
    await copy.round("visits")
    copy.vendor.asked.clear()
    copy.hearer.told.clear()
    return copy
