"""A bulk survives `kill -9`, again and again: every card is right, and none is made twice."""

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from kommutator.domain.bulk import BulkAction, ItemState
from kommutator.domain.crm_data import EntityKind
from tests.support.amocrm_live import ADMIN, HERE, Live, open_live
from tests.support.killable import running
from tests.support.waiting import eventually
from tests.workers.test_bulk_live import all_leads

WORKER = Path(__file__).with_name("bulk_worker.py")
LEADS = EntityKind.LEADS
COUNT = 200
KILLS = 2


def worker(dsn: str) -> AbstractAsyncContextManager[asyncio.subprocess.Process]:
    return running(WORKER, dsn, 0.9)


async def write_while_killing(
    live: Live, dsn: str, action: str, items: list[dict[str, object]]
) -> None:
    bulk = live.house.bulk
    job = (await bulk.order(ADMIN, live.account, LEADS, BulkAction(action), items, 10)).job.id
    # A slow vendor, so that each blow meets a batch that has left.
    await live.fault(kind="latency", seconds=0.15, after=True, path="/api/v4/leads")

    async def ended() -> int:
        return (await bulk.get(ADMIN, HERE, job)).ended

    for kill in range(KILLS):
        goal = (kill + 1) * 50

        async def far_enough(goal: int = goal) -> bool:
            return await ended() >= goal

        async with worker(dsn) as process:
            await eventually(far_enough, limit_s=60)
            process.kill()
            await process.wait()
    assert await ended() < COUNT
    async with worker(dsn):
        await eventually(lambda: all_ended(live, job), limit_s=90)
    seen = await bulk.get(ADMIN, HERE, job)
    assert seen.counts[ItemState.DONE] == COUNT


async def all_ended(live: Live, job: object) -> bool:
    return (await live.house.bulk.get(ADMIN, HERE, job)).job.finished_at is not None  # type: ignore[arg-type]  # an id


@pytest.mark.timeout(240)
async def test_killed_while_creating(database_url: str) -> None:
    async with open_live(database_url) as live:
        before = set(await all_leads(live))
        items: list[dict[str, object]] = [
            {"name": f"Bulk {n % 25}", "price": n % 3} for n in range(COUNT)
        ]
        await write_while_killing(live, database_url, "create", items)
        made = [
            (row["name"], row["price"])
            for key, row in (await all_leads(live)).items()
            if key not in before
        ]
        assert sorted(made) == sorted((item["name"], item["price"]) for item in items)


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_killed_while_updating(database_url: str) -> None:
    async with open_live(database_url) as live:
        await live.twin("POST", "/_twin/leads", {"count": COUNT})
        ids = sorted(await all_leads(live))[:COUNT]
        items: list[dict[str, object]] = [
            {"id": one, "price": 900_000 + n} for n, one in enumerate(ids)
        ]
        await write_while_killing(live, database_url, "update", items)
        after = await all_leads(live)
        assert [after[one]["price"] for one in ids] == [900_000 + n for n in range(COUNT)]
