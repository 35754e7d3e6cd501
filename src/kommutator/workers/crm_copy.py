"""Keeping the copy of CRMs' cards: what somebody told of at once, everything else in rounds.

Any number of processes may do it. Wishes and rounds are leased in their tables; what a dead
process had is taken over when its lease ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from kommutator.domain.crm_data import EntityKind
from kommutator.domain.crm_news import TASKS
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.crm_copy.cards import BATCH
from kommutator.flows.crm_copy.rounds import CopyCrm
from kommutator.kit.clock import Clock
from kommutator.kit.ids import Ids
from kommutator.store.crm_wanted import TakenCards
from kommutator.store.database import Database
from kommutator.workers import metrics
from kommutator.workers.loops import Loop
from kommutator.workers.reads import Readers
from kommutator.workers.rereads import Rereads
from kommutator.workers.rounds import Rounds

_ROUNDS_AT_ONCE = 6
_READING_S = 60.0  # longer than a batch with its wait for the allowance
_TIDY_S = 10.0
LEASE_S = 15.0  # of a round; renewed thrice in that time


class CrmCopier:
    """Three loops of one process. `kick` is cheap and may come at any time."""

    def __init__(
        self, db: Database, copy: CopyCrm, *, clock: Clock, ids: Ids, lease_s: float = LEASE_S
    ) -> None:
        self._db = db
        self._copy = copy
        self._clock = clock
        self._ids = ids
        self._wanted = Rereads(
            "crm-copy", _Wishes(db, copy), clock=clock, ids=ids, read=metrics.AMOCRM_REREAD.inc
        )
        self._due = Loop("crm-copy-rounds", self._claim, clock)
        self._upkeep = Loop("crm-copy-upkeep", self._tidy, clock)
        self._rounds = Readers(
            "crm-copy-round",
            Rounds(db, copy, TASKS, lease_s),
            at_once=_ROUNDS_AT_ONCE,
            lease_s=lease_s,
            clock=clock,
            ended=self._due.kick,
        )
        self._tidied_at = float("-inf")

    async def start(self) -> None:
        self._wanted.start()
        self._due.start()
        self._upkeep.start()

    async def stop(self) -> None:
        """End everything under way; rounds are given back, wishes wait for their lease to end."""
        await asyncio.gather(self._wanted.stop(), self._due.stop(), self._upkeep.stop())
        await self._rounds.stop()

    def kick(self) -> None:
        """Somebody told of a card, or a connection changed."""
        self._wanted.kick()
        self._due.kick()

    async def _claim(self) -> None:
        await self._rounds.claim(self._ids.uuid())

    async def _tidy(self) -> None:
        """Wipe what belongs to removed connections, and count."""
        now = self._clock.monotonic()
        if now - self._tidied_at < _TIDY_S:
            return
        self._tidied_at = now
        async with self._db.single() as unit:
            while await unit.crm_copy.wipe_removed_everywhere(self._copy.kinds):
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


class _Wishes:
    """What CRMs told of, all of them."""

    def __init__(self, db: Database, copy: CopyCrm) -> None:
        self._db = db
        self._copy = copy

    async def waiting(self) -> Sequence[tuple[EnterpriseNumber, UUID, EntityKind]]:
        async with self._db.single() as unit:
            return await unit.crm_wanted.waiting_everywhere(self._copy.kinds)

    async def take(
        self, enterprise: EnterpriseNumber, connection_id: UUID, part: EntityKind, *, few: bool
    ) -> TakenCards | None:
        room = 1 if few else BATCH
        async with self._db.single() as unit:
            return await unit.crm_wanted.take(enterprise, connection_id, part, room, _READING_S)

    async def reread(
        self, enterprise: EnterpriseNumber, connection_id: UUID, taken: TakenCards
    ) -> Literal["up", "down", "unknown"]:
        return await self._copy.reread(enterprise, connection_id, taken)
