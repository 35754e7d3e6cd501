"""Two enterprises, and a CRM that hangs or breaks on demand, for each test of the phone book."""

import pytest

from kommutator.store.database import Database
from tests.support.book import Crm, settle


@pytest.fixture(autouse=True)
async def tenants(db: Database) -> None:
    await settle(db)


@pytest.fixture
def crm() -> Crm:
    return Crm()
