"""A host whose bridge is the stand-in, and one whose bridge is the real program."""

import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kommutator.connectors.channels.whatsapp.host import BaileysHost
from kommutator.connectors.channels.whatsapp.program import Program
from kommutator.domain.whatsapp.events import WhatsAppEvent
from kommutator.kit.clock import SystemClock

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
