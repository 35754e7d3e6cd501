"""Two hundred people write to one salon at once: what do they get, and what does a neighbour feel?

The running service, API and worker in one process, on a durable PostgreSQL; two salons of the
YClients twin in their copies; WhatsApp is played in this process, so that nothing but us has a
pace. A client of the neighbour's writes now and then, by turns while it is quiet and while the 200
talk; deliberate waiting is switched off. Required: in every talk each message is in one turn and
each answer comes once, in order; the neighbour's answers stay within 150 ms at p95 under the load,
or within twice what they take alone, whichever is more. The exit code tells.

    python -m bench.conversations [people]
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from bench.assistant_latency import MOST_MS
from bench.ground import database, server, spread
from kommutator.compose.whatsapp import WhatsAppMeans
from kommutator.domain.salon.copy import TASKS
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.doors.whatsapp.delivery import NO_PACE
from tests.support.waiting import eventually
from tests.support.whatsapp_host import FakeWhatsApp, jid
from tests.support.whatsapp_house import Phone
from tests.support.whatsapp_salon import SETTINGS
from tests.support.yclients_said import said_of
from tests.support.yclients_service import (
    HERE,
    SALON,
    SECOND,
    THERE,
    SalonService,
    open_salon_service,
)

MOST_RISE = 2.0
PROBES, PAUSE_S = 40, 0.1
TALK = (
    "Здравствуйте!",
    "Запишите на мужскую стрижку завтра",
    "Лучше в четверг вечером",
    "Сколько стоит стрижка?",
    "Спасибо, я подумаю",
)
QUESTION = "Запишите меня на мужскую стрижку завтра"


@dataclass
class Talker:
    """One client at one phone; `took_ms`: from each message to its first answer."""

    phone: Phone
    number: str
    told: "Told"
    took_ms: list[float] = field(default_factory=list)

    async def says(self, texts: Sequence[str]) -> None:
        line = await self.phone.world.opened(self.phone.id)
        for text in texts:
            before = self.told.count(self.number)
            began = time.perf_counter()
            await line.hears(self.number, text)
            await self.told.more(self.number, before)
            self.took_ms.append((time.perf_counter() - began) * 1000)


class Told(list[Any]):
    """What the fake phones were told; wakes who waits for theirs."""

    def __init__(self) -> None:
        super().__init__()
        self._counts: dict[str, int] = {}
        self._bells: dict[str, asyncio.Event] = {}

    def append(self, said: Any) -> None:
        super().append(said)
        self._counts[said.to] = self._counts.get(said.to, 0) + 1
        self._bells.setdefault(said.to, asyncio.Event()).set()

    def count(self, number: str) -> int:
        return self._counts.get(jid(number), 0)

    async def more(self, number: str, than: int) -> None:
        bell = self._bells.setdefault(jid(number), asyncio.Event())
        while self.count(number) <= than:
            bell.clear()
            await bell.wait()


async def a_salon(
    service: SalonService, number: EnterpriseNumber, salon: int, world: FakeWhatsApp, own: str
) -> Phone:
    tenant = service.here if number == HERE else service.there
    actor = Actor("bench", Role.ENTERPRISE_ADMIN, number, tenant.admin.id)
    arrived = await service.house.yclients.arrive(said_of(await service.pressed(salon)))
    joined = await service.house.yclients.join.into(actor, number, arrived.token)
    await service.house.yclients.activate.all(number, joined.connections)
    async with service.house.db.single() as unit:
        await unit.connection.execute(
            "UPDATE enterprises SET settings = $2 WHERE number = $1", number, SETTINGS
        )
    service.house.directory.clear()
    record = await service.house.whatsapp.create(actor, number, joined.connections[0])
    phone = Phone(service.house, world, record.id, number)
    await phone.linked(own)
    return phone


async def probe(
    phone: Phone, told: Told, first: int, until: asyncio.Future[Any] | None
) -> list[float]:
    """A fresh client of the neighbour's each time; ends after so many, or with the load."""
    took: list[float] = []
    number = first
    while (until is None and len(took) < PROBES) or (until is not None and not until.done()):
        talker = Talker(phone, f"+7917{number:07d}", told)
        number += 1
        await talker.says([QUESTION])
        took += talker.took_ms
        await asyncio.sleep(PAUSE_S)
    return took


async def check(service: SalonService, people: int) -> None:
    """Each message in one turn, turns in order, each answer sent once."""
    lost = await service.value(
        "SELECT count(*) FROM chat_messages WHERE direction = 'in' AND turn_id IS NULL"
    )
    assert lost == 0, f"{lost} messages in no turn"
    swapped = await service.value(
        "SELECT count(*) FROM chat_messages a JOIN chat_messages b USING (connection_id, chat_id) "
        "WHERE a.direction = 'in' AND b.direction = 'in' AND a.id < b.id AND a.turn_id > b.turn_id"
    )
    assert swapped == 0, f"{swapped} messages out of order"
    late = await service.value(
        "SELECT count(*) FROM outbox a JOIN outbox b USING (lane, key) "
        "WHERE a.id < b.id AND a.finished_at > b.finished_at"
    )
    assert late == 0, f"{late} answers out of order"
    talked = await service.value(
        "SELECT count(*) FROM conversations WHERE enterprise = $1 AND version > 0", HERE
    )
    assert talked == people, f"{talked} of {people} talked"


async def measure(dsn: str, people: int) -> bool:
    world = FakeWhatsApp()
    told = world.said = Told()
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(database(dsn, "conversations"))
        service = await stack.enter_async_context(
            open_salon_service(url, roles=("api", "worker"), means=WhatsAppMeans(world, NO_PACE))
        )
        crowded = await a_salon(service, HERE, SALON, world, "+79001234567")
        neighbour = await a_salon(service, THERE, SECOND, world, "+79001234568")

        async def copied() -> bool:
            return bool(
                await service.value("SELECT count(finished_at) FROM crm_reads") == 2 * len(TASKS)
            )

        await eventually(copied, 120)
        await probe(neighbour, told, 0, None)  # warm
        alone = await probe(neighbour, told, 1000, None)
        talkers = [Talker(crowded, f"+7916{n:07d}", told) for n in range(people)]
        began, worked = time.perf_counter(), time.process_time()
        load = asyncio.gather(*(talker.says(TALK) for talker in talkers))
        beside = await probe(neighbour, told, 2000, load)
        await load
        spent, worked = time.perf_counter() - began, time.process_time() - worked
        alone += await probe(neighbour, told, 5000, None)
        await check(service, people)
    messages = len(TALK) * people
    took = [one for talker in talkers for one in talker.took_ms]
    print(
        f"{people} talks, {messages} messages answered in {spent:.1f} s: {messages / spent:.0f}/s"
    )
    print(f"CPU of the process for each: {worked / messages * 1000:.0f} ms")
    spread("message to answer, the crowd", took)
    spread("the neighbour alone", alone)
    spread("the neighbour beside them", beside)
    p95 = sorted(beside)[int(len(beside) * 0.95)]
    base = sorted(alone)[int(len(alone) * 0.95)]
    print(f"the neighbour's p95: {p95 / base:.1f} times what it is alone")
    return p95 <= max(MOST_MS, MOST_RISE * base)


def main(people: int) -> int:
    with server() as dsn:
        return 0 if asyncio.run(measure(dsn, people)) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
