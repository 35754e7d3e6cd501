"""The ways in to amoCRM as a vendor's browser, server and button really walk them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
import uvicorn

from kommutator.app import Application
from kommutator.domain.tenancy import Actor, Role
from kommutator.doors.console import router as console
from kommutator.doors.http import amocrm
from kommutator.doors.http.app import Door, create_app
from kommutator.flows.amocrm.connect import Traveller
from kommutator.flows.house import House
from kommutator.flows.sign_in import token_hash
from tests.support.amocrm_town import AmoTwin, open_amocrm
from tests.support.house import (
    PASSWORD,
    TenantOfTests,
    open_house,
    settings_for_tests,
    settle_tenant,
    vault_of,
)
from tests.support.town import free_port
from tests.support.waiting import eventually


@dataclass
class Street:
    """Our service on a port, amoCRM on another, and a browser in between."""

    twin: AmoTwin
    house: House
    tenant: TenantOfTests
    url: str
    browser: aiohttp.ClientSession

    async def follow(self, url: str) -> tuple[int, str]:
        """One request of the browser, redirects inside our house followed."""
        async with self.browser.get(url) as answer:
            return answer.status, str(answer.url)

    async def status(self) -> dict[str, Any]:
        async with self.browser.get(f"{self.url}/api/v1/amocrm/status") as answer:
            found: dict[str, Any] = await answer.json()
        return found

    async def consent(self, auth_url: str, **more: str) -> str:
        """Say yes on the consent screen; where the vendor sends the browser."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(auth_url).query).items()}
        form = {**asked, "decision": "allow", "account": "demo", **more}
        page = f"{self.twin.url}/oauth/decide"
        async with self.browser.post(page, data=form, allow_redirects=False) as answer:
            assert answer.status == 302, await answer.text()
            return answer.headers["Location"]


def pages(app: Door) -> None:
    app.include_router(console.router)


@pytest.fixture
async def street(database_url: str) -> AsyncIterator[Street]:
    async with AsyncExitStack() as stack:
        twin = await stack.enter_async_context(open_amocrm())
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        twin.client |= await twin.order(
            "integrations",
            client_id=twin.client["client_id"],
            redirect_uri=f"{url}/api/v1/amocrm/auth/callback",
            uninstall_url=f"{url}/api/v1/amocrm/uninstalled",
        )
        settings = {**twin.settings, "public_url": url}
        house = await stack.enter_async_context(open_house(database_url, **settings))
        tenant = await settle_tenant(house, "0367")
        app = create_app(house, families={"amocrm": amocrm.add, "console": pages})
        server = uvicorn.Server(
            uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", lifespan="off")
        )
        serving = asyncio.create_task(server.serve())
        await eventually(lambda: server.started)
        jar = aiohttp.CookieJar(unsafe=True)  # our host is an address
        browser = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
        form = {"email": tenant.admin.email, "password": PASSWORD}
        async with browser.post(f"{url}/console/login", data=form, allow_redirects=False) as done:
            assert done.status == 303
        yield Street(twin, house, tenant, url, browser)
        server.should_exit = True
        await serving


