"""The YClients twin, and a plain client of it that says exactly what goes over the wire."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from kommutator.kit.clock import Clock, SystemClock
from kommutator.twins import TwinsConfig, start_twins
from kommutator.twins.yclients import YClientsTwin
from kommutator.twins.yclients.seed import ADMIN_LOGIN, OWNER_LOGIN
from kommutator.twins.yclients.world import World

ACCEPT = "application/vnd.yclients.v2+json"
# The branches of the standing chain.
SALON, SECOND, THIRD = 962302, 962303, 962304


@dataclass(frozen=True)
class Reply:
    status: int
    text: str
    headers: Any

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def data(self) -> Any:
        return self.json["data"]

    @property
    def message(self) -> str:
        return str(self.json["meta"]["message"])


@dataclass
class YTown:
    """One running twin. `world` is its inside: what it holds may be looked at directly."""

    url: str
    http: aiohttp.ClientSession
    world: World

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/v1"

    @property
    def marketplace_url(self) -> str:
        return f"{self.url}/marketplace"

    @property
    def partner_token(self) -> str:
        return self.world.standing.partner_token

    @property
    def application_id(self) -> int:
        return self.world.standing.application_id

    @property
    def user_token(self) -> str:
        """Of the application's system user: works in the branches it was let into."""
        return self.world.standing.user_token

    @property
    def owner_token(self) -> str:
        """Of a person with every right in all branches."""
        return self.world.user(OWNER_LOGIN).token

    @property
    def admin_token(self) -> str:
        """Of a person who works in the first branch only and sees no phones."""
        return self.world.user(ADMIN_LOGIN).token

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        user: str = "",
        headers: dict[str, str] | None = None,
        **query: Any,
    ) -> Reply:
        """One request of the API (`path` without /api/v1), with `user` as a user's token.

        A name of `query` given as a list becomes `name[]=…` for each.
        """
        bearer = f"Bearer {self.partner_token}" + (f", User {user}" if user else "")
        sent = {"Authorization": bearer, "Accept": ACCEPT} | (headers or {})
        pairs: list[tuple[str, str]] = []
        for name, value in query.items():
            many = value if isinstance(value, list) else None
            pairs += [(f"{name}[]", str(v)) for v in many] if many else [(name, str(value))]
        async with self.http.request(
            method, self.api_url + path, json=body, headers=sent, params=pairs
        ) as answer:
            return Reply(answer.status, await answer.text(), answer.headers)

    async def order(self, path: str, /, **body: Any) -> dict[str, Any]:
        """POST to a control path."""
        async with self.http.post(f"{self.url}/_twin/{path}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            found: dict[str, Any] = await answer.json()
        return found

    async def look(self, path: str, **query: Any) -> dict[str, Any]:
        """GET a control path."""
        words = {name: str(value) for name, value in query.items()}
        async with self.http.get(f"{self.url}/_twin/{path}", params=words) as answer:
            assert answer.status == 200, await answer.text()
            found: dict[str, Any] = await answer.json()
        return found

    async def let_in(self, *companies: int) -> None:
        """Open branches (all by default) to the system user, as an installation does."""
        await self.order("access", **({"companies": list(companies)} if companies else {}))


@asynccontextmanager
async def open_yclients(
    *, clock: Clock | None = None, rate_limits: bool = False, let_in: bool = True
) -> AsyncIterator[YTown]:
    """A twin on a free port; the system user may enter all branches unless `let_in` is False."""
    config = TwinsConfig(
        names=("yclients",), ports={"yclients": 0}, environment={}, clock=clock or SystemClock()
    )
    timeout = aiohttp.ClientTimeout(total=10)
    async with (
        aiohttp.ClientSession(timeout=timeout) as http,
        await start_twins(config) as running,
    ):
        twin = running.twins["yclients"]
        assert isinstance(twin, YClientsTwin)
        town = YTown(running.base_urls["yclients"], http, twin.world)
        town.world.switches.change({"rate_limits": rate_limits})
        if let_in:
            await town.let_in()
        yield town
