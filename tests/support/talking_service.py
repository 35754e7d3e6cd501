"""The service as it runs, a salon of the YClients twin, and a Telegram bot that talks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kommutator.domain.salon.copy import TASKS
from tests.support.channels import connect_telegram
from tests.support.messengers import Messenger
from tests.support.waiting import eventually
from tests.support.yclients_service import HERE, SALON, SalonService, open_salon_service

READ_S = 60.0  # on a crowded machine
AT_ONCE = {"on": True, "debounce": {"quiet_s": 0, "longest_s": 0}}


@dataclass
class TalkingService:
    """Attributes:
    bot: the messenger's connection.
    """

    service: SalonService
    telegram: Messenger
    bot: UUID

    async def comes(self, person: int, name: str) -> None:
        """Somebody opens the chat: Telegram lets nobody write before that."""
        await self.telegram.order("start", id=person, first_name=name)

    async def ask(self, person: int, text: str, answers: int) -> str:
        """Write, and wait until the bot has said so many messages to this person; the last."""
        await self.telegram.order("say", chat=str(person), text=text)
        return (await self.said(person, answers))[-1]

    async def said(self, person: int, answers: int) -> list[str]:
        heard = await self.telegram.heard(answers, chat=str(person))
        return [str(one["text"]) for one in heard]


@asynccontextmanager
async def open_talking_service(
    dsn: str, telegram: Messenger, **assistant: Any
) -> AsyncIterator[TalkingService]:
    """`assistant`: settings beside "on", and at once."""
    roles = ("api", "worker")
    async with open_salon_service(dsn, roles=roles, telegram_api_url=telegram.url) as service:
        await service.install(SALON)
        finished = "SELECT count(finished_at) FROM crm_reads"

        async def read() -> bool:
            return bool(await service.value(finished) == len(TASKS))

        await asyncio.wait_for(eventually(read, READ_S), READ_S)
        async with service.house.db.single() as unit:
            await unit.connection.execute(
                "UPDATE enterprises SET settings = $2 WHERE number = $1",
                HERE, {"assistant": {**AT_ONCE, **assistant}},
            )  # fmt: skip
        bot = await connect_telegram(service.house, HERE, telegram)
        yield TalkingService(service, telegram, bot)
