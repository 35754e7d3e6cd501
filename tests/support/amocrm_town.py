"""The amoCRM twin, and a house that knows its integration."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp

from kommutator.domain.connection import Account
from kommutator.domain.tenancy import Actor, Role
from kommutator.flows.amocrm.adopt import Wish
from kommutator.flows.house import House
from kommutator.flows.secrets import open_account
from kommutator.kit.clock import SystemClock
from kommutator.twins import TwinsConfig, start_twins
from tests.support.house import TenantOfTests

TOKENS = "POST /oauth2/access_token"


@dataclass
class AmoTwin:
    """One running twin; `demo` lives at its root."""

    url: str
    http: aiohttp.ClientSession
    client: dict[str, Any]

    @property
    def settings(self) -> dict[str, str]:
        """For `open_house` and for processes."""
        return {
            "amocrm_client_id": self.client["client_id"],
            "amocrm_client_secret": self.client["client_secret"],
            "amocrm_redirect_uri": self.client["redirect_uri"],
            "amocrm_authorize_url": f"{self.url}/oauth",
            "private_hosts": "127.0.0.1",
        }

    async def order(self, path: str, /, **body: Any) -> dict[str, Any]:
        async with self.http.post(f"{self.url}/_twin/{path}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            found: dict[str, Any] = await answer.json()
        return found

    async def look(self, path: str, **query: str) -> dict[str, Any]:
        async with self.http.get(f"{self.url}/_twin/{path}", params=query) as answer:
            assert answer.status == 200, await answer.text()
            found: dict[str, Any] = await answer.json()
        return found

    async def exchanges(self) -> int:
        """How often the token endpoint was asked."""
        state = await self.look("state", account="demo")
        return int(state["requests"].get(TOKENS, 0))

    async def code(self, **more: Any) -> str:
        """As the integration's card shows it."""
        client_id = self.client["client_id"]
        granted = await self.order("oauth/grant", client_id=client_id, account="demo", **more)
        return parse_qs(urlsplit(granted["location"]).query)["code"][0]

    async def connect(self, house: House, tenant: TenantOfTests) -> Account:
        """The enterprise's account, by a code."""
        actor = Actor("tests", Role.ENTERPRISE_ADMIN, tenant.number, tenant.admin.id)
        wish = Wish(actor, tenant.number)
        record = await house.amocrm.ways_in.by_code(wish, await self.code(), self.url)
        return open_account(house.vault, record)


class SkewedClock(SystemClock):
    def __init__(self, skew: timedelta) -> None:
        self._skew = skew

    def now(self) -> datetime:
        return super().now() + self._skew


@asynccontextmanager
async def open_amocrm(skew: timedelta = timedelta(0)) -> AsyncIterator[AmoTwin]:
    """`skew`: how far the vendor's clock is ahead of ours."""
    config = TwinsConfig(
        names=("amocrm",), ports={"amocrm": 0}, environment={}, clock=SkewedClock(skew)
    )
    async with aiohttp.ClientSession() as http, await start_twins(config) as running:
        url = running.base_urls["amocrm"]
        twin = AmoTwin(url, http, {})
        twin.client = (await twin.look("credentials"))["integrations"][0]
        yield twin
