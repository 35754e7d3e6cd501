from collections.abc import AsyncIterator

import pytest

from tests.support.yclients_service import SalonService, open_salon_service


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[SalonService]:
    async with open_salon_service(database_url) as opened:
        yield opened
