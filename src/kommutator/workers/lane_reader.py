"""What a lane's owner has read of its rows, and when it must read again."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import takewhile

from kommutator.domain.connection import Account
from kommutator.domain.ports import Delivery
from kommutator.flows.deliver import Result, to_item
from kommutator.kit.clock import Clock
from kommutator.store.database import Database
from kommutator.store.deliveries import Picked
from kommutator.workers.lane_queue import LaneQueue
from kommutator.workers.lease import Lease

PREFETCH = 200
_PER_KEY = 8
_LOW = PREFETCH // 2


class LaneReader:
    """Keeps `queue` filled. `hungry` means that the database may have rows we have not seen."""

    def __init__(self, db: Database, lease: Lease, delivery: Delivery, clock: Clock) -> None:
        self.queue = LaneQueue()
        self.hungry = True
        self._db = db
        self._lease = lease
        self._delivery = delivery
        self._clock = clock
        self._wakeups: list[float] = []  # heap of monotonic times at which rows become due
        self._shadowed: set[str] = set()  # keys that a fetch left out, or did not exhaust

    @property
    def wants_rows(self) -> bool:
        return self.hungry and len(self.queue) <= _LOW

    @property
    def next_wakeup(self) -> float | None:
        """Monotonic."""
        return self._wakeups[0] if self._wakeups else None

    def look(self) -> None:
        """Notice kicks, and rows whose time has come."""
        now = self._clock.monotonic()
        if self._lease.kick.take():
            self.hungry = True
        while self._wakeups and self._wakeups[0] <= now:
            heapq.heappop(self._wakeups)
            self.hungry = True

    async def fetch(self, account: Account) -> int:
        """Read what can run now into the queue; returns how many rows there were."""
        busy = self.queue.keys
        limit = PREFETCH - len(self.queue)
        self._shadowed.update(busy)
        self.hungry = False  # whoever commits or kicks during the fetch makes it true again
        try:
            async with self._db.single() as unit:
                rows = await unit.deliveries.fetch(
                    self._lease.lane,
                    self._lease.fence,
                    busy_keys=busy,
                    limit=limit,
                    per_key=_PER_KEY,
                )
                if not rows:
                    self._wake_in(await unit.deliveries.next_wait(self._lease.lane, busy_keys=busy))
        except BaseException:
            self.hungry = True
            raise
        cut = len(rows) >= limit
        self.hungry = self.hungry or cut
        self._load(account, rows, cut=cut)
        return len(rows)

    def _load(self, account: Account, rows: Sequence[Picked], *, cut: bool) -> None:
        now = self._clock.monotonic()
        chains: dict[str, list[Picked]] = {}
        for row in rows:
            chains.setdefault(row.key, []).append(row)
        for key, chain in chains.items():
            ready = list(takewhile(lambda row: row.runnable, chain))
            if cut or len(chain) >= _PER_KEY or len(ready) < len(chain):
                self._shadowed.add(key)
            self.queue.load(to_item(row, self._delivery, account, now) for row in ready)

    def committed(self, results: Sequence[Result]) -> None:
        """These are written: their keys go on, or wait in the database for the next try."""
        for result in results:
            if result.settled.state == "due":
                self.queue.forget(result.key)
                self._shadowed.discard(result.key)
                self._wake_in(result.settled.wait or 0.0)
            elif self.queue.advance(result.key) and result.key in self._shadowed:
                self._shadowed.discard(result.key)
                self.hungry = True  # rows of this key may have come while it was busy

    def _wake_in(self, seconds: float | None) -> None:
        if seconds is not None:
            heapq.heappush(self._wakeups, self._clock.monotonic() + seconds)
