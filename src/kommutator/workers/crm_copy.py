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
from kommutator.flows.ask_crm import Turned
from kommutator.flows.crm_copy.cards import BATCH
from kommutator.flows.crm_copy.rounds import CopyCrm
from kommutator.kit.breaker import Breaker, BreakerRules, Permit, Phase
from kommutator.kit.clock import Clock
from kommutator.kit.ids import Ids
from kommutator.store.crm_reads import CrmRead
from kommutator.store.crm_wanted import Taken
from kommutator.store.database import Database
from kommutator.workers import metrics
from kommutator.workers.loops import Loop
from kommutator.workers.reads import Readers

_ROUNDS_AT_ONCE = 6
_READING_S = 60.0  # longer than a batch with its wait for the allowance
_RULES = BreakerRules(threshold=3)  # nobody waits for a copy: less patience than for a record
_TIDY_S = 10.0
LEASE_S = 15.0  # of a round; renewed thrice in that time

Key = tuple[UUID, EntityKind]


class CrmCopier:
    """Three loops of one process. `kick` is cheap and may come at any time."""

    def __init__(
        self, db: Database, copy: CopyCrm, *, clock: Clock, ids: Ids, lease_s: float = LEASE_S
    ) -> None:
        self._db = db
        self._copy = copy
        self._clock = clock
        self._ids = ids
        self._reading: dict[Key, asyncio.Task[None]] = {}
        self._breakers: dict[UUID, Breaker] = {}
        self._wanted = Loop("crm-copy-wanted", self._take_wanted, clock)
        self._due = Loop("crm-copy-rounds", self._claim, clock)
        self._upkeep = Loop("crm-copy-upkeep", self._tidy, clock)
        self._rounds = Readers(
            "crm-copy-round",
            _Rounds(db, copy, lease_s),
            at_once=_ROUNDS_AT_ONCE,
            lease_s=lease_s,
            clock=clock,
            ended=self._due.kick,
        )
        self._tidied_at = float("-inf")

    async def start(self) -> None:
        for loop in (self._wanted, self._due, self._upkeep):
            loop.start()

    async def stop(self) -> None:
        """End everything under way; rounds are given back, wishes wait for their lease to end."""
        await asyncio.gather(self._wanted.stop(), self._due.stop(), self._upkeep.stop())
        await self._rounds.stop()
        tasks = list(self._reading.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def kick(self) -> None:
        """Somebody told of a card, or a connection changed."""
        self._wanted.kick()
        self._due.kick()

    # --- what somebody told of -------------------------------------------------------------

    async def _take_wanted(self) -> None:
        async with self._db.single() as unit:
            waiting = await unit.crm_wanted.waiting_everywhere(self._copy.kinds)
        for enterprise, connection_id, kind in waiting:
            if (connection_id, kind) not in self._reading:
                await self._take_some(enterprise, connection_id, kind)

    async def _take_some(
        self, enterprise: EnterpriseNumber, connection_id: UUID, kind: EntityKind
    ) -> None:
        """One batch at a time of each kind; of a silent CRM one card, ever more seldom."""
        now = self._clock.monotonic()
        breaker = self._breakers.setdefault(connection_id, Breaker(_RULES, now=now))
        if breaker.wait(now) > 0:
            return
        room = BATCH if breaker.phase is Phase.CLOSED else 1
        async with self._db.single() as unit:
            taken = await unit.crm_wanted.take(enterprise, connection_id, kind, room, _READING_S)
        if taken and (permit := breaker.ask(self._clock.monotonic())):
            self._reread(enterprise, connection_id, taken, permit)

    def _reread(
        self, enterprise: EnterpriseNumber, connection_id: UUID, taken: Taken, permit: Permit
    ) -> None:
        key = (connection_id, taken.kind)

        async def read() -> None:
            result: Literal["up", "down", "unknown"] = "unknown"
            try:
                result = await self._copy.reread(enterprise, connection_id, taken)
            finally:
                now, jitter = self._clock.monotonic(), self._ids.uniform()
                self._breakers[connection_id].record(permit, result, now=now, jitter=jitter)
            if result == "up":
                metrics.AMOCRM_REREAD.inc(len(taken.ids))

        def over(task: asyncio.Task[None]) -> None:
            if self._reading.get(key) is task:
                del self._reading[key]
            self._wanted.kick()  # there may be more

        task = asyncio.create_task(read(), name="crm-copy-reread")
        self._reading[key] = task
        task.add_done_callback(over)

    # --- rounds ------------------------------------------------------------------------------

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


class _Rounds:
    """The rounds of all connections."""

    def __init__(self, db: Database, copy: CopyCrm, lease_s: float) -> None:
        self._db = db
        self._copy = copy
        self._lease_s = lease_s

    def page_of(self, read: CrmRead) -> int:
        return read.page

    async def claim(
        self, owner: UUID, under_way: Sequence[CrmRead], room: int
    ) -> Sequence[CrmRead]:
        but = [read.key for read in under_way]
        async with self._db.single() as unit:
            await unit.crm_reads.enrol_everywhere(self._copy.kinds, TASKS)
            return await unit.crm_reads.claim_everywhere(
                owner, but=but, limit=room, lease_s=self._lease_s
            )

    async def page(self, read: CrmRead, owner: UUID, page: int) -> Turned | None:
        done = await self._copy.read_page(read, owner, page, self._lease_s)
        return None if done is None else Turned(last=not done.more, pause_s=0.0)

    async def renew(self, read: CrmRead, owner: UUID) -> None:
        async with self._db.single() as unit:
            await unit.crm_reads.renew(read, owner, self._lease_s)

    async def finish(self, read: CrmRead, owner: UUID) -> None:
        await self._copy.finish(read, owner)

    async def fail(self, read: CrmRead, owner: UUID, error: Exception) -> None:
        await self._copy.fail(read, owner, error)

    async def release(self, read: CrmRead, owner: UUID) -> None:
        async with self._db.single() as unit:
            await unit.crm_reads.release(read, owner)
