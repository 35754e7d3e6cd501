"""The copy of a salon survives `kill -9` in the middle of a round: nothing lost, nothing twice."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from kommutator.store.database import Database
from kommutator.twins.yclients.random_salon import Sizes, random_salon
from tests.support.copied_salon import HERE, VendorSalon, keep_salon, salon_account
from tests.support.factories import value
from tests.support.killable import running
from tests.support.waiting import eventually
from tests.support.yclients_town import YTown, open_yclients

WORKER = Path(__file__).with_name("salon_worker.py")
PAGE = 4
SALON = UUID(int=7)


def worker(dsn: str, town: YTown, salon: int, pause_s: float) -> AbstractAsyncContextManager[Any]:
    return running(WORKER, dsn, town.api_url, town.partner_token, town.user_token, salon, pause_s)


@pytest.mark.parametrize("heirs", [pytest.param(1, marks=pytest.mark.slow), 2])
async def test_a_killed_first_copy_goes_on(database_url: str, heirs: int) -> None:
    async with open_yclients(let_in=False) as town:
        company = random_salon(town.world, 5, Sizes(most_staff=6, days=30))
        await town.let_in(company.id)
        records = company.records
        pages = -(-len(records) // PAGE)
        assert pages > 12, len(records)
        db = await Database.open(database_url, size=2)
        try:
            vendor = VendorSalon(whose=salon_account(SALON, salon_id=company.id, way="marketplace"))
            await keep_salon(db, vendor)
            await run(db, "CREATE TABLE told (visit bigint, news text[], first boolean)")
            reached = await copy_and_kill(database_url, db, town, company.id)
            assert 6 <= reached < pages
            async with worker(database_url, town, company.id, 0.0) as first:
                if heirs == 2:
                    async with worker(database_url, town, company.id, 0.0):
                        await eventually(lambda: copied(db), 60)
                else:
                    await eventually(lambda: copied(db), 60)
                first.kill()
            assert await value(db, "SELECT count(*) FROM salon_visits") == len(records)
            alive = {one.id for one in records.values() if not one.deleted}
            told = await fetch(db, "SELECT visit FROM told WHERE first")
            assert sorted(told) == sorted(alive)  # each once, though some pages were read twice
            assert await value(db, "SELECT count(*) FROM told WHERE NOT first") == 0
        finally:
            await db.close()


async def copy_and_kill(dsn: str, db: Database, town: YTown, salon: int) -> int:
    """Kill the first process in the middle; returns the page it had noted."""
    page = "SELECT coalesce(max(page), 0) FROM crm_reads WHERE task = 'visits'"

    async def middle() -> bool:
        return int(await value(db, page)) >= 6

    async with worker(dsn, town, salon, 0.1) as first:
        await eventually(middle, 60)
        first.kill()
        await first.wait()
    return int(await value(db, page))


async def copied(db: Database) -> bool:
    done = "SELECT finished_at IS NOT NULL FROM crm_reads WHERE task = 'visits'"
    wanted = f"SELECT NOT EXISTS (SELECT FROM salon_wanted WHERE enterprise = '{HERE}')"
    return bool(await value(db, done)) and bool(await value(db, wanted))


async def run(db: Database, sql: str) -> None:
    async with db.single() as unit:
        await unit.connection.execute(sql)


async def fetch(db: Database, sql: str) -> list[int]:
    async with db.single() as unit:
        return [row[0] for row in await unit.connection.fetch(sql)]
