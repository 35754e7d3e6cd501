"""A database of its own for each test of the store."""

from collections.abc import AsyncIterator

import pytest

from kommutator.store.database import Database


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = await Database.open(database_url, size=4)
    yield database
    await database.close()
