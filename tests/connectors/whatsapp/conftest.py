"""A host whose bridge is the stand-in, and one whose bridge is the real program."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from kommutator.connectors.channels.whatsapp.host import BaileysHost
from kommutator.connectors.channels.whatsapp.line import BaileysLine
from kommutator.connectors.channels.whatsapp.program import Program
from kommutator.domain.whatsapp.events import Closed, Opened, QrShown, WhatsAppEvent
from kommutator.domain.whatsapp.ports import LineOptions
from kommutator.kit.clock import SystemClock
from kommutator.twins.whatsapp import Hands
from tests.support.waiting import eventually
from tests.support.whatsapp_twin import open_whatsapp

STAND_IN = Path(__file__).with_name("stand_in.py")


@dataclass
class MemoryKeys:
    """One session's state in memory; `hold` is awaited by each write."""

    stored: Mapping[str, Any] | None = None
    keys: dict[tuple[str, str], Any] = field(default_factory=dict)
    sent: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    writes: list[Any] = field(default_factory=list)
    hold: Callable[[], Any] | None = None

    async def creds(self) -> Mapping[str, Any] | None:
        return self.stored

    async def set_creds(self, creds: Mapping[str, Any]) -> None:
        self.stored = creds

    async def get(self, kind: str, ids: Sequence[str]) -> Mapping[str, Any]:
        return {one: self.keys[kind, one] for one in ids if (kind, one) in self.keys}

    async def set(self, changes: Mapping[str, Mapping[str, Any]]) -> None:
        if self.hold is not None:
            await self.hold()
        self.writes.append(changes)
        for kind, values in changes.items():
            for one, value in values.items():
                self.keys[kind, one] = value
                if value is None:
                    del self.keys[kind, one]

    async def message(self, message_id: str) -> Mapping[str, Any] | None:
        return self.sent.get(message_id)


@dataclass
class Heard:
    """Whoever is told; `written` is what it returns for the bridge to wait for."""

    events: list[WhatsAppEvent] = field(default_factory=list)
    written: Callable[[WhatsAppEvent], Any] = lambda _event: None

    def __call__(self, event: WhatsAppEvent) -> Any:
        self.events.append(event)
        return self.written(event)

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


def stand_in(mood: str = "") -> Program:
    environment = {"PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": ""}
    return Program((sys.executable, "-S", str(STAND_IN), mood), environment)


@pytest.fixture
async def host() -> AsyncIterator[BaileysHost]:
    host = BaileysHost(clock=SystemClock(), program=stand_in)
    yield host
    await host.stop()


@dataclass
class Town:
    """The fake WhatsApp, and a host with the real bridge."""

    hands: Hands
    host: BaileysHost
    options: LineOptions

    async def open(self, salon: Salon, **options: Any) -> BaileysLine:
        salon.line = await self.host.open(
            salon.phone, salon.keys, replace(self.options, **options), salon.heard
        )
        return salon.line

    async def link(self, salon: Salon) -> BaileysLine:
        """From nothing to an open session, as a person would."""
        await self.open(salon)
        (qr,) = await salon.hears(QrShown)
        await self.hands.scan(qr.text, salon.phone, "Салон")
        return await self.reopen(salon)

    async def reopen(self, salon: Salon) -> BaileysLine:
        """After it closed."""
        await salon.hears(Closed)
        salon.heard.events.clear()
        await self.open(salon)
        await salon.hears(Opened)
        return salon.line


@dataclass
class Salon:
    """One phone to be linked."""

    phone: str
    keys: MemoryKeys = field(default_factory=MemoryKeys)
    heard: Heard = field(default_factory=Heard)
    line: BaileysLine = field(init=False)

    async def hears(self, kind: type[Any], count: int = 1) -> list[Any]:
        await eventually(lambda: len(self.heard.of(kind)) >= count, 10)
        return self.heard.of(kind)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process runs them all: each would start a fake WhatsApp and a bridge of its own."""
    for item in items:
        if "tests/connectors/whatsapp/test_sidecar_live" in item.path.as_posix():
            item.add_marker(pytest.mark.xdist_group("whatsapp"))


@pytest.fixture(scope="session")
async def town() -> AsyncIterator[Town]:
    async with open_whatsapp() as twin:
        host = BaileysHost(clock=SystemClock())
        yield Town(twin.hands, host, LineOptions(url=twin.socket_url, root_key=twin.root_key))
        await host.stop()
