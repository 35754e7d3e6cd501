"""The demo's amoCRM, brought to life: connected, called about, written to in bulk, heard."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp

from tests.support.waiting import eventually

EMAIL = "admin@example.com"
FIRM = "0500"
"""An enterprise of its own: calls are told to one CRM, and the demo's has RetailCRM."""

_SHORT_LIFE_S = 24  # of a token: renewals come while somebody watches
_KNOWN = "+70000000101"


class AmoDemo:
    """`service` and `twin` are addresses. Use as `await AmoDemo(…).live()`."""

    def __init__(self, service: str, twin: str, password: str) -> None:
        self._service = service
        self._twin = twin
        self._password = password

    async def live(self) -> None:
        jar = aiohttp.CookieJar(unsafe=True)  # our host is an address
        async with aiohttp.ClientSession(cookie_jar=jar) as browser:
            bearer = await self._sign_in(browser)
            await self._post(browser, "/api/v1/enterprises", {"number": FIRM, "name": "B"}, bearer)
            await self._connect(browser)
            await self._call(browser, bearer)
            await self._write(browser, bearer)
            await self._told(browser)

    async def _sign_in(self, browser: aiohttp.ClientSession) -> dict[str, str]:
        form = {"email": EMAIL, "password": self._password}
        login = f"{self._service}/console/login"
        async with browser.post(login, data=form, allow_redirects=False) as answer:
            assert answer.status == 303
        token = (await self._post(browser, "/api/v1/auth/login", form, {}))["access_token"]
        return {"Authorization": f"Bearer {token}"}

    async def _connect(self, browser: aiohttp.ClientSession) -> None:
        """As an administrator who says yes on the consent screen."""
        await self._order(browser, "switches", access_seconds=_SHORT_LIFE_S)
        there = f"{self._service}/api/v1/amocrm/auth?enterprise_number={FIRM}"
        async with browser.get(there) as answer:
            assert answer.status == 200, await answer.text()
            url = (await answer.json())["auth_url"]
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        granted = await self._order(
            browser, "oauth/grant", client_id=asked["client_id"], state=asked["state"]
        )
        async with browser.get(granted["location"]) as answer:
            assert answer.status == 200, await answer.text()
            assert answer.url.query["result"] == "connected"

    async def _call(self, browser: aiohttp.ClientSession, bearer: dict[str, str]) -> None:
        """One call of a client whom amoCRM knows; its note is there afterwards."""
        wish = {"name": "pbx", "scopes": ["send_events"]}
        made = await self._post(browser, f"/api/v1/api-keys?enterprise_number={FIRM}", wish, bearer)
        common = {"call_unique_id": "b-1", "direction": "in", "phone": _KNOWN, "line": "+70001"}
        for kind, more in (("dial", {}), ("bridge", {}), ("hangup", {"status": "answered"})):
            payload = {**common, "extensions": ["150"], **more}
            event = {"enterprise_number": FIRM, "event_type": kind, "payload": payload}
            await self._post(browser, "/api/events", event, {"X-API-Key": made["secret"]})

        async def noted() -> bool:
            return any(
                note["note_type"] == "call_in" for note in (await self._state(browser))["notes"]
            )

        await eventually(noted, 60)

    async def _write(self, browser: aiohttp.ClientSession, bearer: dict[str, str]) -> None:
        lead = (await self._state(browser))["leads"][0]["id"]
        order = {"action": "update", "items": [{"id": lead, "price": 5}]}
        path = f"/api/v1/amocrm/leads/bulk?enterprise_number={FIRM}"
        await self._post(browser, path, order, bearer)

    async def _told(self, browser: aiohttp.ClientSession) -> None:
        """Once amoCRM has our address, a manager's hand changes a card."""

        async def subscribed() -> bool:
            return bool((await self._state(browser))["webhooks"])

        await eventually(subscribed, 60)
        lead = (await self._state(browser))["leads"][0]["id"]
        fields = {"price": 77}
        await self._order(browser, "act", entity="leads", act="edit", id=lead, fields=fields)

    async def _state(self, browser: aiohttp.ClientSession) -> dict[str, Any]:
        url = f"{self._twin}/_twin/state?account=demo&traffic=0"
        async with browser.get(url) as answer:
            found: dict[str, Any] = await answer.json()
        return found

    async def _order(self, browser: aiohttp.ClientSession, path: str, **body: Any) -> Any:
        async with browser.post(f"{self._twin}/_twin/{path}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def _post(
        self, browser: aiohttp.ClientSession, path: str, body: Any, headers: dict[str, str]
    ) -> Any:
        async with browser.post(f"{self._service}{path}", json=body, headers=headers) as answer:
            assert answer.status < 300, (path, await answer.text())
            return await answer.json()
