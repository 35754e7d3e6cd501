"""The copy of salons, for doors and for booking: everything is read from our own store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from kommutator.domain.connection import Account
from kommutator.domain.salon.booking import Start
from kommutator.domain.salon.copy import TASKS, Part
from kommutator.domain.salon.facts import Salon, SalonClient, Service, StaffMember, Visit
from kommutator.domain.salon.slots import (
    ANYBODY,
    FreeDay,
    OpenDay,
    free_days,
    open_day,
    seances,
    step_of,
)
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.salon.day import DayView, starts_of_move
from kommutator.flows.salon.shelve import ShelveVisits
from kommutator.flows.salon.source import SalonSource, local
from kommutator.kit.clock import Clock
from kommutator.kit.errors import NotFound, Unavailable
from kommutator.store.crm_hooks import HookState
from kommutator.store.crm_reads import CrmRead
from kommutator.store.database import Database
from kommutator.store.salons import KeptSalon


@dataclass(frozen=True, slots=True)
class SyncState:
    """How fresh the copy is.

    Attributes:
        salon: None: never read.
        reads: all rounds, with errors and when they are due again.
        hook: None: nothing was asked and nothing was heard yet.
        wanted: told of and not yet read; `wanted_since` is the oldest.
        synced_at: up to when changes of visits are here; None: not yet.
    """

    salon: KeptSalon | None
    reads: Sequence[CrmRead]
    hook: HookState | None
    wanted: int
    wanted_since: datetime | None
    synced_at: datetime | None


class Salons:
    """Implements `SalonShelf`. Whose salon it is was checked by whoever has the account."""

    def __init__(
        self, db: Database, source: SalonSource, shelve: ShelveVisits, *, clock: Clock
    ) -> None:
        self._db = db
        self._source = source
        self._shelve = shelve
        self._clock = clock

    # --- salons ------------------------------------------------------------------------------

    async def all(self, enterprise: EnterpriseNumber) -> Sequence[KeptSalon]:
        """Every salon of the enterprise that was read once, by title."""
        async with self._db.single() as unit:
            return await unit.salons.of(enterprise)

    async def kept(self, enterprise: EnterpriseNumber, connection_id: UUID) -> KeptSalon:
        """Raises Unavailable: `salon_not_copied`: nothing was read yet."""
        async with self._db.single() as unit:
            found = await unit.salons.get(enterprise, connection_id)
        if found is None:
            raise Unavailable("salon_not_copied")
        return found

    async def salon(self, account: Account) -> Salon:
        """Raises Unavailable: `salon_not_copied`."""
        return (await self.kept(account.enterprise, account.connection_id)).salon

    async def now(self, account: Account) -> datetime:
        """The salon's own time. Raises Unavailable: `salon_not_copied`."""
        return local(self._clock.now(), await self.salon(account))

    async def services(self, account: Account) -> Sequence[Service]:
        """In the salon's order; also those that cannot be booked."""
        async with self._db.single() as unit:
            return await unit.salon_lists.services(account.enterprise, account.connection_id)

    async def staff(self, account: Account) -> Sequence[StaffMember]:
        """In the salon's order; also those who cannot be booked."""
        async with self._db.single() as unit:
            return await unit.salon_lists.staff(account.enterprise, account.connection_id)

    async def sync(self, enterprise: EnterpriseNumber, connection_id: UUID) -> SyncState:
        """How fresh everything is."""
        async with self._db.unit() as unit:
            reads = await unit.crm_reads.of(enterprise, connection_id)
            wanted, since = await unit.salon_wanted.waiting(enterprise, connection_id)
            looked = [
                read.finished_at
                for read in reads
                if read.task in {"changed:visits", Part.VISITS.value} and read.finished_at
            ]
            return SyncState(
                salon=await unit.salons.get(enterprise, connection_id),
                reads=reads,
                hook=await unit.crm_hooks.get(enterprise, connection_id),
                wanted=wanted,
                wanted_since=since,
                synced_at=max(looked, default=None),
            )

    async def refresh(self, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        """Read everything anew, beginning now."""
        async with self._db.unit() as unit:
            for task in TASKS:
                await unit.crm_reads.start(enterprise, connection_id, task)

    # --- days and free starts ----------------------------------------------------------------

    async def day(
        self,
        account: Account,
        day: date,
        *,
        services: Sequence[int] = (),
        deleted: bool = False,
    ) -> DayView:
        """One day of the journal. Raises Unavailable: `salon_not_copied`."""
        key = account.enterprise, account.connection_id
        salon = await self.kept(*key)
        async with self._db.unit() as unit:
            people = await unit.salon_lists.staff(*key, gone=True)
            books = {one.staff_id: one for one in await unit.salon_days.between(*key, day, day)}
            visits = await unit.salon_visits.between(*key, day, day, deleted=deleted)
            known = await unit.salon_lists.services(*key) if services else ()
        busy = {visit.staff_id for visit in visits}
        staff = [
            one
            for one in people
            if one.id in books or one.id in busy or (one.bookable and not one.fired)
        ]
        ordered = [books[one.id] for one in staff if one.id in books]
        days = list(map(open_day, ordered))
        free = self._free(salon.salon, days, seances(known, people, services), known, services)
        return DayView(salon, day, staff, ordered, visits, free)

    async def free_starts(
        self,
        account: Account,
        services: Sequence[int],
        staff: Sequence[int],
        first: date,
        last: date,
    ) -> Sequence[FreeDay]:
        """When these services can begin together, both days inclusive; by day and employee.

        Args:
            staff: none: everybody who can.

        Raises Unavailable: `salon_not_copied`.
        """
        key = account.enterprise, account.connection_id
        async with self._db.single() as unit:
            salon = await unit.salons.get(*key)
            if salon is None:
                raise Unavailable("salon_not_copied")
            known = await unit.salon_lists.services(*key)
            lengths = seances(known, await unit.salon_lists.staff(*key), services)
            if staff:
                lengths = {one: took for one, took in lengths.items() if one in staff}
            days = await unit.salon_days.open_between(*key, first, last, lengths)
        return self._free(salon.salon, days, lengths, known, services)

    async def free(
        self, account: Account, service_ids: Sequence[int], staff_id: int, first: date, last: date
    ) -> Sequence[Start]:
        """Free starts in time's order; 0 of `staff_id`: of everybody who can."""
        staff = () if staff_id == ANYBODY else (staff_id,)
        days = await self.free_starts(account, service_ids, staff, first, last)
        starts = [start for day in days for start in day.starts()]
        return sorted(starts, key=lambda start: start.starts_at)  # stable: the salon's order stays

    async def free_to_move(
        self, account: Account, visit: Visit, first: date, last: date
    ) -> Sequence[Start]:
        """Where this visit could go as it is, in time's order; its own time counts as free."""
        key = account.enterprise, account.connection_id
        salon = await self.salon(account)
        async with self._db.single() as unit:
            known = await unit.salon_lists.services(*key)
            people = await unit.salon_lists.staff(*key)
            books = await unit.salon_days.between(*key, first, last)
        return starts_of_move(visit, salon, books, people, known, local(self._clock.now(), salon))

    def _free(
        self,
        salon: Salon,
        days: Sequence[OpenDay],
        lengths: dict[int, int],
        services: Sequence[Service],
        wanted: Sequence[int],
    ) -> Sequence[FreeDay]:
        if not wanted:
            return ()
        earliest = local(self._clock.now(), salon) + timedelta(seconds=salon.notice_s)
        step_s = step_of(services, wanted, salon.slot_step_s)
        return free_days(days, lengths, step_s=step_s, earliest=earliest)

    # --- clients and visits ------------------------------------------------------------------

    async def clients(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        text: str = "",
        *,
        after: tuple[str, int] | None = None,
        limit: int = 50,
    ) -> Sequence[SalonClient]:
        """By name; `text`: part of the name, or of the phone if it looks like one."""
        digits = _digits(text)
        async with self._db.single() as unit:
            return await unit.salon_clients.search(
                enterprise,
                connection_id,
                text="" if digits else text,
                digits=digits,
                after=after,
                limit=limit,
            )

    async def client(
        self, enterprise: EnterpriseNumber, connection_id: UUID, client_id: int
    ) -> SalonClient:
        """A deleted one too. Raises NotFound: `salon_client_not_found`."""
        async with self._db.single() as unit:
            found = await unit.salon_clients.get(enterprise, connection_id, client_id)
        if found is None:
            raise NotFound("salon_client_not_found")
        return found

    async def history(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        client_id: int,
        *,
        before: tuple[datetime, int] | None = None,
        limit: int = 100,
    ) -> Sequence[Visit]:
        """A client's visits, deleted ones too, the latest first."""
        async with self._db.single() as unit:
            return await unit.salon_visits.of_client(
                enterprise, connection_id, client_id, before=before, limit=limit
            )

    async def visits(
        self, account: Account, first: date, last: date, *, deleted: bool = False
    ) -> Sequence[Visit]:
        """Those that begin on these days, both inclusive, in order of time."""
        async with self._db.single() as unit:
            return await unit.salon_visits.between(
                account.enterprise, account.connection_id, first, last, deleted=deleted
            )

    async def visit(self, account: Account, record_id: int) -> Visit | None:
        """As last read, a deleted one too; None: never heard of."""
        async with self._db.single() as unit:
            return await unit.salon_visits.get(account.enterprise, account.connection_id, record_id)

    async def reread(self, account: Account, record_id: int) -> Visit | None:
        """Read this visit at the vendor now, keep it, and let everybody hear what changed.

        None: the vendor has it no longer. Raises VendorError, UserError.
        """
        await self._source.know(account)
        at = await self._source.now()
        visit = await self._source.reader(account).visit(account, record_id)
        async with self._db.unit() as unit:
            gone = () if visit else (record_id,)
            told = [visit] if visit else []
            await self._shelve(unit, account, told, gone=gone, read_at=at)
        return visit


_PHONE = frozenset("0123456789+-() ")
_TRUNK = "8"  # what people of these countries dial instead of +7
_NATIONAL = 11


def _digits(text: str) -> str:
    """What to look for in phones, if the text looks like one."""
    digits = "".join(filter(str.isdigit, text)) if set(text) <= _PHONE else ""
    return digits[1:] if len(digits) == _NATIONAL and digits[0] == _TRUNK else digits
