"""Running processes: database, application, HTTP server, and a calm end on Ctrl-C."""

from __future__ import annotations

import asyncio
import fcntl
import gc
import os
import signal
import socket
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from kommutator.app import Application
from kommutator.kit import log
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import KommutatorError
from kommutator.kit.postgres import EmbeddedPostgres
from kommutator.kit.redact import Redactor
from kommutator.settings import Settings
from kommutator.store import migrate

_BACKLOG = 2048
_LOCK = "up.lock"
_KEEP_ALIVE_S = 75  # longer than nginx and HTTP clients keep theirs: they close, not we
_WORD_BYTES = 16_384  # what a page says over a WebSocket is short
_GC_THRESHOLDS = (10_000, 20, 50)


class PortTaken(KommutatorError):
    """Somebody else listens there already; `instead` is how to choose another port."""

    def __init__(self, host: str, port: int, instead: str = "KOMMUTATOR_PORT=8001") -> None:
        super().__init__(f"{host}:{port} is taken")
        self.port = port
        self.instead = instead


class HomeUnusable(KommutatorError):
    """Nothing can be written there; `reason` is the system's own word for it."""

    def __init__(self, home: Path, reason: str) -> None:
        super().__init__(f"{home}: {reason}")
        self.home = home
        self.reason = reason


class HomeInUse(KommutatorError):
    """Another `kommutator up` lives there."""

    def __init__(self, home: Path) -> None:
        super().__init__(f"{home} is in use")
        self.home = home


class DatabaseUnreachable(KommutatorError):
    """The database of the settings does not let us in; `reason` is the kind of refusal."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the database is not reachable: {reason}")
        self.reason = reason


class Server(uvicorn.Server):
    """Uvicorn inside a process of ours: the signals are ours to handle."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.open = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.open.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextmanager
def home_alone(home: Path) -> Iterator[None]:
    """Make the folder and hold it: two of us would share ports, keys and the private PBX.

    The lock ends with the process, however it ends.

    Raises:
        HomeUnusable, HomeInUse.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(home / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise HomeUnusable(home, error.strerror or type(error).__name__) from error
    try:
        _lock(descriptor, home)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, home: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise HomeInUse(home) from None


@asynccontextmanager
async def database(settings: Settings, *, upgrade: bool = True) -> AsyncIterator[str]:
    """The DSN of a migrated database: the one from settings, or our own server's.

    Without `upgrade` an old one stays old, for whoever only looks.

    Raises:
        DatabaseUnreachable: the one from settings cannot be used.
        HomeUnusable, PostgresError: our own cannot be made or started.
    """
    embedded: EmbeddedPostgres | None = None
    if settings.database_url is not None:
        dsn = settings.database_url.get_secret_value()
    else:
        embedded = EmbeddedPostgres(settings.home / "postgres")
        try:
            dsn = await asyncio.to_thread(embedded.start)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise HomeUnusable(settings.home / "postgres", reason) from error
    try:
        if not await _is_current(dsn) and upgrade:
            await migrate.upgrade(dsn)
        yield dsn
    finally:
        if embedded is not None:
            await asyncio.to_thread(embedded.stop)


async def _is_current(dsn: str) -> bool:
    try:
        return await migrate.is_current(dsn)
    except migrate.UNREACHABLE as error:
        raise DatabaseUnreachable(type(error).__name__) from None


@asynccontextmanager
async def application(
    settings: Settings, dsn: str, *, roles: Collection[str], only: str | None = None
) -> AsyncIterator[Application]:
    """A started process of these roles, its log set up and its master key at hand.

    Raises:
        KeyRingError: the master key cannot be used.
    """
    redactor = Redactor()
    log.configure(redactor, level=settings.log_level, format=settings.log_format)
    ring, _ = settings.key_ring()
    made = Application(settings, dsn, Vault(ring), roles=roles, only=only, redactor=redactor)
    async with made as running:
        _calm_memory()
        yield running


def _calm_memory() -> None:
    """Keep the garbage collector's long pauses out of what must be answered in milliseconds.

    Some 160,000 objects of code and configuration live as long as the process: walking them all
    again and again was measured at 30 to 300 ms each time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)


@asynccontextmanager
async def http(asgi: FastAPI, settings: Settings) -> AsyncIterator[None]:
    """The HTTP door, open inside the block; at its end requests under way are finished.

    Raises:
        PortTaken: the address is in use.
    """
    config = uvicorn.Config(
        asgi,
        host=settings.host,
        port=settings.port,
        http="httptools",
        ws="wsproto",
        ws_max_size=_WORD_BYTES,
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=int(settings.shutdown_s),
    )
    server = Server(config)
    door = _bind(settings.host, settings.port)
    serving = asyncio.create_task(server.serve(sockets=[door]), name="http")
    try:
        await server.open.wait()
        yield
    finally:
        asgi.state.house.news.close()  # pages that wait for news would hold the door open
        server.should_exit = True
        await serving
        door.close()


def _bind(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=_BACKLOG, reuse_port=False)
    except OSError as error:
        raise PortTaken(host, port) from error


async def until_told() -> None:
    """Return at Ctrl-C or SIGTERM."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    try:
        await told.wait()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
