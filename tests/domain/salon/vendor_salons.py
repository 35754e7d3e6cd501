"""Random salons of the twin, read as we read salons, and the twin's own free starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from kommutator.connectors.crm.yclients.application import Application
from kommutator.connectors.crm.yclients.client import YClientsClients
from kommutator.connectors.crm.yclients.reads import YClientsReader
from kommutator.domain.connection import Account
from kommutator.domain.outcome import Budget
from kommutator.domain.salon.facts import Salon, Service, StaffMember, Visit, WorkDay
from kommutator.domain.salon.ports import VisitQuery
from kommutator.domain.salon.slots import (
    DayBook,
    for_anybody,
    free_days,
    open_day,
    pairs_of,
    seances,
    seconds_of,
    step_of,
)
from kommutator.kit.http import HttpClient
from kommutator.twins.yclients.random_salon import random_salon
from tests.support.copied_salon import salon_account
from tests.support.yclients_town import YTown

Starts = set[tuple[int, date, int, int]]
"""(employee, day, second, seconds)."""


class AtOnce:
    """Nobody waits for an allowance."""

    async def __call__(self, budgets: Sequence[Budget]) -> None: ...
    async def hold(self, budgets: Sequence[Budget], seconds: float) -> None: ...
    async def late(self, budgets: Sequence[Budget], seconds: float) -> None: ...


def reader_of(town: YTown, http: HttpClient) -> YClientsReader:
    app = Application(
        town.partner_token,
        town.user_token,
        town.application_id,
        town.api_url,
        town.marketplace_url,
    )
    return YClientsReader(YClientsClients(http, app=app, turn=AtOnce(), egress="test"))


@dataclass(frozen=True)
class Read:
    """A salon as the copy would have it for these days."""

    salon: Salon
    services: Sequence[Service]
    staff: Sequence[StaffMember]
    hours: Sequence[WorkDay]
    visits: Sequence[Visit]

    def books(self) -> list[DayBook]:
        """As `salon_days` keeps them."""
        busy: dict[tuple[int, date], list[int]] = {}
        for one in self.visits:
            if one.busy:
                begin = seconds_of(one.starts_at.time())
                pair = (begin, begin + one.seance_s + one.break_s)
                busy.setdefault((one.staff_id, one.starts_at.date()), []).extend(pair)
        return [
            DayBook(
                one.staff_id,
                one.day,
                pairs_of(one.hours),
                pairs_of(one.events) + busy.get((one.staff_id, one.day), []),
            )
            for one in self.hours
        ]

    def ours(self, wanted: Sequence[int], now: datetime) -> tuple[Starts, set[tuple[date, int]]]:
        """Everybody's free starts, and those of anybody."""
        lengths = seances(self.services, self.staff, wanted)
        days = free_days(
            map(open_day, self.books()),
            lengths,
            step_s=step_of(self.services, wanted, self.salon.slot_step_s),
            earliest=now + timedelta(seconds=self.salon.notice_s),
        )
        each = {(d.staff_id, d.day, at, d.seance_s) for d in days for at in d.seconds()}
        anybody = {
            (start.starts_at.date(), seconds_of(start.starts_at.time()))
            for start in for_anybody(days, list(lengths))
        }
        return each, anybody


async def read_salon(reader: YClientsReader, account: Account, first: date, last: date) -> Read:
    visits: list[Visit] = []
    page = 1
    while True:
        query = VisitQuery(page=page, days_from=first, days_to=last, deleted=True)
        found = await reader.visits(account, query)
        visits += found.items
        if not found.more:
            break
        page += 1
    return Read(
        await reader.salon(account),
        await reader.services(account),
        await reader.staff(account),
        await reader.schedule(account, first, last),
        visits,
    )


async def differences(town: YTown, reader: YClientsReader, seed: int) -> list[object]:
    """Where our free starts of a salon by chance are not the vendor's, for three wishes."""
    company = random_salon(town.world, seed)
    await town.let_in(company.id)
    account = salon_account(salon_id=company.id, way="marketplace")
    chance = Random(seed)  # noqa: S311  a seeded invention
    today = datetime.now(ZoneInfo(company.timezone_name)).date()
    first, last = today, today + timedelta(days=5)
    read = await read_salon(reader, account, first, last)
    found: list[object] = []
    active = [one.id for one in read.services if one.active]
    for size in (1, 2, 3):
        wanted = chance.sample(active, min(size, len(active)))
        now = town.world.local_now(company)
        ours, anybody = read.ours(wanted, now)
        theirs: Starts = set()
        theirs_anybody: set[tuple[date, int]] = set()
        for n in range((last - first).days + 1):
            day = first + timedelta(days=n)
            for one in read.staff:
                slots = town.world.times(company, one.id, day, wanted)
                theirs |= {(one.id, day, slot.start, slot.length) for slot in slots}
            slots = town.world.times(company, 0, day, wanted)
            theirs_anybody |= {(day, slot.start) for slot in slots}
        if ours != theirs or anybody != theirs_anybody:
            found.append((seed, wanted, sorted(ours - theirs)[:5], sorted(theirs - ours)[:5]))
    return found
