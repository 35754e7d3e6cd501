"""Requirement 004: each person's own account, which nobody else sees or stops."""

from kommutator.doors.http.app import create_app
from kommutator.flows.house import House
from tests.doors.amocrm.connecting.browsers import REFERER
from tests.support.asgi import Asgi
from tests.support.house import TenantOfTests


async def test_requirement_004_literally(broker: Asgi) -> None:
    before = (await broker.get("/api/amo-crm/status")).json()
    assert before["success"] is True
    assert {k: before["data"][k] for k in ("connected", "hasTokens", "domain", "accountId")} == {
        "connected": False, "hasTokens": False, "domain": "", "accountId": "",
    }  # fmt: skip
    done = await broker.post(
        "/api/amo-crm/exchange-code", json_body={"code": "authorization_code", "referer": REFERER}
    )
    assert (done.status, done.json()) == (
        200, {"success": True, "message": "AMO CRM successfully connected"},
    )  # fmt: skip
    after = (await broker.get("/api/amo-crm/status")).json()["data"]
    assert {k: after[k] for k in ("connected", "hasTokens", "domain", "accountId", "state")} == {
        "connected": True, "hasTokens": True, "domain": "one.amocrm.ru",
        "accountId": "31920194", "state": "active",
    }  # fmt: skip
    assert "GET /api/v1/amocrm/auth" in before["data"]["action"]  # no page they may not open
    gone = await broker.post("/api/amo-crm/disconnect")
    assert gone.json() == {"success": True, "message": "AMO CRM disconnected"}
    assert (await broker.get("/api/amo-crm/status")).json()["data"]["hasTokens"] is False
    assert (await broker.post("/api/amo-crm/disconnect")).status == 200


async def test_connected_outlives_the_access_token(house: House, broker: Asgi) -> None:
    await broker.post("/api/amo-crm/exchange-code", json_body={"code": "c", "referer": REFERER})
    async with house.db.unit() as unit:
        await unit.connection.execute("UPDATE oauth_grants SET expires_at = now() - interval '1h'")
    assert (await broker.get("/api/amo-crm/status")).json()["data"]["connected"] is True


async def test_an_exchange_without_a_host_takes_the_enterprises(admin: Asgi, broker: Asgi) -> None:
    reply = await broker.post("/api/amo-crm/exchange-code", json_body={"code": "c"})
    assert (reply.status, reply.code) == (400, "amocrm_domain_missing")
    await admin.post("/api/v1/amocrm/auth/code", json_body={"code": "c", "domain": REFERER})
    reply = await broker.post("/api/amo-crm/exchange-code", json_body={"code": "c"})
    assert reply.status == 200
    status = (await broker.get("/api/amo-crm/status")).json()["data"]
    assert status["domain"] == "one.amocrm.ru"


async def test_an_employee_connects_only_their_own(broker: Asgi) -> None:
    body = {"code": "c", "domain": REFERER}
    reply = await broker.post("/api/v1/amocrm/auth/code", json_body=body)
    assert (reply.status, reply.code) == (403, "not_allowed")
    assert (await broker.post("/api/v1/amocrm/disconnect")).status == 403
    reply = await broker.post("/api/v1/amocrm/auth/code", json_body={**body, "personal": True})
    assert reply.json()["account"]["personal"] is True


async def test_an_administrator_can_neither_see_nor_stop_an_employees_own(
    house: House, admin: Asgi, broker: Asgi
) -> None:
    body = {"code": "c", "referer": REFERER}
    assert (await broker.post("/api/amo-crm/exchange-code", json_body=body)).status == 200
    own = (await broker.get("/api/v1/amocrm/status")).json()["accounts"][0]["connection_id"]
    pages = Asgi(create_app(house), headers=admin.headers)
    for method, what in (("GET", ""), ("POST", "/pause"), ("POST", "/resume")):
        reply = await pages.request(method, f"/api/v1/connections/{own}{what}")
        assert (reply.status, reply.code) == (404, "connection_not_found"), what
    assert (await broker.get("/api/amo-crm/status")).json()["data"]["connected"] is True


async def test_a_machine_has_no_account_of_its_own(stranger: Asgi, here: TenantOfTests) -> None:
    machine = Asgi(stranger.app, headers={"x-api-key": here.key})
    for method, path in (("GET", "status"), ("POST", "disconnect")):
        reply = await machine.request(method, f"/api/amo-crm/{path}")
        assert reply.status == 403
