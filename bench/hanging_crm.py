"""One enterprise's CRM hangs with 5,000 commands waiting: what do the others feel of it?

Six enterprises on one fake RetailCRM behind one address, so that they share the vendor's allowance.
One of them has 5,000 commands waiting and a CRM that takes requests and never answers. By turns
its connection is paused (quiet) and active (hanging), while the five others get calls at a steady
pace; the waits of the quiet and of the hanging turns are compared, so that whatever else the
machine does falls on both. Requirement: all of the others' cards come, in order, and their p95
rises by less than 10 %; the exit code tells.

    python -m bench.hanging_crm [turns] [seconds per turn]
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

from bench.ground import database, open_folder, server, spread, until
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import Actor, Role
from tests.support.town import Crm, Tenant, Town, open_crm, open_town

OTHERS = 5
MOST_RISE = 1.10
WAITING = 5_000
PER_SECOND = 6  # calls of all others together: three commands each, of 38 requests allowed
OPERATOR = Actor(name="bench", role=Role.PLATFORM_ADMIN, enterprise=None)


async def accounts(town: Town, shop: Crm) -> list[Tenant]:
    """The noisy one first."""
    tenants = []
    for number in range(1 + OTHERS):
        made = await shop.order("accounts", name=f"firm{number}")
        crm = replace(shop, url=made["base_url"], key=made["api_key"], account=made["name"])
        tenants.append(await town.settle(crm, str(200 + number)))
    return tenants


async def pile_up(town: Town, noisy: Tenant) -> None:
    """Commands that wait behind a paused connection: two events and three commands per call."""

    async def taken(event: dict[str, Any]) -> bool:
        return (await town.send(noisy, event)).status == 200

    async def call(number: int) -> None:
        phone, call_id = f"+37525{number:07d}", f"noisy-{number}"
        for kind, more in (("dial", {}), ("hangup", {"status": "answered", "duration": 5})):
            event = noisy.event(kind, call_id, phone=phone, extensions=["150"], **more)
            await until(lambda event=event: taken(event))

    for start in range(0, WAITING // 3 + 1, 50):
        await asyncio.gather(*(call(start + n) for n in range(50)))

    async def piled() -> bool:
        sql = "SELECT count(*) FROM outbox WHERE enterprise = $1 AND state = 'due'"
        return await town.value(sql, noisy.number) >= WAITING

    await until(piled, 60)


class Calls:
    """Calls of the others at a steady pace; when each card was asked for."""

    def __init__(self, town: Town, others: list[Tenant]) -> None:
        self._town, self._others = town, others
        self._number = 0
        self.sent: dict[str, tuple[str, float]] = {}

    async def run(self, turn: str, seconds: float) -> None:
        end = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            while time.monotonic() < end:
                group.create_task(self._one(turn, self._number))
                self._number += 1
                await asyncio.sleep(1 / PER_SECOND)

    async def _one(self, turn: str, number: int) -> None:
        tenant = self._others[number % OTHERS]
        phone, call_id = f"+37529{number:07d}", f"other-{number}"
        self.sent[call_id] = (turn, time.time())
        await self._town.send(
            tenant, tenant.event("dial", call_id, phone=phone, extensions=["150"])
        )
        await asyncio.sleep(0.5)
        ending = tenant.event("hangup", call_id, phone=phone, extensions=["150"], status="cancel")
        await self._town.send(tenant, ending)


async def waits(calls: Calls, others: list[Tenant]) -> dict[str, list[float]]:
    """Milliseconds from event to card, by kind of turn. Checks that every card came, and went."""
    found: dict[str, list[float]] = {"warm": [], "quiet": [], "hanging": []}
    seen = set()
    for tenant in others:
        state = await tenant.crm.state()
        for card in state["popups"]:
            turn, sent = calls.sent[card["callExternalId"]]
            seen.add(card["callExternalId"])
            found[turn].append((card["shownAt"] - sent) * 1000)
            assert card["closedAt"] is not None, card
        for call in state["calls"]:
            assert call["result"] == "no answer", call
        assert len(state["calls"]) == len(state["popups"])
        assert state["violations"] == [], state["violations"][:3]
    assert seen == set(calls.sent)
    return found


async def switch(noisy: Tenant, act: Callable[..., Awaitable[None]]) -> None:
    await act(OPERATOR, noisy.number, ConnectionKind.RETAILCRM)
    await asyncio.sleep(1.5)  # noticed by the lane


async def main(turns: int, seconds: float) -> bool:
    async with AsyncExitStack() as stack:
        dsn = stack.enter_context(server())
        folder = stack.enter_context(open_folder())
        url = await stack.enter_async_context(database(dsn, "bench_hanging"))
        town = await stack.enter_async_context(open_town(url, folder, tenants=0))
        shop = await stack.enter_async_context(open_crm(town.http))
        noisy, *others = await accounts(town, shop)
        set_up = town.seat.house.set_up
        await set_up.pause(OPERATOR, noisy.number, ConnectionKind.RETAILCRM)
        await town.run("api", "api")
        await town.run("worker", "worker")
        await pile_up(town, noisy)
        await shop.order("faults", kind="hang", account=noisy.crm.account)
        calls = Calls(town, others)
        await calls.run("quiet", 2.0)  # warm up
        calls.sent = {name: ("warm", at) for name, (_, at) in calls.sent.items()}
        for _ in range(turns):
            await calls.run("quiet", seconds)
            await switch(noisy, set_up.activate)
            await calls.run("hanging", seconds)
            await switch(noisy, set_up.pause)
        await until(lambda: served(town, noisy), 60)
        left = await town.value(
            "SELECT count(*) FROM outbox WHERE enterprise = $1 AND state = 'due'", noisy.number
        )
        found = await waits(calls, others)
    quiet = sorted(found["quiet"])
    hanging = sorted(found["hanging"])
    spread("others while it is paused", quiet)
    spread("others while it hangs", hanging)
    p95 = [v[int(len(v) * 0.95)] for v in (quiet, hanging)]
    print(f"{left} commands still waiting; p95 {100 * (p95[1] / p95[0] - 1):+.1f} %")
    return p95[1] < p95[0] * MOST_RISE


async def served(town: Town, noisy: Tenant) -> bool:
    """Every command of the others is done."""
    sql = "SELECT count(*) FROM outbox WHERE enterprise <> $1 AND state <> 'done'"
    return await town.value(sql, noisy.number) == 0


if __name__ == "__main__":
    numbers = [float(n) for n in sys.argv[1:]]
    turns, seconds = (numbers + [12, 6.0][len(numbers) :])[:2]
    kept = asyncio.run(main(int(turns), seconds))
    sys.exit(0 if kept else 1)
