"""The workers that keep copies of salons: told of things, fair between salons, counted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.salon.copy import TASKS, Part, SalonNews
from kommutator.domain.salon.ports import VisitPage, VisitQuery
from kommutator.kit.clock import SystemClock
from kommutator.kit.ids import SystemIds
from kommutator.store.database import Database
from kommutator.store.listener import Listener
from kommutator.store.unit import WANTED
from kommutator.workers import copier
from kommutator.workers.salon_copy import SalonCopier
from tests.support.copied_salon import HERE, SALON, SalonCopy, VendorSalon, keep_salon
from tests.support.factories import value
from tests.support.waiting import eventually


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = await Database.open(database_url, size=6)
    yield database
    await database.close()


@asynccontextmanager
async def worker(copy: SalonCopy, dsn: str) -> AsyncIterator[SalonCopier]:
    """A worker's part of one process, told of wishes as in earnest."""
    copier = SalonCopier(copy.db, copy.copier, clock=SystemClock(), ids=SystemIds())
    hears = {WANTED: lambda _payload: copier.kick()}
    listener = Listener(dsn, hears, on_reconnect=copier.kick, clock=SystemClock())
    await listener.start()
    await copier.start()
    try:
        yield copier
    finally:
        await copier.stop()
        await listener.stop()


async def finished(copy: SalonCopy) -> bool:
    count = await value(copy.db, "SELECT count(finished_at) FROM crm_reads")
    return bool(count == len(TASKS))


async def test_a_new_salon_is_read_whole_and_then_by_what_it_tells(
    db: Database, database_url: str
) -> None:
    vendor = VendorSalon(per_page=100)
    old = datetime.now(UTC) - timedelta(days=2)
    for number in range(700):
        vendor.put(number, created_at=old, changed_at=old)
    copy = await keep_salon(db, vendor)
    async with worker(copy, database_url):
        await eventually(lambda: finished(copy))
        assert len(await copy.held()) == 700
        assert len(vendor.called) == 1
        vendor.put(900)
        await copy.hear(SalonNews(Part.VISITS, 900))

        async def told() -> bool:
            return copy.hearer.news == [(900, ("created",))]

        await eventually(told)
    assert await value(db, "SELECT count(*) FROM crm_reads WHERE error IS NOT NULL") == 0


class Crowd(VendorSalon):
    """One big salon and a small one; remembers whose pages were asked for, in order."""

    async def account(self, connection_id: UUID) -> Account:
        return self.by_id[connection_id]

    async def visits(
        self, account: Account, query: VisitQuery, *, background: bool = False
    ) -> VisitPage:
        self.order.append(account.connection_id)
        if account.connection_id != SALON:
            return VisitPage([], 0, more=False)
        return await super().visits(account, query, background=background)

    by_id: dict[UUID, Account]
    order: list[UUID]


async def test_a_big_salon_lets_others_in_between(
    db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copier, "_ROUNDS_AT_ONCE", 1)
    big = Crowd(per_page=10)
    old = datetime.now(UTC) - timedelta(days=2)
    for number in range(200):
        big.put(number, created_at=old, changed_at=old)
    copy = await keep_salon(db, big)
    small = UUID(int=8)
    other = _like(big.whose, small)
    big.by_id, big.order = {SALON: big.whose, small: other}, []
    async with db.unit() as unit:
        await unit.connections.create(
            HERE, small, kind=ConnectionKind.YCLIENTS, name="Малый", base_url="https://x.example",
            account_key="2", config={}, sealed={},
        )  # fmt: skip
        await unit.connections.set_status(HERE, small, ConnectionStatus.ACTIVE)
        await unit.crm_reads.enrol_everywhere(["yclients"], TASKS)
        await unit.connection.execute(
            "UPDATE crm_reads SET due_at = CASE task WHEN 'visits' THEN now() - CASE "
            "connection_id WHEN $1 THEN interval '2 s' ELSE interval '1 s' END "
            "ELSE 'infinity' END",
            SALON,
        )

    async def both() -> bool:
        done = "SELECT count(*) FROM crm_reads WHERE task = 'visits' AND finished_at IS NOT NULL"
        return bool(await value(db, done) == 2)

    async with worker(copy, database_url):
        await eventually(both)
    assert big.order.index(small) == 5  # of twenty pages
    assert big.order.count(SALON) == 20


async def test_nothing_is_asked_of_a_frozen_salon(db: Database, database_url: str) -> None:
    vendor = VendorSalon()
    copy = await keep_salon(db, vendor)
    await copy.hear(SalonNews(Part.VISITS, 5))
    async with db.unit() as unit:
        await unit.connections.set_status(HERE, SALON, ConnectionStatus.PAUSED)
    async with worker(copy, database_url) as copier:
        await copier._wanted._take()
        await copier._claim()
    assert vendor.asked == []


async def test_the_figures(db: Database) -> None:
    copy = await keep_salon(db, VendorSalon())
    await copy.hear(SalonNews(Part.VISITS, 5), SalonNews(Part.STAFF))
    await copy.round("salon:hooks")
    await copy.run("UPDATE salon_wanted SET since = now() - interval '90 s' WHERE id = 5")
    async with db.single() as unit:
        figures: dict[str, Any] = await unit.figures.salons_everywhere()
        others = await unit.figures.copies_everywhere()
    assert (figures["wanted"], figures["hooks_off"], figures["decided"]) == (2, 0, 1)
    assert 90 <= figures["lag_s"] < 100
    assert (others["hooks_off"], others["decided"]) == (0, 0)  # amoCRM's are told apart


def _like(account: Account, connection_id: UUID) -> Account:
    return Account(
        enterprise=account.enterprise,
        connection_id=connection_id,
        kind=account.kind,
        name="Малый",
        base_url=account.base_url,
        status=account.status,
        config={"salon_id": 2},
        secrets={},
        account_key="2",
    )
