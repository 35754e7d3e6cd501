"""A tenant with a mountain of work and a dead CRM does not delay the others."""

import time

import pytest

from kommutator.domain.outcome import Outcome, Patience
from kommutator.domain.ports import Due
from kommutator.kit.breaker import BreakerRules
from kommutator.store.database import Database
from tests.support.waiting import eventually, takes
from tests.workers.harness import (
    OK,
    QUICK,
    FakeDelivery,
    account,
    add_connection,
    house,
    owe,
    popup,
    record,
)

pytestmark = pytest.mark.slow
OTHERS = 5


async def test_others_are_served_while_one_hangs_with_5000_waiting(database_url: str) -> None:
    db = await Database.open(database_url, size=4)
    noisy, others = account(1, "1"), [account(n, str(n)) for n in range(2, 2 + OTHERS)]
    for acc in (noisy, *others):
        await add_connection(db, acc)
    for start in range(0, 5000, 500):
        await owe(
            db, noisy, [(f"k{i}", f"{i}", record("noisy")) for i in range(start, start + 500)]
        )
    owed_at: dict[tuple[str, str], float] = {}
    waits: list[float] = []

    async def reply(due: Due) -> Outcome:
        if due.command.call_id == "noisy":
            await takes(3600)
        waits.append(time.monotonic() - owed_at[due.command.call_id or "", due.key])
        await takes(0.02)
        return OK

    patience = Patience(QUICK.first, QUICK.longest, QUICK.give_up, timeout=1.0)
    delivery = FakeDelivery(reply, slots=8, patience_=patience)
    rules = BreakerRules(threshold=1000)  # the worst case: it never opens
    async with house(database_url, delivery, [noisy, *others], rules=rules) as h:
        await eventually(lambda: delivery.at_once == 8)
        for i in range(60):
            for acc in others:
                owed_at[acc.enterprise, f"c{i}"] = time.monotonic()
                await owe(h.db, acc, [(f"c{i}", f"{i}", popup(acc.enterprise))])
            await takes(0.02)
        await eventually(lambda: len(waits) == 60 * OTHERS)
    waits.sort()
    p95 = waits[int(len(waits) * 0.95)]
    assert p95 < 0.25, f"p95 {p95:.3f} s"
    await db.close()
