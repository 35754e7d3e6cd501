"""Databases for tests: one server per run, a fresh migrated database per test."""

import importlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest

from kommutator.kit.postgres import EmbeddedPostgres

URL_VARIABLE = "KOMMUTATOR_TEST_DATABASE_URL"
_DSN = pytest.StashKey[str]()
_SERVER = pytest.StashKey[tuple[EmbeddedPostgres, Path]]()
# Nobody pulls the plug during a test run; a kill -9 needs none of these to survive.
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """The xdist controller owns the server: a worker may end before the others do."""
    node.workerinput["postgres_dsn"] = _dsn(node.config)  # type: ignore[attr-defined]  # WorkerController, untyped


def pytest_unconfigure(config: pytest.Config) -> None:
    if (started := config.stash.get(_SERVER, None)) is not None:
        server, folder = started
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_dsn(pytestconfig: pytest.Config) -> str:
    """DSN of the run's server as a superuser, database ``postgres``."""
    return _dsn(pytestconfig)


@pytest.fixture(scope="session")
async def database_template(postgres_dsn: str) -> AsyncIterator[str]:
    """Name of this worker's migrated database; copy it, never connect to it."""
    upgrade = _upgrade()
    async with _database(postgres_dsn, "template1") as name:
        await upgrade(database_dsn(postgres_dsn, name))
        yield name


@pytest.fixture
async def database_url(postgres_dsn: str, database_template: str) -> AsyncIterator[str]:
    """DSN of a fresh, migrated database that this test has for itself."""
    async with _database(postgres_dsn, database_template) as name:
        yield database_dsn(postgres_dsn, name)


@pytest.fixture
async def empty_database_url(postgres_dsn: str) -> AsyncIterator[str]:
    """DSN of a fresh database without our schema, for tests of the migrations themselves."""
    async with _database(postgres_dsn, "template1") as name:
        yield database_dsn(postgres_dsn, name)


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
        config.stash[_SERVER] = (server, folder)
        config.stash[_DSN] = server.start()
    return config.stash[_DSN]


def _new_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="kommutator-pg-"))
    folder.chmod(0o755)
    return folder


@contextmanager
def _open_folder() -> Iterator[Path]:
    folder = _new_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@asynccontextmanager
async def _database(dsn: str, template: str) -> AsyncIterator[str]:
    name = f"test_{uuid4().hex}"
    await _execute(dsn, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield name
    finally:
        await _execute(dsn, f"DROP DATABASE {name} WITH (FORCE)")


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _upgrade() -> Callable[[str], Awaitable[None]]:
    try:
        migrate = importlib.import_module("kommutator.store.migrate")
    except ModuleNotFoundError as missing:
        pytest.fail(f"no schema to test on: {missing}; kommutator.store.migrate makes it")
    upgrade: Callable[[str], Awaitable[None]] = migrate.upgrade
    return upgrade
