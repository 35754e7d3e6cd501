"""A running service that keeps the twin's salon, and everything somebody was told about it."""

# ruff: noqa: ARG002 - who hears of visits is told more than a test needs

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from unittest.mock import patch
from uuid import UUID

from kommutator.domain.connection import Account
from kommutator.domain.outcome import Budget
from kommutator.domain.salon.changes import VisitChange, news_of
from kommutator.domain.salon.copy import TASKS
from kommutator.domain.salon.facts import Salon, Visit
from kommutator.flows.yclients.direct import Pass
from kommutator.store.unit import Unit
from tests.support.waiting import eventually
from tests.support.yclients_service import HERE, SALON, SalonService, open_salon_service

READ_S = 60.0  # on a crowded machine
_BUDGETS = "kommutator.connectors.crm.yclients.client.budgets_at"  # 5/s take long in a test


@dataclass
class Told:
    """`HearVisits` that remembers each visit's changes, in the order of their commits."""

    of: dict[int, list[VisitChange]] = field(default_factory=dict)

    async def __call__(
        self, unit: Unit, account: Account, salon: Salon, changes: Sequence[VisitChange]
    ) -> None:
        for change in changes:
            self.of.setdefault(change.after.id, []).append(change)

    def flaws(self, held: dict[int, Visit]) -> list[tuple[int, str]]:
        """Visits of which a change was told twice, left out, or told as it never was."""
        found: list[tuple[int, str]] = []
        for number, changes in self.of.items():
            for before, after in pairwise(changes):
                assert after.before is not None
                if news_of(before.after, after.before):
                    found.append((number, "left out"))
            if any(news_of(one.before, one.after) != one.news for one in changes):
                found.append((number, "told twice"))
            if news_of(changes[-1].after, held[number]):
                found.append((number, "not the last"))
        return found


@dataclass
class SalonStory:
    service: SalonService
    told: Told
    connection: UUID

    async def held(self) -> dict[int, Visit]:
        """Visits of the copy, deleted ones too."""
        rows = await self.service.fetch("SELECT id FROM salon_visits")
        async with self.service.house.db.unit() as unit:
            found = await unit.salon_visits.some(HERE, self.connection, [r["id"] for r in rows])
        return {one: kept.visit for one, kept in found.items()}

    async def same(self) -> bool:
        """The copy is what the twin's journal is."""
        held = await self.held()
        journal = self.service.twin.world.companies[SALON].records
        ours = {
            one: (
                visit.staff_id, visit.starts_at, visit.seance_s, int(visit.attendance),
                visit.deleted, visit.comment, [booked.service_id for booked in visit.services],
            )
            for one, visit in held.items()
        }  # fmt: skip
        theirs = {
            one.id: (
                one.staff_id, one.start, one.seance_length, one.attendance, one.deleted,
                one.comment, [line.id for line in one.services],
            )
            for one in journal.values()
        }  # fmt: skip
        return ours == theirs

    async def quiet(self) -> bool:
        """Everything that came in is decided upon and read."""
        return bool(
            await self.service.value(
                "SELECT NOT EXISTS (SELECT FROM journal WHERE state = 'new') "
                "AND NOT EXISTS (SELECT FROM salon_wanted)"
            )
        )

    async def reconciled(self, *tasks: str) -> None:
        """These rounds are done once more, and what they brought up is read."""
        count = "SELECT count(*) FROM crm_reads WHERE task = ANY ($1) AND finished_at > $2"
        now = await self.service.value("SELECT clock_timestamp()")
        async with self.service.house.db.unit() as unit:
            for task in tasks:
                await unit.crm_reads.start(HERE, self.connection, task)

        async def done() -> bool:
            return bool(await self.service.value(count, list(tasks), now) == len(tasks))

        await eventually(done, READ_S)
        await eventually(self.quiet, READ_S)


@asynccontextmanager
async def open_salon_story(
    dsn: str, *, direct: bool = False, called: Sequence[str] = ()
) -> AsyncIterator[SalonStory]:
    """The salon is installed, or connected by its owner's token, and read whole.

    `called`: addresses that the salon calls already.
    """
    roles = ("api", "worker")
    with patch(_BUDGETS, lambda egress, **_: (Budget(f"test:{egress}", 500.0),)):
        async with open_salon_service(dsn, roles=roles) as service:
            told = Told()
            shelve = service.house.salons._shelve
            shelve._hearers = (*shelve._hearers, told)
            if called:
                await service.twin.order("hooks", company=SALON, urls=list(called), record=1)
            if direct:
                own = Pass(service.twin.owner_token, "", "")
                await service.house.yclients.direct(service.admin, HERE, SALON, own)
                service.house.directory.clear()
            else:
                await service.install(SALON)
            finished = "SELECT count(finished_at) FROM crm_reads"

            async def read() -> bool:
                return bool(await service.value(finished) == len(TASKS))

            await eventually(read, READ_S)
            connection = await service.value("SELECT id FROM connections WHERE kind = 'yclients'")
            yield SalonStory(service, told, connection)
