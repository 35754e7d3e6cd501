"""Keeping the copies of salons: what somebody told of at once, everything else in rounds.

Any number of processes may do it. Wishes and rounds are leased in their tables; what a dead
process had is taken over when its lease ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from kommutator.domain.salon.copy import TASKS, Part
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.salon import clients, visits
from kommutator.flows.salon.rounds import CopySalons
from kommutator.kit.clock import Clock
from kommutator.kit.ids import Ids
from kommutator.store.database import Database
from kommutator.store.salon_wanted import TakenPart
from kommutator.workers import metrics
from kommutator.workers.loops import Loop
from kommutator.workers.reads import Readers
from kommutator.workers.rereads import Rereads
from kommutator.workers.rounds import Rounds

_ROUNDS_AT_ONCE = 6
_PAGES_AT_ONCE = 5
_READING_S = 120.0  # longer than a batch with its waits for the allowance
_TIDY_S = 10.0
_BATCH = {Part.VISITS: visits.BATCH, Part.CLIENTS: clients.BATCH}
LEASE_S = 15.0  # of a round; renewed thrice in that time


class SalonCopier:
    """Three loops of one process. `kick` is cheap and may come at any time."""

    def __init__(
        self, db: Database, copy: CopySalons, *, clock: Clock, ids: Ids, lease_s: float = LEASE_S
    ) -> None:
        self._db = db
        self._clock = clock
        self._ids = ids
        self._wanted = Rereads(
            "salon-copy",
            _Wishes(db, copy),
            clock=clock,
            ids=ids,
            read=metrics.SALON_REREAD.inc,
        )
        self._due = Loop("salon-copy-rounds", self._claim, clock)
        self._upkeep = Loop("salon-copy-upkeep", self._tidy, clock, _TIDY_S)
        self._rounds = Readers(
            "salon-copy-round",
            Rounds(db, copy, TASKS, lease_s, pages_at_once=_PAGES_AT_ONCE),
            at_once=_ROUNDS_AT_ONCE,
            lease_s=lease_s,
            clock=clock,
            ended=self._due.kick,
        )

    async def start(self) -> None:
        self._wanted.start()
        self._due.start()
        self._upkeep.start()

    async def stop(self) -> None:
        """End everything under way; rounds are given back, wishes wait for their lease to end."""
        await asyncio.gather(self._wanted.stop(), self._due.stop(), self._upkeep.stop())
        await self._rounds.stop()

    def kick(self) -> None:
        """Somebody told of a change, or a connection changed."""
        self._wanted.kick()
        self._due.kick()

    async def _claim(self) -> None:
        await self._rounds.claim(self._ids.uuid())

    async def _tidy(self) -> None:
        """Wipe what belongs to removed connections, and count."""
        async with self._db.single() as unit:
            while await unit.salons.wipe_removed_everywhere():
                pass
            figures = await unit.figures.salons_everywhere()
        metrics.SALON_WANTED.set(figures["wanted"])
        metrics.SALON_LAG.set(figures["lag_s"])
        metrics.SALON_HOOKS_OFF.set(figures["hooks_off"])
        metrics.SALON_HEARD.set(figures["decided"])
        metrics.SALON_MISSED.set(figures["missed"])
        metrics.SALON_DRIFT.set(figures["drift"])
        metrics.SALON_VISITS.set(figures["visits"])


class _Wishes:
    """What vendors told of, all salons."""

    def __init__(self, db: Database, copy: CopySalons) -> None:
        self._db = db
        self._copy = copy

    async def waiting(self) -> Sequence[tuple[EnterpriseNumber, UUID, Part]]:
        async with self._db.single() as unit:
            return await unit.salon_wanted.waiting_everywhere(self._copy.kinds)

    async def take(
        self, enterprise: EnterpriseNumber, connection_id: UUID, part: Part, *, few: bool
    ) -> TakenPart | None:
        room = 1 if few else _BATCH.get(part, 1)
        async with self._db.single() as unit:
            return await unit.salon_wanted.take(enterprise, connection_id, part, room, _READING_S)

    async def reread(
        self, enterprise: EnterpriseNumber, connection_id: UUID, taken: TakenPart
    ) -> Literal["up", "down", "unknown"]:
        return await self._copy.reread(enterprise, connection_id, taken)
