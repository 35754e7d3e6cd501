"""A salon of YClients, the page that links its phone, and WhatsApp played in this process.

async with open_linking(database_url) as town:
    page = await town.page()                        # the address opened once
    async with town.watching(page.token) as socket:
        told = await socket.until("qr")             # pushed
        await (await town.world.line(await town.phone())).scan("+79001234567")
        await socket.until("status", state="open")
"""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import aiohttp

from kommutator.compose.whatsapp import WhatsAppMeans
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.doors.whatsapp.delivery import NO_PACE
from tests.support.service import Answer
from tests.support.whatsapp_host import FakeLine, FakeWhatsApp
from tests.support.whatsapp_house import HurriedClock
from tests.support.yclients_service import SALON, SalonService, open_salon_service

PHONE = "+79001234567"
NEW = EnterpriseNumber("0412")
"""The enterprise that a signed registration makes."""
_PATIENCE_S = 10.0


@dataclass
class Heard:
    """One WebSocket. `told`: everything that came, in order."""

    socket: aiohttp.ClientWebSocketResponse
    told: list[dict[str, Any]] = field(default_factory=list)

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(_PATIENCE_S):
            message = await self.socket.receive()
        assert message.type is aiohttp.WSMsgType.TEXT, (message, self.told)
        said: dict[str, Any] = message.json()
        self.told.append(said)
        return said

    async def until(self, kind: str, **wanted: Any) -> dict[str, Any]:
        while True:
            said = await self.next()
            if said["type"] == kind and wanted.items() <= said.items():
                return said

    async def end(self) -> int | None:
        """The code it is closed by; what comes before is heard."""
        async with asyncio.timeout(_PATIENCE_S):
            async for message in self.socket:
                self.told.append(message.json())
        return self.socket.close_code

    async def say(self, **word: Any) -> None:
        await self.socket.send_json(word)


@dataclass(frozen=True)
class ConnectPage:
    answer: Answer

    @property
    def token(self) -> str:
        return self.answer.text.partition('data-token="')[2].partition('"')[0]

    @property
    def cookies(self) -> str:
        """What the browser brings back."""
        given = self.answer.headers.getall("set-cookie", [])
        return "; ".join(one.partition(";")[0] for one in given)


@dataclass(frozen=True)
class LinkingTown:
    service: SalonService
    world: FakeWhatsApp
    http: aiohttp.ClientSession

    async def registered(self, salon: int = SALON) -> dict[str, Any]:
        """By what the vendor signed, into a new enterprise."""
        said = dict(parse_qsl(urlsplit(await self.service.pressed(salon)).query))
        body = {"salon_id": salon, "user_data": said["user_data"]}
        body["user_data_sign"] = said["user_data_sign"]
        reply = await self.service.caller.post("/marketplace/register", json=body)
        assert reply.status == 200, reply.text
        made: dict[str, Any] = reply.body
        return made

    async def page(self, salon: int = SALON, locale: str = "en") -> ConnectPage:
        made = await self.registered(salon)
        headers = {"accept-language": locale}
        opened = await self.service.caller.get(made["connect_url"], headers=headers)
        assert opened.status == 200, opened.text
        return ConnectPage(opened)

    async def phone(self) -> UUID:
        found = await self.service.value("SELECT connection_id FROM whatsapp_sessions")
        assert isinstance(found, UUID)
        return found

    async def line(self) -> FakeLine:
        return await self.world.line(await self.phone())

    async def scanned(self, number: str = PHONE) -> FakeLine:
        """Scanned, started anew, open."""
        await (await self.line()).scan(number)
        return await self.world.opened(await self.phone())

    @asynccontextmanager
    async def watching(
        self, token: str | None = None, path: str = "/marketplace", **more: Any
    ) -> AsyncIterator[Heard]:
        url = f"{self.service.url}{path}".replace("http", "ws", 1)
        offered = ["kommutator", token] if token else []
        async with self.http.ws_connect(url, protocols=offered, **more) as socket:
            yield Heard(socket)


@asynccontextmanager
async def open_linking(
    dsn: str,
    *,
    roles: Collection[str] = ("api", "worker"),
    world: FakeWhatsApp | None = None,
) -> AsyncIterator[LinkingTown]:
    world = world or FakeWhatsApp()
    means = WhatsAppMeans(world, NO_PACE, HurriedClock())
    async with (
        open_salon_service(dsn, roles=roles, means=means) as service,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
    ):
        yield LinkingTown(service, world, http)
