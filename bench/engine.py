"""Commands per second through the lane engine: no-op connector, two worker processes.

Order per key and an attempt row for each command are kept and checked. In the same run the same
PostgreSQL does one-row commits, so that the printed ratio travels between machines.

    python -m bench.engine [commands] [lanes]
"""

# ruff: noqa: ARG002  a connector's methods get more than these need
import asyncio
import sys
import time
from collections.abc import Sequence
from uuid import UUID

import asyncpg
import uvloop

from bench.ground import database, server, until
from bench.intake import commits_per_second
from kommutator.domain.commands import Command, SetPresence, encode
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.outcome import RECORD, Budget, Done, Exchange, Outcome, Patience
from kommutator.domain.ports import Due
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.clock import SystemClock
from kommutator.kit.ids import SystemIds
from kommutator.store.database import Database
from kommutator.store.listener import Listener
from kommutator.workers.delivery_runner import DeliveryRunner
from kommutator.workers.engine import LaneEngine

OK = Done(Exchange(request={"to": "twin"}, response={"success": True}, duration_ms=0.1))


class Noop:
    kind = ConnectionKind.RETAILCRM

    def concurrency(self, account: Account) -> int:
        return 20

    def patience(self, command: Command) -> Patience:
        return RECORD

    def budgets(self, account: Account, command: Command) -> Sequence[Budget]:
        return ()

    def batch_limit(self, command: Command) -> int:
        return 1

    async def deliver(self, account: Account, batch: Sequence[Due]) -> Sequence[Outcome]:
        await asyncio.sleep(0)
        return [OK] * len(batch)


class Accounts:
    async def account(self, connection_id: UUID) -> Account:
        return Account(
            enterprise=EnterpriseNumber(str(connection_id.int)),
            connection_id=connection_id,
            kind=ConnectionKind.RETAILCRM,
            name="bench",
            base_url="https://crm.test",
            status=ConnectionStatus.ACTIVE,
            config={},
            secrets={},
        )


async def work(dsn: str) -> None:
    """One worker process, composed as in production."""
    db = await Database.open(dsn, size=8)
    clock, ids = SystemClock(), SystemIds()
    runner = DeliveryRunner(
        db, Accounts(), {ConnectionKind.RETAILCRM: Noop()}, clock=clock, ids=ids
    )
    engine = LaneEngine(db, {"crm": runner}, clock=clock, ids=ids, roles=("worker",))
    db.waker = engine.wake
    listener = Listener(
        dsn, {"kommutator_wake": engine.wake}, on_reconnect=engine.sweep_soon, clock=clock
    )
    await listener.start()
    await engine.start()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await engine.stop()
    await listener.stop()
    await db.close()


async def fill(dsn: str, commands: int, lanes: int) -> None:
    """Rows by SQL: three per key, keys interleaved, as calls are."""
    connection = await asyncpg.connect(dsn)
    payload = encode(SetPresence(call_id="c", extension="101", presence="free")).decode()
    await connection.execute(
        "INSERT INTO enterprises (number, name) "
        "SELECT i::text, 'bench' FROM generate_series(1, $1) i",
        lanes,
    )
    await connection.execute(
        "INSERT INTO connections (id, enterprise, kind, name, base_url, status) "
        "SELECT lpad(to_hex(i), 32, '0')::uuid, i::text, 'retailcrm', 'b', 'u', 'active' "
        "FROM generate_series(1, $1) i",
        lanes,
    )
    await connection.execute(
        "INSERT INTO outbox (enterprise, lane, connection_id, key, kind, payload, once, call_id) "
        "SELECT c.enterprise, 'crm:' || c.id, c.id, 'k' || i / $1 / 3, 'set_presence', "
        "$3::text::jsonb, "
        "i::text, 'call' || i / $1 / 3 FROM generate_series(0, $2 - 1) i "
        "JOIN connections c ON c.enterprise = (i % $1 + 1)::text ORDER BY i",
        lanes,
        commands,
        payload,
    )
    await connection.execute("VACUUM ANALYZE outbox")
    await connection.close()


async def run(dsn: str, commands: int, lanes: int, workers: int) -> float:
    async with database(dsn, "bench_engine") as url:
        await fill(url, commands, lanes)
        connection = await asyncpg.connect(url)
        processes = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bench.engine", "work", url, stdin=asyncio.subprocess.PIPE
            )
            for _ in range(workers)
        ]
        first = "SELECT EXISTS (SELECT FROM attempts)"
        left = "SELECT NOT EXISTS (SELECT FROM outbox WHERE state = 'due')"

        async def begun() -> bool:
            return await connection.fetchval(first)

        async def ended() -> bool:
            return await connection.fetchval(left)

        await until(begun)
        started = time.perf_counter()
        await until(ended)
        seconds = time.perf_counter() - started
        for process in processes:
            process.stdin.close()
            await process.wait()
        tried = await connection.fetchval("SELECT count(*) FROM attempts")
        wrong = await connection.fetchval(
            "SELECT count(*) FROM (SELECT id, lag(id) OVER (PARTITION BY lane, key ORDER BY "
            "finished_at, id) AS before FROM outbox) o WHERE before > id"
        )
        assert tried == commands, f"{tried} attempts for {commands} commands"
        assert wrong == 0, f"{wrong} commands overtook their key"
        await connection.close()
        return commands / seconds


async def main(commands: int, lanes: int) -> None:
    with server() as dsn:
        baseline = await commits_per_second(dsn, clients=32)
        print(f"one-row commits, 32 clients: {baseline:8.0f} /s")
        for workers in (1, 2):
            rate = await run(dsn, commands, lanes, workers)
            print(
                f"commands, {workers} worker(s):      {rate:8.0f} /s   ratio {rate / baseline:.2f}"
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["work"]:
        uvloop.run(work(sys.argv[2]))
    else:
        numbers = [int(n) for n in sys.argv[1:]]
        uvloop.run(main(*(numbers + [20_000, 20][len(numbers) :])))
