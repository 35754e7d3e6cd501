"""A door with amoCRM and the console's pages, over a scripted vendor of tokens."""

from collections.abc import AsyncIterator

import pytest

from kommutator.doors.console import router as console
from kommutator.doors.http import amocrm
from kommutator.doors.http.app import Door, create_app
from kommutator.flows.house import House
from tests.doors.amocrm.connecting.browsers import CLIENT, SECRET
from tests.support.asgi import Asgi
from tests.support.house import TenantOfTests, open_house
from tests.support.oauth import Vendor


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
async def house(
    database_url: str, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    monkeypatch.setattr("kommutator.compose.grants.AmoCrmAuthorizer", lambda *_, **__: vendor)
    settings = {"amocrm_client_id": CLIENT, "amocrm_client_secret": SECRET}
    async with open_house(database_url, **settings) as built:
        yield built


@pytest.fixture
def stranger(house: House) -> Asgi:
    def pages(app: Door) -> None:
        app.include_router(console.router)

    return Asgi(create_app(house, families={"amocrm": amocrm.add, "console": pages}))


@pytest.fixture
def broker(house: House, stranger: Asgi, here: TenantOfTests) -> Asgi:
    token = house.tokens.issue(here.employee).value
    return Asgi(stranger.app, headers={"authorization": f"Bearer {token}"})
