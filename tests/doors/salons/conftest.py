from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.doors.salons.desk import Desk
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


@pytest.fixture
async def desk(salon: BookingService) -> AsyncIterator[Desk]:
    jar = aiohttp.CookieJar(unsafe=True)  # cookies of 127.0.0.1
    async with aiohttp.ClientSession(salon.service.url, cookie_jar=jar) as http:
        made = Desk(http, f"/console/salons/{salon.connection}/day")
        await made.sign_in("employee@0367.example")
        yield made
