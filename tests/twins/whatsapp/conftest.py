from collections.abc import AsyncIterator

import pytest

from tests.support.whatsapp_twin import (
    Baileys,
    BaileysClients,
    FakeWhatsApp,
    open_clients,
    open_whatsapp,
)

SALON = "79001234567"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process runs them all: each would start two programs of its own."""
    for item in items:
        if "tests/twins/whatsapp/" in item.path.as_posix():
            item.add_marker(pytest.mark.xdist_group("whatsapp"))


@pytest.fixture(scope="session")
async def one_whatsapp() -> AsyncIterator[FakeWhatsApp]:
    async with open_whatsapp() as running:
        yield running


@pytest.fixture(scope="session")
async def clients() -> AsyncIterator[BaileysClients]:
    async with open_clients() as running:
        yield running


@pytest.fixture
async def whatsapp(one_whatsapp: FakeWhatsApp) -> FakeWhatsApp:
    """A world in which nobody has done anything."""
    await one_whatsapp.hands.order("reset")
    return one_whatsapp


@pytest.fixture
async def device(
    whatsapp: FakeWhatsApp, clients: BaileysClients, request: pytest.FixtureRequest
) -> Baileys:
    """A device that nobody linked yet."""
    return Baileys(clients, whatsapp, request.node.name)


@pytest.fixture
async def salon(device: Baileys) -> Baileys:
    """A salon whose phone is linked to us."""
    await device.linked(SALON, "Ромашка")
    return device
