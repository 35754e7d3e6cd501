"""amoCRM's hooks in a storm against a real process, which may be killed in the middle.

Like the vendor, the sender repeats what was not acknowledged; unlike the vendor, at once.
"""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlencode

from kommutator.compose import compose
from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.secrets import seal_secrets
from kommutator.flows.set_up import new_hook_secret
from kommutator.kit.crypto import Vault
from kommutator.kit.ids import SystemIds
from kommutator.settings import load_settings
from kommutator.store.database import Database

NUMBER = EnterpriseNumber("0367")
ACCOUNT = "7039099"
_RETRY_S = 0.05


def hook_body(number: int) -> bytes:
    """A lead of its own has changed its stage; about a kilobyte, as the vendor's are."""
    lead = "leads[status][0]"
    fields = {
        "account[subdomain]": "example", "account[id]": ACCOUNT,
        "account[_links][self]": "https://example.amocrm.ru",
        f"{lead}[id]": str(number), f"{lead}[name]": f"Сделка {number}",
        f"{lead}[old_status_id]": "7039101", f"{lead}[status_id]": "142",
        f"{lead}[price]": "1200", f"{lead}[responsible_user_id]": "123123",
        f"{lead}[last_modified]": "1413554372", f"{lead}[pipeline_id]": "1300",
        f"{lead}[custom_fields][0][id]": "427183",
        f"{lead}[custom_fields][0][name]": "Откуда пришёл клиент",
        f"{lead}[custom_fields][0][values][0][value]": "Реклама",
        f"{lead}[account_id]": ACCOUNT, f"{lead}[updated_at]": "1413554372",
    }  # fmt: skip
    return urlencode(fields).encode()


@dataclass
class Storm:
    """What came of it. `seconds` are from a hook's own moment to its acknowledgement.

    Attributes:
        disturbed: seconds of those hooks that met a process which was down.
        refused: answers that were no acknowledgement.
    """

    acknowledged: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    disturbed: list[float] = field(default_factory=list)
    refused: int = 0

    def p99_ms(self) -> float:
        ordered = sorted(self.seconds)
        return ordered[int(len(ordered) * 0.99)] * 1000


class _Wire(asyncio.Protocol):
    """One keep-alive connection."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[bytes] | None = None
        self.heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.heard += data
        if b"\r\n\r\n" in self.heard and self.answer is not None and not self.answer.done():
            self.answer.set_result(self.heard[:12])

    def connection_lost(self, _error: Exception | None) -> None:
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(ConnectionError())

    async def ask(self, request: bytes) -> bytes:
        if self.transport.is_closing():
            raise ConnectionError
        self.heard = b""
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        async with asyncio.timeout(10):
            return await self.answer


async def _sender(
    storm: Storm, port: int, path: str, numbers: range, gap: float, begin: float
) -> None:
    """Its hooks at their moments, each until it is acknowledged."""
    loop = asyncio.get_running_loop()
    wire: _Wire | None = None
    for turn, number in enumerate(numbers):
        due = begin + turn * gap
        await asyncio.sleep(due - time.perf_counter())
        body = hook_body(number)
        request = (
            f"POST {path} HTTP/1.1\r\nHost: storm\r\nUser-Agent: amoCRM-Webhooks/3.0\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body
        calm = True
        while True:
            try:
                if wire is None:
                    _, wire = await loop.create_connection(_Wire, "127.0.0.1", port)
                answer = await wire.ask(request)
            except (OSError, TimeoutError):
                wire, calm = None, False
                await asyncio.sleep(_RETRY_S)
                continue
            if answer.endswith(b"204"):
                break
            storm.refused += 1
            wire, calm = None, False
            await asyncio.sleep(_RETRY_S)
        storm.acknowledged.append(number)
        took = time.perf_counter() - due
        (storm.seconds if calm else storm.disturbed).append(took)
    if wire is not None:
        wire.transport.close()


async def blow(port: int, path: str, *, rate: float, seconds: float, senders: int = 50) -> Storm:
    """`rate` hooks a second for so long, each of another lead, over keep-alive connections."""
    storm = Storm()
    each = round(rate * seconds / senders)
    gap, begin = senders / rate, time.perf_counter() + 0.2
    await asyncio.gather(
        *(
            _sender(
                storm, port, path, range(n * each + 1, (n + 1) * each + 1), gap,
                begin + n * gap / senders,
            )
            for n in range(senders)
        )
    )  # fmt: skip
    return storm


@dataclass
class Door:
    """A process of the service that answers HTTP, and a worker beside it that decides.

    `path` holds the secret of a connection.
    """

    url: str
    environment: dict[str, str]
    port: int
    path: str
    process: asyncio.subprocess.Process | None = None
    worker: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self.process = await self._launch("api")
        if self.worker is None:
            self.worker = await self._launch("worker")
        while not await self._open():
            assert self.process.returncode is None, "the service ended"
            await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """`kill -9`: nothing is finished, nothing is said."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def stop(self) -> None:
        for process in (self.process, self.worker):
            if process is not None and process.returncode is None:
                process.terminate()
                await process.wait()

    async def _launch(self, role: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "kommutator", role),
            env={**os.environ, **self.environment},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )

    async def _open(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True


@asynccontextmanager
async def hook_door(url: str, home: str) -> AsyncIterator[Door]:
    """The service over a migrated database, with an amoCRM connection; not started yet."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        "KOMMUTATOR_HOME": home,
        "KOMMUTATOR_DATABASE_URL": url,
        "KOMMUTATOR_PORT": str(port),
        "KOMMUTATOR_LOG_LEVEL": "warning",
    }
    settings = load_settings(environment)
    ring, _ = settings.key_ring()
    vault, ids = Vault(ring), SystemIds()
    db = await Database.open(url, size=2)
    try:
        compose(settings, db, vault)  # the same composition must be possible
        connection_id = ids.uuid()
        secret = new_hook_secret(connection_id, ids)
        sealed = seal_secrets(vault, NUMBER, connection_id, {"hook_secret": secret})
        async with db.unit() as unit:
            await unit.enterprises.create(NUMBER, name="Storm")
            await unit.connections.create(
                NUMBER, connection_id, kind=ConnectionKind.AMOCRM, name="amoCRM",
                base_url="https://example.amocrm.ru", account_key=ACCOUNT,
                config={"copy": {"on": False}}, sealed=sealed,
            )  # fmt: skip
            await unit.connections.set_status(NUMBER, connection_id, ConnectionStatus.ACTIVE)
    finally:
        await db.close()
    door = Door(url, environment, port, f"/api/v1/webhooks/amocrm/{secret}")
    try:
        yield door
    finally:
        await door.stop()


async def kept(url: str) -> set[int]:
    """Leads whose hooks are in the journal, by what their bodies say."""
    db = await Database.open(url, size=1)
    try:
        async with db.unit() as unit:
            rows = await unit.connection.fetch(
                "SELECT substring(convert_from(body, 'UTF8') from "
                "'status%5D%5B0%5D%5Bid%5D=([0-9]+)')::int AS id FROM journal "
                "WHERE source = 'amocrm'"
            )
    finally:
        await db.close()
    assert len(rows) == len({row["id"] for row in rows}), "a hook is kept twice"
    return {row["id"] for row in rows}
