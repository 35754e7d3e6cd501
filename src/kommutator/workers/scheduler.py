"""What happens by the clock: timers fire, old rows go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from kommutator.kit.clock import Clock
from kommutator.store.database import Database
from kommutator.store.retention import Family
from kommutator.workers import metrics
from kommutator.workers.loops import Loop, Loops

_log = structlog.get_logger(__name__)
_FAMILIES: tuple[Family, ...] = ("journal", "outbox", "attempts", "route_answers")
_STRANGER_DAYS = 365  # a number of the phone book whose CRM has no such client
_WISH_DAYS = 7  # a look-up that no CRM could answer
_BREATH_S = 0.05  # between small deletes, so that the hot path hardly notices


class Scheduler:
    """May run in every process: timers are shared out by locks, deletes are idempotent."""

    def __init__(
        self, db: Database, *, clock: Clock, tick_s: float = 1.0, retention_s: float = 3600.0
    ) -> None:
        self._db = db
        self._clock = clock
        self._loops = Loops(
            Loop("timers", self.fire_timers, clock, tick_s),
            Loop("retention", self.retire, clock, retention_s),
        )

    async def start(self) -> None:
        self._loops.start()

    async def stop(self) -> None:
        await self._loops.stop()

    async def fire_timers(self) -> None:
        """Move all due timers into the journal."""
        while True:
            async with self._db.unit() as unit:
                fired = await unit.timers.fire_everywhere()
            metrics.TIMERS_FIRED.inc(fired)
            if not fired:
                return

    async def retire(self) -> None:
        """Delete what every enterprise's retention allows, in small transactions."""
        for family in _FAMILIES:
            await self._retire(family)
        await self._until_none(self._sessions, "sessions")
        await self._until_none(self._calls, "calls")
        await self._until_none(self._budgets, "budgets")
        await self._until_none(self._strangers, "phone_book")
        await self._until_none(self._cards, "crm_copy")
        await self._until_none(self._visits, "salon_copy")
        await self._until_none(self._bookings, "salon_bookings")

    async def _retire(self, family: Family) -> None:
        after = 0
        while True:
            async with self._db.single() as unit:
                step = await unit.retention.step_everywhere(family, after)
            metrics.RETAINED.labels(family).inc(step.deleted)
            after = step.last
            if step.done:
                return
            await self._clock.sleep(_BREATH_S)

    async def _sessions(self) -> int:
        async with self._db.single() as unit:
            return await unit.retention.sessions_everywhere()

    async def _calls(self) -> int:
        async with self._db.single() as unit:
            return await unit.retention.calls_everywhere()

    async def _budgets(self) -> int:
        async with self._db.single() as unit:
            return await unit.retention.budgets_everywhere()

    async def _strangers(self) -> int:
        async with self._db.single() as unit:
            await unit.phone_book.give_up_everywhere(_WISH_DAYS)
            return await unit.phone_book.retire_everywhere(_STRANGER_DAYS)

    async def _cards(self) -> int:
        async with self._db.single() as unit:
            return await unit.crm_copy.retire_everywhere()

    async def _visits(self) -> int:
        async with self._db.single() as unit:
            return await unit.salons.retire_everywhere()

    async def _bookings(self) -> int:
        async with self._db.single() as unit:
            return await unit.salon_bookings.retire_everywhere()

    async def _until_none(self, delete: Callable[[], Awaitable[int]], family: str) -> None:
        while deleted := await delete():
            metrics.RETAINED.labels(family).inc(deleted)
            await self._clock.sleep(_BREATH_S)
