"""The read of all clients survives `kill -9`: the next process goes on from the noted page."""

import asyncio
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path

import pytest

from kommutator.kit.clock import SystemClock
from kommutator.kit.http import HttpClient
from kommutator.store.database import Database
from kommutator.twins import TwinsConfig, start_twins
from tests.connectors.retailcrm.crm import Crm
from tests.support.book import HERE, OTHER_CRM, THERE, settle
from tests.support.factories import value
from tests.support.killable import running
from tests.support.waiting import eventually

WORKER = Path(__file__).with_name("book_worker.py")
CLIENTS = 2000
PAGES = 21  # with the few that the twin has from the start


def worker(
    dsn: str, crm: Crm, pause_s: float
) -> AbstractAsyncContextManager[asyncio.subprocess.Process]:
    there = crm.accounts["demo"]
    return running(WORKER, dsn, there["base_url"], there["api_key"], 1.5, pause_s)


async def finished(db: Database) -> bool:
    return bool(await value(db, "SELECT count(finished_at) FROM phone_book_reads"))


@pytest.mark.parametrize("heirs", [1, 3])
async def test_a_killed_read_goes_on(database_url: str, heirs: int) -> None:
    async with AsyncExitStack() as stack:
        db = await Database.open(database_url, size=2)
        stack.push_async_callback(db.close)
        http = HttpClient(clock=SystemClock(), allowed_hosts={"127.0.0.1"})
        stack.push_async_callback(http.close)
        twins = await stack.enter_async_context(
            await start_twins(TwinsConfig(ports={"retailcrm": 0}, environment={}))
        )
        crm = await Crm.of(http, twins.base_urls["retailcrm"])
        await crm.order("switches", rate_limits=False)
        await crm.order("customers", many=CLIENTS)
        await settle(db)
        async with db.unit() as unit:
            await unit.connections.remove(THERE, OTHER_CRM)
        reached = await read_and_kill(database_url, crm, db)
        for _ in range(heirs):
            await stack.enter_async_context(worker(database_url, crm, 0.02))
        await eventually(lambda: finished(db), 60)
        known = "SELECT count(*) FROM phone_book WHERE enterprise = $1 AND known"
        assert await value(db, known, HERE) == CLIENTS + 5
        asked = (await crm.state())["requests"]["GET /api/v5/customers"]
    # Only the page under way at the kill may be asked for twice.
    assert PAGES <= asked <= PAGES + 1
    assert 8 <= reached < PAGES


async def read_and_kill(dsn: str, crm: Crm, db: Database) -> int:
    """Kill the first reader in the middle; returns the page it had noted."""

    async def page() -> int:
        return int(await value(db, "SELECT coalesce(max(page), 0) FROM phone_book_reads"))

    async def middle() -> bool:
        return await page() >= 8

    async with worker(dsn, crm, 0.1) as first:
        await eventually(middle)
        first.kill()
        await first.wait()
    return await page()
