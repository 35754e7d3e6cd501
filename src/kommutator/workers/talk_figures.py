"""Figures of connections, talks and the bridge to WhatsApp, for /metrics of each worker."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Final

from kommutator.kit.clock import Clock
from kommutator.kit.errors import VendorError
from kommutator.workers import metrics
from kommutator.workers.loops import Loop, Loops

if TYPE_CHECKING:
    from kommutator.store.database import Database

_EVERY_S: Final = 15.0
Stats = Callable[[], Awaitable[Mapping[str, int]]]
"""`starts` of the bridge so far and, while it runs, its `lines` and `rss` in bytes."""


class TalkFigures:
    """Use `start` and `stop`; a test calls the single steps."""

    def __init__(self, db: Database, bridge: Stats, *, clock: Clock) -> None:
        self._db = db
        self._bridge = bridge
        self._starts = 0
        self._shown: set[tuple[str, str]] = set()
        self._loops = Loops(
            Loop("talk-figures", self.count, clock, _EVERY_S),
            Loop("bridge-figures", self.weigh, clock, _EVERY_S),
        )

    async def start(self) -> None:
        self._loops.start()

    async def stop(self) -> None:
        await self._loops.stop()

    async def count(self) -> None:
        """What all tenants have, whichever process asks."""
        async with self._db.single() as unit:
            talks = await unit.figures.talks_everywhere()
            connections = await unit.figures.connections_everywhere()
        metrics.TALKS_WAITING.set(talks["waiting"])
        metrics.TALKS_WAIT.set(talks["wait_s"])
        for kind, status in self._shown - connections.keys():
            metrics.CONNECTIONS.labels(kind, status).set(0)
        for (kind, status), count in connections.items():
            metrics.CONNECTIONS.labels(kind, status).set(count)
        self._shown |= connections.keys()

    async def weigh(self) -> None:
        """This process's own bridge; one that just died has no lines."""
        try:
            told = await self._bridge()
        except VendorError:
            told = {}
        metrics.BRIDGE_STARTS.inc(max(0, told.get("starts", self._starts) - self._starts))
        self._starts = told.get("starts", self._starts)
        metrics.BRIDGE_LINES.set(told.get("lines", 0))
        metrics.BRIDGE_MEMORY.set(told.get("rss", 0))
