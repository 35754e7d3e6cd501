"""The bridge of one worker process: started at the first session, started again when it died."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from kommutator.connectors.channels.whatsapp.child import Child
from kommutator.connectors.channels.whatsapp.manifest import (
    FIRST_WAIT_S,
    LONGEST_WAIT_S,
    STEADY_S,
)
from kommutator.connectors.channels.whatsapp.program import Program
from kommutator.kit.backoff import backoff
from kommutator.kit.clock import Clock

_log = structlog.get_logger(__name__)
_PLAIN = 0.5  # no spread: there is one bridge, and nobody else waits for the same


class Bridge:
    """Many sessions, one child process at a time.

    A child that lived for a minute is replaced at once; one that dies while starting, or soon
    after, is given more and more time, up to half a minute.

    Attributes:
        starts: of a child so far, those that failed included.

    Args:
        program: asked at each start, so that what the operator repaired is seen.
    """

    def __init__(self, program: Callable[[], Program], *, clock: Clock) -> None:
        self._program = program
        self._clock = clock
        self._turn = asyncio.Lock()
        self._child: Child | None = None
        self._started_at = 0.0
        self._failures = 0
        self._not_before = 0.0
        self.starts = 0

    @property
    def running(self) -> Child | None:
        """None: no child, or one that ended."""
        child = self._child
        return None if child is None or child.ended.is_set() else child

    async def child(self) -> Child:
        """The running one; started if need be.

        Raises:
            WhatsAppError: `whatsapp_bridge_missing`, `whatsapp_bridge_down`.
        """
        async with self._turn:
            if self.running is not None:
                return self.running
            if self._child is not None:
                self._judge_its_life()
                self._child = None
            await self._clock.sleep(self._not_before - self._clock.monotonic())
            program = await asyncio.to_thread(self._program)  # it may ask Node for its version
            self._child = await self._start(program)
            return self._child

    async def stop(self) -> None:
        """End the child; devices stay linked."""
        async with self._turn:
            if self._child is not None:
                await self._child.stop()
                self._child = None

    async def _start(self, program: Program) -> Child:
        self._started_at = self._clock.monotonic()
        self.starts += 1
        try:
            return await Child.start(program)
        except Exception:
            self._failed()
            raise

    def _judge_its_life(self) -> None:
        if self._clock.monotonic() - self._started_at < STEADY_S:
            self._failed()
        else:
            self._failures = 0

    def _failed(self) -> None:
        self._failures += 1
        wait = backoff(self._failures, first=FIRST_WAIT_S, longest=LONGEST_WAIT_S, jitter=_PLAIN)
        self._not_before = self._clock.monotonic() + wait
        _log.warning("whatsapp_bridge_restarts", failures=self._failures, wait_s=wait)
