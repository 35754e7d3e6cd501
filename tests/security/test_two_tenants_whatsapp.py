"""Promise: one tenant neither sees, links, reads nor unlinks another's phone, on any path.

The routes come from the OpenAPI; a new one among them fails here until it is described below.
"""

from typing import Any
from uuid import UUID

import aiohttp
import pytest

from kommutator.doors.http import channels
from kommutator.doors.http.app import create_app
from kommutator.flows.house import House
from tests.support.asgi import Asgi
from tests.support.house import TenantOfTests, settle_tenant
from tests.support.linking import ConnectPage, LinkingTown, open_linking
from tests.support.tenants import routes_of
from tests.support.whatsapp_house import admin

BODIES: dict[str, Any] = {
    "list_whatsapp": None,
    "create_whatsapp": {},
    "get_whatsapp": None,
    "link_whatsapp": {"method": "qr"},
    "get_whatsapp_qr": None,
    "stop_whatsapp": None,
    "log_out_whatsapp": None,
    "remove_whatsapp": None,
}


@pytest.fixture
async def app(house: House) -> Any:
    return create_app(house, families={"channels": channels.add})


def routes(app: Any) -> list[tuple[str, str, str]]:
    found = routes_of(app, "whatsapp")
    assert {name for _, _, name in found} == set(BODIES)
    return sorted(found, key=lambda route: (route[2] == "remove_whatsapp", route))


async def phone_of(house: House, tenant: TenantOfTests) -> UUID:
    return (await house.whatsapp.create(admin(tenant.number), tenant.number, None)).id


async def test_a_neighbour_reaches_nothing_and_the_owner_all(house: House, app: Any) -> None:
    here, there = await settle_tenant(house, "0367"), await settle_tenant(house, "0411")
    phone = await phone_of(house, there)
    neighbour, owner = Asgi(app, headers=here.headers), Asgi(app, headers=there.headers)
    for method, path, name in routes(app):
        url, body = path.format(connection_id=phone), BODIES[name]
        named = await neighbour.request(method, f"{url}?enterprise_number=0411", json_body=body)
        assert named.status == 404, name
        foreign = await neighbour.request(method, url, json_body=body)
        if "connection_id" in path:
            assert (foreign.status, foreign.code) == (404, "connection_not_found"), name
        else:
            assert str(phone).encode() not in foreign.body
        own = await owner.request(method, url, json_body=body)
        assert own.status < 300, (name, own.body)


async def test_another_enterprises_salon_is_no_salon(house: House, app: Any) -> None:
    here, there = await settle_tenant(house, "0367"), await settle_tenant(house, "0411")
    for salon in (there.crm_id, here.crm_id):
        made = await Asgi(app, headers=here.headers).post(
            "/api/v1/whatsapp", json_body={"salon": str(salon)}
        )
        assert (made.status, made.code) == (404, "connection_not_found")


async def test_strangers_and_employees_reach_nothing(house: House, app: Any) -> None:
    there = await settle_tenant(house, "0411")
    phone = await phone_of(house, there)
    token = house.tokens.issue(there.employee).value
    employee = Asgi(app, headers={"authorization": f"Bearer {token}"})
    for method, path, name in routes(app):
        url, body = path.format(connection_id=phone), BODIES[name]
        assert (await Asgi(app).request(method, url, json_body=body)).status == 401, name
        assert (await employee.request(method, url, json_body=body)).status == 403, name


async def _session(town: LinkingTown, tenant: TenantOfTests) -> dict[str, str]:
    opened = await town.service.house.sign_in.open_session(tenant.admin)
    return {"cookie": f"kommutator={opened.token}", "origin": town.service.url}


async def test_the_consoles_socket_is_the_owners(database_url: str) -> None:
    async with open_linking(database_url, roles=("api",)) as town:
        service = town.service
        phone = await phone_of(service.house, service.there)
        path = f"/console/whatsapp/{phone}/ws"
        mine = await _session(town, service.there)
        async with town.watching(path=path, headers=mine) as socket:
            assert (await socket.until("status"))["state"] == "new"
        foreign = await _session(town, service.here)
        async with town.watching(path=path, headers=foreign) as socket:
            assert await socket.end() == 4401
            assert socket.told[0]["code"] == "connection_not_found"
        async with town.watching(path=f"{path}?enterprise_number=0411", headers=foreign) as socket:
            assert await socket.end() == 4401
        async with town.watching(path=path, headers={"origin": service.url}) as socket:
            assert await socket.end() == 4401
            assert socket.told[0]["code"] == "sign_in_first"
        for elsewhere in ({**mine, "origin": service.twin.url}, {"cookie": mine["cookie"]}):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                async with town.watching(path=path, headers=elsewhere):
                    raise AssertionError("another site's page was let in")
            assert refused.value.status == 403


async def test_a_token_opens_its_own_salon_only(database_url: str) -> None:
    """Two salons of two enterprises: each page links its own phone."""
    async with open_linking(database_url, roles=("api",)) as town:
        service, caller = town.service, town.service.caller
        for tenant, salon in ((service.here, 962302), (service.there, 962303)):
            await service.pressed(salon)
            theirs = caller.with_headers(**tenant.headers)
            made = (await theirs.post("/marketplace/register", json={"salon_id": salon})).body
            page = ConnectPage(await caller.get(made["connect_url"]))
            async with town.watching(page.token) as socket:
                await socket.until("status")
                await socket.say(type="pairing_code", phone="+79001234567")
                await socket.until("status", method="code")
            linked = await service.fetch(
                "SELECT enterprise FROM whatsapp_sessions WHERE code_phone IS NOT NULL ORDER BY 1"
            )
            assert linked[-1]["enterprise"] == tenant.number
            assert len(linked) == 1 + (tenant is service.there)
