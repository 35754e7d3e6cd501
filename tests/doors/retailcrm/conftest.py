"""A running service with a RetailCRM twin for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.support.service import Service, open_service


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[Service]:
    async with open_service(database_url) as opened:
        yield opened
