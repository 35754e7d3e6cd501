"""Keeping copies: what somebody told of at once, everything else in rounds.

Any number of processes may do it. Wishes and rounds are leased in their tables; what a dead
process had is taken over when its lease ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.copying import Copying
from kommutator.kit.clock import Clock
from kommutator.kit.ids import Ids
from kommutator.store.database import Database
from kommutator.store.wanted import P, Taken
from kommutator.workers.loops import Loop
from kommutator.workers.reads import Readers
from kommutator.workers.rereads import Rereads
from kommutator.workers.rounds import Rounds

_ROUNDS_AT_ONCE = 6
_TIDY_S = 10.0
LEASE_S = 15.0  # of a round; renewed thrice in that time


@dataclass(frozen=True)  # with slots, Python 3.11 cannot make one by its alias
class CopyPlan(Generic[P]):
    """How a copy is kept.

    Args:
        tasks: its rounds.
        batch: how many wishes about a part are read together.
        reading_s: longer than such a batch with its waits for the allowance.
        read: called with how many wishes were granted.
        pages_at_once: of a round, see `Rounds`.
    """

    name: str
    tasks: Sequence[str]
    batch: Callable[[P], int]
    reading_s: float
    read: Callable[[int], None]
    pages_at_once: int | None = None


class Copier(Generic[P]):
    """Three loops of one process. `kick` is cheap and may come at any time.

    Args:
        tidy: wipes what belongs to removed connections, and counts.
    """

    def __init__(
        self,
        plan: CopyPlan[P],
        db: Database,
        copy: Copying[P],
        tidy: Callable[[], Awaitable[None]],
        *,
        clock: Clock,
        ids: Ids,
        lease_s: float = LEASE_S,
    ) -> None:
        self._ids = ids
        self._wanted = Rereads(
            plan.name, _Wishes(plan, db, copy), clock=clock, ids=ids, read=plan.read
        )
        self._due = Loop(f"{plan.name}-rounds", self._claim, clock)
        self._upkeep = Loop(f"{plan.name}-upkeep", tidy, clock, _TIDY_S)
        self._rounds = Readers(
            f"{plan.name}-round",
            Rounds(db, copy, plan.tasks, lease_s, pages_at_once=plan.pages_at_once),
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


class _Wishes(Generic[P]):
    """What vendors told of, all connections that are copied."""

    def __init__(self, plan: CopyPlan[P], db: Database, copy: Copying[P]) -> None:
        self._plan = plan
        self._db = db
        self._copy = copy

    async def waiting(self) -> Sequence[tuple[EnterpriseNumber, UUID, P]]:
        async with self._db.single() as unit:
            return await self._copy.wanted(unit).waiting_everywhere(self._copy.kinds)

    async def take(
        self, enterprise: EnterpriseNumber, connection_id: UUID, part: P, *, few: bool
    ) -> Taken[P] | None:
        room = 1 if few else self._plan.batch(part)
        async with self._db.single() as unit:
            return await self._copy.wanted(unit).take(
                enterprise, connection_id, part, room, self._plan.reading_s
            )

    async def reread(
        self, enterprise: EnterpriseNumber, connection_id: UUID, taken: Taken[P]
    ) -> Literal["up", "down", "unknown"]:
        return await self._copy.reread(enterprise, connection_id, taken)
