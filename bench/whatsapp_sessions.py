"""Linked phones in one process: memory, messages, and how fast all are open again after a break.

The real way: a process of the role "worker", its lanes, keys sealed in a durable PostgreSQL, the
real bridge and Baileys, the fake WhatsApp as the other side. Twice all sockets break: the bridge is
killed, and the whole process ends and starts. Required: at most 5 MB for each idle phone, all open
again within 5 s, no phone scanned anew. The exit code tells.

    python -m bench.whatsapp_sessions [phones]
"""

import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import aiohttp
import uvloop

from bench.ground import database, server, until
from kommutator.app import Application
from kommutator.compose.whatsapp import WhatsAppMeans
from kommutator.connectors.channels.whatsapp.host import BaileysHost
from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Role
from kommutator.doors.whatsapp.delivery import NO_PACE
from kommutator.flows.chats.speak import Saying, speak
from kommutator.flows.house import House
from kommutator.kit import log
from kommutator.kit.clock import SystemClock
from kommutator.kit.redact import Redactor
from kommutator.twins import TwinsConfig, start_twins
from kommutator.twins.whatsapp import Hands
from tests.support.house import settings_for_tests, vault_of

AT_ONCE = 8
REST_S = 5.0
MOST_MB, MOST_S = 5.0, 5.0
CLIENT = "79110000001"
_OPEN = "SELECT count(*) FROM whatsapp_sessions WHERE state = 'open' AND since > $1"
_NOW = "SELECT clock_timestamp()"
_WRITES = "SELECT n_tup_ins + n_tup_upd FROM pg_stat_user_tables WHERE relname = 'whatsapp_keys'"


@dataclass
class Phone:
    """One enterprise's only phone."""

    enterprise: EnterpriseNumber
    id: UUID
    number: str


@dataclass
class Town:
    """The process, its bridge, and the people."""

    dsn: str
    hands: Hands
    settings: dict[str, str]
    phones: list[Phone]

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[tuple[House, BaileysHost]]:
        chosen = settings_for_tests(**self.settings)
        host = BaileysHost(clock=SystemClock())
        means = WhatsAppMeans(host, NO_PACE)
        try:
            async with Application(
                chosen, self.dsn, vault_of(chosen), roles=("worker",), means=means
            ) as app:
                yield app.house, host
        finally:
            await host.stop()

    async def found(self, house: House, count: int) -> None:
        actor = Actor("bench", Role.PLATFORM_ADMIN, None)
        for place in range(count):
            number = EnterpriseNumber(f"{1000 + place}")
            async with house.db.unit() as unit:
                await unit.enterprises.create(number, name=f"Salon {place}")
            record = await house.whatsapp.create(actor, number, None)
            self.phones.append(Phone(number, record.id, f"7900{place:07}"))

    async def link(self, house: House, phone: Phone) -> None:
        await house.whatsapp.link(phone.enterprise, phone.id)

        async def shows_a_code() -> bool:
            return (await house.whatsapp.state(phone.enterprise, phone.id)).qr is not None

        await until(shows_a_code)
        shown = await house.whatsapp.state(phone.enterprise, phone.id)
        assert shown.qr is not None
        await self.hands.scan(shown.qr.text, phone.number, "Салон")
        await self.hands.wait(what="sessions", phone=phone.number, ready="true", limit_s=60)

    async def talk(self, house: House, phone: Phone) -> None:
        """Somebody writes and is answered."""
        written = await self.hands.write(phone.number, CLIENT, "Есть время завтра?")
        chat = f"{CLIENT}@s.whatsapp.net"

        async def heard() -> bool:
            async with house.db.single() as unit:
                return await unit.chats.get(phone.enterprise, phone.id, written.chat) is not None

        await until(heard)
        saying = Saying(phone.id, ConnectionKind.WHATSAPP, chat, "Есть, в 15:00", once="bench")
        async with house.db.unit() as unit:
            await speak(unit, phone.enterprise, [saying])
        await self.hands.told(phone.number, CLIENT, limit_s=60)

    async def all_open(self, house: House, broke: Callable[[], Awaitable[None]]) -> float:
        """Seconds from a break until every session says that it is open, of its own."""
        async with house.db.single() as unit:
            at = await unit.connection.fetchval(_NOW)
        began = time.perf_counter()
        await broke()
        return await self.opened_since(house, at, began)

    async def opened_since(self, house: House, at: object, began: float) -> float:
        async def all_of_them() -> bool:
            async with house.db.single() as unit:
                return bool(await unit.connection.fetchval(_OPEN, at) == len(self.phones))

        await until(all_of_them)
        return time.perf_counter() - began


async def each(phones: Sequence[Phone], work: Callable[[Phone], Awaitable[None]]) -> float:
    """Seconds for all, some at once."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(phone: Phone) -> None:
        async with gate:
            await work(phone)

    began = time.perf_counter()
    await asyncio.gather(*(one(phone) for phone in phones))
    return time.perf_counter() - began


async def rss_mb(host: BaileysHost) -> float:
    return (await host.stats())["rss"] / 1e6


async def measure(town: Town, count: int) -> bool:
    async with town.worker() as (house, host):
        await town.found(house, count)
        await town.link(house, town.phones[0])
        base = await rss_mb(host)
        took = await each(town.phones[1:], lambda phone: town.link(house, phone))
        print(f"{count} phones linked by QR in {took:.1f} s, {AT_ONCE} at once")
        await asyncio.sleep(REST_S)
        idle = await rss_mb(host)
        each_mb = (idle - base) / max(1, count - 1)
        print(f"memory: {base:.0f} MB with one, {idle:.0f} MB with all: {each_mb:.2f} MB each")
        took = await each(town.phones, lambda phone: town.talk(house, phone))
        print(f"a message and its answer in each: {took:.2f} s")
        child = await host._bridge.child()  # noqa: SLF001  nobody else may kill it

        async def kill() -> None:
            child._process.kill()  # noqa: SLF001  as the machine would

        kills = [await town.all_open(house, kill)]
        print(f"the bridge was killed: all open again after {kills[0]:.1f} s")
        async with house.db.single() as unit:
            at = await unit.connection.fetchval(_NOW)
    began = time.perf_counter()
    async with town.worker() as (house, _):
        calm = await town.opened_since(house, at, began)
        print(f"the process started anew: all open after {calm:.1f} s")
    devices = (await town.hands.look("sessions"))["sessions"]
    scanned = max(statistics.multimode(one["id"] for one in devices))
    good = each_mb <= MOST_MB and max(*kills, calm) <= MOST_S and scanned == 1
    print(f"{len(devices)} devices, {'all still the first' if scanned == 1 else 'some new'}: "
          f"{'met' if good else 'MISSED'}")  # fmt: skip
    return good


async def main(count: int) -> int:
    log.configure(Redactor(), level="error", format="console")
    config = TwinsConfig(names=("whatsapp",), ports={"whatsapp": 0}, environment={})
    with server() as dsn:
        async with (
            database(dsn, "bench_whatsapp") as url,
            await start_twins(config) as twins,
            aiohttp.ClientSession() as http,
        ):
            facts = twins.describe()["whatsapp"]
            reach = {"whatsapp_url": facts["ws_url"], "whatsapp_root_key": facts["root_key"]}
            town = Town(url, Hands(facts["base_url"], http), reach, [])
            return 0 if await measure(town, count) else 1


if __name__ == "__main__":
    sys.exit(uvloop.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)))
