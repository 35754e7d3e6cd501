"""A whole HTTP door over a house with two tenants, shared by a module's tests."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from kommutator.doors.http.app import create_app
from kommutator.flows.house import House
from tests.support.asgi import Asgi
from tests.support.house import TenantOfTests, open_house, settle_platform, settle_tenant


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with open_house(database_url) as built:
        yield built


def routes_of(app: Any, *tags: str) -> list[tuple[str, str, str]]:
    """Method, path and name of all that have one of these tags, in order of their methods."""
    return sorted(
        (method.upper(), path, described["operationId"])
        for path, methods in app.openapi()["paths"].items()
        for method, described in methods.items()
        if set(tags) & set(described.get("tags", ()))
    )


@pytest.fixture
def stranger(house: House) -> Asgi:
    """A caller without any credentials."""
    return Asgi(create_app(house))


@pytest.fixture
async def here(house: House) -> TenantOfTests:
    return await settle_tenant(house, "0367")


@pytest.fixture
async def there(house: House) -> TenantOfTests:
    return await settle_tenant(house, "0411")


@pytest.fixture
async def admin(stranger: Asgi, here: TenantOfTests) -> Asgi:
    return Asgi(stranger.app, headers=here.headers)


@pytest.fixture
async def root(stranger: Asgi, house: House) -> Asgi:
    _, headers = await settle_platform(house)
    return Asgi(stranger.app, headers=headers)
