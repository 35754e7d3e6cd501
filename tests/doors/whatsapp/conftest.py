"""One process with one phone; a test that needs more opens it."""

from collections.abc import AsyncIterator

import pytest

from tests.support.whatsapp_host import FakeWhatsApp
from tests.support.whatsapp_house import Phone, a_phone, a_worker


@pytest.fixture
def world() -> FakeWhatsApp:
    return FakeWhatsApp()


@pytest.fixture
async def phone(database_url: str, world: FakeWhatsApp) -> AsyncIterator[Phone]:
    async with a_worker(database_url, world) as house:
        yield await a_phone(house, world)
