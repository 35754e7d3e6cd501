"""Promise: one tenant neither sees nor stops another's unasked messages or consents."""

from datetime import timedelta
from typing import Any

import pytest

from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.outreach.wanted import OutreachKind, Wanted
from kommutator.doors.http import channels
from kommutator.doors.http.app import create_app
from kommutator.flows.house import House
from kommutator.flows.outreach.owe import Outreach
from tests.support.asgi import Asgi
from tests.support.house import TenantOfTests
from tests.support.tenants import routes_of

MARK = "only-0411-knows"
PHONE = "+375000000411"
BODIES: dict[str, Any] = {
    "put_outreach_settings": {"hours": {"begin": "10:00", "end": "20:00"}},
    "pause_outreach": {},
    "resume_outreach": {},
    "put_consent": {"opted_out": True},
}
EMPLOYEES = {"show_consent", "put_consent"}


@pytest.fixture
async def app(house: House) -> Any:
    return create_app(house, families={"channels": channels.add})


async def seed(house: House, tenant: TenantOfTests) -> str:
    """A linked number, a message, and somebody who said STOP; returns the number's id."""
    connection, now = house.ids.uuid(), house.clock.now()
    async with house.db.unit() as unit:
        await unit.connections.create(
            tenant.number, connection, kind=ConnectionKind.WHATSAPP, name=MARK, base_url="",
            account_key="79990000555", config={}, sealed={},
        )  # fmt: skip
        await unit.connections.set_status(tenant.number, connection, ConnectionStatus.ACTIVE)
        wanted = Wanted(
            tenant.number, connection, PHONE, MARK, OutreachKind.REVIEW, MARK, "visit:5", "one",
            now, now + timedelta(hours=1), service=True,
        )  # fmt: skip
        await Outreach(clock=house.clock).owe(unit, [wanted])
        await unit.consents.say(
            tenant.number, PHONE, opted_out=True, source="staff", by=MARK, at=now
        )
    return str(connection)


async def test_every_path_refuses_a_neighbour_and_serves_its_owner(
    house: House, app: Any, here: TenantOfTests, there: TenantOfTests
) -> None:
    await seed(house, there)
    neighbour, owner = Asgi(app, headers=here.headers), Asgi(app, headers=there.headers)
    routes = routes_of(app, "outreach")
    assert [name for _, _, name in routes] == [
        "show_consent", "list_outreach", "show_outreach_settings", "pause_outreach",
        "resume_outreach", "put_consent", "put_outreach_settings",
    ]  # fmt: skip
    for method, path, name in routes:
        url = path.format(phone=PHONE.removeprefix("+"))
        foreign = await neighbour.request(
            method, f"{url}?enterprise_number=0411", json_body=BODIES.get(name)
        )
        assert foreign.status == 404, (name, foreign.body)
        own = await neighbour.request(method, url, json_body=BODIES.get(name))
        assert own.status == 200, (name, own.body)
        assert MARK not in own.body.decode()
        served = await owner.request(method, url, json_body=BODIES.get(name))
        assert served.status == 200, (name, served.body)
        if method == "GET":
            assert MARK in served.body.decode(), name


async def test_a_neighbours_number_cannot_be_stopped(
    house: House, app: Any, here: TenantOfTests, there: TenantOfTests
) -> None:
    foreign = await seed(house, there)
    neighbour = Asgi(app, headers=here.headers)
    for what in ("pause", "resume"):
        reply = await neighbour.post(
            f"/api/v1/outreach/{what}", json_body={"connection_id": foreign}
        )
        assert (reply.status, reply.code) == (404, "connection_not_found")
    await neighbour.post("/api/v1/outreach/pause", json_body={})
    standing = await house.outreach.standing(there.number)
    assert standing.pauses == []


async def test_employees_write_consents_down_and_nothing_else(
    house: House, app: Any, there: TenantOfTests
) -> None:
    await seed(house, there)
    token = house.tokens.issue(there.employee).value
    employee = Asgi(app, headers={"authorization": f"Bearer {token}"})
    for method, path, name in routes_of(app, "outreach"):
        url = path.format(phone=PHONE)
        assert (await Asgi(app).request(method, url, json_body=BODIES.get(name))).status == 401
        reply = await employee.request(method, url, json_body=BODIES.get(name))
        assert reply.status == (200 if name in EMPLOYEES else 403), (name, reply.body)


async def test_the_api_says_what_is_paused_and_what_to_do(
    house: House, app: Any, there: TenantOfTests
) -> None:
    connection = await seed(house, there)
    owner = Asgi(app, headers={**there.headers, "accept-language": "en"})
    reply = await owner.post("/api/v1/outreach/pause", json_body={"connection_id": connection})
    (pause,) = reply.json()["pauses"]
    assert (pause["connection_id"], pause["reason"], pause["everybody"]) == (
        connection, "by_hand", False
    )  # fmt: skip
    assert (pause["text"], pause["action"]) == (
        "Paused by hand.", "Press “Resume” when messages are wanted again."
    )  # fmt: skip
    (number,) = reply.json()["numbers"]
    assert number["phone"] == "+79990000555"
    assert (number["linked_day"], number["per_day"], number["new_per_day"]) == (0, 20, 3)
    wrong = await owner.request(
        "PUT", "/api/v1/outreach/settings", json_body={"order": ["telegram", "telegram"]}
    )
    assert (wrong.status, wrong.code) == (400, "outreach_settings_invalid")
    (message,) = (await owner.get("/api/v1/outreach?state=queued")).json()["items"]
    assert (message["kind"], message["phone"], message["tries"]) == ("review", PHONE, [])
    assert (await owner.get("/api/v1/outreach?state=sent")).json()["items"] == []
