"""Running fake messengers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from kommutator.twins import TwinsConfig, start_twins


@dataclass(frozen=True)
class Messenger:
    """One running fake messenger."""

    url: str
    http: aiohttp.ClientSession

    async def order(self, path: str, /, **body: Any) -> dict[str, Any]:
        """Pull a string of the twin."""
        async with self.http.post(f"{self.url}/_twin/{path}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            found: dict[str, Any] = await answer.json()
        return found

    async def look(self, path: str, **query: str) -> dict[str, Any]:
        """What the twin holds."""
        async with self.http.get(f"{self.url}/_twin/{path}", params=query) as answer:
            assert answer.status == 200, await answer.text()
            found: dict[str, Any] = await answer.json()
        return found

    async def heard(self, count: int = 1, **query: str) -> list[dict[str, Any]]:
        """What our side wrote, once there are so many messages."""
        found = await self.look("wait", ours="true", count=str(count), **query)
        assert found["ok"], found
        items: list[dict[str, Any]] = found["items"]
        return items


@asynccontextmanager
async def open_messenger(name: str) -> AsyncIterator[Messenger]:
    """`name`: "telegram" or "avito"."""
    config = TwinsConfig(names=(name,), ports={name: 0}, environment={})
    async with await start_twins(config) as running, aiohttp.ClientSession() as http:
        yield Messenger(running.base_urls[name], http)
