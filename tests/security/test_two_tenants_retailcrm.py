"""Promise: on requirement 002's own paths, too, a tenant is alone with its data.

The routes come from the OpenAPI; whatever has `{enterprise}` in its path is asked by a neighbour
and by its owner.
"""

from typing import Any

import pytest

from kommutator.doors.http import retailcrm
from kommutator.doors.http.app import create_app
from kommutator.flows.house import House
from tests.security.test_two_tenants import routes
from tests.support.asgi import Asgi
from tests.support.house import TenantOfTests

HOOKS = "/retailcrm/"


@pytest.fixture
async def app(house: House) -> Any:
    return create_app(house, families={"retailcrm": retailcrm.add})


def of_the_family(app: Any, core: set[str]) -> list[Any]:
    return [route for route in routes(app) if route.path not in core]


@pytest.fixture
def core(house: House) -> set[str]:
    return {route.path for route in routes(create_app(house))}


async def test_a_number_in_the_path_opens_to_its_owner_only(
    app: Any, core: set[str], here: TenantOfTests, there: TenantOfTests
) -> None:
    neighbour = Asgi(app, headers=here.headers)
    owner = Asgi(app, headers=there.headers)
    scoped = [route for route in of_the_family(app, core) if "{enterprise}" in route.path]
    assert len(scoped) >= 11
    # Removing comes last: nothing is left to be asked after it.
    for route in sorted(scoped, key=lambda found: found.method == "DELETE"):
        url = route.path.format(enterprise="0411")
        reply = await neighbour.request(route.method, url, json_body={})
        assert (reply.status, reply.code) == (404, "enterprise_not_found"), route
        assert "0411.retailcrm" not in reply.body.decode()
        served = await owner.request(route.method, url, json_body={})
        # The owner comes further: to an answer, to a refusal of the empty body, or to a CRM
        # that does not exist.
        assert served.status in {200, 400, 424}, (route, served.status, served.body)


async def test_every_other_path_is_the_platforms_or_wants_a_client_id(
    app: Any, core: set[str], here: TenantOfTests
) -> None:
    caller = Asgi(app, headers=here.headers)
    rest = [route for route in of_the_family(app, core) if "{enterprise}" not in route.path]
    assert rest
    for route in rest:
        reply = await caller.request(route.method, route.path, json_body={})
        if route.path.startswith(HOOKS):
            ignored = reply.status == 200 and reply.json()["success"] is False
            assert ignored or reply.code == "hook_client_id_missing", (route, reply.body)
        else:
            assert reply.status == 403, (route, reply.status, reply.body)


async def test_a_clicks_client_id_reaches_its_own_tenant_only(
    app: Any, here: TenantOfTests, there: TenantOfTests
) -> None:
    """User 19 sits at 150 in both; whose phone it is depends on the clientId alone."""
    stranger = Asgi(app)
    for tenant in (here, there):
        reply = await stranger.get(
            f"/retailcrm/status?clientId={tenant.client_id}&userId=19&status=busy"
        )
        assert (reply.status, reply.json()["extension"]) == (200, "150")
    house: House = app.state.house
    async with house.db.unit() as unit:
        for tenant in (here, there):
            assert {p.status for p in (await unit.presence.all(tenant.number)).values()} == {"busy"}
