"""Keeping the copy of CRMs' cards."""

from __future__ import annotations

from kommutator.domain.crm_data import EntityKind
from kommutator.domain.crm_news import TASKS
from kommutator.flows.crm_copy.cards import BATCH
from kommutator.flows.crm_copy.rounds import CopyCrm
from kommutator.kit.clock import Clock
from kommutator.kit.ids import Ids
from kommutator.store.database import Database
from kommutator.workers import metrics
from kommutator.workers.copier import LEASE_S, Copier, CopyPlan

_PLAN = CopyPlan[EntityKind](
    "crm-copy", TASKS, batch=lambda _: BATCH, reading_s=60.0, read=metrics.AMOCRM_REREAD.inc
)


class CrmCopier(Copier[EntityKind]):
    def __init__(
        self, db: Database, copy: CopyCrm, *, clock: Clock, ids: Ids, lease_s: float = LEASE_S
    ) -> None:
        super().__init__(_PLAN, db, copy, self._tidy, clock=clock, ids=ids, lease_s=lease_s)
        self._db = db
        self._kinds = copy.kinds

    async def _tidy(self) -> None:
        """Wipe what belongs to removed connections, and count."""
        async with self._db.single() as unit:
            while await unit.crm_copy.wipe_removed_everywhere(self._kinds):
                pass
            while await unit.crm_wanted.wipe_removed_everywhere():
                pass
            await unit.crm_reads.wipe_removed_everywhere()
            await unit.crm_references.wipe_removed_everywhere()
            await unit.crm_hooks.wipe_removed_everywhere()
            figures = await unit.figures.copies_everywhere()
        metrics.AMOCRM_WANTED.set(figures["wanted"])
        metrics.AMOCRM_LAG.set(figures["lag_s"])
        metrics.AMOCRM_HOOKS_OFF.set(figures["hooks_off"])
        metrics.AMOCRM_HEARD.set(figures["decided"])
        metrics.AMOCRM_MISSED.set(figures["missed"])
        metrics.AMOCRM_CARDS.set(figures["cards"])
