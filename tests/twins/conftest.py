from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from kommutator.twins import RunningTwins, TwinsConfig, start_twins
from tests.support.hearing import listening
from tests.twins.crm import Crm


@pytest.fixture
async def twins() -> AsyncIterator[RunningTwins]:
    config = TwinsConfig(ports={"retailcrm": 0}, environment={})
    async with await start_twins(config) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    timeout = aiohttp.ClientTimeout(total=5)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield session


@pytest.fixture
async def crm(twins: RunningTwins, http: aiohttp.ClientSession) -> Crm:
    root = twins.base_urls["retailcrm"]
    async with http.get(f"{root}/_twin/credentials") as answer:
        account = (await answer.json())["accounts"][0]
    return Crm(http, account["base_url"], root, account["api_key"], account["limited_api_key"])


JSON = "application/json"


class Gateway:
    """Somebody the CRM calls: keeps what came, answers what it is told to.

    Attributes:
        told: of each request in `came` its JSON body, if it had one, and its headers.
    """

    def __init__(self) -> None:
        self.base_url = ""
        self.came: list[dict[str, Any]] = []
        self.told: list[dict[str, Any]] = []
        self.status = 200
        self.config: dict[str, Any] = {}

    async def serve(self, request: web.Request) -> web.Response:
        self.came.append(
            {
                "method": request.method,
                "path": request.path,
                "query": dict(request.query),
                "form": dict(await request.post()),
            }
        )
        told = await request.json() if request.content_type == JSON else None
        self.told.append({"json": told, "headers": dict(request.headers)})
        if request.path == "/account":
            raise web.HTTPSeeOther("/cabinet")
        if request.path == "/config":
            return web.json_response(self.config)
        return web.Response(status=self.status, text="hello")


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    there = Gateway()
    async with listening(there.serve) as there.base_url:
        yield there
