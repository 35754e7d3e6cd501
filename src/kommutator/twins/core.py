"""What every twin has: a clock, faults, a log of traffic and a bell for waiters."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from kommutator.kit.clock import Clock
from kommutator.kit.ids import Ids
from kommutator.twins.faults import FaultBook
from kommutator.twins.traffic import Traffic

Json = dict[str, Any]

# A driver plays a browser or the vendor's servers; a gateway slower than this has lost the click.
OUTBOUND_TIMEOUT_SECONDS = 10.0


class Bell:
    """Wakes everybody who waits for the twin's state to change."""

    def __init__(self) -> None:
        self.rings = 0
        self._closed = False
        self._rung = asyncio.Event()

    def close(self) -> None:
        """Let every waiter go, now and later."""
        self._closed = True
        self.ring()

    def ring(self) -> None:
        """Wake the present waiters; those who come later wait for the next ring."""
        self.rings += 1
        rung, self._rung = self._rung, asyncio.Event()
        rung.set()

    async def until(self, ready: Callable[[], bool], seconds: float) -> bool:
        """Wait until `ready()` holds; False when `seconds` of real time passed first."""
        try:
            async with asyncio.timeout(seconds):
                while not (ready() or self._closed):
                    await self._rung.wait()
        except TimeoutError:
            pass
        return ready()


@dataclass
class TwinCore:
    """The parts one running twin shares among its rooms."""

    base_url: str
    clock: Clock
    ids: Ids
    faults: FaultBook
    traffic: Traffic
    bell: Bell = field(default_factory=Bell)

    def browser(self) -> aiohttp.ClientSession:
        """A session with its own cookie jar for one errand; the caller closes it."""
        timeout = aiohttp.ClientTimeout(total=OUTBOUND_TIMEOUT_SECONDS)
        return aiohttp.ClientSession(
            timeout=timeout,
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            trust_env=False,
        )
