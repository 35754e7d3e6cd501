"""Work that is done again and again, in every process that may do it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from kommutator.kit.backoff import backoff
from kommutator.kit.clock import Clock
from kommutator.store.driver import is_transient

_log = structlog.get_logger(__name__)
_LOOK_AROUND_S = 5.0  # for what nobody told us of: retries, leases of the dead, new connections
_PAUSE_S = 1.0


class Loop:
    """Does its work every few seconds, and at once when kicked. Never ends by an error.

    Args:
        every_s: between two rounds; after a failed one it is tried again within a second, and
            ever later if it fails again: hourly work that is broken is not to be done each second.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], Awaitable[object]],
        clock: Clock,
        every_s: float = _LOOK_AROUND_S,
    ) -> None:
        self._name = name
        self._work = work
        self._clock = clock
        self._every_s = every_s
        self._kicked = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=self._name)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def kick(self) -> None:
        """Cheap; may come at any time."""
        self._kicked.set()

    async def _run(self) -> None:
        failures = 0
        while True:
            self._kicked.clear()
            try:
                await self._work()
            except Exception as error:  # noqa: BLE001  the next round may succeed
                level = _log.info if is_transient(error) else _log.warning
                level("round_failed", loop=self._name, error=repr(error))
                failures += 1
                await self._clock.sleep(self._pause_s(failures))
                continue
            failures = 0
            await self._until_kicked()

    def _pause_s(self, failures: int) -> float:
        return backoff(failures, first=_PAUSE_S, longest=self._every_s, jitter=0.5)

    async def _until_kicked(self) -> None:
        waiting = [
            asyncio.create_task(self._kicked.wait()),
            asyncio.create_task(self._clock.sleep(self._every_s)),
        ]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()


class Loops:
    """Several, started and stopped together."""

    def __init__(self, *loops: Loop) -> None:
        self._loops = loops

    def start(self) -> None:
        for loop in self._loops:
            loop.start()

    async def stop(self) -> None:
        await asyncio.gather(*(loop.stop() for loop in self._loops))
