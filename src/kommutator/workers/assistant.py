"""Takes the turns of talks as they come due; in every worker process.

A turn becomes due by a message, told by NOTIFY, or by the end of the deliberate waiting.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import structlog

from kommutator.flows.converse.converse import Converse
from kommutator.kit.clock import Clock
from kommutator.kit.ids import Ids
from kommutator.kit.news import News
from kommutator.store.driver import is_transient
from kommutator.store.turns import Claimed
from kommutator.workers import metrics
from kommutator.workers.loops import Loop

if TYPE_CHECKING:
    from kommutator.store.database import Database

_log = structlog.get_logger(__name__)
_AT_ONCE: Final = 12
_OF_EACH: Final = 4  # tenants with a crowd, or with a slow brain, leave room for the others
_LEASE_S: Final = 10.0  # so long waits a client whose worker died
_LOOK_S: Final = 1.0  # for what nobody told us of: leases of the dead
_PATIENCE_S: Final = 60.0
_DRAIN_S: Final = 5.0  # a turn under way may end
_RETIRE_S: Final = 3600.0
_KEPT_DAYS: Final = 365
_BREATH_S: Final = 0.05
_CHAT: Final = '"chat":'


class AssistantWorker:
    """Use `start` and `stop`; a test calls `round` and `drain`."""

    def __init__(
        self,
        db: Database,
        converse: Converse,
        news: News,
        *,
        clock: Clock,
        ids: Ids,
        lease_s: float = _LEASE_S,
    ) -> None:
        self._db = db
        self._converse = converse
        self._news = news
        self._clock = clock
        self._owner = ids.uuid()
        self._lease_s = lease_s
        self._turns: set[asyncio.Task[None]] = set()
        self._asides: list[asyncio.Task[None]] = []
        self._alarm: asyncio.Task[None] | None = None
        self._loop = Loop("assistant", self.round, clock, _LOOK_S)
        self._retiring = Loop("assistant-retire", self.retire, clock, _RETIRE_S)

    async def start(self) -> None:
        self._loop.start()
        self._retiring.start()
        self._asides = [asyncio.create_task(self._listen(), name="assistant-listen")]

    async def stop(self) -> None:
        """What is under way may end; what does not is taken up by others when its lease is over."""
        await asyncio.gather(self._loop.stop(), self._retiring.stop())
        if self._alarm is not None:
            self._asides.append(self._alarm)
        for task in self._asides:
            task.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                await self.drain()
        for task in self._turns:
            task.cancel()
        await asyncio.gather(*self._asides, *self._turns, return_exceptions=True)

    async def round(self) -> None:
        """Take whatever is due, as far as there is room."""
        room = _AT_ONCE - len(self._turns)
        if room > 0:
            for claimed in await self._converse.claim(self._owner, room, self._lease_s, _OF_EACH):
                task = asyncio.create_task(self._take(claimed))
                self._turns.add(task)
                task.add_done_callback(self._ended)
        await self._set_alarm()

    async def drain(self) -> None:
        """Wait for the turns under way."""
        while self._turns:
            await asyncio.wait(self._turns)

    async def retire(self) -> None:
        """Delete turns older than a year, in small transactions."""
        while True:
            async with self._db.single() as unit:
                gone = await unit.turns.retire_everywhere(_KEPT_DAYS)
            metrics.RETAINED.labels("turns").inc(gone)
            if not gone:
                return
            await self._clock.sleep(_BREATH_S)

    async def _take(self, claimed: Claimed) -> None:
        keeping = asyncio.create_task(self._keep(claimed, asyncio.current_task()))
        try:
            await self._converse.turn(claimed)
        except Exception as error:
            if not is_transient(error):
                raise
            _log.info("turn_waits_for_database", error=repr(error))
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def _keep(self, claimed: Claimed, turn: asyncio.Task[None] | None) -> None:
        """Renew the lease while the turn goes on; without it there is no turn."""
        while True:
            await self._clock.sleep(self._lease_s / 3)
            try:
                if await self._converse.renew(claimed, self._lease_s):
                    continue
            except Exception as error:
                if not is_transient(error):
                    raise
                _log.info("lease_not_renewed", error=repr(error))
                continue
            if turn is not None:
                turn.cancel()
            return

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._turns.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("turn_crashed", error=repr(error))
        self._loop.kick()  # there is room again, and the talk may have gone on

    async def _listen(self) -> None:
        while True:
            if await self._news.wait(lambda item: _CHAT in item, _PATIENCE_S):
                self._loop.kick()
            else:
                await self._clock.sleep(_BREATH_S)  # nothing comes any more while a house closes

    async def _set_alarm(self) -> None:
        """Look again when the next deliberate waiting ends."""
        async with self._db.single() as unit:
            soon = await unit.turns.due_in_everywhere()
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if soon is not None and soon < _LOOK_S:
            self._alarm = asyncio.create_task(self._ring(soon))

    async def _ring(self, in_s: float) -> None:
        await self._clock.sleep(in_s)
        self._loop.kick()
