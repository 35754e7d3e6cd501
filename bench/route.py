"""Whose phone shall ring: 200 questions a second through the real HTTP door.

The running service on a durable PostgreSQL, a phone book of 50,000 entries, half of the callers
in it, open-loop load (a slow answer does not hold the next question back). Every question is a
GET as the dialplan's `CURL()` sends it, over kept-alive connections.
Requirement: p99 at most 10 ms; the exit code tells.

    python -m bench.route [seconds]
"""

import asyncio
import gc
import itertools
import os
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

from bench.ground import database, open_folder, server, spread, until
from kommutator.domain.connection import ConnectionKind
from kommutator.flows.secrets import open_account
from tests.support.town import Tenant, Town, open_town

RATE = 200
ENTRIES = 50_000
WARM_UP_S = 1.0
CONNECTIONS = 8
MOST_MS = 10.0
_FILL = """
INSERT INTO phone_book (enterprise, phone, owner_user, known, crm_at, last_talker, last_talk_at)
SELECT $1, '+37529' || lpad(n::text, 7, '0'), CASE WHEN n % 2 = 0 THEN '19' ELSE '18' END, true,
       now(), '150', now() FROM generate_series(1, $2) AS n"""


class Asker:
    """One kept-alive connection, HTTP written by hand: the client must cost as little as can be."""

    def __init__(self, host: str, port: int, secret: str) -> None:
        self._host, self._port, self._secret = host, port, secret
        self._free = asyncio.Lock()

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)

    async def ask(self, caller: str, number: int) -> str:
        query = f"caller={quote(caller, safe='')}&did=375170000001&id=1700000000.{number}"
        async with self._free:
            self._writer.write(
                f"GET /asterisk/route?{query} HTTP/1.1\r\nHost: {self._host}\r\n"
                f"X-Kommutator-Secret: {self._secret}\r\n\r\n".encode()
            )
            head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            body = await self._reader.readexactly(length)
        assert head.startswith(b"http/1.1 200"), head
        return body.decode()

    def close(self) -> None:
        self._writer.close()


@asynccontextmanager
async def askers(town: Town, secret: str) -> AsyncIterator[list[Asker]]:
    address = urlsplit(town.url)
    made = [
        Asker(str(address.hostname), int(address.port or 80), secret) for _ in range(CONNECTIONS)
    ]
    await asyncio.gather(*(asker.open() for asker in made))
    try:
        yield made
    finally:
        for asker in made:
            asker.close()


async def settle(town: Town, tenant: Tenant) -> str:
    """A PBX that nobody links to, and the book; returns the secret of its hooks."""
    await town.connect_pbx(tenant, 1, "gateway", "not-a-real-secret")
    async with town.seat.house.db.single() as unit:
        await unit.connection.execute(_FILL, tenant.number, ENTRIES)
        await unit.connection.execute("ANALYZE phone_book")
    stored = await town.seat.house.set_up.stored(tenant.number, ConnectionKind.ASTERISK)
    return open_account(town.seat.house.vault, stored).secrets["hook_secret"]


async def load(made: list[Asker], seconds: float) -> tuple[list[float], Counter[str]]:
    """Milliseconds from the planned moment of each question to its answer, and the answers."""
    dice, told, answers = random.Random(1), [], Counter[str]()
    turns = itertools.cycle(made)

    async def one(number: int, due: float) -> None:
        listed = number % 2 == 0
        tail = dice.randrange(1, ENTRIES) if listed else dice.randrange(5_000_000, 9_999_999)
        answers[await next(turns).ask(f"+37529{tail:07d}", number)] += 1
        told.append((time.perf_counter() - due) * 1000)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(int(RATE * seconds)):
            due = began + number / RATE
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            # Our own loop wakes up to a millisecond late; that is not the service's doing.
            group.create_task(one(number, max(due, time.perf_counter())))
    return told, answers


def cpu_s(town: Town) -> float:
    """Seconds that the service's process has computed; tells it from a machine that is busy."""
    pid = town.processes["up"].pid
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def main(seconds: float) -> bool:
    async with AsyncExitStack() as stack:
        dsn = stack.enter_context(server())
        folder = stack.enter_context(open_folder())
        url = await stack.enter_async_context(database(dsn, "bench_route"))
        town = await stack.enter_async_context(open_town(url, folder))
        (tenant,) = town.tenants
        secret = await settle(town, tenant)
        await town.up()
        made = await stack.enter_async_context(askers(town, secret))
        await load(made, WARM_UP_S)
        gc.collect()
        gc.freeze()  # pauses of the bench's own would be taken for the service's
        before = cpu_s(town)
        told, answers = await load(made, seconds)
        spent = (cpu_s(town) - before) / len(told)
        kept = round(RATE * seconds) + round(RATE * WARM_UP_S)

        async def written() -> bool:
            return bool(await town.value("SELECT count(*) = $1 FROM route_answers", kept))

        await until(written, 10)
        inside = sorted(
            row["took_ms"] for row in await town.fetch("SELECT took_ms FROM route_answers")
        )
    spread("question → answer", told)
    last = sorted(told)[int(len(told) * 0.99)]
    group = answers.pop("", 0)
    print(f"p99 {last:.2f} ms, longest {max(told):.2f} ms; decision alone p99 "
          f"{inside[int(len(inside) * 0.99)]:.2f} ms")  # fmt: skip
    print(f"{RATE}/s for {seconds:g} s: {sum(answers.values())} to a phone, {group} to the group; "
          f"all {kept} answers kept")  # fmt: skip
    print(f"CPU of the service per question {spent * 1000:.2f} ms, all its other work included")
    return last <= MOST_MS


if __name__ == "__main__":
    kept = asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0))
    sys.exit(0 if kept else 1)
