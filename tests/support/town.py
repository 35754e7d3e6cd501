"""A whole installation for stories and benches: its processes, its tenants, their fake CRMs.

Processes are the real command line, kept alive as systemd would: one that ends is started again.
The fake CRMs live in this process, each on a port of its own and so with an allowance of its own.
"""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from kommutator.app import Application
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission, Role
from kommutator.flows.forms import ConnectionForm
from kommutator.kit.crypto import Vault
from kommutator.settings import load_settings
from kommutator.store.driver import is_transient
from kommutator.twins import RunningTwins, TwinsConfig, start_twins
from tests.support.house import MASTER_KEYS
from tests.support.waiting import eventually

EMPLOYEES = {"19": "150", "18": "151"}
LINE = "+375000000001"
METRICS_TOKEN = "not-a-real-metrics-token"
ADMIN_PASSWORD = "correct horse 7 battery"
_OPERATOR = Actor(name="tests", role=Role.PLATFORM_ADMIN, enterprise=None)
_READY_S = 60.0


def free_port() -> int:
    """A port outside the range that outgoing connections are given: it stays ours at restarts."""
    while True:
        port = random.randrange(20_000, 32_000)  # noqa: S311  no secret
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class Process:
    """One `kommutator …` process. While `keep` is true it is started again when it ends."""

    def __init__(self, name: str, args: list[str], env: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self.keep = True
        self.starts = 0
        self.log = folder / f"{name}.log"
        self._said = folder / f"{name}.out"
        self._command = [sys.executable, "-m", "kommutator", *args]
        self._env = dict(env)
        self._popen: subprocess.Popen[bytes] | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        assert self._popen is not None
        return self._popen.pid

    async def start(self) -> None:
        self._launch()
        self._keeper = asyncio.create_task(self._stay())
        await self.ready()

    async def ready(self) -> None:
        """The process said that it works."""
        await eventually(lambda: self._said.exists() and self._said.stat().st_size > 0, _READY_S)

    def kill(self) -> None:
        """As `kill -9`."""
        assert self._popen is not None
        self._popen.kill()
        self._popen.wait()
        self._said.unlink(missing_ok=True)

    async def terminate(self) -> int:
        """As `systemctl stop`; returns the exit code."""
        self.keep = False
        assert self._popen is not None
        self._popen.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self._popen.wait, 60)

    async def stop(self) -> None:
        self.keep = False
        if self._popen is not None and self._popen.poll() is None:
            self._popen.terminate()
            try:
                await asyncio.to_thread(self._popen.wait, 30)
            except subprocess.TimeoutExpired:
                self._popen.kill()
                self._popen.wait()
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)

    def text(self) -> str:
        """Everything it wrote, over all its lives."""
        files = (self.log, self._said)
        return "\n".join(f.read_text(errors="replace") for f in files if f.exists())

    def _launch(self) -> None:
        self._said.unlink(missing_ok=True)
        self.starts += 1
        with self.log.open("ab") as log, self._said.open("wb") as said:
            self._popen = subprocess.Popen(
                self._command, env=self._env, stdin=subprocess.DEVNULL, stdout=said, stderr=log
            )

    async def _stay(self) -> None:
        while self.keep:
            if self._popen is not None and self._popen.poll() is not None:
                self._launch()
            await asyncio.sleep(0.05)


