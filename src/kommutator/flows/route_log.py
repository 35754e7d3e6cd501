"""Answers to "who should take this call?" on their way to the disk, behind the caller's back.

The call is what matters: nothing here ever delays an answer. While the database is away answers
wait in memory; the oldest give way, and are counted.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

import structlog
from prometheus_client import Counter

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.clock import Clock
from kommutator.store.driver import is_transient

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.routes import GivenAnswer

_log = structlog.get_logger(__name__)
_BATCH = 500
_PAUSE_S = 0.1  # one write for what came meanwhile
_AWAY_PAUSE_S = 1.0
_LAST_TRY_S = 2.0


class RouteLog:
    """Keeps at most `room` answers, and as many wishes to look somebody up.

    Args:
        lost: counts answers that will never be on disk.
    """

    def __init__(self, db: Database, *, clock: Clock, lost: Counter, room: int = 5_000) -> None:
        self._db = db
        self._clock = clock
        self._lost = lost
        self._room = room
        self._answers: deque[GivenAnswer] = deque()
        self._wanted: deque[tuple[EnterpriseNumber, str]] = deque(maxlen=room)
        self._task: asyncio.Task[None] | None = None

    def add(self, answer: GivenAnswer, *, want: str | None = None) -> None:
        """Keep the answer; `want` is a number (E.164) that the CRM should be asked about."""
        self._answers.append(answer)
        if want is not None:
            self._wanted.append((answer.enterprise, want))
        self._make_room()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write_all(), name="route-log")

    async def stop(self) -> None:
        """One last try; what cannot be written then is lost, and counted."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        try:
            async with asyncio.timeout(_LAST_TRY_S):
                while self._answers or self._wanted:
                    await self._write_some()
        except Exception as error:  # noqa: BLE001  the process ends; there is nobody to tell but the log
            _log.warning("route_log.left_behind", count=len(self._answers), error=repr(error))
        self._drop(len(self._answers))

    async def _write_all(self) -> None:
        while self._answers or self._wanted:
            await self._clock.sleep(_PAUSE_S)
            try:
                await self._write_some()
            except Exception as error:  # noqa: BLE001  a log nobody waits for must not end in silence
                _log.warning("route_log.not_written", error=repr(error))
                await self._clock.sleep(_AWAY_PAUSE_S)

    async def _write_some(self) -> None:
        answers = [self._answers.popleft() for _ in range(min(_BATCH, len(self._answers)))]
        wanted = [self._wanted.popleft() for _ in range(min(_BATCH, len(self._wanted)))]
        try:
            async with self._db.unit() as unit:
                await unit.routes.keep_everywhere(answers)
                await unit.routes.want_everywhere(wanted)
        except BaseException as error:
            if isinstance(error, Exception) and not is_transient(error):
                self._lost.inc(len(answers))  # repeating it would be in vain
            else:
                self._answers.extendleft(reversed(answers))
                self._wanted.extendleft(reversed(wanted))
                self._make_room()
            raise

    def _make_room(self) -> None:
        self._drop(len(self._answers) - self._room)

    def _drop(self, count: int) -> None:
        for _ in range(count):
            self._answers.popleft()
            self._lost.inc()
