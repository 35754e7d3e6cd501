"""A plain client of one amoCRM account, and somebody its webhooks go to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web

from kommutator.twins.amocrm.account import Account
from kommutator.twins.amocrm.tokens import Grant
from kommutator.twins.amocrm.world import World
from kommutator.twins.php import parse_php

KNOWN_PHONE = "+70000000101"  # of the first contact, who has one active lead
STRANGER = "+70009999999"


@dataclass(frozen=True)
class Reply:
    status: int
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Desk:
    http: aiohttp.ClientSession
    world: World
    account: Account
    token: str

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        url = f"{self.account.base_url}{path}"
        wanted = {"Authorization": f"Bearer {self.token}", **headers}
        async with self.http.request(method, url, json=body, headers=wanted) as answer:
            return Reply(answer.status, await answer.text())

    async def order(self, path: str, /, **body: Any) -> Any:
        url = f"{self.account.root}/_twin/{path}"
        async with self.http.post(url, json={"account": self.account.name, **body}) as answer:
            return await answer.json()

    async def deliveries(self, outcome: str, count: int) -> list[dict[str, Any]]:
        query: dict[str, str | int] = {
            "account": self.account.name,
            "outcome": outcome,
            "count": count,
            "timeout": 5,
        }
        async with self.http.get(f"{self.account.root}/_twin/hooks", params=query) as answer:
            told = await answer.json()
        assert told["ok"], told
        return list(told["items"])

    async def subscribe(self, destination: str, *settings: str) -> Reply:
        order = {"destination": destination, "settings": list(settings)}
        return await self.ask("POST", "/api/v4/webhooks", order)

    def as_user(self, user_id: int) -> Desk:
        return Desk(self.http, self.world, self.account, issue(self.world, self.account, user_id))

    def card(self, kind: str, place: int = 0) -> dict[str, Any]:
        return list(self.account.cards[kind].values())[place]


def issue(world: World, account: Account, user_id: int) -> str:
    client_id = next(iter(world.integrations))
    expires_at = world.now() + 10 * 86_400
    owner = Grant("", client_id, account.name, user_id, expires_at)
    return world.tokens.issue_access(owner, {"aud": client_id}, expires_at).value


class Hearer:
    """Where webhooks arrive: keeps them, answers what it is told to."""

    def __init__(self) -> None:
        self.base_url = ""
        self.status = 200
        self.silent = False
        # Answers instead, when there is one.
        self.answer: Callable[[web.Request], Awaitable[web.Response]] | None = None
        self.bodies: list[str] = []
        self.headers: list[dict[str, str]] = []
        self._came = asyncio.Event()

    @property
    def url(self) -> str:
        return f"{self.base_url}/hook"

    @property
    def parsed(self) -> list[dict[str, Any]]:
        return [parse_php(parse_qsl(body, keep_blank_values=True)) for body in self.bodies]

    async def serve(self, request: web.Request) -> web.Response:
        if self.answer is not None:
            return await self.answer(request)
        self.bodies.append(await request.text())
        self.headers.append(dict(request.headers))
        self._came.set()
        if self.silent:
            await asyncio.Event().wait()
        return web.Response(status=self.status)

    async def heard(self, count: int = 1) -> list[dict[str, Any]]:
        async with asyncio.timeout(5):
            while len(self.bodies) < count:
                self._came.clear()
                await self._came.wait()
        return self.parsed
