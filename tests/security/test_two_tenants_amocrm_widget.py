"""Promise: the widget of one amoCRM account reaches nothing of another's tenant, by no route.

The routes come from the OpenAPI; a new one of the widget fails here until it is described below.
"""

from typing import Any

import pytest

from kommutator.doors.http import amocrm
from kommutator.doors.http.app import create_app
from kommutator.flows.house import House
from tests.support.asgi import Asgi
from tests.support.house import TenantOfTests
from tests.support.routing import settle_pbx
from tests.support.widget_tokens import disposable, secret_of, settle_widget

PREFIX = "/api/v1/amocrm/widget/"
BODIES: dict[str, Any] = {
    f"{PREFIX}call": {"phone": "+375290000070", "enterprise_number": "0411", "extension": "411"},
    f"{PREFIX}state": None,
}


@pytest.fixture
async def app(house: House, here: TenantOfTests, there: TenantOfTests) -> Any:
    await settle_widget(house, here.number, "1", users={"504141": "150"})
    await settle_widget(house, there.number, "2", users={"504141": "411", "7": "412"})
    for tenant in (here, there):
        await settle_pbx(house, tenant.number)
    return create_app(house, families={"amocrm": amocrm.add})


def routes(app: Any) -> list[tuple[str, str]]:
    return [
        (method.upper(), path)
        for path, methods in app.openapi()["paths"].items()
        for method in methods
        if path.startswith(PREFIX)
    ]


def test_every_route_of_the_widget_is_described_here(app: Any) -> None:
    assert sorted(path for _, path in routes(app)) == sorted(BODIES)


async def test_the_token_alone_says_whose_tenant_it_is(
    app: Any, house: House, there: TenantOfTests
) -> None:
    token = disposable(house.clock.now(), "1")
    for method, path in routes(app):
        for address in (path, f"{path}?enterprise_number=0411&account=2&extension=411"):
            caller = Asgi(app, headers={"x-auth-token": token})
            reply = await caller.request(method, address, json_body=BODIES[path])
            assert reply.status in (200, 202), (path, reply.body)
            assert reply.json()["extension"] == "150"
    async with house.db.unit() as unit:
        assert await unit.outbox.page(there.number) == []


async def test_a_neighbours_secret_signs_nothing_of_ours(app: Any, house: House) -> None:
    now = house.clock.now()
    forged = [
        disposable(now, "2", secret=secret_of("1")),
        disposable(now, "2", secret=secret_of("1"), client_uuid="client-1"),
        disposable(now, "1", account_id=2),
        disposable(now, "2", "7", secret=secret_of("1"), iss="https://firm1.amocrm.ru"),
    ]
    for token in forged:
        for method, path in routes(app):
            caller = Asgi(app, headers={"x-auth-token": token})
            reply = await caller.request(method, path, json_body=BODIES[path])
            assert (reply.status, reply.code) == (401, "amocrm_widget_token_wrong"), path
