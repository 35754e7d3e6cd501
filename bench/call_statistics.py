"""The statistics page's five reads over a tenant's year of calls, thirty days of which are asked.

Rows carry memories of a real call's size. Each read runs several times on a warm cache; the
slowest of them must stay below the limit, and so must the whole page's; the exit code tells.

    python -m bench.call_statistics [calls]
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import date
from zoneinfo import ZoneInfo

import asyncpg

from bench.ground import database, server
from kommutator.domain.statistics import Period
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.database import Database
from kommutator.store.views.statistics import CountFilter, StatisticsViews

HERE = EnterpriseNumber("0367")
MONTH = Period(date(2026, 11, 1), date(2026, 11, 30), ZoneInfo("Europe/Minsk"))
ALL = CountFilter()
LIMIT_MS = 300.0
REPEATS = 7
FOLD_BYTES = 1200  # of an answered call from a ring group of three

_FILL = """
INSERT INTO calls (enterprise, id, source, direction, client, line, phase, result, rang,
                   answered_by, dialler, started_at, wait_s, talk_s, fold)
SELECT $1, 'call-' || n, 'ami', CASE WHEN out THEN 'out' ELSE 'in' END,
       '+37529' || lpad((random() * 60000)::int::text, 7, '0'), '+37517000000' || n % 5, 'ended',
       CASE WHEN talked THEN 'answered' ELSE 'no_answer' END,
       CASE WHEN out THEN '{}' ELSE ARRAY[(150 + n % 20)::text, (150 + (n + 7) % 20)::text] END,
       CASE WHEN talked THEN ARRAY[(150 + n % 20)::text] ELSE '{}' END,
       CASE WHEN out THEN (150 + n % 20)::text END,
       '2026-12-01Z'::timestamptz - make_interval(secs => n * 365.0 * 86400 / $2),
       (random() * 40)::int, CASE WHEN talked THEN (random() * 400)::int ELSE 0 END,
       jsonb_build_object('id', 'call-' || n, 'legs', repeat(md5(n::text), $3 / 32))
  FROM (SELECT n, random() < 0.35 AS out, random() < 0.8 AS talked
          FROM generate_series(1, $2::int) n) made"""


async def fill(dsn: str, calls: int) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for tenant in (HERE, "0411"):  # a neighbour of the same size
            await connection.execute(_FILL, tenant, calls, FOLD_BYTES)
        await connection.execute("VACUUM (ANALYZE) calls")
    finally:
        await connection.close()


async def measure(name: str, read: Callable[[], Awaitable[object]]) -> float:
    """Prints and returns milliseconds, the median of the warm ones."""
    took = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        await read()
        took.append((time.perf_counter() - began) * 1000)
    middle = statistics.median(took[1:])
    print(
        f"{name:12} first {took[0]:7.1f} ms   median {middle:7.1f} ms   worst {max(took):7.1f} ms"
    )
    return middle


async def main(calls: int) -> int:
    with server() as dsn:
        async with database(dsn, "bench_statistics") as url:
            await fill(url, calls)
            db = await Database.open(url, size=2)
            try:
                slow = await ask(db)
            finally:
                await db.close()
    print(f"the whole page: {slow:.1f} ms of {LIMIT_MS:.0f} allowed; {calls} calls in the year")
    return 0 if slow <= LIMIT_MS else 1


async def ask(db: Database) -> float:
    async with db.unit() as unit:
        views = StatisticsViews(unit.connection)
        return sum(
            [
                await measure("totals", lambda: views.totals(HERE, MONTH, ALL)),
                await measure("slots", lambda: views.slots(HERE, MONTH, ALL)),
                await measure("lines", lambda: views.lines(HERE, MONTH, ALL)),
                await measure("employees", lambda: views.employees(HERE, MONTH, ALL)),
                await measure(
                    "uncalled", lambda: views.uncalled(HERE, MONTH, ALL, within_hours=24)
                ),
            ]
        )


if __name__ == "__main__":
    asked = [int(word) for word in sys.argv[1:] if word.isdigit()]
    sys.exit(asyncio.run(main(asked[0] if asked else 500_000)))
