"""Taking in: nothing is acknowledged before it is on disk, and one flush serves everybody.

Group commit with window 0: whatever arrived while the last commit was under way goes into the
next one. Under light load that is one row at once; under heavy load the batch grows by itself.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from zlib import crc32

import structlog

from kommutator.domain.connection import decision_lane
from kommutator.domain.journal import Arrival, Receipt
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.clock import Clock
from kommutator.kit.errors import InvalidInput, Unavailable
from kommutator.store.database import Database
from kommutator.store.driver import is_transient

_log = structlog.get_logger(__name__)
_WATCH_EVERY_S = 0.5
_PAUSE_S = 0.1  # between tries while PostgreSQL is away


@dataclass(slots=True)
class _Waiting:
    arrival: Arrival
    deadline: float  # monotonic
    receipt: asyncio.Future[Receipt]


class Intake:
    """The way into the journal for everything that reaches us.

    Args:
        flushers: batches under way at once. An enterprise always has the same one, so its
            arrivals are stored in the order in which they came.
        room: arrivals that may wait in memory, over all flushers.
        patience_s: how long an arrival waits for a database that is away.
    """

    def __init__(
        self,
        db: Database,
        *,
        clock: Clock,
        flushers: int = 2,
        batch: int = 500,
        room: int = 10_000,
        patience_s: float = 3.0,
    ) -> None:
        self._clock = clock
        self._patience_s = patience_s
        self._flushers = [_Flusher(db, clock, batch, room // flushers) for _ in range(flushers)]

    async def accept(self, arrival: Arrival) -> Receipt:
        """Store the arrival and return after the commit.

        Raises:
            Unavailable: `journal_unavailable`; it was not acknowledged, send it again.
            InvalidInput: `event_not_storable`, for content that PostgreSQL cannot hold.
        """
        flusher = self._flushers[crc32(arrival.enterprise.encode()) % len(self._flushers)]
        deadline = self._clock.monotonic() + self._patience_s
        return await flusher.put(arrival, deadline)

    async def start(self) -> None:
        for flusher in self._flushers:
            flusher.start()

    async def stop(self) -> None:
        """Store what was taken in, then stop."""
        for flusher in self._flushers:
            await flusher.stop()


class _Flusher:
    def __init__(self, db: Database, clock: Clock, batch: int, room: int) -> None:
        self._db = db
        self._clock = clock
        self._batch = batch
        self._room = room
        self._waiting: deque[_Waiting] = deque()
        self._under_way: list[_Waiting] = []
        self._arrived = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._watch: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="intake")
        self._watch = asyncio.create_task(self._refuse_overdue(), name="intake-watch")

    async def stop(self) -> None:
        self._stopping = True
        self._arrived.set()
        if self._task is not None:
            await self._task
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch

    def put(self, arrival: Arrival, deadline: float) -> asyncio.Future[Receipt]:
        if self._stopping or len(self._waiting) >= self._room:
            raise Unavailable("journal_unavailable")
        receipt: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(arrival, deadline, receipt))
        self._arrived.set()
        return receipt

    async def _run(self) -> None:
        while self._waiting or not self._stopping:
            if not self._waiting:
                self._arrived.clear()
                await self._arrived.wait()
                continue
            size = min(self._batch, len(self._waiting))
            self._under_way = [self._waiting.popleft() for _ in range(size)]
            await self._flush(self._under_way)
            self._under_way = []

    async def _refuse_overdue(self) -> None:
        """A database that hangs must not hold the senders; what commits later is a repeat."""
        while True:
            await self._clock.sleep(_WATCH_EVERY_S)
            now = self._clock.monotonic()
            for waiting in (*self._under_way, *self._waiting):
                if now < waiting.deadline:
                    break
                _refuse(waiting, Unavailable("journal_unavailable"))

    async def _flush(self, batch: list[_Waiting]) -> None:
        try:
            await self._store(batch)
        except Exception as error:  # noqa: BLE001  every waiter must hear of it
            if is_transient(error):
                await self._later(batch, error)
            elif len(batch) == 1:
                # Neither the row nor a traceback with it: it holds phones and names.
                source, name = batch[0].arrival.source, type(error).__name__
                _log.warning("arrival_not_storable", source=source, error=name)
                _refuse(batch[0], InvalidInput("event_not_storable"))
            else:  # somebody's content is at fault: let only that one fail
                for one in batch:
                    await self._flush([one])

    async def _store(self, batch: Sequence[_Waiting]) -> None:
        async with self._db.single() as unit:
            receipts = await unit.journal.append([w.arrival for w in batch])
        for waiting, receipt in zip(batch, receipts, strict=True):
            if not waiting.receipt.done():  # the sender may have gone away meanwhile
                waiting.receipt.set_result(receipt)
        self._wake({w.arrival.enterprise for w in batch})

    def _wake(self, enterprises: set[EnterpriseNumber]) -> None:
        # The statement has told the other processes; our own needs no round trip.
        if (waker := self._db.waker) is not None:
            for enterprise in enterprises:
                waker(decision_lane(enterprise))

    async def _later(self, batch: list[_Waiting], error: Exception) -> None:
        """Put back who can still wait; refuse the others."""
        _log.warning("journal_unavailable", error=repr(error), waiting=len(self._waiting))
        now = self._clock.monotonic()
        for waiting in reversed(batch):
            if now < waiting.deadline:
                self._waiting.appendleft(waiting)
            else:
                _refuse(waiting, Unavailable("journal_unavailable"))
        await self._clock.sleep(_PAUSE_S)


def _refuse(waiting: _Waiting, error: Exception) -> None:
    if not waiting.receipt.done():
        waiting.receipt.set_exception(error)
