"""Bulk writes beside the calls: how fast ten thousand leads are written, and who waits for it.

The worker as it runs, on a durable PostgreSQL, at the pace that amoCRM allows (7 requests a
second, counted by the twin over any second). Meanwhile somebody looks a card up twice a second,
as a ringing call does; the same look-ups without the bulk are the baseline.
Requirement: every lead right, no refusal for pace, look-ups at p95 not over a second; the exit
code tells.

    python -m bench.amocrm_bulk [leads]
"""

import asyncio
import sys
import time
from contextlib import AsyncExitStack, suppress

from bench.ground import database, server, spread
from kommutator.domain.bulk import BulkAction, ItemState
from kommutator.domain.crm_data import EntityKind
from kommutator.flows.turns import Turns
from kommutator.workers.bulk import BulkWorker
from kommutator.workers.bulk_steps import BulkSteps
from tests.support.amocrm_live import ADMIN, HERE, Live, open_live

LEADS = EntityKind.LEADS
EACH_S = 0.5
BASELINE = 40
MOST_S = 1.0


async def look_up(live: Live, lead: int) -> float:
    began = time.monotonic()
    await live.house.cards.get(live.account, LEADS, lead)
    return (time.monotonic() - began) * 1000


async def look_ups(live: Live, lead: int, into: list[float], most: int | None = None) -> None:
    while most is None or len(into) < most:
        into.append(await look_up(live, lead))
        await asyncio.sleep(EACH_S)


def worker_of(live: Live) -> BulkWorker:
    house, cards = live.house, live.house.cards
    turns = Turns(house.db, clock=house.clock)
    steps = BulkSteps(house.db, cards._reader, cards._writer, turns, ids=house.ids)  # noqa: SLF001  the worker's own parts
    return BulkWorker(house.db, house.amocrm_accounts, steps, clock=house.clock, ids=house.ids)


async def main(count: int) -> bool:
    async with AsyncExitStack() as stack:
        dsn = stack.enter_context(server())
        url = await stack.enter_async_context(database(dsn, "bench_bulk"))
        live = await stack.enter_async_context(open_live(url, per_second=7, limits=True))
        await live.twin("POST", "/_twin/leads", {"count": count})
        ids = sorted(row["id"] for row in (await live.state())["leads"])[-count:]
        alone: list[float] = []
        await look_ups(live, ids[0], alone, BASELINE)
        items = [{"id": one, "price": 1_000_000 + place} for place, one in enumerate(ids)]
        job = await live.house.bulk.order(ADMIN, live.account, LEADS, BulkAction.UPDATE, items)
        worker = worker_of(live)
        await worker.start()
        beside: list[float] = []
        asking = asyncio.create_task(look_ups(live, ids[0], beside))
        began, seen = time.monotonic(), job
        while seen.job.finished_at is None:
            await asyncio.sleep(1.0)
            seen = await live.house.bulk.get(ADMIN, HERE, job.job.id)
        took = time.monotonic() - began
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking
        await worker.stop()
        after = {row["id"]: row["price"] for row in (await live.state())["leads"]}
        right = all(after[item["id"]] == item["price"] for item in items)
        state = await live.twin("GET", "/_twin/state?account=demo")
    refused = [key for key, value in state.items() if key == "violations" and value]
    print(
        f"{count} leads in {took:.1f} s: {count / took:.0f}/s, {count / 50 / took:.2f} requests/s"
    )
    print(
        f"all right: {right}; done {seen.counts[ItemState.DONE]}; refused for pace: {refused or 0}"
    )
    spread("look-up alone", alone)
    spread("look-up beside the bulk", beside)
    worst = sorted(beside)[int(len(beside) * 0.95)]
    return right and not refused and worst <= MOST_S * 1000


if __name__ == "__main__":
    ok = asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
    sys.exit(0 if ok else 1)