@dataclass
class Crm:
    """An account of a fake CRM. `root` is the twin's own address, with its control paths."""

    running: RunningTwins
    root: str
    url: str
    key: str
    http: aiohttp.ClientSession
    account: str = "demo"

    async def state(self) -> dict[str, Any]:
        query = {"account": self.account}
        async with self.http.get(f"{self.root}/_twin/state", params=query) as answer:
            return await answer.json()

    async def order(self, path: str, /, **body: Any) -> dict[str, Any]:
        """POST to a control path."""
        async with self.http.post(f"{self.root}/_twin/{path}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def heal(self) -> None:
        """Withdraw all faults."""
        async with self.http.delete(f"{self.root}/_twin/faults") as answer:
            assert answer.status == 200


@dataclass
class Tenant:
    number: EnterpriseNumber
    key: str  # ours, for events
    crm: Crm

    def event(self, kind: str, call_id: str, **payload: Any) -> dict[str, Any]:
        common = {"call_unique_id": call_id, "direction": "in", "line": LINE}
        return {
            "enterprise_number": self.number,
            "event_type": kind,
            "payload": {**common, **payload},
        }


@dataclass
class Town:
    """Use `open_town`. `seat` is our own part of the service: no roles, only for setting up."""

    dsn: str
    folder: Path
    env: dict[str, str]
    url: str
    port: int
    seat: Application
    http: aiohttp.ClientSession
    tenants: list[Tenant] = field(default_factory=list)
    processes: dict[str, Process] = field(default_factory=dict)

    async def run(self, name: str, *args: str) -> Process:
        """Start one process and keep it alive."""
        process = self.processes[name] = Process(name, list(args), self.env, self.folder)
        await process.start()
        return process

    async def up(self) -> Process:
        """The service as one process."""
        return await self.run("up", "up", "--no-demo")

    async def settle(self, crm: Crm, number: str, **config: Any) -> Tenant:
        """An enterprise with two employees, an events key and a registered RetailCRM."""
        house, enterprise = self.seat.house, EnterpriseNumber(number)
        async with house.db.unit() as unit:
            await unit.enterprises.create(enterprise, name=f"Firm {number}")
            for extension in EMPLOYEES.values():
                await unit.extensions.put(enterprise, extension, holder=f"Desk {extension}")
        scopes = [Permission.SEND_EVENTS, Permission.READ_CALLS]
        made = await house.keys.create(_OPERATOR, enterprise, name="pbx", scopes=scopes)
        form = ConnectionForm(
            kind=ConnectionKind.RETAILCRM,
            address=crm.url,
            secrets={"api_key": crm.key},
            config={
                "user_extensions": dict(EMPLOYEES),
                "lines": {LINE: "shop-main"},
                "default_site": "shop-main",
                **config,
            },
        )
        await house.set_up.save(_OPERATOR, enterprise, form)
        await house.enrol.register(_OPERATOR, enterprise, ConnectionKind.RETAILCRM)
        tenant = Tenant(enterprise, made.secret, crm)
        self.tenants.append(tenant)
        return tenant

    async def connect_pbx(self, tenant: Tenant, port: int, user: str, secret: str) -> None:
        form = ConnectionForm(
            kind=ConnectionKind.ASTERISK,
            address="127.0.0.1",
            secrets={"ami_user": user, "ami_secret": secret},
            config={"ami_port": port, "trunks": ["trunk"], "region": "BY"},
        )
        await self.seat.house.set_up.save(_OPERATOR, tenant.number, form)
        await self.seat.house.set_up.activate(_OPERATOR, tenant.number, ConnectionKind.ASTERISK)

    async def fetch(self, query: str, *args: Any) -> list[Any]:
        async with self.seat.house.db.single() as unit:
            return await unit.connection.fetch(query, *args)

    async def value(self, query: str, *args: Any) -> Any:
        async with self.seat.house.db.single() as unit:
            return await unit.connection.fetchval(query, *args)

    async def quiet(self) -> bool:
        """Everything is decided and delivered."""
        return await self.value(
            "SELECT NOT EXISTS (SELECT FROM journal WHERE state = 'new') "
            "AND NOT EXISTS (SELECT FROM outbox WHERE state = 'due')"
        )

    async def calm(self) -> bool:
        """As `quiet`; a database that is away just now has not said yes."""
        try:
            return await self.quiet()
        except Exception as error:
            if not is_transient(error):
                raise
            return False

    async def send(self, tenant: Tenant, event: Mapping[str, Any]) -> aiohttp.ClientResponse:
        """One event, one try. Raises aiohttp.ClientError."""
        headers = {"X-API-Key": tenant.key}
        url = f"{self.url}/api/events"
        async with self.http.post(url, json=event, headers=headers) as answer:
            await answer.read()
            return answer


@asynccontextmanager
async def open_crm(http: aiohttp.ClientSession, **switches: Any) -> AsyncIterator[Crm]:
    """A fake CRM with a site; its account is `demo`."""
    config = TwinsConfig(ports={"retailcrm": 0}, environment={})
    async with await start_twins(config) as running:
        url = running.base_urls["retailcrm"]
        async with http.get(f"{url}/_twin/credentials") as answer:
            account = (await answer.json())["accounts"][0]
        crm = Crm(running, url, account["base_url"], account["api_key"], http)
        if switches:
            await crm.order("switches", **switches)
        yield crm


@asynccontextmanager
async def open_town(
    dsn: str, folder: Path, *, tenants: int = 1, **settings: str
) -> AsyncIterator[Town]:
    """A migrated database with `tenants` connected tenants; start processes as you like."""
    async with AsyncExitStack() as stack:
        town = await stack.enter_async_context(_Opening(dsn, folder, settings))
        for number in range(tenants):
            crm = await stack.enter_async_context(open_crm(town.http))
            await town.settle(crm, str(100 + number))
        try:
            yield town
        finally:
            await asyncio.gather(*(process.stop() for process in town.processes.values()))


class _Opening:
    """The seat and the client of a town."""

    def __init__(self, dsn: str, folder: Path, settings: Mapping[str, str]) -> None:
        self._dsn, self._folder = dsn, folder
        self._port = free_port()
        self._env = _environment(dsn, folder, self._port, settings)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Town:
        http = await self._stack.enter_async_context(_client())
        settings = load_settings(self._env)
        ring, _ = settings.key_ring()
        seat = Application(settings, self._dsn, Vault(ring), roles=())
        await self._stack.enter_async_context(seat)
        return Town(self._dsn, self._folder, self._env, settings.public_url, self._port, seat, http)

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()


def _client() -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(limit=0)
    return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=15))


def _environment(dsn: str, folder: Path, port: int, settings: Mapping[str, str]) -> dict[str, str]:
    ours = {
        "DATABASE_URL": dsn,
        "DATABASE_POOL": "8",
        "HOME": str(folder / "home"),
        "PORT": str(port),
        "MASTER_KEYS": MASTER_KEYS,
        "PRIVATE_HOSTS": "127.0.0.1",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "METRICS_TOKEN": METRICS_TOKEN,
        "ADMIN_PASSWORD": ADMIN_PASSWORD,
        "LOG_FORMAT": "json",
        **{name.upper(): value for name, value in settings.items()},
    }
    plain = {k: v for k, v in os.environ.items() if not k.startswith("KOMMUTATOR_")}
    return {**plain, **{f"KOMMUTATOR_{name}": value for name, value in ours.items()}}
