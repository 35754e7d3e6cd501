"""Many webhooks a second over real entities, with what came back and how fast."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from kommutator.twins.amocrm.account import CARD_KINDS, Account
from kommutator.twins.amocrm.changes import Change
from kommutator.twins.amocrm.hook_delivery import Delivery, Subscription, percentile
from kommutator.twins.amocrm.hook_ladder import is_good
from kommutator.twins.amocrm.hook_news import HookNews, tell
from kommutator.twins.amocrm.hook_sender import HookSender
from kommutator.twins.amocrm.world import World

Json = dict[str, Any]

MOST_PER_SECOND, MOST_SECONDS = 2000.0, 600.0
# Hooks leave in small handfuls; thinner than this the event loop cannot tell moments apart.
TICK_SECONDS = 0.01
LAST_ANSWERS_SECONDS = 5.0


async def storm(
    world: World,
    account: Account,
    news: HookNews,
    sender: HookSender,
    *,
    per_second: float,
    seconds: float,
    destination: str | None = None,
) -> Json:
    """Touch cards one after another and tell of each in a POST of its own.

    The pace is real time. Each hook goes to every subscriber of what it says, or only to
    `destination`. Answers `sent`, `answered`, `good`, `codes`, `p50_ms`, `p99_ms`, `per_second`.

    Raises:
        ValueError: a pace or length out of bounds, or nobody to tell.
    """
    if not (0 < per_second <= MOST_PER_SECOND and 0 < seconds <= MOST_SECONDS):
        raise ValueError(
            f"per_second at most {MOST_PER_SECOND:g}, seconds at most {MOST_SECONDS:g}"
        )
    hearers = [h for h in account.hooks.values() if destination in (None, h.destination)]
    if not any(not hook.disabled for hook in hearers):
        raise ValueError("no webhook to send to")
    changes = _touches(world, account)
    sent: list[Delivery] = []
    started, done, total = time.perf_counter(), 0, int(per_second * seconds)
    while done < total:
        due = min(total, int((time.perf_counter() - started) * per_second) + 1)
        for _ in range(due - done):
            sent += _tell(account, next(changes), news, sender, hearers)
        done = due
        await asyncio.sleep(TICK_SECONDS)
    took = time.perf_counter() - started
    await sender.idle(LAST_ANSWERS_SECONDS)
    return _report(sent, done, took)


def _tell(
    account: Account,
    change: Change,
    news: HookNews,
    sender: HookSender,
    hearers: list[Subscription],
) -> list[Delivery]:
    made: list[Delivery] = []
    for told in tell(account, change, news.switches):
        for hook in hearers:
            if any(hook.wants(setting) for setting in told.settings):
                made += sender.submit(account.name, hook, news.body(account, told))
    return made


def _touches(world: World, account: Account) -> Iterator[Change]:
    """Every card again and again, its `updated_at` grown."""
    rows = [
        (kind, row)
        for kind in CARD_KINDS
        for row in account.cards[kind].values()
        if not row.get("is_deleted")
    ]
    for kind, row in itertools.cycle(rows):
        before, row["updated_at"] = dict(row), max(world.now(), int(row["updated_at"]) + 1)
        yield Change(kind, "update", before, dict(row), 0, world.now(), frozenset({"updated_at"}))


def _report(sent: list[Delivery], told: int, took: float) -> Json:
    answered = [one for one in sent if one.code]
    spans = [one.took_ms for one in answered]
    return {
        "told": told,
        "sent": len(sent),
        "answered": len(answered),
        "good": sum(is_good(one.code or 0) for one in answered),
        "codes": dict(Counter(str(one.code) for one in sent)),
        "seconds": round(took, 3),
        "per_second": round(told / took, 1),
        "p50_ms": round(percentile(spans, 0.5), 2),
        "p99_ms": round(percentile(spans, 0.99), 2),
    }
