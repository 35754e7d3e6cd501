"""Requirements 003 and 004: connecting amoCRM, the enterprise's and each person's own."""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from kommutator.domain.oauth import AccountFacts
from kommutator.domain.tenancy import Actor, Role
from kommutator.doors.console import router as console
from kommutator.doors.http import amocrm
from kommutator.doors.http.app import Door, create_app
from kommutator.flows.amocrm.connect import Traveller
from kommutator.flows.house import House
from kommutator.flows.rotate_keys import rotate
from kommutator.flows.sign_in import token_hash
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import ErrorKind, VendorError
from kommutator.kit.keyring import parse_keys
from tests.support.asgi import Asgi, Reply
from tests.support.house import (
    MASTER_KEYS,
    PASSWORD,
    TenantOfTests,
    open_house,
    settle_platform,
    settle_tenant,
)
from tests.support.oauth import Vendor

CALLBACK = "/api/v1/amocrm/auth/callback"
CLIENT, SECRET = "5d1f7c52-aaaa-4000-8000-000000000001", "not-a-real-integration-secret-of-64"
REFERER = "one.amocrm.ru"


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
async def house(
    database_url: str, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    monkeypatch.setattr("kommutator.compose.grants.AmoCrmAuthorizer", lambda *_, **__: vendor)
    settings = {"amocrm_client_id": CLIENT, "amocrm_client_secret": SECRET}
    async with open_house(database_url, **settings) as built:
        yield built


@pytest.fixture
def stranger(house: House) -> Asgi:
    def pages(app: Door) -> None:
        app.include_router(console.router)

    return Asgi(create_app(house, families={"amocrm": amocrm.add, "console": pages}))


@pytest.fixture
async def here(house: House) -> TenantOfTests:
    return await settle_tenant(house, "0367")


@pytest.fixture
async def there(house: House) -> TenantOfTests:
    return await settle_tenant(house, "0411")


@pytest.fixture
def admin(stranger: Asgi, here: TenantOfTests) -> Asgi:
    return Asgi(stranger.app, headers=here.headers)


@pytest.fixture
def broker(house: House, stranger: Asgi, here: TenantOfTests) -> Asgi:
    token = house.tokens.issue(here.employee).value
    return Asgi(stranger.app, headers={"authorization": f"Bearer {token}"})


async def signed_in(stranger: Asgi, email: str) -> Asgi:
    """A browser with a session of the console."""
    reply = await stranger.post("/console/login", form={"email": email, "password": PASSWORD})
    cookie = (reply.header("set-cookie") or "").partition(";")[0]
    assert reply.status == 303, reply.body
    return Asgi(stranger.app, headers={"cookie": cookie})


async def set_out(caller: Asgi, query: str = "") -> str:
    reply = await caller.get(f"/api/v1/amocrm/auth{query}")
    assert reply.status == 200, reply.body
    assert reply.json()["state_expires_in"] == 1200
    asked = urlsplit(reply.json()["auth_url"])
    assert (asked.scheme, asked.netloc, asked.path) == ("https", "www.amocrm.ru", "/oauth")
    fields = parse_qs(asked.query)
    assert fields["client_id"] == [CLIENT]
    return fields["state"][0]


async def come_back(caller: Asgi, state: str, **more: str) -> Reply:
    fields = {"code": "def50200", "referer": REFERER, "client_id": CLIENT, **more}
    query = "&".join(f"{name}={value}" for name, value in fields.items() if value)
    return await caller.get(f"{CALLBACK}?state={state}&{query}", headers={"accept": "text/html"})


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


async def test_several_accounts_of_one_enterprise(admin: Asgi, vendor: Vendor) -> None:
    for account in ("1", "2"):
        vendor.account_id = account
        body = {"code": "c", "domain": f"one{account}.amocrm.ru"}
        assert (await admin.post("/api/v1/amocrm/auth/code", json_body=body)).status == 200
    accounts = (await admin.get("/api/v1/amocrm/status")).json()["accounts"]
    assert [one["account_id"] for one in accounts] == ["1", "2"]
    unnamed = await admin.post("/api/v1/amocrm/disconnect?force=true")
    assert unnamed.code == "amocrm_account_unnamed"
    assert (await admin.post("/api/v1/amocrm/disconnect?force=true&account=1")).status == 200
    accounts = (await admin.get("/api/v1/amocrm/status")).json()["accounts"]
    assert [one["account_id"] for one in accounts] == ["2"]


async def test_an_account_of_another_enterprise_is_taken(
    admin: Asgi, stranger: Asgi, there: TenantOfTests
) -> None:
    body = {"code": "c", "domain": REFERER}
    assert (await admin.post("/api/v1/amocrm/auth/code", json_body=body)).status == 200
    neighbour = Asgi(stranger.app, headers=there.headers)
    reply = await neighbour.post("/api/v1/amocrm/auth/code", json_body=body)
    assert (reply.status, reply.code) == (409, "account_already_connected")


@pytest.mark.parametrize(
    ("hint", "code"),
    [
        ("amocrm_code_expired", "amocrm_code_invalid"),
        ("amocrm_code_used", "amocrm_code_invalid"),
        ("amocrm_client_wrong", "amocrm_client_invalid"),
        ("amocrm_redirect_wrong", "amocrm_redirect_invalid"),
    ],
)
async def test_the_vendors_hints_become_the_requirements_errors(
    admin: Asgi, vendor: Vendor, monkeypatch: pytest.MonkeyPatch, hint: str, code: str
) -> None:
    async def refuse(*_: object) -> None:
        raise VendorError(ErrorKind.REJECTED, "no", status=400, hint=hint)

    monkeypatch.setattr(vendor, "exchange", refuse)
    reply = await admin.post("/api/v1/amocrm/auth/code", json_body={"code": "c", "domain": REFERER})
    assert (reply.status, reply.code) == (400, code)


async def test_no_code_is_spent_while_the_account_is_paused(
    house: House, admin: Asgi, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(*_: object) -> None:
        pytest.fail("the code left")

    monkeypatch.setattr(vendor, "exchange", nobody)
    async with house.db.unit() as unit:
        await unit.budgets.hold_everywhere([f"amocrm:account:{REFERER}"], 300)
    reply = await admin.post("/api/v1/amocrm/auth/code", json_body={"code": "c", "domain": REFERER})
    assert (reply.status, reply.code) == (429, "vendor_budget_spent")


async def test_a_limit_right_after_the_exchange_does_not_lose_the_pair(
    admin: Asgi, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    whose, busy = vendor.whose, [VendorError(ErrorKind.RATE_LIMITED, "slower", status=429)]

    async def once_busy(base_url: str, access: str) -> AccountFacts:
        if busy:
            raise busy.pop()
        return await whose(base_url, access)

    monkeypatch.setattr(vendor, "whose", once_busy)
    reply = await admin.post("/api/v1/amocrm/auth/code", json_body={"code": "c", "domain": REFERER})
    assert reply.status == 200
    assert busy == []


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


async def test_what_is_said_once_the_vendor_took_the_access_back(
    admin: Asgi, vendor: Vendor, house: House
) -> None:
    await admin.post("/api/v1/amocrm/auth/code", json_body={"code": "c", "domain": REFERER})
    vendor.refresh_token = "used elsewhere"
    async with house.db.unit() as unit:
        await unit.connection.execute("UPDATE oauth_grants SET expires_at = now() - interval '1s'")
    reply = await admin.get("/api/v1/amocrm/leads")
    assert (reply.status, reply.code) == (424, "vendor_access_ended")


async def test_a_machine_has_no_account_of_its_own(stranger: Asgi, here: TenantOfTests) -> None:
    machine = Asgi(stranger.app, headers={"x-api-key": here.key})
    for method, path in (("GET", "status"), ("POST", "disconnect")):
        reply = await machine.request(method, f"/api/amo-crm/{path}")
        assert reply.status == 403


async def test_a_long_lived_token(admin: Asgi) -> None:
    body = {"token": "long.lived.token", "domain": REFERER}
    reply = await admin.post("/api/v1/amocrm/auth/token", json_body=body)
    account = reply.json()["account"]
    assert (account["state"], account["connected"]) == ("active", True)
    assert account["works_until"] is not None


async def test_an_install_waits_for_its_owner(
    house: House, stranger: Asgi, admin: Asgi, vendor: Vendor
) -> None:
    install = f"{CALLBACK}?code=def5&referer={REFERER}&platform=1&client_id={CLIENT}&from_widget=1"
    assert (await stranger.get(install)).status == 303
    assert (await admin.get("/api/v1/amocrm/status")).json()["accounts"] == []
    nobody = await admin.post("/api/v1/amocrm/claim", json_body={})
    assert nobody.code == "amocrm_claim_unproven"
    by_number = await admin.post("/api/v1/amocrm/claim", json_body={"account_id": "31920194"})
    assert (by_number.status, by_number.code) == (403, "not_allowed")
    now = int(house.clock.now().timestamp())
    claims = {
        "iss": "https://one.amocrm.ru", "aud": "http://house.example", "jti": "1", "iat": now,
        "nbf": now, "exp": now + 1800, "account_id": 31920194, "user_id": 7, "subdomain": "one",
        "client_uuid": CLIENT,
    }  # fmt: skip
    forged = jwt.encode(claims, "another-secret-of-enough-length-32b", algorithm="HS256")
    refused = await admin.post("/api/v1/amocrm/claim", json_body={"widget_token": forged})
    assert refused.status == 401
    colleague = jwt.encode({**claims, "user_id": 8}, SECRET, algorithm="HS256")
    refused = await admin.post("/api/v1/amocrm/claim", json_body={"widget_token": colleague})
    assert (refused.status, refused.code) == (403, "amocrm_claim_not_installer")
    proof = jwt.encode(claims, SECRET, algorithm="HS256")
    claimed = await admin.with_headers(x_auth_token=proof).post(
        "/api/v1/amocrm/claim", json_body={}
    )
    assert claimed.json()["account"]["account_id"] == "31920194"
    again = await admin.with_headers(x_auth_token=proof).post("/api/v1/amocrm/claim", json_body={})
    assert again.code == "amocrm_install_unknown"


async def test_platform_staff_give_an_install_to_an_enterprise(
    house: House, stranger: Asgi, here: TenantOfTests
) -> None:
    await stranger.get(f"{CALLBACK}?code=def5&referer={REFERER}&from_widget=1")
    _, headers = await settle_platform(house)
    root = Asgi(stranger.app, headers=headers)
    reply = await root.post(
        f"/api/v1/amocrm/claim?enterprise_number={here.number}",
        json_body={"account_id": "31920194"},
    )
    assert reply.status == 200


async def test_installs_from_one_address_are_slowed_down(stranger: Asgi) -> None:
    install = f"{CALLBACK}?code=def5&referer={REFERER}&from_widget=1"
    statuses = [(await stranger.get(install)).status for _ in range(90)]
    assert statuses[:60] == [303] * 60
    assert statuses[-1] == 429


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


def signature(account: str, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), f"{CLIENT}|{account}".encode(), hashlib.sha256).hexdigest()


async def test_an_uninstall_ends_every_connection_of_the_account(
    stranger: Asgi, admin: Asgi, broker: Asgi
) -> None:
    await admin.post("/api/v1/amocrm/auth/code", json_body={"code": "c", "domain": REFERER})
    await broker.post("/api/amo-crm/exchange-code", json_body={"code": "c", "referer": REFERER})
    hook = f"/api/v1/amocrm/uninstalled?account_id=31920194&client_uuid={CLIENT}&signature="
    forged = await stranger.get(hook + signature("31920194", "another"))
    assert (forged.status, forged.code) == (401, "amocrm_uninstall_unsigned")
    assert (await admin.get("/api/v1/amocrm/status")).json()["connected"] is True
    assert (await stranger.get(hook + signature("31920194"))).status == 200
    status = (await admin.get("/api/v1/amocrm/status")).json()
    assert (status["connected"], status["state"]) == (False, "uninstalled")
    assert status["accounts"][0]["status"] == "broken"
    assert status["message"] == "Интеграцию удалили из аккаунта amoCRM."
    own = (await broker.get("/api/amo-crm/status")).json()["data"]
    assert (own["connected"], own["hasTokens"], own["reason"]) == (False, True, "uninstalled")


async def test_a_code_of_the_settings_is_tried_once(
    house: House, here: TenantOfTests, vendor: Vendor
) -> None:
    ways = house.amocrm.ways_in
    first = await ways.at_start("def50200", here.number, domain=REFERER)
    assert first is not None
    assert await ways.at_start("def50200", here.number, domain=REFERER) is None
    assert vendor.number == 2


async def test_a_code_of_the_settings_that_nobody_saw_is_tried_at_the_next_start(
    house: House, here: TenantOfTests, vendor: Vendor
) -> None:
    ways = house.amocrm.ways_in
    assert await ways.at_start("def50200", here.number) is None  # which account?
    assert vendor.number == 1
    connected = await ways.at_start("def50200", here.number, domain=REFERER)
    assert connected is not None
    assert connected.account_key == "31920194"


async def test_an_install_that_waited_long_is_renewed_when_it_is_claimed(
    house: House, stranger: Asgi, here: TenantOfTests, vendor: Vendor
) -> None:
    await stranger.get(f"{CALLBACK}?code=def5&referer={REFERER}&from_widget=1")
    async with house.db.unit() as unit:
        await unit.connection.execute(
            "UPDATE oauth_installs SET expires_at = now() - interval '1 d'"
        )
    _, headers = await settle_platform(house)
    reply = await Asgi(stranger.app, headers=headers).post(
        f"/api/v1/amocrm/claim?enterprise_number={here.number}",
        json_body={"account_id": "31920194"},
    )
    assert reply.status == 200, reply.body
    assert vendor.exchanges == ["refresh-2"]


async def test_another_master_key_opens_all_installs_that_wait(
    house: House, stranger: Asgi, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kommutator.flows.rotate_keys._BATCH", 1)
    for vendor.account_id in ("1", "2"):
        reply = await stranger.get(f"{CALLBACK}?code=def5&referer={REFERER}&from_widget=1")
        assert reply.status == 303
    fresh = "k2:" + base64.b64encode(b"another-not-real-master-key-test").decode()
    done = await rotate(house.db, Vault(parse_keys(f"{fresh},{MASTER_KEYS}")))
    assert (done.rewrapped, done.failed) == (2, ())
    async with house.db.unit() as unit:
        kids = await unit.connection.fetch(
            "SELECT DISTINCT envelope ->> 'kid' AS kid FROM oauth_installs, "
            "jsonb_each(tokens) AS t(field, envelope)"
        )
    assert [row["kid"] for row in kids] == ["k2"]
