from collections.abc import AsyncIterator

import pytest

from kommutator.store.database import Database
from tests.support.outreach import Town


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[Town]:
    db = await Database.open(database_url, size=6)
    yield Town(db)
    await db.close()
