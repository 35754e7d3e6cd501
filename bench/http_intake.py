"""Durable intakes per second through the real HTTP door, against one-row commits of PostgreSQL.

The whole way of an event is included: TCP, HTTP, API key, tenant, reading, repeats, journal,
commit, answer. The door runs in a process of its own, the load in another; the baseline is
pgbench (or asyncpg) with as many clients, in the same run on the same server.

    python -m bench.http_intake [seconds] [clients]
"""

import asyncio
import json
import multiprocessing
import os
import re
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import uvloop

from bench.ground import database, open_folder, server, until
from bench.intake import commits_per_second
from kommutator.compose import compose
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission, Role
from kommutator.kit.crypto import Vault
from kommutator.settings import load_settings
from kommutator.store.database import Database

NUMBER = EnterpriseNumber("0367")
PAYLOAD = {
    "phone": "+375000000070",
    "direction": "in",
    "extensions": ["150", "151"],
    "line": "+375000000001",
    "start_time": "2026-01-01T12:00:00+03:00",
    "recording": "https://pbx.example.test/rec/2026/01/01/abcdef0123456789.mp3",
    "pad": "x" * 60,
}


LUA = """
local n, run = 0, tostring(os.time()) .. tostring({}):sub(8)
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["X-API-Key"] = "%KEY%"
local body = [==[%BODY%]==]
request = function()
  n = n + 1
  return wrk.format(nil, nil, nil, (body:gsub("%%ID%%", run .. "." .. n)))
end
"""


class Client(asyncio.Protocol):
    """One keep-alive connection that sends the next event when the last was answered."""

    def __init__(self, number: int, key: str, until_s: float) -> None:
        self.number, self.key, self.until = number, key, until_s
        self.count = self.failed = 0
        self.latencies: list[float] = []
        self.gap = 0.0
        self.answer = b""
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._send()

    def _send(self) -> None:
        self.count += 1
        payload = {"call_unique_id": f"{self.number}.{self.count}", **PAYLOAD}
        body = json.dumps(
            {"enterprise_number": NUMBER, "event_type": "dial", "payload": payload}
        ).encode()
        self.began = time.perf_counter()
        self.transport.write(
            b"POST /api/events HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            b"X-API-Key: " + self.key.encode() + b"\r\n"
            b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
        )

    def data_received(self, data: bytes) -> None:
        self.answer += data
        if not self.answer.endswith(b"}"):
            return
        if b'"success":true' not in self.answer:
            self.failed += 1
        self.answer = b""
        now = time.perf_counter()
        self.latencies.append(now - self.began)
        if now >= self.until:
            self.transport.close()
            self.done.set_result(None)
        elif self.gap:
            asyncio.get_running_loop().call_later(self.gap, self._send)
        else:
            self._send()


async def load(port: int, key: str, clients: int, seconds: float, rate: float) -> tuple[int, float]:
    """Acknowledged events and p99 in ms. `rate` 0 is as fast as it goes."""
    loop = asyncio.get_running_loop()
    end = time.perf_counter() + seconds
    protocols = []
    for number in range(clients):
        _, protocol = await loop.create_connection(
            lambda number=number: Client(number, key, end), "127.0.0.1", port
        )
        protocol.gap = clients / rate if rate else 0.0
        protocols.append(protocol)
    await asyncio.gather(*(protocol.done for protocol in protocols))
    assert not sum(protocol.failed for protocol in protocols), "some events were refused"
    latencies = sorted(x for protocol in protocols for x in protocol.latencies)
    return len(latencies), latencies[int(len(latencies) * 0.99)] * 1000


def _load(port: int, key: str, clients: int, seconds: float, rate: float, answer: Any) -> None:
    answer.put(uvloop.run(load(port, key, clients, seconds, rate)))


async def from_outside(
    port: int, key: str, clients: int, seconds: float, rate: float = 0.0
) -> tuple[int, float]:
    """The load in a process of its own, as senders are; wrk where it is installed."""
    if not rate and (wrk := shutil.which("wrk")):
        return await _by_wrk(wrk, port, key, clients, seconds)
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    process = context.Process(target=_load, args=(port, key, clients, seconds, rate, answer))
    process.start()
    found: tuple[int, float] = await asyncio.to_thread(answer.get)
    process.join()
    return found


async def _by_wrk(wrk: str, port: int, key: str, clients: int, seconds: float) -> tuple[int, float]:
    body = json.dumps(
        {
            "enterprise_number": NUMBER,
            "event_type": "dial",
            "payload": {"call_unique_id": "%ID%", **PAYLOAD},
        }
    )
    script = LUA.replace("%KEY%", key).replace("%BODY%", body)
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        process = await asyncio.create_subprocess_exec(
            *(wrk, "-t1", f"-c{clients}", f"-d{seconds:.0f}s", "--latency", "-s", file.name),
            f"http://127.0.0.1:{port}/api/events",
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate()
    text = output.decode()
    assert "Non-2xx" not in text, text
    count = re.search(r"(\d+) requests in", text)
    p99 = re.search(r"99%\s+([0-9.]+)(us|ms|s)", text)
    assert count is not None, text
    assert p99 is not None, text
    return int(count[1]), float(p99[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[p99[2]]


@asynccontextmanager
async def door(url: str, home: str) -> AsyncIterator[tuple[int, str]]:
    """A running `kommutator api` over the database, and a key for it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        "KOMMUTATOR_HOME": home,
        "KOMMUTATOR_DATABASE_URL": url,
        "KOMMUTATOR_PORT": str(port),
        "KOMMUTATOR_EVENTS_RATE": "1000000",
        "KOMMUTATOR_EVENTS_BURST": "1000000",
        "KOMMUTATOR_LOG_LEVEL": "warning",
    }
    settings = load_settings(environment)
    ring, _ = settings.key_ring()
    db = await Database.open(url, size=2)
    house = compose(settings, db, Vault(ring)).house
    async with db.unit() as unit:
        await unit.enterprises.create(NUMBER, name="bench")
    key = await house.keys.create(
        Actor(name="bench", role=Role.PLATFORM_ADMIN, enterprise=None),
        NUMBER,
        name="bench",
        scopes=[Permission.SEND_EVENTS],
    )
    await db.close()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kommutator", "api"),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.DEVNULL,
    )

    async def open_() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    try:
        await until(open_, 30.0)
        yield port, key.secret
    finally:
        process.terminate()
        await process.wait()


async def main(seconds: float, clients: int) -> None:
    with server() as dsn, open_folder() as home:
        for round_number in range(3):
            baseline = await commits_per_second(dsn, clients=clients, seconds=seconds)
            async with database(dsn, "bench_http") as url, door(url, str(home)) as (port, key):
                await from_outside(port, key, clients, 1.0)  # warm
                count, p99 = await from_outside(port, key, clients, seconds)
                rate = count / seconds
                _, half = await from_outside(port, key, clients, seconds, rate / 2)
            print(
                f"round {round_number + 1}: one-row commits {baseline:7.0f} /s"
                f"   through the door {rate:7.0f} /s   p99 {p99:5.1f} ms"
                f"   at half of it {half:5.1f} ms   ratio {rate / baseline:.2f}"
            )


if __name__ == "__main__":
    numbers = [float(n) for n in sys.argv[1:]]
    given = numbers + [4.0, 64][len(numbers) :]
    uvloop.run(main(given[0], int(given[1])))