async def test_a_browser_walks_to_the_consent_screen_and_back(street: Street) -> None:
    async with street.browser.get(f"{street.url}/api/v1/amocrm/auth") as answer:
        auth_url = (await answer.json())["auth_url"]
    assert auth_url.startswith(f"{street.twin.url}/oauth?")
    back = await street.consent(auth_url)
    assert await street.follow(back) == (
        200, f"{street.url}/api/v1/amocrm/auth/callback?result=connected",
    )  # fmt: skip
    status = await street.status()
    assert (status["connected"], status["state"]) == (True, "active")
    assert (await street.follow(back))[0] == 400  # neither state nor code works twice

    client_id = street.twin.client["client_id"]
    removed = await street.twin.order("uninstall", account="demo", client_id=client_id)
    assert removed["hook"]["status"] == 200
    status = await street.status()
    assert (status["connected"], status["state"]) == (False, "uninstalled")

    connection_id = status["accounts"][0]["connection_id"]
    there = f"{street.url}/api/v1/amocrm/auth?connection_id={connection_id}"
    async with street.browser.get(there) as answer:
        auth_url = (await answer.json())["auth_url"]
    wrong = await street.consent(auth_url, account="large")
    assert (await street.follow(wrong))[0] == 409
    assert (await street.status())["state"] == "uninstalled"
    async with street.browser.get(there) as answer:
        auth_url = (await answer.json())["auth_url"]
    assert (await street.follow(await street.consent(auth_url)))[0] == 200
    again = await street.status()
    assert again["connected"] is True
    assert [one["connection_id"] for one in again["accounts"]] == [connection_id]


async def test_the_market_installs_and_the_widget_claims(street: Street) -> None:
    client_id = street.twin.client["client_id"]
    order = {"account": "large", "client_id": client_id}
    installed = await street.twin.order("install", **order)
    assert installed["status"] == 303
    assert (await street.status())["accounts"] == []
    token = (await street.twin.order("disposable", **order))["token"]
    headers = {"X-Auth-Token": token, "X-CSRF-Token": "wrong"}
    claim = f"{street.url}/api/v1/amocrm/claim"
    bearer = {**street.tenant.headers, **headers}
    async with street.twin.http.post(claim, json={}, headers=bearer) as answer:
        assert answer.status == 200, await answer.text()
        account = (await answer.json())["account"]
    assert (account["state"], account["domain"].endswith("/a/large")) == ("active", True)


async def test_the_button_makes_an_integration_on_the_fly(street: Street) -> None:
    cookie = next(c.value for c in street.browser.cookie_jar if c.key == "kommutator")
    admin = street.tenant.admin
    actor = Actor(admin.email, Role.ENTERPRISE_ADMIN, street.tenant.number, admin.id)
    departure = await street.house.amocrm.connect.start(
        Traveller(actor, token_hash(cookie)), street.tenant.number, by_button=True
    )
    state = parse_qs(urlsplit(departure.url).query)["state"][0]
    pressed = await street.twin.order(
        "button",
        account="demo",
        state=state,
        secrets_uri=f"{street.url}/api/v1/amocrm/secrets",
        redirect_uri=street.twin.client["redirect_uri"],
    )
    assert pressed["secrets"]["status"] == 200
    assert (await street.follow(pressed["location"]))[0] == 200
    async with street.house.db.unit() as unit:
        shelf = await unit.connections.list(street.tenant.number)
        (record,) = [r for r in shelf if r.kind == "amocrm"]
        await unit.connection.execute(
            "UPDATE oauth_grants SET expires_at = now(), issued_at = now() - interval '1 day'"
        )
    assert record.config["client_id"] == pressed["client_id"]
    account = await street.house.amocrm_accounts.by_id(street.tenant.number, record.id)
    assert (await street.house.grants.access(account)).generation == 2  # by its own secret


async def test_a_code_in_the_settings_connects_at_the_start_and_only_then(
    database_url: str,
) -> None:
    async with open_amocrm() as twin:
        settings = {**twin.settings, "amocrm_domain": twin.url}
        async with open_house(database_url, **settings) as house:
            tenant = await settle_tenant(house, "0367")
        settings["amocrm_auth_code"] = await twin.code()
        chosen = settings_for_tests(**settings)
        for _ in range(2):  # a restart with the same settings
            async with Application(chosen, database_url, vault_of(chosen)) as running:

                async def connected(house: House = running.house) -> bool:
                    async with house.db.unit() as unit:
                        shelf = await unit.connections.list(tenant.number)
                    return any(r.kind == "amocrm" and r.status == "active" for r in shelf)

                await eventually(connected)
        assert await twin.exchanges() == 1
