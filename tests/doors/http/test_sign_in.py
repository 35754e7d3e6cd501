import re
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request, Response

from kommutator.domain.tenancy import Actor
from kommutator.doors.http import cookies
from kommutator.doors.http.app import create_app
from kommutator.doors.http.auth import actor, require_same_origin
from kommutator.flows.house import House
from kommutator.kit.clock import ManualClock
from tests.support.asgi import Asgi
from tests.support.house import PASSWORD, TenantOfTests, open_house, settle_tenant

LOGIN = "/api/v1/auth/login"
pages = APIRouter()


@pages.post("/enter")
async def enter(request: Request, email: str, password: str) -> Response:
    require_same_origin(request)
    house: House = request.app.state.house
    user = await house.sign_in.password(email, password, address="x")
    session = await house.sign_in.open_session(user, replaces=cookies.read(request))
    response = Response(session.session.csrf)
    cookies.put(house, response, session)
    return response


@pages.get("/page")
async def page(who: Annotated[Actor, Depends(actor)]) -> Response:
    return Response(f"<p>{who.name}", media_type="text/html")


@pages.post("/change")
async def change(request: Request, who: Annotated[Actor, Depends(actor)]) -> str:
    return str((await request.form()).get("value"))


def add_pages(app: FastAPI) -> None:
    app.include_router(pages)


@pytest.fixture
def browser(house: House) -> Asgi:
    return Asgi(create_app(house, families={"pages": add_pages}))


def jar(header: str | None) -> SimpleCookie:
    return SimpleCookie(header or "")


async def signed_in(browser: Asgi, tenant: TenantOfTests, **more: str) -> tuple[str, str]:
    url = f"/enter?email={tenant.admin.email}&password={PASSWORD.replace(' ', '%20')}"
    reply = await Asgi(browser.app).post(url.replace("%20", "+"), headers=more)
    assert reply.status == 200, reply.body
    morsel = next(iter(jar(reply.header("set-cookie")).values()))
    return f"{morsel.key}={morsel.value}", reply.body.decode()


async def login(caller: Asgi, email: str, password: str = PASSWORD) -> tuple[int, str]:
    reply = await caller.post(LOGIN, json_body={"email": email, "password": password})
    return reply.status, "" if reply.status == 200 else reply.code


async def test_a_password_becomes_a_token(stranger: Asgi, here: TenantOfTests) -> None:
    reply = await stranger.post(
        LOGIN, json_body={"email": here.admin.email.upper(), "password": PASSWORD}
    )
    answer = reply.json()
    assert (answer["token_type"], answer["expires_in"]) == ("bearer", 3600)
    me = await stranger.get(
        "/api/v1/me", headers={"authorization": f"Bearer {answer['access_token']}"}
    )
    assert me.json() == {
        "name": "admin@0367.example",
        "role": "enterprise_admin",
        "enterprise_number": "0367",
        "user_id": str(here.admin.id),
        "permissions": [
            "read_calls",
            "place_calls",
            "send_events",
            "read_salon",
            "book",
            "read_chats",
            "write_chats",
            "configure",
        ],
    }


async def test_nobody_and_a_wrong_password_are_answered_alike(
    stranger: Asgi, here: TenantOfTests
) -> None:
    nobody = await stranger.post(LOGIN, json_body={"email": "no@body.example", "password": "x"})
    wrong = await stranger.post(LOGIN, json_body={"email": here.admin.email, "password": "x"})
    assert (nobody.status, nobody.json()) == (wrong.status, wrong.json())
    assert (wrong.status, wrong.code) == (401, "sign_in_refused")


async def test_unknown_people_cost_a_hash_too(
    house: House, monkeypatch: pytest.MonkeyPatch, stranger: Asgi, here: TenantOfTests
) -> None:
    hasher = house.sign_in._passwords._hasher
    checked: list[str] = []
    honest = hasher.verify_and_update

    def counted(password: str, held: str) -> tuple[bool, str | None]:
        checked.append(held)
        return honest(password, held)

    monkeypatch.setattr(hasher, "verify_and_update", counted)
    assert await login(stranger, "no@body.example") == (401, "sign_in_refused")
    assert await login(stranger, here.admin.email, "wrong") == (401, "sign_in_refused")
    assert [held.split("$")[1:4] for held in checked] == [checked[1].split("$")[1:4]] * 2


