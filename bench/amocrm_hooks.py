"""500 of amoCRM's hooks a second for a minute into a running service; then again with kill -9.

One process answers HTTP (`kommutator api`), one decides upon the hooks meanwhile (`worker`). First
round: nobody dies; p99 of the acknowledgement must be 100 ms at most. Second round: the process
with the door is killed in the middle and started again; every acknowledged hook must be in the
journal, once. The sender runs in a process of its own, and repeats what was not acknowledged.

    python -m bench.amocrm_hooks [seconds] [rate]
"""

import asyncio
import multiprocessing
import sys
from typing import Any

import uvloop

from bench.ground import database, open_folder, server, until
from kommutator.store.database import Database
from tests.support.hook_storm import Door, Storm, blow, hook_door, kept

MOST_MS = 100.0


def _blow(port: int, path: str, rate: float, seconds: float, answer: Any) -> None:
    answer.put(uvloop.run(blow(port, path, rate=rate, seconds=seconds)))


async def storm_over(door: Door, rate: float, seconds: float, *, kill: bool) -> Storm:
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    process = context.Process(target=_blow, args=(door.port, door.path, rate, seconds, answer))
    process.start()
    if kill:
        await asyncio.sleep(seconds / 2)
        await door.kill()
        await door.start()
    storm: Storm = await asyncio.to_thread(answer.get)
    process.join()
    return storm


async def undecided(url: str) -> int:
    db = await Database.open(url, size=1)
    try:
        async with db.unit() as unit:
            sql = "SELECT count(*) FROM journal WHERE state = 'new'"
            return int(await unit.connection.fetchval(sql))
    finally:
        await db.close()


async def run(dsn: str, rate: float, seconds: float, *, kill: bool) -> bool:
    name = "bench_amocrm_hooks"
    with open_folder() as home:
        async with database(dsn, name) as url, hook_door(url, str(home)) as door:
            await door.start()
            storm = await storm_over(door, rate, seconds, kill=kill)
            behind = await undecided(url)

            async def decided() -> bool:
                return await undecided(url) == 0

            await until(decided)
            lost = set(storm.acknowledged) - await kept(url)
    print(
        f"{'with kill -9' if kill else 'undisturbed ':12} {len(storm.acknowledged):6} acknowledged"
        f"   p99 {storm.p99_ms():6.1f} ms   lost {len(lost)}   refused {storm.refused}"
        f"   met the fall {len(storm.disturbed)}   undecided at the end {behind}"
    )
    return not lost and (kill or storm.p99_ms() <= MOST_MS)


async def main(seconds: float, rate: float) -> int:
    with server() as dsn:
        fine = [await run(dsn, rate, seconds, kill=kill) for kill in (False, True)]
    return 0 if all(fine) else 1


if __name__ == "__main__":
    numbers = [float(n) for n in sys.argv[1:]]
    given = numbers + [60.0, 500.0][len(numbers) :]
    sys.exit(uvloop.run(main(given[0], given[1])))
