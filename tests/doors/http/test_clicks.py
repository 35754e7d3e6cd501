"""A clicked call by the API, and the tenant's dialing policy."""

from typing import Any

from kommutator.flows.house import House
from tests.support.asgi import Asgi
from tests.support.factories import a_call, a_click
from tests.support.house import TenantOfTests
from tests.support.routing import a_ringing_call, settle_pbx

ENGLISH = {"accept-language": "en"}


async def clicked(house: House, tenant: TenantOfTests, **columns: Any) -> str:
    await a_call(house.db, tenant.number, "kmt-1", house.clock.now(), direction="out", **columns)
    async with house.db.unit() as unit:
        await a_click(house, unit, tenant.number, "kmt-1")
    return "/api/v1/calls/kmt-1"


async def test_the_card_of_a_clicked_call_says_how_far_it_is(
    house: House, admin: Asgi, here: TenantOfTests
) -> None:
    url = await clicked(house, here, phase="ringing", result=None)
    click = (await admin.request("GET", url, headers=ENGLISH)).json()["click"]
    assert click == {
        "state": "placed",
        "message": "The PBX has the call: 150 is about to ring.",
        "extension": "150",
        "can_cancel": True,
    }
    cancelled = await admin.post(f"{url}/cancel")
    assert (cancelled.status, cancelled.json()) == (202, {"call_id": "kmt-1", "success": True})
    click = (await admin.request("GET", url, headers=ENGLISH)).json()["click"]
    assert (click["state"], click["message"]) == ("ended", "The call was cancelled.")
    assert click["can_cancel"] is False


async def test_other_calls_have_no_click_and_cannot_be_cancelled(
    house: House, admin: Asgi, here: TenantOfTests
) -> None:
    await a_call(house.db, here.number, "c-1", house.clock.now())
    assert (await admin.get("/api/v1/calls/c-1")).json()["click"] is None
    refused = await admin.post("/api/v1/calls/c-1/cancel")
    assert (refused.status, refused.code) == (404, "call_not_found")


async def test_an_employee_reaches_no_others_calls(
    house: House, admin: Asgi, here: TenantOfTests
) -> None:
    """The same rule as in the console."""
    url = await clicked(house, here, phase="ringing", result=None, rang=["150"])
    async with house.db.unit() as unit:
        await a_ringing_call(unit, here.number, "ringing")
    await settle_pbx(house, here.number)
    caller = Asgi(
        admin.app, headers={"authorization": f"Bearer {house.tokens.issue(here.employee).value}"}
    )
    take = "/api/v1/calls/ringing/take"
    refused = [
        await caller.post(f"{url}/cancel"),
        await caller.post(take, json_body={"extension": "150"}),
    ]
    assert [(reply.status, reply.code) for reply in refused] == [(403, "not_allowed")] * 2
    async with house.db.unit() as unit:
        await unit.extensions.put(here.number, "150", user_id=here.employee.id)
    assert (await caller.post(f"{url}/cancel")).status == 202
    assert (await caller.post(take, json_body={"extension": "150"})).status == 202


async def test_a_call_that_is_over_is_not_cancelled(
    house: House, admin: Asgi, here: TenantOfTests
) -> None:
    url = await clicked(house, here)
    refused = await admin.post(f"{url}/cancel")
    assert (refused.status, refused.code) == (409, "call_is_over")


async def test_platform_staff_set_what_a_tenant_may_call(
    house: House, root: Asgi, admin: Asgi, here: TenantOfTests
) -> None:
    url = f"/api/v1/enterprises/{here.number}"
    before = (await root.get(url)).json()["dialing"]
    assert "BY" in before["countries"]
    wanted = {"countries": ["by"], "denied": ["+375 900"], "per_employee": 5}
    changed = await root.request("PATCH", url, json_body={"dialing": wanted})
    assert changed.status == 200, changed.body
    assert changed.json()["dialing"] == {
        "countries": ["BY"], "allowed": [], "denied": ["+375900"], "premium": False,
        "per_employee": 5, "per_enterprise": 60,
    }  # fmt: skip
    assert (await admin.get(url)).json()["dialing"]["per_employee"] == 5
    async with house.db.unit() as unit:
        settings = (await unit.enterprises.get(here.number)).settings
        (row,) = [r for r in await unit.audit.page(here.number) if r.action == "enterprise.update"]
    assert settings["dialing"]["countries"] == ["BY"]
    assert row.detail["settings"]["dialing"]["per_employee"] == 5


async def test_a_policy_that_means_nothing_is_refused(root: Asgi, here: TenantOfTests) -> None:
    url = f"/api/v1/enterprises/{here.number}"
    for wanted, code in (
        ({"countries": ["XX"]}, "dialing_country_unknown"),
        ({"countries": ["BY"], "denied": ["375"]}, "dialing_prefix_invalid"),
        ({"countries": ["BY"], "per_employee": 0}, "dialing_limit_invalid"),
        ({"countries": "BY"}, "request_invalid"),
    ):
        reply = await root.request("PATCH", url, json_body={"dialing": wanted})
        assert (reply.status, reply.code) == (400, code)


async def test_one_unreadable_policy_hides_no_tenant(
    house: House, root: Asgi, here: TenantOfTests, there: TenantOfTests
) -> None:
    async with house.db.unit() as unit:
        await unit.enterprises.update(here.number, settings={"dialing": {"countries": "all"}})
    listed = (await root.get("/api/v1/enterprises")).json()["items"]
    shown = {item["number"]: item["dialing"] for item in listed}
    assert shown[here.number] is None
    assert "BY" in shown[there.number]["countries"]
