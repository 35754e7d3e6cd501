"""Linked phones in one bridge: memory, messages, and how fast all come back after it was killed.

python -m bench.whatsapp_sessions [sessions]
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from kommutator.connectors.channels.whatsapp.host import BaileysHost
from kommutator.connectors.channels.whatsapp.line import BaileysLine
from kommutator.domain.whatsapp.events import (
    Closed,
    MessageHeard,
    Opened,
    QrShown,
    StatusHeard,
    WhatsAppEvent,
)
from kommutator.domain.whatsapp.ports import LineOptions
from kommutator.kit.clock import SystemClock
from kommutator.twins import TwinsConfig, start_twins
from kommutator.twins.whatsapp import Hands

AT_ONCE = 8
LIMIT_S = 240.0


@dataclass
class Phone:
    """One salon's phone; its keys are kept in memory, counted."""

    number: str
    stored: Mapping[str, Any] | None = None
    keys: dict[tuple[str, str], Any] = field(default_factory=dict)
    writes: int = 0
    reads: int = 0
    events: list[WhatsAppEvent] = field(default_factory=list)
    line: BaileysLine | None = None

    async def creds(self) -> Mapping[str, Any] | None:
        return self.stored

    async def set_creds(self, creds: Mapping[str, Any]) -> None:
        self.stored = creds

    async def get(self, kind: str, ids: Sequence[str]) -> Mapping[str, Any]:
        self.reads += 1
        return {one: self.keys[kind, one] for one in ids if (kind, one) in self.keys}

    async def set(self, changes: Mapping[str, Mapping[str, Any]]) -> None:
        self.writes += 1
        for kind, values in changes.items():
            for one, value in values.items():
                if value is None:
                    self.keys.pop((kind, one), None)
                else:
                    self.keys[kind, one] = value

    async def message(self, message_id: str) -> None:
        """Nothing is kept: no peer of the bench asks."""

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    async def hears(self, kind: type[Any], count: int = 1) -> list[Any]:
        async with asyncio.timeout(LIMIT_S):
            while len(self.of(kind)) < count:  # noqa: ASYNC110  the host calls, nobody signals
                await asyncio.sleep(0.01)
        return self.of(kind)


@dataclass
class Town:
    hands: Hands
    host: BaileysHost
    options: LineOptions

    async def open(self, phone: Phone) -> None:
        phone.events.clear()
        phone.line = await self.host.open(phone.number, phone, self.options, phone.events.append)

    async def link(self, phone: Phone) -> None:
        await self.open(phone)
        (qr,) = await phone.hears(QrShown)
        await self.hands.scan(qr.text, phone.number, "Салон")
        await phone.hears(Closed)
        await self.reopen(phone)

    async def reopen(self, phone: Phone) -> None:
        await self.open(phone)
        await phone.hears(Opened)

    async def talk(self, phone: Phone) -> None:
        written = await self.hands.write(phone.number, "79110000001", "Есть время завтра?")
        await phone.hears(MessageHeard)
        assert phone.line is not None
        await phone.line.send(written.chat, "Есть, в 15:00", "3EB0" + phone.number)
        await phone.hears(StatusHeard)

    async def rss_mb(self) -> float:
        return (await self.host.stats())["rss"] / 1e6


async def each(phones: Sequence[Phone], work: Callable[[Phone], Awaitable[None]]) -> float:
    """Seconds for all, some at once."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(phone: Phone) -> None:
        async with gate:
            await work(phone)

    began = time.perf_counter()
    await asyncio.gather(*(one(phone) for phone in phones))
    return time.perf_counter() - began


async def main(count: int) -> None:
    config = TwinsConfig(names=("whatsapp",), ports={"whatsapp": 0}, environment={})
    async with await start_twins(config) as twins, aiohttp.ClientSession() as http:
        facts = twins.describe()["whatsapp"]
        town = Town(
            Hands(facts["base_url"], http),
            BaileysHost(clock=SystemClock()),
            LineOptions(url=facts["ws_url"], root_key=facts["root_key"]),
        )
        phones = [Phone(f"7900{number:07}") for number in range(count)]
        await town.link(phones[0])
        base = await town.rss_mb()
        took = await each(phones[1:], town.link)
        print(f"{count} phones linked by QR in {took:.1f} s, {AT_ONCE} at once")
        await asyncio.sleep(5)
        idle = await town.rss_mb()
        print(f"memory: {base:.0f} MB with one, {idle:.0f} MB with all: "
              f"{(idle - base) / max(1, count - 1):.2f} MB each")  # fmt: skip
        before = sum(phone.writes for phone in phones), sum(phone.reads for phone in phones)
        took = await each(phones, town.talk)
        writes = (sum(phone.writes for phone in phones) - before[0]) / count
        reads = (sum(phone.reads for phone in phones) - before[1]) / count
        print(f"a message and its answer in each: {took:.2f} s; "
              f"{writes:.1f} writes and {reads:.1f} reads of keys per pair")  # fmt: skip
        (await town.host._bridge.child())._process.kill()  # noqa: SLF001  as the machine would
        await asyncio.gather(*(phone.hears(Closed) for phone in phones))
        took = await each(phones, town.reopen)
        scans = sum(len(phone.of(QrShown)) for phone in phones)
        print(f"all open again {took:.1f} s after the bridge was killed, {scans} scans")
        await town.host.stop()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
