"""Somebody who asks the console for pages without a browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from tests.console.conftest import Console
from tests.support.house import PASSWORD


class Visitor:
    """A browser's cookies and nothing else of it."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url
        self.csrf = ""

    async def get(self, path: str, **headers: str) -> tuple[int, str, str]:
        async with self._http.get(
            self._url + path, allow_redirects=False, headers=headers
        ) as answer:
            return answer.status, await answer.text(), answer.headers.get("location", "")

    async def post(
        self, path: str, *, headers: dict[str, str] | None = None, **fields: str
    ) -> tuple[int, str, str]:
        async with self._http.post(
            self._url + path, data=fields, headers=headers, allow_redirects=False
        ) as answer:
            return answer.status, await answer.text(), answer.headers.get("location", "")

    async def sign_in(self, email: str, **fields: str) -> str:
        _, _, location = await self.post("/console/login", email=email, password=PASSWORD, **fields)
        _, page, _ = await self.get("/console/calls?enterprise=0367")
        self.csrf = page.partition('name="csrf-token" content="')[2].partition('"')[0]
        return location


@asynccontextmanager
async def visiting(console: Console) -> AsyncIterator[Visitor]:
    jar = aiohttp.CookieJar(unsafe=True)  # cookies of 127.0.0.1
    headers = {"accept-language": "en"}
    async with aiohttp.ClientSession(cookie_jar=jar, headers=headers) as http:
        yield Visitor(http, console.url)
