"""Keeping the copies of salons."""

from __future__ import annotations

from kommutator.domain.salon.copy import TASKS, Part
from kommutator.flows.salon import clients, visits
from kommutator.flows.salon.rounds import CopySalons
from kommutator.kit.clock import Clock
from kommutator.kit.ids import Ids
from kommutator.store.database import Database
from kommutator.workers import metrics
from kommutator.workers.copier import LEASE_S, Copier, CopyPlan

_BATCH = {Part.VISITS: visits.BATCH, Part.CLIENTS: clients.BATCH}
_PLAN = CopyPlan[Part](
    "salon-copy",
    TASKS,
    batch=lambda part: _BATCH.get(part, 1),
    reading_s=120.0,
    read=metrics.SALON_REREAD.inc,
    pages_at_once=5,
)


class SalonCopier(Copier[Part]):
    def __init__(
        self, db: Database, copy: CopySalons, *, clock: Clock, ids: Ids, lease_s: float = LEASE_S
    ) -> None:
        super().__init__(_PLAN, db, copy, self._tidy, clock=clock, ids=ids, lease_s=lease_s)
        self._db = db

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
