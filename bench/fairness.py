"""What others feel while one tenant has a mountain of work: rate-limited, and then hanging.

Five tenants owe 20 commands per second together; the waits from "owed" to "sent" are measured
without the noisy tenant, then with it, in one run on one server.

    python -m bench.fairness [seconds]
"""

import asyncio
import sys
import time

import uvloop

from bench.ground import database, server
from kommutator.domain.commands import Command
from kommutator.domain.outcome import Budget, Outcome, Patience
from kommutator.domain.ports import Due
from kommutator.kit.breaker import BreakerRules
from kommutator.store.database import Database
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

NOISY = 5_000
PER_SECOND = 20


async def measure(dsn: str, mode: str, seconds: float) -> tuple[list[float], float]:
    """Sorted waits of the quiet tenants in ms, and requests per second of the noisy one."""
    noisy, quiet = account(1, "1"), [account(n, str(n)) for n in range(2, 7)]
    owed_at: dict[str, float] = {}
    waits: list[float] = []
    noise: list[float] = []

    async def reply(due: Due) -> Outcome:
        if due.command.call_id == "noisy":
            noise.append(time.perf_counter())
            await asyncio.sleep(3600 if mode == "hanging" else 0.15)
        else:
            waits.append((time.perf_counter() - owed_at[due.key]) * 1000)
            await asyncio.sleep(0.15)
        return OK

    def budgets(command: Command) -> tuple[Budget, ...]:
        return (Budget("noisy", rate=7),) if command.call_id == "noisy" else ()

    patience = Patience(QUICK.first, QUICK.longest, QUICK.give_up, timeout=1.0)
    delivery = FakeDelivery(reply, patience_=patience, budget=budgets)
    async with database(dsn, "bench_fairness") as url:
        db = await Database.open(url, size=4)
        for acc in (noisy, *quiet):
            await add_connection(db, acc)
        for start in range(0, NOISY if mode != "alone" else 0, 500):
            numbers = range(start, start + 500)
            await owe(db, noisy, [(f"k{i}", f"{i}", record("noisy")) for i in numbers])
        rules = BreakerRules(threshold=10**6)  # the worst case: it never helps
        async with house(url, delivery, [noisy, *quiet], rules=rules) as h:
            started = time.perf_counter()
            for i in range(int(seconds * PER_SECOND)):
                owed_at[f"c{i}"] = time.perf_counter()
                await owe(h.db, quiet[i % 5], [(f"c{i}", f"{i}", popup("quiet"))])
                await asyncio.sleep(max(0.0, started + (i + 1) / PER_SECOND - time.perf_counter()))
            spent = time.perf_counter() - started
        await db.close()
    assert len(waits) == int(seconds * PER_SECOND), "somebody was not served"
    return sorted(waits), len(noise) / spent


async def main(seconds: float) -> None:
    with server() as dsn:
        base = 0.0
        for mode in ("alone", "limited", "hanging"):
            waits, rate = await measure(dsn, mode, seconds)
            p50, p95 = waits[len(waits) // 2], waits[int(len(waits) * 0.95)]
            base = base or p95
            print(
                f"{mode:8} noisy {rate:5.1f} /s   others p50 {p50:6.1f} ms   p95 {p95:6.1f} ms"
                f"   ratio {p95 / base:.1f}"
            )


if __name__ == "__main__":
    uvloop.run(main(float(sys.argv[1]) if sys.argv[1:] else 10.0))
