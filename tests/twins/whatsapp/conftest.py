from collections.abc import AsyncIterator

import pytest

from tests.support.whatsapp_twin import (
    Baileys,
    BaileysClients,
    RunningWhatsApp,
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
async def one_whatsapp() -> AsyncIterator[RunningWhatsApp]:
    async with open_whatsapp() as running:
        yield running


@pytest.fixture(scope="session")
async def clients() -> AsyncIterator[BaileysClients]:
    async with open_clients() as running:
        yield running


@pytest.fixture(scope="session")
def linked() -> dict[str, Baileys]:
    """The salon's device that was linked last: linking takes most of such a test's time."""
    return {}


@pytest.fixture
async def whatsapp(
    one_whatsapp: RunningWhatsApp, linked: dict[str, Baileys], request: pytest.FixtureRequest
) -> RunningWhatsApp:
    """A world in which nobody has done anything, but perhaps linked the salon's phone."""
    keep = "salon" in request.fixturenames
    if not keep:
        linked.clear()
    await one_whatsapp.hands.order("reset", keep=keep)
    return one_whatsapp


@pytest.fixture
async def device(
    whatsapp: RunningWhatsApp, clients: BaileysClients, request: pytest.FixtureRequest
) -> Baileys:
    """A device that nobody linked yet."""
    return Baileys(clients, whatsapp, request.node.name)


@pytest.fixture
async def salon(
    whatsapp: RunningWhatsApp,
    clients: BaileysClients,
    linked: dict[str, Baileys],
    request: pytest.FixtureRequest,
) -> Baileys:
    """A salon whose phone is linked to us."""
    sessions = (await whatsapp.hands.look("sessions"))["sessions"]
    if SALON not in linked or [row["ready"] for row in sessions] != [True]:
        await whatsapp.hands.order("reset")
        linked[SALON] = Baileys(clients, whatsapp, request.node.name)
        await linked[SALON].linked(SALON, "Ромашка")
    else:
        linked[SALON].mark = len(clients.told)
    return linked[SALON]
