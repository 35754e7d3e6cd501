"""A salon of the YClients twin whose clients write to a phone at the fake WhatsApp.

The API and the worker are processes apart, as in production, but in this Python: the worker may
end and come again. Baileys is the real one, in a real bridge.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from kommutator.app import Application
from kommutator.compose.whatsapp import WhatsAppMeans
from kommutator.domain.salon.copy import TASKS
from kommutator.domain.whatsapp.states import SessionState
from kommutator.doors.whatsapp.delivery import NO_PACE
from kommutator.twins.whatsapp.hands import Line
from tests.support.house import vault_of
from tests.support.waiting import eventually
from tests.support.whatsapp_host import FakeWhatsApp
from tests.support.whatsapp_house import SALON_PHONE, HurriedClock, Phone
from tests.support.whatsapp_twin import RunningWhatsApp, open_whatsapp
from tests.support.yclients_service import HERE, SALON, SalonService, open_salon_service

LINK = "https://reviews.example/spring"
SETTINGS = {
    "assistant": {"on": True, "debounce": {"quiet_s": 0, "longest_s": 0}},
    "outreach": {"hours": {"begin": "00:00", "end": "00:00"}},
    "remind": {
        "rules": {"review": {"after_minutes": 0, "links": [{"title": "Сайт", "url": LINK}]}}
    },
}
"""Answers at once, reminders at any hour."""
PATIENCE_S = 60.0  # on a crowded machine


@dataclass
class Client:
    """Somebody with WhatsApp, who reads what the salon's device wrote.

    Attributes:
        read: how many of its messages were read.
    """

    whatsapp: RunningWhatsApp
    phone: str
    name: str
    read: int = 0

    async def writes(self, text: str, **more: Any) -> str:
        """Without waiting for an answer; the message's id."""
        said = await self.whatsapp.hands.write(
            SALON_PHONE, self.phone, text, name=self.name, **more
        )
        return said.id

    async def asks(self, text: str) -> str:
        """Write, and read the answer."""
        await self.writes(text)
        return await self.hears()

    async def hears(self) -> str:
        """The next message of the salon's."""
        self.read += 1
        return (await self.told(self.read))[self.read - 1].text

    async def told(self, count: int = 0) -> Sequence[Line]:
        """All that the salon's device wrote, once it is so much."""
        return await self.whatsapp.hands.told(
            SALON_PHONE[1:], self.phone[1:], count, limit_s=PATIENCE_S
        )


@dataclass
class WhatsAppSalon:
    """Attributes:
    service: its process has the role "api"; `phone`: the salon's, not linked yet.
    """

    service: SalonService
    whatsapp: RunningWhatsApp
    phone: Phone
    dsn: str

    def client(self, phone: str, name: str) -> Client:
        return Client(self.whatsapp, phone, name)

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[None]:
        """A process of the role "worker"."""
        settings = self.service.house.settings
        means = WhatsAppMeans(None, NO_PACE, HurriedClock())
        vault = vault_of(settings)
        async with Application(settings, self.dsn, vault, roles=("worker",), means=means):
            yield

    async def copied(self) -> None:
        """Every part of the salon was read once."""
        finished = "SELECT count(finished_at) FROM crm_reads"

        async def read() -> bool:
            return bool(await self.service.value(finished) == len(TASKS))

        await eventually(read, PATIENCE_S)

    async def linked(self) -> None:
        """From a code on the page to an open line."""
        await self.service.house.whatsapp.link(HERE, self.phone.id)
        shown = await self.phone.comes_to(SessionState.QR)
        assert shown.qr is not None
        await self.whatsapp.hands.scan(shown.qr.text, SALON_PHONE)
        await self.phone.comes_to(SessionState.OPEN)

    async def due(self, kind: str, record_id: int) -> None:
        """What its client is to be told of this visit is due now, whatever left before."""
        owed = "UPDATE outreach SET due_at = now() WHERE kind = $1 AND about = $2 RETURNING id"
        await eventually(lambda: self.service.fetch(owed, kind, f"visit:{record_id}"))
        await self.service.fetch("DELETE FROM budgets WHERE key = $1", f"outreach:{self.phone.id}")

    async def heard(self, count: int) -> None:
        """So many messages of clients are in their chats."""
        query = "SELECT count(*) >= $1 FROM chat_messages WHERE direction = 'in'"
        await eventually(lambda: self.service.value(query, count))

    async def quiet(self) -> None:
        """Everything that came in has had its effect, and what was owed is said."""
        query = (
            "SELECT NOT EXISTS (SELECT FROM journal WHERE state = 'new') "
            "AND NOT EXISTS (SELECT FROM conversations WHERE due_at IS NOT NULL) "
            "AND NOT EXISTS (SELECT FROM outbox WHERE state = 'due')"
        )
        await eventually(lambda: self.service.value(query), PATIENCE_S)

    def records(self, phone: str) -> list[Any]:
        """A person's standing visits in the twin's journal that our side made."""
        company = self.service.twin.world.companies[SALON]
        return [
            one
            for one in company.records.values()
            if one.api_id
            and not one.deleted
            and one.client_id is not None
            and company.clients[one.client_id].phone == phone.lstrip("+")
        ]


@asynccontextmanager
async def open_whatsapp_salon(dsn: str, **settings: str) -> AsyncIterator[WhatsAppSalon]:
    """The salon is installed; a worker copies it, once there is one."""
    async with open_whatsapp() as whatsapp:
        url, key = whatsapp.socket_url, whatsapp.root_key
        async with open_salon_service(
            dsn, whatsapp_url=url, whatsapp_root_key=key, **settings
        ) as service:
            await service.install(SALON)
            async with service.house.db.single() as unit:
                await unit.connection.execute(
                    "UPDATE enterprises SET settings = $2 WHERE number = $1", HERE, SETTINGS
                )
            record = await service.house.whatsapp.create(service.admin, HERE, None)
            phone = Phone(service.house, FakeWhatsApp(), record.id, HERE)
            yield WhatsAppSalon(service, whatsapp, phone, dsn)
