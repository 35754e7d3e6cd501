"""Promise: an account that one person connected is nobody else's, by no route.

The routes of connecting come from the OpenAPI; a new one fails here until it is described.
"""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from kommutator.doors.http import amocrm
from kommutator.doors.http.app import create_app
from kommutator.flows.house import House
from tests.security.test_two_tenants import routes
from tests.support.asgi import Asgi
from tests.support.house import PASSWORD, TenantOfTests, open_house
from tests.support.oauth import Vendor

TAGS = {"amoCRM: connecting", "amoCRM: one's own account"}
HOST = "one.amocrm.ru"
BODIES: dict[str, Any] = {
    "amocrm_auth": None,
    "amocrm_status": None,
    "amocrm_code": {"code": "c", "domain": HOST, "personal": True},
    "amocrm_token": {"token": "t.t.t", "domain": HOST, "personal": True},
    "amocrm_claim": {"account_id": "31920194"},
    "amocrm_disconnect": None,
    "amocrm_secrets": {"client_id": "c", "client_secret": "s", "state": "x"},
    "amocrm_uninstalled": None,
    "own_amocrm_status": None,
    "exchange_amocrm_code": {"code": "c", "referer": HOST},
    "disconnect_own_amocrm": None,
}
OPEN = {"amocrm_secrets", "amocrm_uninstalled"}  # proven by a state, by a signature
SECRETS = ("access-", "refresh-", "not-a-real-integration")


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
async def house(
    database_url: str, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    monkeypatch.setattr("kommutator.compose.grants.AmoCrmAuthorizer", lambda *_, **__: vendor)
    settings = {
        "amocrm_client_id": "the-integration",
        "amocrm_client_secret": "not-a-real-integration-secret-of-64",
    }
    async with open_house(database_url, **settings) as built:
        yield built


@pytest.fixture
def app(house: House) -> Any:
    return create_app(house, families={"amocrm": amocrm.add})


def of_connecting(app: Any) -> list[tuple[str, str, str]]:
    return [
        (method.upper(), path, described["operationId"])
        for path, methods in app.openapi()["paths"].items()
        for method, described in methods.items()
        if TAGS & set(described.get("tags", ()))
    ]


def test_every_route_of_connecting_is_described_here(app: Any) -> None:
    assert {name for _, _, name in of_connecting(app)} == set(BODIES)


async def brokers(
    house: House, app: Any, tenant: TenantOfTests, vendor: Vendor
) -> tuple[Asgi, Asgi, UUID]:
    """Two employees; the first has connected account 111."""
    second = await house.people.create(
        "tests", tenant.number, email=f"second@{tenant.number}.example", name="Second",
        role=tenant.employee.role, password=PASSWORD,
    )  # fmt: skip
    callers = [
        Asgi(app, headers={"authorization": f"Bearer {house.tokens.issue(user).value}"})
        for user in (tenant.employee, second)
    ]
    vendor.account_id = "111"
    body = BODIES["exchange_amocrm_code"]
    reply = await callers[0].post("/api/amo-crm/exchange-code", json_body=body)
    assert reply.status == 200, reply.body
    own = (await callers[0].get("/api/v1/amocrm/status")).json()["accounts"][0]
    assert (own["account_id"], own["personal"]) == ("111", True)
    vendor.account_id = "222"
    return callers[0], callers[1], UUID(own["connection_id"])


async def test_a_colleague_sees_and_uses_nothing_of_it(
    house: House, app: Any, here: TenantOfTests, vendor: Vendor
) -> None:
    first, second, connection_id = await brokers(house, app, here, vendor)
    for method, path, name in of_connecting(app):
        for query in ("", f"?connection_id={connection_id}", "?account=111"):
            body = BODIES[name] and BODIES[name] | {"connection_id": str(connection_id)}
            reply = await second.request(method, path + query, json_body=body)
            told = reply.body.decode()
            assert "111" not in told, (name, query, told)
            assert str(connection_id) not in told, (name, query)
            assert not any(secret in told for secret in SECRETS), (name, query)
    mine = (await first.get("/api/amo-crm/status")).json()["data"]
    assert (mine["connected"], mine["accountId"]) == (True, "111")


async def test_no_route_at_all_shows_it_to_a_colleague(
    house: House, app: Any, here: TenantOfTests, vendor: Vendor
) -> None:
    _, second, connection_id = await brokers(house, app, here, vendor)
    for route in routes(app):
        if "{connection_id}" in route.path:
            reply = await second.request(
                route.method, route.path.format(connection_id=connection_id)
            )
            assert reply.status in {403, 404}, route
            assert "111" not in reply.body.decode(), route


async def test_neither_does_a_neighbour_reach_it(
    house: House, app: Any, here: TenantOfTests, there: TenantOfTests, vendor: Vendor
) -> None:
    first, _, connection_id = await brokers(house, app, here, vendor)
    neighbour = Asgi(app, headers=there.headers)
    for method, path, name in of_connecting(app):
        if name in OPEN:
            continue
        for query in ("?enterprise_number=0367", f"?connection_id={connection_id}"):
            body = BODIES[name] and BODIES[name] | {"connection_id": str(connection_id)}
            reply = await neighbour.request(method, path + query, json_body=body)
            assert "111" not in reply.body.decode(), (name, query)
            if "enterprise_number" in query:
                assert (reply.status, reply.code) == (404, "enterprise_not_found"), name
    assert (await first.get("/api/amo-crm/status")).json()["data"]["connected"] is True


async def test_the_administrator_sees_that_it_is_there_and_none_of_its_tokens(
    house: House, app: Any, here: TenantOfTests, vendor: Vendor
) -> None:
    _, _, connection_id = await brokers(house, app, here, vendor)
    admin = Asgi(app, headers=here.headers)
    assert (await admin.get("/api/v1/amocrm/status")).json()["accounts"] == []
    own = (await admin.get("/api/amo-crm/status")).json()["data"]
    assert (own["hasTokens"], own["accountId"]) == (False, "")
    reply = await admin.get(f"/api/v1/amocrm/auth?connection_id={connection_id}")
    assert (reply.status, reply.code) == (403, "amocrm_state_of_another")
    shown = await admin.get(f"/api/v1/connections/{connection_id}")
    assert not any(secret in shown.body.decode() for secret in SECRETS)


async def test_strangers_reach_nothing(app: Any, here: TenantOfTests) -> None:
    for method, path, name in of_connecting(app):
        reply = await Asgi(app).request(method, path, json_body=BODIES[name])
        assert reply.status == (400 if name in OPEN else 401), (name, reply.body)


async def test_tokens_are_sealed_where_they_lie(
    house: House, app: Any, here: TenantOfTests, vendor: Vendor
) -> None:
    await brokers(house, app, here, vendor)
    async with house.db.unit() as unit:
        rows = await unit.connection.fetch("SELECT row_to_json(g)::text AS row FROM oauth_grants g")
    assert len(rows) == 1
    assert not any(secret in row["row"] for row in rows for secret in SECRETS)
