"""Writing down what came of attempts: many at once, fenced, not lost while the lane is ours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog

from kommutator.domain.journal import Arrival
from kommutator.flows.chats.spoken import keep_spoken
from kommutator.flows.deliver import Result
from kommutator.flows.follow_calls import TIME_UP
from kommutator.kit.clock import Clock
from kommutator.store.database import Database
from kommutator.store.deliveries import LaneHealth
from kommutator.store.driver import is_transient
from kommutator.store.phone_book import fits
from kommutator.store.timers import SOURCE as TIMER
from kommutator.workers import metrics
from kommutator.workers.lease import Lease

_log = structlog.get_logger(__name__)
_BATCH = 500
_PAUSE_S = 0.1


class Finisher:
    """Flushes results in the order of arrival; `committed` is told after each commit."""

    def __init__(
        self,
        db: Database,
        lease: Lease,
        clock: Clock,
        *,
        health: Callable[[], LaneHealth],
        committed: Callable[[Sequence[Result]], None],
    ) -> None:
        self._db = db
        self._lease = lease
        self._clock = clock
        self._health = health
        self._committed = committed
        self._results: list[Result] = []
        self._arrived = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._task = asyncio.create_task(self._run(), name=f"finish {lease.lane}")

    def put(self, results: Sequence[Result]) -> None:
        self._results.extend(results)
        self._empty.clear()
        self._arrived.set()

    @property
    def empty(self) -> bool:
        return self._empty.is_set()

    async def flushed(self) -> None:
        """Return when all is written, or the lane is not ours any more."""
        await self._empty.wait()

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._results:
                batch, self._results = self._results[:_BATCH], self._results[_BATCH:]
                await self._flush(batch)
            self._empty.set()

    async def _flush(self, batch: list[Result]) -> None:
        for part in _lockable(batch):
            await self._flush_part(part)

    async def _flush_part(self, batch: list[Result]) -> None:
        while self._lease.alive():
            try:
                await self._write(batch)
            except Exception as error:  # noqa: BLE001  whatever it is, the result must be kept
                if not is_transient(error):
                    await self._flush_apart(batch, type(error).__name__)
                    return
                _log.warning("finish_delayed", lane=self._lease.lane, error=repr(error))
                await self._clock.sleep(_PAUSE_S)
            else:
                self._committed(batch)
                return

    async def _flush_apart(self, batch: list[Result], error: str) -> None:
        """Somebody's texts cannot be stored: find whose, and store that result without them."""
        if len(batch) > 1:
            for result in batch:
                await self._flush_part([result])
            return
        result = batch[0]
        if result.attempt is None or result.attempt.error_message == _UNSTORABLE:
            _log.error("result_not_storable", lane=self._lease.lane, outbox_id=result.settled.id)
            return  # the row stays due; its key stays busy until the lane changes hands
        _log.warning("attempt_not_storable", outbox_id=result.settled.id, error=error)
        bare = replace(result.attempt, request={}, response={}, error_message=_UNSTORABLE)
        settled = replace(result.settled, error=_UNSTORABLE, note=None)
        spoken = result.spoken and replace(result.spoken, detail=None)
        await self._flush_part([Result(result.key, settled, bare, spoken=spoken)])

    async def _write(self, batch: list[Result]) -> None:
        clients = {r.outdated for r in batch if r.outdated is not None and fits(r.outdated)}
        spoken = [r.spoken for r in batch if r.spoken is not None]
        # Together where there is more than one statement: a crash must not leave the book behind.
        async with self._db.unit() if clients or spoken else self._db.single() as unit:
            if spoken:
                ids = [r.settled.id for r in batch]
                await unit.message_locks.commands(self._lease.enterprise, ids)
            changed = await unit.deliveries.finish(
                self._lease.enterprise,
                self._lease.lane,
                self._lease.fence,
                settled=[r.settled for r in batch],
                attempts=[r.attempt for r in batch if r.attempt is not None],
                health=self._health(),
            )
            for client in sorted(clients) if changed else ():
                await unit.phone_book.want(self._lease.enterprise, client)
            if told := [one for one in spoken if one.outbox_id in changed]:
                assert self._lease.connection_id is not None, "a chat belongs to a connection"
                await keep_spoken(unit, self._lease.enterprise, self._lease.connection_id, told)
        await self._tell_clickers([r for r in batch if r.settled.id in changed and r.unplaced])
        if len(changed) < len(batch):  # dropped by a person meanwhile, or fenced off
            _log.info("finish_partly", lane=self._lease.lane, lost=len(batch) - len(changed))
        for result in batch:
            if result.settled.state != "due":
                metrics.FINISHED.labels(result.settled.state).inc()

    async def _tell_clickers(self, results: Sequence[Result]) -> None:
        """A call whose command died ends now; should this fail, its alarm ends it later."""
        if not results:
            return
        async with self._db.unit() as unit:
            for result in results:
                assert result.unplaced is not None
                arrival = Arrival(
                    enterprise=self._lease.enterprise,
                    source=TIMER,
                    kind=TIME_UP,
                    key=result.unplaced,
                    dedupe_key=f"unplaced:{result.settled.id}",
                    body=b"{}",
                )
                await unit.journal.add(arrival)


def _lockable(batch: list[Result]) -> list[list[Result]]:
    """Results that change a chat itself apart: whoever hears of chats locks them in any order."""
    parts: list[list[Result]] = [[]]
    for result in batch:
        if result.spoken is not None and result.spoken.changes_chat:
            parts += [[result], []]
        else:
            parts[-1].append(result)
    return [part for part in parts if part]


_UNSTORABLE = "the answer could not be stored"
