"""Databases for tests: one server per run, a fresh migrated database per test.

Making a database copies 300 small files. On ext4 that takes 150 ms of CPU and more, in memory
16 ms: where the machine has room in memory, the databases live there.
"""

import asyncio
import importlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest

from kommutator.kit.postgres import EmbeddedPostgres
from kommutator.kit.postgres.account import server_account

URL_VARIABLE = "KOMMUTATOR_TEST_DATABASE_URL"
_DSN = pytest.StashKey[str]()
_SERVER = pytest.StashKey[tuple[EmbeddedPostgres, list[Path]]]()
_MEMORY = Path("/dev/shm")  # noqa: S108 - a file system, not a file somebody could guess
_ROOM_BYTES = 1 << 30
# Nobody pulls the plug during a test run; a kill -9 needs none of these to survive.
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """The xdist controller owns the server: a worker may end before the others do."""
    node.workerinput["postgres_dsn"] = _dsn(node.config)  # type: ignore[attr-defined]  # WorkerController, untyped


def pytest_unconfigure(config: pytest.Config) -> None:
    if (started := config.stash.get(_SERVER, None)) is not None:
        server, folders = started
        server.stop()
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_dsn(pytestconfig: pytest.Config) -> str:
    """DSN of the run's server as a superuser, database ``postgres``."""
    return _dsn(pytestconfig)


@dataclass(frozen=True, slots=True)
class Databases:
    """Makes databases on the run's server, over one connection per test process.

    Attributes:
        in_memory: copying files is then cheaper than writing them through the log.
    """

    dsn: str
    connection: Any
    in_memory: bool

    @asynccontextmanager
    async def copy_of(self, template: str) -> AsyncIterator[str]:
        """Name of a new database that is gone after the block."""
        name = f"test_{uuid4().hex}"
        strategy = "STRATEGY FILE_COPY" if self.in_memory else ""
        await self.connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} {strategy}")
        try:
            yield name
        finally:
            await self.connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
async def databases(postgres_dsn: str) -> AsyncIterator[Databases]:
    connection = await asyncpg.connect(postgres_dsn)
    in_memory = await connection.fetchval(
        "SELECT d.dattablespace <> p.dattablespace FROM pg_database d, pg_database p"
        " WHERE d.datname = 'template1' AND p.datname = 'postgres'"
    )
    yield Databases(postgres_dsn, connection, in_memory)
    await connection.close()


@pytest.fixture(scope="session")
async def database_template(databases: Databases) -> AsyncIterator[str]:
    """Name of this worker's migrated database; copy it, never connect to it."""
    upgrade = _upgrade()
    async with databases.copy_of("template1") as name:
        await upgrade(database_dsn(databases.dsn, name))
        yield name


@pytest.fixture
async def database_url(databases: Databases, database_template: str) -> AsyncIterator[str]:
    """DSN of a fresh, migrated database that this test has for itself."""
    async with databases.copy_of(database_template) as name:
        yield database_dsn(databases.dsn, name)


@pytest.fixture(scope="module")
async def module_database_url(databases: Databases, database_template: str) -> AsyncIterator[str]:
    """The same for all tests of a module together."""
    async with databases.copy_of(database_template) as name:
        yield database_dsn(databases.dsn, name)


@pytest.fixture
async def empty_database_url(databases: Databases) -> AsyncIterator[str]:
    """DSN of a fresh database without our schema, for tests of the migrations themselves."""
    async with databases.copy_of("template1") as name:
        yield database_dsn(databases.dsn, name)


@pytest.fixture
def postgres_home() -> Iterator[Path]:
    """A folder that the server's unprivileged account can enter, unlike ``tmp_path``."""
    with _open_folder() as folder:
        yield folder


def database_dsn(dsn: str, name: str) -> str:
    """The same server, another database."""
    return urlsplit(dsn)._replace(path=f"/{name}").geturl()


def _dsn(config: pytest.Config) -> str:
    if given := os.environ.get(URL_VARIABLE):
        return given
    inherited = getattr(config, "workerinput", {}).get("postgres_dsn")
    if inherited is not None:
        return str(inherited)
    if _DSN not in config.stash:
        folder = _new_folder()
        server = EmbeddedPostgres(folder, settings=_FAST)
        config.stash[_SERVER] = (server, [folder])
        config.stash[_DSN] = server.start()
        if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM_BYTES:
            memory = _new_folder(_MEMORY)
            config.stash[_SERVER][1].append(memory)
            _move_into(memory, folder, config.stash[_DSN])
    return config.stash[_DSN]


def _move_into(memory: Path, home: Path, dsn: str) -> None:
    """Whatever is copied from `template1` lies in its tablespace from now on."""
    if (account := server_account(home / "data")) is not None:
        account.owns(memory)

    async def move() -> None:
        connection = await asyncpg.connect(dsn)
        await connection.execute(f"CREATE TABLESPACE memory LOCATION '{memory}'")
        await connection.execute("ALTER DATABASE template1 SET TABLESPACE memory")
        await connection.close()

    with ThreadPoolExecutor(1) as aside:  # this thread's event loop belongs to pytest-asyncio
        aside.submit(asyncio.run, move()).result()


def _new_folder(where: Path | None = None) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="kommutator-pg-", dir=where))
    folder.chmod(0o755)
    return folder


@contextmanager
def _open_folder() -> Iterator[Path]:
    folder = _new_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _upgrade() -> Callable[[str], Awaitable[None]]:
    try:
        migrate = importlib.import_module("kommutator.store.migrate")
    except ModuleNotFoundError as missing:
        pytest.fail(f"no schema to test on: {missing}; kommutator.store.migrate makes it")
    upgrade: Callable[[str], Awaitable[None]] = migrate.upgrade
    return upgrade
