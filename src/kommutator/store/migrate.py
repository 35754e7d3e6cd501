"""Bring a database to the schema this version was written for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg

if TYPE_CHECKING:
    from alembic.config import Config

UNREACHABLE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What `is_current` raises when there is no such database, server, password or address."""

_FOLDER = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME = 0x6B6F6D6D  # advisory lock, "komm"
_WAIT_FOR_OTHERS_S = 300.0


def head() -> str:
    """The newest revision: file names carry it, so a warm start need not import Alembic."""
    return max(path.name.partition("_")[0] for path in (_FOLDER / "versions").glob("0*.py"))


async def is_current(dsn: str) -> bool:
    """Whether the database is at head; a few milliseconds, no Alembic."""
    connection = await asyncpg.connect(dsn)
    try:
        return await _revision(connection) == head()
    finally:
        await connection.close()


async def upgrade(dsn: str) -> None:
    """Bring any database to head. Several processes may call it at once: one migrates.

    Raises:
        TimeoutError: another process has been migrating for five minutes.
    """
    guard = await asyncpg.connect(dsn)
    try:
        await guard.execute(
            "SELECT pg_advisory_lock($1)", _ONE_AT_A_TIME, timeout=_WAIT_FOR_OTHERS_S
        )
        if await _revision(guard) != head():
            await _run_alembic(dsn)
    finally:
        await guard.close()  # lets the lock go with the session


async def _revision(connection: Any) -> str | None:
    if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
        return None
    revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
    return revision


async def _run_alembic(dsn: str) -> None:
    from alembic import command  # noqa: PLC0415  a warm start must not pay for the import
    from sqlalchemy import pool  # noqa: PLC0415  same
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415  same

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: asyncpg.connect(dsn),
        poolclass=pool.NullPool,
    )
    config = alembic_config()

    def run(connection: Any) -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    try:
        async with engine.connect() as connection:
            await connection.run_sync(run)
            await connection.commit()
    finally:
        await engine.dispose()


def alembic_config() -> Config:
    """Alembic's view of our folder; for tests and for `alembic revision` by hand."""
    from alembic.config import Config  # noqa: PLC0415  a warm start must not pay for the import

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    return config
