from collections.abc import AsyncIterator

import pytest

from tests.support.booking_service import BookingService, open_booking
from tests.support.postgres import Databases, database_dsn


@pytest.fixture(scope="package")
async def salon(databases: Databases, database_template: str) -> AsyncIterator[BookingService]:
    """One for all tests here: each books other times, or for other guests."""
    async with (
        databases.copy_of(database_template) as name,
        open_booking(database_dsn(databases.dsn, name)) as opened,
    ):
        yield opened
