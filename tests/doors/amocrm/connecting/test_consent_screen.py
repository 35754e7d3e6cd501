"""Requirement 003: over amoCRM's consent screen and back, only whoever set out, once."""

from urllib.parse import parse_qs, urlsplit

import pytest

from kommutator.domain.tenancy import Actor, Role
from kommutator.flows.amocrm.connect import Traveller
from kommutator.flows.house import House
from kommutator.flows.sign_in import token_hash
from tests.doors.amocrm.connecting.browsers import CALLBACK, come_back, set_out, signed_in
from tests.support.asgi import Asgi
from tests.support.house import PASSWORD, TenantOfTests
from tests.support.oauth import Vendor


async def test_nobody_sets_out_without_signing_in(stranger: Asgi) -> None:
    reply = await stranger.get("/api/v1/amocrm/auth")
    assert (reply.status, reply.code) == (401, "sign_in_first")


async def test_an_administrator_walks_through_the_consent_screen(
    stranger: Asgi, here: TenantOfTests
) -> None:
    browser = await signed_in(stranger, here.admin.email)
    state = await set_out(browser)
    reply = await come_back(browser, state)
    assert (reply.status, reply.header("location")) == (303, f"{CALLBACK}?result=connected")
    page = await browser.get(f"{CALLBACK}?result=connected")
    assert (page.status, "amoCRM" in page.body.decode()) == (200, True)
    status = (await browser.get("/api/v1/amocrm/status")).json()
    assert (status["connected"], status["domain"], status["account_id"]) == (
        True, "one.amocrm.ru", "31920194",
    )  # fmt: skip
    assert (status["state"], status["reason"], status["accounts"][0]["personal"]) == (
        "active", None, False,
    )  # fmt: skip
    again = await come_back(browser, state)
    assert again.status == 400  # a state works once


async def test_a_state_belongs_to_whoever_set_out(
    stranger: Asgi, here: TenantOfTests, vendor: Vendor
) -> None:
    state = await set_out(await signed_in(stranger, here.admin.email))
    other = await signed_in(stranger, here.employee.email)
    reply = await come_back(other, state)
    assert reply.status == 403
    assert vendor.number == 1  # the code was not even tried


@pytest.mark.parametrize(
    "referer", ["evil.example", "one.amocrm.ru.evil.example", "one.amocrm.ru@evil.example", "::1"]
)
async def test_our_secret_goes_to_the_vendor_only(
    stranger: Asgi, here: TenantOfTests, vendor: Vendor, referer: str
) -> None:
    browser = await signed_in(stranger, here.admin.email)
    reply = await come_back(browser, await set_out(browser), referer=referer)
    assert reply.status == 400
    assert vendor.number == 1
    assert "evil" not in reply.body.decode()


async def test_a_code_waits_for_whoever_has_to_sign_in_first(
    stranger: Asgi, admin: Asgi, here: TenantOfTests
) -> None:
    """Set out by a token of the API, come back by a browser that nobody knows yet."""
    state = await set_out(admin)
    reply = await come_back(stranger, state)
    login = reply.header("location") or ""
    assert (reply.status, login.startswith("/console/login?next=")) == (303, True)
    assert "def50200" not in login
    after = parse_qs(urlsplit(login).query)["next"][0]
    entered = await stranger.post(
        "/console/login",
        form={"email": here.admin.email, "password": PASSWORD, "next": after},
    )
    assert entered.header("location") == f"{CALLBACK}?state={state}"
    cookie = (entered.header("set-cookie") or "").partition(";")[0]
    browser = Asgi(stranger.app, headers={"cookie": cookie})
    done = await browser.get(after, headers={"accept": "text/html"})
    assert done.header("location") == f"{CALLBACK}?result=connected"


async def test_nothing_of_the_address_is_shown(stranger: Asgi) -> None:
    for query in ("error=%3Cscript%3E&state=%3Cscript%3E", "state=%3Cscript%3E&code=%3Cscript%3E"):
        reply = await stranger.get(f"{CALLBACK}?{query}&referer=one.amocrm.ru")
        assert reply.status == 400
        assert b"<script>&" not in reply.body
        assert b"%3Cscript" not in reply.body
    assert (await stranger.get(f"{CALLBACK}?result=%3Cb%3E")).status == 400


async def test_a_refusal_at_the_consent_screen_is_said(stranger: Asgi, here: TenantOfTests) -> None:
    browser = await signed_in(stranger, here.admin.email)
    state = await set_out(browser)
    reply = await browser.get(f"{CALLBACK}?error=access_denied&state={state}&")
    assert reply.status == 400
    assert "Отказать" in reply.body.decode()


async def test_reconnecting_refuses_another_account(
    stranger: Asgi, here: TenantOfTests, vendor: Vendor
) -> None:
    browser = await signed_in(stranger, here.admin.email)
    await come_back(browser, await set_out(browser))
    status = (await browser.get("/api/v1/amocrm/status")).json()
    connection_id = status["accounts"][0]["connection_id"]
    vendor.account_id = "999"
    reply = await come_back(browser, await set_out(browser, f"?connection_id={connection_id}"))
    assert reply.status == 409
    vendor.account_id = "31920194"
    reply = await come_back(browser, await set_out(browser, f"?connection_id={connection_id}"))
    assert reply.status == 303
    again = (await browser.get("/api/v1/amocrm/status")).json()
    assert [one["connection_id"] for one in again["accounts"]] == [connection_id]


async def test_an_integration_made_on_the_fly(
    stranger: Asgi, house: House, here: TenantOfTests, vendor: Vendor
) -> None:
    """The external-integration button: its secret comes before the browser does."""
    browser = await signed_in(stranger, here.admin.email)
    token = browser.headers["cookie"].partition("=")[2]
    actor = Actor(here.admin.email, Role.ENTERPRISE_ADMIN, here.number, here.admin.id)
    departure = await house.amocrm.connect.start(
        Traveller(actor, token_hash(token)), here.number, by_button=True
    )
    state = parse_qs(urlsplit(departure.url).query)["state"][0]
    told = {"client_id": "made-on-the-fly", "client_secret": "its-own-secret", "state": state}
    assert (await stranger.post("/api/v1/amocrm/secrets", json_body=told)).status == 200
    told["client_secret"] = "of-a-thief"
    assert (await stranger.post("/api/v1/amocrm/secrets", json_body=told)).status == 400
    reply = await come_back(browser, state, client_id="made-on-the-fly")
    assert reply.header("location") == f"{CALLBACK}?result=connected"
    async with house.db.unit() as unit:
        (record,) = [r for r in await unit.connections.list(here.number) if r.kind == "amocrm"]
    assert record.config["client_id"] == "made-on-the-fly"
    assert house.amocrm.app.of(record.config, {"client_secret": "its-own-secret"}).client_id == (
        "made-on-the-fly"
    )