async def test_wrong_passwords_are_slowed_per_account_and_address(
    stranger: Asgi, here: TenantOfTests
) -> None:
    for _ in range(5):
        assert await login(stranger, here.admin.email, "wrong") == (401, "sign_in_refused")
    reply = await stranger.post(LOGIN, json_body={"email": here.admin.email, "password": PASSWORD})
    assert (reply.status, reply.code) == (429, "sign_in_too_often")
    assert 1 <= int(reply.header("retry-after") or 0) <= 33
    elsewhere = Asgi(stranger.app, address="198.51.100.7")
    assert await login(elsewhere, here.admin.email) == (200, "")
    assert await login(stranger, here.employee.email) == (200, "")


async def test_a_right_password_forgives_the_wrong_ones(
    stranger: Asgi, here: TenantOfTests
) -> None:
    for _ in range(3):
        for _ in range(4):
            assert await login(stranger, here.admin.email, "wrong") == (401, "sign_in_refused")
        assert await login(stranger, here.admin.email) == (200, "")


async def test_one_address_cannot_try_everybody(database_url: str) -> None:
    async with open_house(database_url, login_per_address="3") as house:
        caller = Asgi(create_app(house), address="2001:db8::1")
        neighbour = Asgi(caller.app, address="2001:db8::2")
        for number in range(3):
            assert await login(caller, f"a{number}@x.example") == (401, "sign_in_refused")
        assert await login(neighbour, "a9@x.example") == (429, "sign_in_too_often")


async def test_the_switched_off_do_not_come_in(
    house: House, stranger: Asgi, admin: Asgi, here: TenantOfTests, root: Asgi
) -> None:
    employee = f"/api/v1/users/{here.employee.id}"
    assert (await admin.request("PATCH", employee, json_body={"active": False})).status == 200
    assert await login(stranger, here.employee.email) == (401, "sign_in_refused")
    off = await root.request("PATCH", "/api/v1/enterprises/0367", json_body={"active": False})
    assert off.status == 200
    assert await login(stranger, here.admin.email) == (401, "sign_in_refused")
    assert (await admin.get("/api/v1/me")).code == "token_invalid"


async def test_a_new_password_kills_old_tokens_and_sessions(
    browser: Asgi, stranger: Asgi, admin: Asgi, here: TenantOfTests
) -> None:
    cookie, _ = await signed_in(browser, here)
    body = {"current_password": PASSWORD, "new_password": "another fine password"}
    wrong = {**body, "current_password": "guess"}
    refused = await admin.request("PUT", "/api/v1/me/password", json_body=wrong)
    assert (refused.status, refused.code) == (401, "sign_in_refused")
    assert (await admin.request("PUT", "/api/v1/me/password", json_body=body)).status == 204
    assert (await admin.get("/api/v1/me")).code == "token_invalid"
    assert (await browser.get("/page", headers={"cookie": cookie})).code == "session_ended"
    assert await login(stranger, here.admin.email, "another fine password") == (200, "")


async def test_the_cookie_cannot_be_read_or_sent_by_other_sites(
    browser: Asgi, here: TenantOfTests
) -> None:
    url = f"/enter?email={here.admin.email}&password={PASSWORD.replace(' ', '+')}"
    header = (await browser.post(url)).header("set-cookie") or ""
    assert header.startswith("kommutator=")
    lifeless = re.sub(r"Max-Age=43(200|199);", "Max-Age=12h;", header.partition("; ")[2])
    assert lifeless == "Path=/; Max-Age=12h; HttpOnly; SameSite=Lax"


async def test_over_https_the_cookie_lives_in_the_frame_of_the_crm(database_url: str) -> None:
    async with open_house(database_url, public_url="https://house.example") as house:
        tenant = await settle_tenant(house, "0367")
        browser = Asgi(create_app(house, families={"pages": add_pages}))
        url = f"/enter?email={tenant.admin.email}&password={PASSWORD.replace(' ', '+')}"
        header = (await browser.post(url)).header("set-cookie") or ""
        assert header.startswith("__Host-kommutator=")
        assert header.endswith("; HttpOnly; Secure; SameSite=None; Partitioned")


async def test_a_planted_session_does_not_survive_signing_in(
    browser: Asgi, here: TenantOfTests
) -> None:
    planted, _ = await signed_in(browser, here)
    fresh, _ = await signed_in(browser, here, cookie=planted)
    assert fresh != planted
    assert (await browser.get("/page", headers={"cookie": fresh})).status == 200
    assert (await browser.get("/page", headers={"cookie": planted})).code == "session_ended"
    invented = {"cookie": "kommutator=chosen-by-the-attacker"}
    assert (await browser.get("/page", headers=invented)).code == "session_ended"


