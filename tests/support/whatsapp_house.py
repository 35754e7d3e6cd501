"""Processes that hold WhatsApp's lines over one database, and a tenant with a phone."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from kommutator.app import Application
from kommutator.compose.whatsapp import WhatsAppMeans
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.domain.whatsapp.states import SessionState
from kommutator.doors.whatsapp.delivery import NO_PACE, Pace
from kommutator.flows.chats.speak import Saying, speak
from kommutator.flows.house import House
from kommutator.flows.whatsapp.shown import SessionShown
from kommutator.kit.clock import SystemClock
from kommutator.store.whatsapp_sessions import SessionNews
from tests.support.factories import value
from tests.support.house import settings_for_tests, vault_of
from tests.support.waiting import eventually
from tests.support.whatsapp_host import FakeLine, FakeWhatsApp, jid

HERE = EnterpriseNumber("0367")
THERE = EnterpriseNumber("0411")
SALON_PHONE = "+79001234567"
OLGA = "+79111112233"


class HurriedClock(SystemClock):
    """Sleeps a tenth: looks, pauses and waits before another try are over sooner."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / 10)


def admin(enterprise: EnterpriseNumber = HERE) -> Actor:
    return Actor("tests", Role.ENTERPRISE_ADMIN, enterprise)


@asynccontextmanager
async def a_worker(
    dsn: str, world: FakeWhatsApp | None, *, pace: Pace = NO_PACE, **settings: str
) -> AsyncIterator[House]:
    """One process of the role "worker"; without a world its bridge is the real one."""
    chosen = settings_for_tests(database_pool="6", **settings)
    means = WhatsAppMeans(world, pace, HurriedClock())
    async with Application(chosen, dsn, vault_of(chosen), roles=("worker",), means=means) as app:
        yield app.house


@dataclass
class Phone:
    """One tenant's phone, seen from a process and from the other side."""

    house: House
    world: FakeWhatsApp
    id: UUID
    enterprise: EnterpriseNumber = HERE
    said: list[str] = field(default_factory=list)

    async def state(self) -> SessionShown:
        return await self.house.whatsapp.state(self.enterprise, self.id)

    async def comes_to(self, *states: SessionState) -> SessionShown:
        async def there() -> bool:
            return (await self.state()).state in states

        await eventually(there)
        return await self.state()

    async def went_through(self, state: SessionState) -> SessionNews:
        """However short it was there."""

        async def found() -> list[SessionNews]:
            told = await self.house.whatsapp.news(self.enterprise, self.id, 0)
            return [one for one in told if one.body["state"] == state]

        await eventually(found)
        return (await found())[-1]

    async def linked(self, phone: str = SALON_PHONE, **me: Any) -> FakeLine:
        """Scanned, restarted, open."""
        await self.house.whatsapp.link(self.enterprise, self.id)
        await (await self.world.line(self.id)).scan(phone, **me)
        return await self.open()

    async def open(self) -> FakeLine:
        await self.comes_to(SessionState.OPEN, SessionState.RESTRICTED)
        return await self.world.opened(self.id)

    async def says(self, text: str, to: str = OLGA, **more: Any) -> int:
        """Owe one message; the chat must be known, by any name."""
        self.said.append(text)
        saying = Saying(
            self.id, ConnectionKind.WHATSAPP, jid(to), text,
            once=f"test:{len(self.said)}:{text}", **more,
        )  # fmt: skip
        async with self.house.db.unit() as unit:
            (row,) = await speak(unit, self.enterprise, [saying])
        return row

    async def knows(self, chat: str, phone: str | None = None) -> None:
        """A chat in which nobody wrote yet."""
        async with self.house.db.unit() as unit:
            await unit.connection.execute(
                "INSERT INTO chats (enterprise, connection_id, chat_id, phone) "
                "VALUES ($1, $2, $3, $4)",
                self.enterprise, self.id, jid(chat), phone,
            )  # fmt: skip

    async def messages(self, count: int = 1, columns: str = "text") -> Sequence[Any]:
        """Of all its chats in order, once there are so many."""

        async def enough() -> bool:
            return len(await self._messages(columns)) >= count

        await eventually(enough)
        return await self._messages(columns)

    async def _messages(self, columns: str) -> Sequence[Any]:
        async with self.house.db.unit() as unit:
            rows = await unit.connection.fetch(
                f"SELECT {columns} FROM chat_messages WHERE connection_id = $1 ORDER BY id", self.id
            )
        return [tuple(row) if len(row) > 1 else row[0] for row in rows]

    async def becomes(self, outbox_id: int, *states: str) -> None:
        """Wait for a message of ours."""

        async def there() -> bool:
            return await self.state_of(outbox_id) in states

        await eventually(there)

    async def state_of(self, outbox_id: int) -> str:
        query = "SELECT state FROM chat_messages WHERE outbox_id = $1"
        return str(await value(self.house.db, query, outbox_id))

    async def rows(self, table: str) -> int:
        query = f"SELECT count(*) FROM {table} WHERE connection_id = $1"
        return int(await value(self.house.db, query, self.id))


async def a_phone(
    house: House, world: FakeWhatsApp | None = None, enterprise: EnterpriseNumber = HERE
) -> Phone:
    """Not linked yet; `world`: who plays the other side, if somebody here does."""
    async with house.db.unit() as unit:
        known = await unit.connection.fetchval(
            "SELECT true FROM enterprises WHERE number = $1", enterprise
        )
        if not known:
            await unit.enterprises.create(enterprise, name=f"Firm {enterprise}")
    record = await house.whatsapp.create(admin(enterprise), enterprise, None)
    return Phone(house, world or FakeWhatsApp(), record.id, enterprise)
