"""Calls of many tenants told by HTTP: doubled, out of order, sent again until acknowledged."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.support.town import Tenant, Town
from tests.support.waiting import takes

SHUFFLED, DOUBLED, MISSED = 0.2, 0.2, 0.25
_AGAIN_S = 0.25
_TRIES = 1_000


@dataclass(frozen=True)
class ToldCall:
    """What the CRM must hold in the end."""

    tenant: Tenant
    id: str
    result: str
    duration: int
    events: tuple[dict[str, Any], ...]


def a_call(dice: random.Random, tenant: Tenant, number: int) -> ToldCall:
    """Three events: it rings, rings on or is answered, ends."""
    call_id, phone = f"chaos-{tenant.number}-{number}", f"+37500{number:07d}"
    missed = dice.random() < MISSED
    talk_s = 0 if missed else dice.randrange(1, 600)
    ending = {"status": "no_answer" if missed else "answered", "duration": talk_s}
    second = "dial" if missed else "bridge"
    events = (
        tenant.event("dial", call_id, phone=phone, extensions=["150"]),
        tenant.event(second, call_id, phone=phone, extensions=["150", "151"][: 1 + missed]),
        tenant.event("hangup", call_id, phone=phone, extensions=["150"], **ending),
    )
    return ToldCall(tenant, call_id, "no answer" if missed else "answered", talk_s, events)


@dataclass
class Traffic:
    """Attributes: `acknowledged` events, `fresh` and `repeats` by what the answers said;
    `doubled` were told twice on purpose."""

    town: Town
    dice: random.Random
    acknowledged: int = 0
    fresh: int = 0
    repeats: int = 0
    doubled: int = 0
    receipts: set[int] = field(default_factory=set)
    refusals: Counter[str] = field(default_factory=Counter)

    def calls(self, count: int) -> list[ToldCall]:
        tenants = self.town.tenants
        return [a_call(self.dice, tenants[n % len(tenants)], n) for n in range(count)]

    async def tell(self, calls: list[ToldCall], *, at_once: int = 24) -> None:
        """Tell all calls; returns when every event is acknowledged."""
        waiting = iter([(call, self._order(call)) for call in calls])

        async def teller() -> None:
            for call, events in waiting:
                for event in events:
                    await self._until_taken(call.tenant, event)

        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(teller())

    def _order(self, call: ToldCall) -> list[dict[str, Any]]:
        events = list(call.events)
        if self.dice.random() < SHUFFLED:
            self.dice.shuffle(events)
        if self.dice.random() < DOUBLED:
            events.insert(self.dice.randrange(4), self.dice.choice(events))
            self.doubled += 1
        return events

    async def _until_taken(self, tenant: Tenant, event: dict[str, Any]) -> None:
        for _ in range(_TRIES):
            if await self._once(tenant, event):
                return
            await takes(_AGAIN_S)
        raise AssertionError(f"never acknowledged: {self.refusals}")

    async def _once(self, tenant: Tenant, event: dict[str, Any]) -> bool:
        headers = {"X-API-Key": tenant.key}
        url = f"{self.town.url}/api/events"
        try:
            async with self.town.http.post(url, json=event, headers=headers) as answer:
                body = await answer.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            self.refusals[type(error).__name__] += 1
            return False
        if answer.status != 200:
            self.refusals[str(answer.status)] += 1
            assert answer.status in (429, 503), (answer.status, body)
            return False
        self.acknowledged += 1
        if body["duplicate"]:
            self.repeats += 1
        else:
            self.fresh += 1
            self.receipts.add(body["journal_id"])
        return True
