"""Bulk writes to the amoCRM twin while it stumbles: 429, 504 after the commit, dropped answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from kommutator.domain.bulk import BulkAction, ItemState
from kommutator.domain.crm_data import EntityKind
from kommutator.domain.outcome import Budget
from kommutator.flows.amocrm.bulk import Progress
from kommutator.store.bulk import BulkJob
from kommutator.workers.bulk import BulkWorker
from kommutator.workers.bulk_steps import BulkSteps
from tests.support.amocrm_live import ADMIN, HERE, Live, open_live
from tests.support.waiting import eventually

LEADS = EntityKind.LEADS
BUSY = '{"title": "Too Many Requests", "status": 429, "detail": "slow down", "retry_after": 1}'
TIMEOUT = '{"title": "Gateway Timeout", "status": 504, "detail": "reduce the batch"}'


class Steps(BulkSteps):
    """At the pace of the test."""

    def pause(self, _: BulkJob) -> float:
        return 0.05


@asynccontextmanager
async def working(live: Live) -> AsyncIterator[None]:
    house = live.house
    cards = house.cards
    steps = Steps(
        house.db, cards._reader, cards._writer, at_once, ids=house.ids, settle_s=0.05,
    )  # fmt: skip
    worker = BulkWorker(
        house.db, house.amocrm_accounts, steps, clock=house.clock, ids=house.ids, tick_s=0.02
    )
    await worker.start()
    try:
        yield
    finally:
        await worker.stop()


async def at_once(_: list[Budget]) -> None:
    """The share is the subject of other tests; the account's own allowance still holds."""


async def stumble(live: Live, method: str, chance: float) -> None:
    """Each of these on its own so often. 429 comes seldom: it stops the account for a second."""
    common = {"method": method, "path": "/api/v4/leads"}
    await live.fault(**common, kind="reply", status=504, body=TIMEOUT, after=True,
                     probability=chance)  # fmt: skip
    await live.fault(**common, kind="drop", after=True, probability=chance)
    await live.fault(**common, kind="drop", probability=chance)
    await live.fault(**common, kind="reply", status=429, body=BUSY, probability=chance / 5)


async def done(live: Live, action: str, items: list[dict[str, Any]], batch: int) -> Progress:
    bulk = live.house.bulk
    job = await bulk.order(ADMIN, live.account, LEADS, BulkAction(action), items, batch)

    async def ended() -> bool:
        return (await bulk.get(ADMIN, HERE, job.job.id)).job.finished_at is not None

    async with working(live):
        await eventually(ended, limit_s=600)
    return await bulk.get(ADMIN, HERE, job.job.id)


async def stumbled(live: Live) -> int:
    told = await live.twin("GET", "/_twin/faults")
    return sum(rule["hits"] for rule in told["faults"])


async def all_leads(live: Live) -> dict[int, dict[str, Any]]:
    state = await live.state()
    leads = state["leads"]
    rows = leads.values() if isinstance(leads, dict) else leads
    return {row["id"]: row for row in rows}


async def update_all(live: Live, count: int, batch: int, chance: float) -> None:
    have = len(await all_leads(live))
    await live.twin("POST", "/_twin/leads", {"count": count - have})
    ids = sorted(await all_leads(live))
    assert len(ids) == count
    before = {key: row["price"] for key, row in (await all_leads(live)).items()}
    items = [{"id": one, "price": 1_000_000 + place} for place, one in enumerate(ids)]
    await stumble(live, "PATCH", chance)
    seen = await done(live, "update", items, batch)
    after = await all_leads(live)
    assert seen.counts[ItemState.DONE] == count
    assert {key: row["price"] for key, row in after.items()} == {
        item["id"]: item["price"] for item in items
    }
    assert before.keys() == after.keys()
    assert await stumbled(live) >= 3


async def create_all(live: Live, count: int, batch: int, chance: float) -> UUID:
    before = set(await all_leads(live))
    items = [{"name": f"Bulk {place % 40}", "price": place % 7} for place in range(count)]
    await stumble(live, "POST", chance)
    seen = await done(live, "create", items, batch)
    after = await all_leads(live)
    made = sorted((row["name"], row["price"]) for key, row in after.items() if key not in before)
    assert made == sorted((item["name"], item["price"]) for item in items)
    assert seen.counts[ItemState.DONE] == count
    assert await stumbled(live) >= 3
    return seen.job.id


async def told_right(live: Live, job_id: UUID, count: int) -> None:
    """Every item names the lead that came of it, and no two the same."""
    rows = await live.house.bulk.items(ADMIN, HERE, job_id, limit=count)
    leads = await all_leads(live)
    assert len({row.entity_id for row in rows}) == count
    for row in rows:
        lead = leads[row.entity_id or 0]
        place = row.position - 1
        assert (lead["name"], lead["price"]) == (f"Bulk {place % 40}", place % 7)


async def test_five_hundred_leads_are_updated_while_the_crm_stumbles(database_url: str) -> None:
    async with open_live(database_url) as live:
        await update_all(live, 500, batch=20, chance=0.15)


async def test_five_hundred_leads_are_created_once_while_the_crm_stumbles(
    database_url: str,
) -> None:
    async with open_live(database_url) as live:
        job = await create_all(live, 500, batch=20, chance=0.15)
        await told_right(live, job, 500)


async def test_the_guilty_are_refused_with_the_vendors_words_and_the_others_written(
    database_url: str,
) -> None:
    async with open_live(database_url) as live:
        ids = sorted(await all_leads(live))[:9]
        items: list[dict[str, Any]] = [{"id": one, "price": 5} for one in ids]
        items.insert(4, {"id": 999_999_999, "price": 5})
        items.append({"id": ids[0], "responsible_user_id": 1})
        seen = await done(live, "update", items, batch=50)
        assert (seen.counts[ItemState.DONE], seen.counts[ItemState.REFUSED]) == (9, 2)
        refused = await live.house.bulk.items(ADMIN, HERE, seen.job.id, state=ItemState.REFUSED)
        assert [row.position for row in refused] == [5, 11]
        assert all(row.error and "NotSupportedChoice" in row.error for row in refused)


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_ten_thousand_leads_are_updated_while_the_crm_stumbles(database_url: str) -> None:
    async with open_live(database_url) as live:
        await update_all(live, 10_000, batch=50, chance=0.05)


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_ten_thousand_leads_are_created_once_while_the_crm_stumbles(
    database_url: str,
) -> None:
    async with open_live(database_url) as live:
        job = await create_all(live, 10_000, batch=50, chance=0.05)
        await told_right(live, job, 10_000)
