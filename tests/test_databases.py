"""The databases that the other tests stand on."""

import asyncpg


async def test_every_database_is_migrated_and_nobody_elses(
    database_url: str, database_template: str
) -> None:
    connection = await asyncpg.connect(database_url)
    name = await connection.fetchval("SELECT current_database()")
    tables = await connection.fetchval(
        "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
    )
    await connection.execute("CREATE TABLE left_behind (id int)")
    await connection.close()
    assert name != database_template
    assert tables > 0


async def test_nothing_is_left_behind(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT to_regclass('left_behind')") is None
    await connection.close()


async def test_empty_database_has_no_schema(empty_database_url: str) -> None:
    connection = await asyncpg.connect(empty_database_url)
    tables = await connection.fetchval(
        "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
    )
    await connection.close()
    assert tables == 0
