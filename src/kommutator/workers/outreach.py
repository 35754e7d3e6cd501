"""Unasked messages at work: sent when due, looked after, counted; in every worker process."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from kommutator.domain.outreach.ladder import Caps, caps_on, day_of
from kommutator.domain.outreach.wanted import OutreachKind
from kommutator.flows.outreach.follow import FollowOutreach
from kommutator.flows.outreach.send import SendDue
from kommutator.kit.clock import Clock
from kommutator.kit.ids import Ids
from kommutator.workers import metrics
from kommutator.workers.loops import Loop, Loops

if TYPE_CHECKING:
    from kommutator.store.database import Database

_ROUND_S: Final = 1.0
_LATE_S: Final = 10.0
_COUNT_S: Final = 30.0
_RETIRE_S: Final = 3600.0
_KEPT_DAYS: Final = 365
_BREATH_S: Final = 0.05  # between small deletes, so that others hardly notice
_EXPIRED_AT_ONCE: Final = 500


class OutreachWorker:
    """Use `start` and `stop`; a test calls the single steps."""

    def __init__(
        self, db: Database, send: SendDue, follow: FollowOutreach, *, clock: Clock, ids: Ids
    ) -> None:
        self._db = db
        self._send = send
        self._follow = follow
        self._clock = clock
        self._owner = ids.uuid()
        self._loops = Loops(
            Loop("outreach-send", self.round, clock, _ROUND_S),
            Loop("outreach-receipts", self.receipts, clock, _ROUND_S),
            Loop("outreach-late", self.late, clock, _LATE_S),
            Loop("outreach-count", self.count, clock, _COUNT_S),
            Loop("outreach-retire", self.retire, clock, _RETIRE_S),
        )

    async def start(self) -> None:
        self._loops.start()

    async def stop(self) -> None:
        await self._loops.stop()

    async def round(self) -> None:
        """Send what is due."""
        for kind, outcome in await self._send.round(self._owner):
            metrics.OUTREACH.labels(kind.value, outcome).inc()

    async def receipts(self) -> None:
        """Hear what became of what was sent."""
        for moved in await self._follow.receipts():
            metrics.OUTREACH_RECEIPTS.labels(moved.kind, moved.state).inc()

    async def late(self) -> None:
        """What was not delivered, what is worthless, numbers that must rest."""
        metrics.OUTREACH_FELL_OVER.inc(await self._follow.overdue())
        await self._follow.barred()
        async with self._db.single() as unit:
            ended = await unit.outreach.expire_everywhere(self._clock.now(), _EXPIRED_AT_ONCE)
        for kind, state in ended:
            metrics.OUTREACH.labels(kind, state).inc()

    async def count(self) -> None:
        """What waits, what is paused, what may still be sent."""
        async with self._db.single() as unit:
            waiting = dict(await unit.outreach.waiting_everywhere())
            paused = await unit.outreach_pauses.list_everywhere()
            linked = await unit.outreach_ways.linked_everywhere(self._clock.now())
        for kind in OutreachKind:
            metrics.OUTREACH_WAITING.labels(kind.value).set(waiting.get(kind.value, 0))
        metrics.OUTREACH_PAUSES.set(len(paused))
        metrics.OUTREACH_LEFT.set(sum(self._left(*number) for number in linked))

    def _left(self, linked_at: datetime, zone_name: str, sent: int) -> int:
        cap = caps_on(day_of(linked_at, self._clock.now(), zone_name), Caps()).per_day
        return max(0, cap - sent)

    async def retire(self) -> None:
        """Delete what is older than a year, in small transactions. Consents stay."""
        while True:
            async with self._db.single() as unit:
                gone = await unit.outreach.retire_everywhere(_KEPT_DAYS)
            metrics.RETAINED.labels("outreach").inc(gone)
            if not gone:
                return
            await self._clock.sleep(_BREATH_S)
