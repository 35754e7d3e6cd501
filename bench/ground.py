"""What every bench needs: a durable PostgreSQL, own or by KOMMUTATOR_BENCH_DATABASE_URL."""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from kommutator.kit.postgres import EmbeddedPostgres
from kommutator.store import migrate

VARIABLE = "KOMMUTATOR_BENCH_DATABASE_URL"


@contextmanager
def server() -> Iterator[str]:
    """DSN of a server with fsync on: a bench that does not flush measures nothing."""
    if given := os.environ.get(VARIABLE):
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="kommutator-bench-") as folder:
        Path(folder).chmod(0o755)
        postgres = EmbeddedPostgres(Path(folder))
        try:
            yield postgres.start()
        finally:
            postgres.stop()


@contextmanager
def open_folder() -> Iterator[Path]:
    """An empty folder that servers under other accounts can enter."""
    with tempfile.TemporaryDirectory(prefix="kommutator-bench-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@asynccontextmanager
async def database(dsn: str, name: str) -> AsyncIterator[str]:
    """A fresh, migrated database."""
    await execute(dsn, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await execute(dsn, f"CREATE DATABASE {name}")
    url = urlsplit(dsn)._replace(path=f"/{name}").geturl()
    await migrate.upgrade(url)
    try:
        yield url
    finally:
        with contextlib.suppress(Exception):
            await execute(dsn, f"DROP DATABASE {name} WITH (FORCE)")


async def execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def until(condition: Callable[[], Awaitable[bool]], limit_s: float = 300.0) -> None:
    async with asyncio.timeout(limit_s):
        while not await condition():  # noqa: ASYNC110  other processes cannot signal
            await asyncio.sleep(0.02)


def spread(name: str, values: Sequence[float], unit: str = "ms") -> float:
    """Print how the values lie; returns their median."""
    ordered = sorted(values)

    def at(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

    print(
        f"{name:28} median {at(0.5):8.2f} {unit}  p10 {at(0.1):8.2f}  p90 {at(0.9):8.2f}"
        f"  p95 {at(0.95):8.2f}  n={len(ordered)}"
    )
    return at(0.5)
