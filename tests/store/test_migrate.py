"""Migrations: one head, one migrator at a time, no way back."""

import asyncio
import subprocess
import sys

import asyncpg
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import create_async_engine

from kommutator.store import migrate


async def test_two_processes_migrate_once(empty_database_url: str) -> None:
    assert not await migrate.is_current(empty_database_url)
    await asyncio.gather(*(migrate.upgrade(empty_database_url) for _ in range(3)))
    assert await migrate.is_current(empty_database_url)
    connection = await asyncpg.connect(empty_database_url)
    assert await connection.fetchval("SELECT count(*) FROM outbox") == 0
    await connection.close()


def test_there_is_exactly_one_head_and_it_is_ours() -> None:
    assert ScriptDirectory.from_config(migrate.alembic_config()).get_heads() == [migrate.head()]


async def test_a_failing_step_leaves_nothing_behind(empty_database_url: str) -> None:
    connection = await asyncpg.connect(empty_database_url)
    await connection.execute("CREATE TABLE timers (mine int)")
    with pytest.raises(Exception, match="already exists"):
        await migrate.upgrade(empty_database_url)
    assert await connection.fetchval("SELECT to_regclass('enterprises')") is None
    assert not await migrate.is_current(empty_database_url)
    await connection.close()


async def test_there_is_no_way_back_and_words_say_so(database_url: str) -> None:
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: asyncpg.connect(database_url),
        poolclass=pool.NullPool,
    )
    config = migrate.alembic_config()

    def down(connection: object) -> None:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")

    async with engine.connect() as connection:
        with pytest.raises(NotImplementedError, match="restore the backup"):
            await connection.run_sync(down)
    await engine.dispose()
    assert await migrate.is_current(database_url)


def test_a_warm_start_does_not_import_alembic() -> None:
    code = (
        "import sys, kommutator.store.migrate, kommutator.store.database;"
        "sys.exit('alembic' in sys.modules or 'sqlalchemy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
