"""Durable intakes per second against PostgreSQL's own one-row commits, in the same run.

The baseline inserts an equal row, one commit each, from as many clients as the intake has
senders, with asyncpg: what pgbench does, in the language that the intake is written in. Where a
`pgbench` binary is found (KOMMUTATOR_PG_BIN or PATH) it is the baseline instead.

    python -m bench.intake [seconds] [senders]
"""

import asyncio
import os
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import uvloop

from bench.ground import database, execute, server
from kommutator.domain.journal import Arrival
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.intake import Intake
from kommutator.kit.clock import SystemClock
from kommutator.store.database import Database

BODY = (
    b'{"event":"dial","call_id":"1700000000.42","src":"+375000000070","dst":"101","did":'
    b'"+375000000001","ts":"2026-01-01T12:00:00.123456+03:00","vars":{"queue":"sales","agent":'
    b'"ivanov"},"recording":"https://pbx.example.test/rec/2026/01/01/abcdef0123456789.mp3",'
    b'"disposition":"ANSWERED","billsec":37,"pad":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}'
)
TABLE = (
    "CREATE TABLE plain (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body jsonb NOT NULL)"
)
ONE = "INSERT INTO plain (body) VALUES ($1)"


async def commits_per_second(dsn: str, *, clients: int, seconds: float = 4.0) -> float:
    """pgbench if there is one, else the same in asyncpg."""
    async with database(dsn, "bench_plain") as url:
        await execute(url, TABLE)
        if pgbench := _pgbench():
            return await _by_pgbench(pgbench, url, clients, seconds)
        return await _by_asyncpg(url, clients, seconds)


def _pgbench() -> str | None:
    folder = os.environ.get("KOMMUTATOR_PG_BIN")
    found = shutil.which("pgbench", path=folder) if folder else None
    for candidate in (found, shutil.which("pgbench")):
        if candidate:
            return candidate
    hosts = sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"))
    return str(hosts[-1]) if hosts else None


async def _by_pgbench(binary: str, url: str, clients: int, seconds: float) -> float:
    parts = urlsplit(url)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(f"INSERT INTO plain (body) VALUES ('{BODY.decode()}');\n")
        script.flush()
        process = await asyncio.create_subprocess_exec(
            *(binary, "-n", "-M", "prepared", "-c", str(clients), "-j", "2"),
            *("-T", str(int(seconds)), "-f", script.name, "-h", str(parts.hostname)),
            *("-p", str(parts.port), "-U", str(parts.username), parts.path.lstrip("/")),
            env={**os.environ, "PGPASSWORD": parts.password or ""},
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate()
    match = re.search(rb"tps = ([0-9.]+)", output)
    assert match is not None, output
    return float(match[1])


async def _by_asyncpg(url: str, clients: int, seconds: float) -> float:
    pool = await asyncpg.create_pool(url, min_size=clients, max_size=clients, reset=_keep)
    text = BODY.decode()
    end = time.perf_counter() + seconds

    async def client() -> int:
        count = 0
        async with pool.acquire() as connection:
            while time.perf_counter() < end:
                await connection.execute(ONE, text)
                count += 1
        return count

    counts = await asyncio.gather(*(client() for _ in range(clients)))
    await pool.close()
    return sum(counts) / seconds


async def _keep(_connection: object) -> None:
    pass


async def intakes_per_second(dsn: str, *, senders: int, seconds: float) -> tuple[float, float]:
    """Rate, and the 99th percentile of the acknowledgement in milliseconds."""
    async with database(dsn, "bench_intake") as url:
        db = await Database.open(url, size=4)
        intake = Intake(db, clock=SystemClock())
        await intake.start()
        end = time.perf_counter() + seconds
        latencies: list[float] = []

        async def sender(number: int) -> None:
            enterprise = EnterpriseNumber(f"{number % 10:04d}")
            count = 0
            while (started := time.perf_counter()) < end:
                count += 1
                await intake.accept(
                    Arrival(enterprise, "http", "dial", f"c{count}", f"{number}-{count}", BODY)
                )
                latencies.append(time.perf_counter() - started)

        await asyncio.gather(*(sender(n) for n in range(senders)))
        await intake.stop()
        async with db.single() as unit:
            stored = await unit.connection.fetchval("SELECT count(*) FROM journal")
        assert stored == len(latencies), f"{stored} stored of {len(latencies)} acknowledged"
        await db.close()
    latencies.sort()
    return len(latencies) / seconds, latencies[int(len(latencies) * 0.99)] * 1000


async def main(seconds: float, senders: int) -> None:
    with server() as dsn:
        print(f"baseline by {'pgbench' if _pgbench() else 'asyncpg'}, {senders} clients")
        for round_number in range(3):
            baseline = await commits_per_second(dsn, clients=senders, seconds=seconds)
            rate, p99 = await intakes_per_second(dsn, senders=senders, seconds=seconds)
            print(
                f"round {round_number + 1}: one-row commits {baseline:7.0f} /s"
                f"   intake {rate:7.0f} /s"
                f"   p99 {p99:5.1f} ms   ratio {rate / baseline:.2f}"
            )


if __name__ == "__main__":
    numbers = [float(n) for n in sys.argv[1:]]
    given = numbers + [4.0, 64][len(numbers) :]
    uvloop.run(main(given[0], int(given[1])))
