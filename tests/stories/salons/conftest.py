"""A salon that is installed and copied, its chain's telephony, and a bot in which clients write."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import aiohttp
import pytest

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import Permission
from kommutator.twins import TwinsConfig, start_twins
from tests.support.booking_service import copied
from tests.support.postgres import Databases, database_dsn
from tests.support.service import Caller
from tests.support.yclients_service import HERE, SALON, SalonService, open_salon_service


@dataclass(frozen=True)
class Shop:
    """Attributes:
    connection: of the salon; `bot`: of the messenger.
    pbx: may send events of calls, and read calls.
    """

    service: SalonService
    connection: UUID
    bot: UUID
    pbx: Caller
    telegram: str
    http: aiohttp.ClientSession

    async def event(self, call: str, kind: str, phone: str, **more: Any) -> None:
        """As requirement 002's services tell of a call."""
        payload = {
            "call_unique_id": call, "phone": phone, "direction": "in", "line": "+375000000001",
            "extensions": ["150"], **more,
        }  # fmt: skip
        body = {"enterprise_number": HERE, "event_type": kind, "payload": payload}
        answer = await self.pbx.post("/api/events", json=body)
        assert answer.status < 300, answer.text

    async def person(self, chat: int, phone: str) -> None:
        """Somebody writes to the bot and shares their number."""
        await self.order("start", id=chat, first_name="Анна", payload="")
        await self.order("contact", chat=str(chat), phone=phone)

    async def order(self, what: str, **body: Any) -> Any:
        async with self.http.post(f"{self.telegram}/_twin/{what}", json=body) as reply:
            assert reply.status == 200, await reply.text()
            return await reply.json()

    async def read(self, chat: int, count: int = 1) -> list[str]:
        """What the bot said there, once there are so many."""
        query = {"ours": "true", "chat": str(chat), "count": str(count), "timeout": "20"}
        async with self.http.get(f"{self.telegram}/_twin/wait", params=query) as reply:
            return [one["text"] for one in (await reply.json())["items"]]


@pytest.fixture(scope="package")
async def shop(databases: Databases, database_template: str) -> AsyncIterator[Shop]:
    """One for all stories here: each has other callers."""
    config = TwinsConfig(names=("telegram",), ports={"telegram": 0}, environment={})
    async with (
        databases.copy_of(database_template) as name,
        await start_twins(config) as twins,
        aiohttp.ClientSession() as session,
        open_salon_service(
            database_dsn(databases.dsn, name),
            roles=("api", "worker"),
            telegram_api_url=twins.base_urls["telegram"],
        ) as service,
    ):
        async with service.house.db.unit() as unit:
            for other in await unit.connections.list(HERE):
                await unit.connections.remove(HERE, other.id)  # the salon is their only CRM
        await service.install(SALON)
        await copied(service)
        async with session.get(f"{twins.base_urls['telegram']}/_twin/credentials") as reply:
            token = (await reply.json())["bots"][0]["token"]
        bot = await service.house.channels.connect(
            service.admin, HERE, ConnectionKind.TELEGRAM, {"token": token}
        )
        connection = await service.value("SELECT id FROM connections WHERE kind = 'yclients'")
        scopes = {Permission.SEND_EVENTS, Permission.READ_CALLS}
        key = (
            await service.house.keys.create(service.admin, HERE, name="pbx", scopes=scopes)
        ).secret
        group = (await service.twin.look("credentials"))["groups"][0]
        await service.house.salon_telephony.set_up(
            service.admin, HERE, connection, group["crm_token"], recordings=False
        )
        service.house.directory.clear()
        yield Shop(
            service,
            connection,
            bot.id,
            service.caller.with_headers(x_api_key=key),
            twins.base_urls["telegram"],
            session,
        )
