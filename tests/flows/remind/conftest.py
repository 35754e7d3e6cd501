from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from kommutator.store.database import Database
from tests.support.outreach import TELEGRAM, Town
from tests.support.reminded import Reminded


@pytest.fixture
async def salon(database_url: str) -> AsyncIterator[Reminded]:
    """A salon whose client wrote to its bot once; nothing is booked."""
    db = await Database.open(database_url, size=6)
    town = Town(db)
    await town.settle(TELEGRAM)
    await town.wrote(TELEGRAM, "70", at=town.clock.now() - timedelta(days=3))
    yield await Reminded.of(town)
    await db.close()
