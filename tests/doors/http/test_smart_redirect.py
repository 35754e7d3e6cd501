"""Requirement 002's `/api/smart-redirect`, and taking a call by the API."""

from typing import Any

import pytest

from kommutator.domain.commands import TakeCall
from kommutator.domain.connection import Account
from kommutator.flows.house import House
from tests.support.asgi import Asgi
from tests.support.house import TenantOfTests
from tests.support.routing import PHONE, a_ringing_call, list_client, settle_pbx

URL = "/api/smart-redirect"
CALL = "1700000000.1"


@pytest.fixture
async def pbx(house: House, here: TenantOfTests) -> Account:
    await list_client(house, here.number)
    return await settle_pbx(house, here.number)


@pytest.fixture
def machine(stranger: Asgi, here: TenantOfTests) -> Asgi:
    return Asgi(stranger.app, headers={"x-api-key": here.key})


async def taken(house: House, tenant: TenantOfTests) -> list[str]:
    async with house.db.single() as unit:
        rows = await unit.outbox.page(tenant.number, kind="take_call")
    return [row.command().extension for row in rows if isinstance(row.command(), TakeCall)]  # type: ignore[union-attr]  # only these are asked for


async def ring(house: House, tenant: TenantOfTests, pbx: Account) -> None:
    async with house.db.unit() as unit:
        await a_ringing_call(unit, tenant.number, CALL, pbx=pbx.connection_id)


@pytest.mark.parametrize("url", [URL, "/retailcrm/api/smart-redirect"])
@pytest.mark.parametrize(
    "sent",
    [
        {"json_body": {"enterprise_number": "0367", "phone": PHONE, "line": "375170000001"}},
        {"json_body": {"caller": "80291234567", "did": "375170000001", "uniqueid": CALL}},
        {"form": {"enterprise_number": "0367", "phone": PHONE, "call_unique_id": CALL}},
    ],
)
async def test_the_manager_is_named(
    machine: Asgi, pbx: Account, url: str, sent: dict[str, Any]
) -> None:
    reply = await machine.post(url, **sent)
    assert reply.status == 200
    answer = reply.json()
    assert (answer["success"], answer["extension"], answer["why"]) == (True, "150", "route.owner")
    assert answer["age_s"] < 60
    assert answer["message"]
    assert (answer["redirected"], answer["redirect_error"]) == (False, None)


async def test_the_ringing_call_is_moved_there(
    house: House, machine: Asgi, here: TenantOfTests, pbx: Account
) -> None:
    await ring(house, here, pbx)
    body = {"phone": PHONE, "call_unique_id": CALL, "redirect": True}
    answer = (await machine.post(URL, json_body=body)).json()
    assert (answer["extension"], answer["redirected"]) == ("150", True)
    assert await taken(house, here) == ["150"]


@pytest.mark.parametrize(
    ("fields", "error"),
    [({"call_unique_id": "unheard-of"}, "call_not_found"), ({}, "call_id_missing")],
)
async def test_what_cannot_be_moved_is_answered_all_the_same(
    house: House,
    machine: Asgi,
    here: TenantOfTests,
    pbx: Account,
    monkeypatch: pytest.MonkeyPatch,
    fields: dict[str, str],
    error: str,
) -> None:
    monkeypatch.setattr("kommutator.doors.http.smart_redirect._PAUSE_S", 0.001)
    body = {"phone": PHONE, "redirect": "true", **fields}
    answer = (await machine.post(URL, json_body=body)).json()
    assert (answer["success"], answer["extension"]) == (True, "150")
    assert (answer["redirected"], answer["redirect_error"]) == (False, error)
    assert await taken(house, here) == []


async def test_an_event_on_its_way_is_waited_for(
    house: House, machine: Asgi, here: TenantOfTests, pbx: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleep, pauses = house.clock.sleep, []

    async def meanwhile(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            await ring(house, here, pbx)
        await sleep(0)

    monkeypatch.setattr("kommutator.doors.http.smart_redirect._pause", lambda _: meanwhile(0.1))
    body = {"phone": PHONE, "call_unique_id": CALL, "redirect": True}
    assert (await machine.post(URL, json_body=body)).json()["redirected"] is True
    assert len(pauses) == 2


async def test_without_a_pbx_connection_the_manager_is_still_named(
    house: House, machine: Asgi, here: TenantOfTests
) -> None:
    await list_client(house, here.number)
    answer = (await machine.post(URL, json_body={"phone": PHONE})).json()
    assert (answer["extension"], answer["why"]) == ("150", "route.owner")


async def test_a_stranger_is_nobodys(machine: Asgi, pbx: Account) -> None:
    answer = (await machine.post(URL, json_body={"phone": "anonymous"})).json()
    assert (answer["success"], answer["extension"]) == (True, None)
    assert answer["why"] == "route.group.hidden_number"


async def test_who_may_ask(
    stranger: Asgi, machine: Asgi, here: TenantOfTests, there: TenantOfTests, house: House
) -> None:
    assert (await stranger.post(URL, json_body={"phone": PHONE})).status == 401
    foreign = {"enterprise_number": there.number, "phone": PHONE}
    assert (await machine.post(URL, json_body=foreign)).status == 404
    token = house.tokens.issue(here.employee).value
    employee = Asgi(stranger.app, headers={"authorization": f"Bearer {token}"})
    assert (await employee.post(URL, json_body={"phone": PHONE})).status == 403


async def test_a_person_takes_a_call_by_the_api(
    house: House, admin: Asgi, here: TenantOfTests, pbx: Account
) -> None:
    await ring(house, here, pbx)
    reply = await admin.post(f"/api/v1/calls/{CALL}/take", json_body={"extension": "150"})
    assert (reply.status, reply.json()) == (
        202,
        {"call_id": CALL, "extension": "150", "success": True},
    )
    assert await taken(house, here) == ["150"]
    unnamed = await admin.post(f"/api/v1/calls/{CALL}/take")
    assert (unnamed.status, unnamed.code) == (400, "own_extension_unknown")
    wrong = await admin.post(f"/api/v1/calls/{CALL}/take", json_body={"extension": "1&2"})
    assert (wrong.status, wrong.code) == (400, "request_invalid")
