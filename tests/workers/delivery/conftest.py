"""A database with the one lane's connection."""

from collections.abc import AsyncIterator

import pytest

from kommutator.store.database import Database
from tests.workers.delivery.one_lane import A
from tests.workers.harness import add_connection


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = await Database.open(database_url, size=4)
    await add_connection(database, A)
    yield database
    await database.close()