async def test_a_change_by_cookie_needs_the_token_of_our_page(
    browser: Asgi, here: TenantOfTests
) -> None:
    cookie, csrf = await signed_in(browser, here)
    form = {"value": "7"}

    async def answer(sent: dict[str, str], **headers: str) -> tuple[int, str]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        reply = await browser.post("/change", form=sent, headers={"cookie": cookie, **named})
        return reply.status, "" if reply.status == 200 else reply.code

    assert await answer(form) == (403, "csrf_mismatch")
    assert await answer({**form, "csrf_token": "guess"}) == (403, "csrf_mismatch")
    assert await answer(form, x_csrf_token=csrf[:-1]) == (403, "csrf_mismatch")
    assert await answer({**form, "csrf_token": csrf}) == (200, "")
    assert await answer(form, x_csrf_token=csrf) == (200, "")
    assert await answer(form, x_csrf_token=csrf, origin="http://house.example") == (200, "")
    garbage = ("https://[::1", "http://house.example]")
    for foreign in ("https://evil.example", "null", "http://house.example.evil.example", *garbage):
        assert await answer(form, x_csrf_token=csrf, origin=foreign) == (403, "csrf_mismatch")


async def test_another_site_cannot_sign_a_browser_in(browser: Asgi, here: TenantOfTests) -> None:
    url = f"/enter?email={here.admin.email}&password={PASSWORD.replace(' ', '+')}"
    reply = await browser.post(url, headers={"origin": "https://evil.example"})
    assert (reply.status, reply.code) == (403, "csrf_mismatch")


async def test_a_sandboxed_frame_is_another_site_even_without_a_public_address(
    house: House, browser: Asgi, here: TenantOfTests
) -> None:
    house.settings = house.settings.model_copy(update={"public_url": ""})
    url = f"/enter?email={here.admin.email}&password={PASSWORD.replace(' ', '+')}"
    reply = await browser.post(url, headers={"origin": "null"})
    assert (reply.status, reply.code) == (403, "csrf_mismatch")
    assert (await browser.post(url, headers={"origin": "http://house.example"})).status == 200


async def test_only_the_own_crm_may_frame_the_page(browser: Asgi, here: TenantOfTests) -> None:
    cookie, _ = await signed_in(browser, here)
    policy = (await browser.get("/page", headers={"cookie": cookie})).header(
        "content-security-policy"
    )
    assert policy is not None
    assert policy.endswith("frame-ancestors 'self' https://firm0367.retailcrm.example")
    assert "unsafe" not in policy


async def test_sessions_end(database_url: str) -> None:
    clock = ManualClock()
    async with open_house(database_url, clock=clock) as house:
        tenant = await settle_tenant(house, "0367")
        browser = Asgi(create_app(house, families={"pages": add_pages}))
        session = await house.sign_in.open_session(tenant.admin)
        cookie = {"cookie": f"kommutator={session.token}"}
        await clock.advance(timedelta(hours=12).total_seconds() - 1)
        assert (await browser.get("/page", headers=cookie)).status == 200
        await clock.advance(1)
        assert (await browser.get("/page", headers=cookie)).code == "session_ended"


async def test_a_session_by_the_crm_ends_with_its_connection(
    house: House, browser: Asgi, admin: Asgi, here: TenantOfTests
) -> None:
    account = await house.directory.account(here.crm_id)
    session = await house.sign_in.enter_from_crm(account)
    cookie = {"cookie": f"kommutator={session.token}"}
    page_reply = await browser.get("/page", headers=cookie)
    assert page_reply.body == f"<p>retailcrm:{here.crm_id}".encode()
    assert (await browser.get("/api/v1/users", headers=cookie)).status == 200
    assert (await browser.get("/api/v1/users?enterprise_number=0411", headers=cookie)).status == 404
    assert (await admin.request("DELETE", f"/api/v1/connections/{here.crm_id}")).status == 204
    assert (await browser.get("/page", headers=cookie)).code == "session_ended"


async def test_tokens_of_cookies_are_not_stored(house: House, here: TenantOfTests) -> None:
    session = await house.sign_in.open_session(here.admin)
    async with house.db.unit() as unit:
        rows = await unit.connection.fetch("SELECT sessions::text AS row FROM sessions")
        keys = await unit.connection.fetch("SELECT api_keys::text AS row FROM api_keys")
    told = " ".join(row["row"] for row in [*rows, *keys])
    assert session.token not in told
    assert here.key not in told
    assert session.token not in repr(session)
