"""Promise: a salon is one enterprise's: nobody else sees it, takes it or removes it by any route.

The routes come from the OpenAPI; a new one among them fails here until it is described below.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import pytest

from tests.security.test_two_tenants import Route
from tests.support.service import Caller
from tests.support.yclients_service import SALON, SECOND, SalonService, open_salon_service

TAGS = {"YClients: salons", "YClients: marketplace"}
NEWS = {"company_id": SALON, "resource": "record", "resource_id": 1, "status": "create", "data": {}}
BODIES: dict[str, Any] = {
    "list_salons": None,
    "connect_salon": {"salon_id": SALON, "user_token": "theirs"},
    "check_salon": None,
    "marketplace_test": None,
    "register_salon": {"salon_id": SALON},
    "marketplace_webhook": NEWS,
    "marketplace_companies": None,
    "marketplace_qr": None,
    "marketplace_new_code": {},
    "marketplace_status": None,
    "marketplace_callback": {"salon_id": SALON, "company_id": 1, "api_key": "sk_guess"},
    "remove_salon": None,
}
OPEN = {"marketplace_test"}
BY_SECRETS = {
    "marketplace_webhook": 401,
    "marketplace_qr": 403,
    "marketplace_new_code": 403,
    "marketplace_callback": 403,
}
REFUSED = {
    "check_salon": (404, "connection_not_found"),
    "remove_salon": (404, "connection_not_found"),
    "connect_salon": (409, "yclients_salon_elsewhere"),
    "register_salon": (403, "yclients_not_pending"),
    "marketplace_status": (404, "marketplace_company_unknown"),
    "marketplace_companies": (403, "not_allowed"),
}


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[SalonService]:
    async with open_salon_service(database_url) as opened:
        await opened.install()
        yield opened


def routes(service: SalonService) -> Iterator[Route]:
    for path, methods in service.app.asgi.openapi()["paths"].items():
        for method, described in methods.items():
            if TAGS & set(described.get("tags", ())):
                yield Route(method.upper(), path, described["operationId"])


async def ids(service: SalonService) -> dict[str, Any]:
    (row,) = await service.fetch("SELECT connection_id, company_id FROM yclients_salons")
    return {**row, "token": "guess"}


def by(service: SalonService, headers: dict[str, str]) -> Caller:
    return service.caller.with_headers(**headers)


async def ask(caller: Caller, route: Route, named: dict[str, Any], query: str = "") -> Any:
    url = route.path.format(**named) + query
    return await caller(route.method, url, json=BODIES[route.name])


def test_every_route_is_described_here_or_open(service: SalonService) -> None:
    assert {route.name for route in routes(service)} == set(BODIES)


async def test_a_neighbour_reaches_nothing_and_the_owner_all(service: SalonService) -> None:
    named = await ids(service)
    neighbour, owner = by(service, service.there.headers), by(service, service.here.headers)
    await service.twin.let_in(SALON)
    BODIES["connect_salon"]["user_token"] = service.twin.owner_token
    title = service.twin.world.company(SALON).title
    last = sorted(routes(service), key=lambda route: route.name == "remove_salon")
    for route in last:
        if route.name in OPEN or route.name in BY_SECRETS:
            continue
        foreign = await ask(neighbour, route, named)
        # Whoever has a token that opens the salon knows what it is called.
        assert title not in foreign.text or route.name == "connect_salon", route
        if route.name == "list_salons":
            assert foreign.body["items"] == []
        else:
            assert (foreign.status, foreign.code) == REFUSED[route.name], route
        own = await ask(owner, route, named)
        fine = {"marketplace_companies": 403, "connect_salon": 409}.get(route.name)
        assert own.status == fine or (fine is None and own.status < 300), (route, own.text)
    assert (await service.states())[SALON][1] == "removed"


async def test_by_naming_another_enterprise_one_gets_nothing_either(service: SalonService) -> None:
    named, neighbour = await ids(service), by(service, service.there.headers)
    for name in ("list_salons", "check_salon", "remove_salon"):
        (route,) = (one for one in routes(service) if one.name == name)
        reply = await ask(neighbour, route, named, "?enterprise_number=0367")
        assert (reply.status, reply.code) == (404, "enterprise_not_found")
    assert (await service.states())[SALON][1] == "active"


async def test_strangers_and_guessed_secrets_get_nothing(service: SalonService) -> None:
    named = await ids(service)
    for route in routes(service):
        if route.name in OPEN:
            continue
        reply = await ask(service.caller, route, named)
        wanted = {"register_salon": 403}.get(route.name, BY_SECRETS.get(route.name, 401))
        assert reply.status == wanted, (route, reply.text)


async def test_an_employee_changes_nothing(service: SalonService) -> None:
    token = service.house.tokens.issue(service.here.employee).value
    employee = by(service, {"authorization": f"Bearer {token}"})
    named = await ids(service)
    for route in routes(service):
        if route.name not in OPEN and route.name not in BY_SECRETS:
            reply = await ask(employee, route, named)
            assert reply.status == 403, (route, reply.text)


async def test_one_salons_key_and_secret_open_no_other(service: SalonService) -> None:
    await service.install(SECOND)
    rows = await service.fetch("SELECT connection_id, company_id, salon_id FROM yclients_salons")
    accounts = {}
    for row in rows:
        held: UUID = row["connection_id"]
        accounts[row["salon_id"]] = (row, await service.house.directory.account(held))
    (first, account), (second, _) = accounts[SALON], accounts[SECOND]
    key = by(service, {"authorization": f"Bearer {account.secrets['api_key']}"})
    assert (await key.get(f"/marketplace/status/{first['company_id']}")).status == 200
    assert (await key.get(f"/marketplace/status/{second['company_id']}")).status == 403
    secret = account.secrets["hook_secret"]
    theirs = f"/marketplace/webhook/{second['company_id']}?secret={secret}"
    assert (await service.caller.post(theirs, json=NEWS)).status == 401
    assert (await service.caller.post(theirs, json={**NEWS, "company_id": SECOND})).status == 401
    assert await service.value("SELECT count(*) FROM journal") == 0
