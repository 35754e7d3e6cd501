"""Filling the phone book from CRMs: wanted numbers at once, all clients at night.

Any number of processes may do it: what one asks for is leased in the table, so that another asks
for something else, and takes over after a crash.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.ask_crm import AskCrm, Turned
from kommutator.kit.breaker import Breaker, BreakerRules, Permit, Phase
from kommutator.kit.clock import Clock
from kommutator.kit.ids import Ids
from kommutator.store.database import Database
from kommutator.store.phone_book import Wanted
from kommutator.store.phone_book_reads import BookRead
from kommutator.workers import metrics
from kommutator.workers.loops import Loop
from kommutator.workers.reads import Readers

_AT_ONCE = 4  # look-ups per connection: a CRM that hangs holds up nobody else's
_READS_AT_ONCE = 4
_ASKING_S = 60.0  # longer than a look-up with its wait for the allowance
_RULES = BreakerRules(threshold=3)  # nobody waits for a look-up: less patience than for a record
LEASE_S = 15.0  # of a read; renewed thrice in that time


class PhoneBookFiller:
    """Two loops of one process. `kick` is cheap and may come at any time."""

    def __init__(
        self, db: Database, ask: AskCrm, *, clock: Clock, ids: Ids, lease_s: float = LEASE_S
    ) -> None:
        self._db = db
        self._ask = ask
        self._clock = clock
        self._ids = ids
        self._looking_up: defaultdict[UUID, set[asyncio.Task[None]]] = defaultdict(set)
        self._breakers: dict[UUID, Breaker] = {}
        self._wanted = Loop("look-ups", self._take_wanted, clock)
        self._due = Loop("phone-book-reads", self._claim_reads, clock)
        self._reads = Readers(
            "phone-book-read",
            _Shelf(db, ask, lease_s),
            at_once=_READS_AT_ONCE,
            lease_s=lease_s,
            clock=clock,
            ended=self._due.kick,
        )

    async def start(self) -> None:
        self._wanted.start()
        self._due.start()

    async def stop(self) -> None:
        """End everything under way; reads are given back, look-ups wait for their lease to end."""
        await asyncio.gather(self._wanted.stop(), self._due.stop())
        await self._reads.stop()
        tasks = [task for under_way in self._looking_up.values() for task in under_way]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def kick(self) -> None:
        """Somebody wants something, or a connection changed."""
        self._wanted.kick()
        self._due.kick()

    # --- one number ----------------------------------------------------------------------

    async def _take_wanted(self) -> None:
        async with self._db.single() as unit:
            waiting = await unit.phone_book.wanting_everywhere(self._ask.kinds)
        for enterprise, connection_id in waiting:
            await self._look_some_up(enterprise, connection_id)

    async def _look_some_up(self, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        """As many as there is room for; of a silent CRM one at a time, ever more seldom."""
        now = self._clock.monotonic()
        breaker = self._breakers.setdefault(connection_id, Breaker(_RULES, now=now))
        room = _AT_ONCE - len(self._looking_up[connection_id])
        if room <= 0 or breaker.wait(now) > 0:
            return
        if breaker.phase is not Phase.CLOSED:
            room = 1
        async with self._db.single() as unit:
            taken = await unit.phone_book.take_wanted(enterprise, room, _ASKING_S)
        for wanted in taken:
            if permit := breaker.ask(self._clock.monotonic()):
                self._look_up(enterprise, connection_id, wanted, permit)

    def _look_up(
        self, enterprise: EnterpriseNumber, connection_id: UUID, wanted: Wanted, permit: Permit
    ) -> None:
        under_way = self._looking_up[connection_id]

        async def ask() -> None:
            result: Literal["up", "down", "unknown"] = "unknown"
            try:
                result = await self._ask.look_up(enterprise, connection_id, wanted)
            finally:
                now, jitter = self._clock.monotonic(), self._ids.uniform()
                self._breakers[connection_id].record(permit, result, now=now, jitter=jitter)

        task = asyncio.create_task(ask())
        under_way.add(task)

        def done(ended: asyncio.Task[None]) -> None:
            under_way.discard(ended)
            if not under_way:
                self._looking_up.pop(connection_id, None)
            self._wanted.kick()  # there is room again
            metrics.LOOKED_UP.inc()

        task.add_done_callback(done)

    async def _claim_reads(self) -> None:
        await self._reads.claim(self._ids.uuid())


class _Shelf:
    """All clients of each CRM, page by page."""

    def __init__(self, db: Database, ask: AskCrm, lease_s: float) -> None:
        self._db = db
        self._ask = ask
        self._lease_s = lease_s

    def page_of(self, read: BookRead) -> int:
        return read.page

    async def claim(
        self, owner: UUID, under_way: Sequence[BookRead], room: int
    ) -> Sequence[BookRead]:
        but = [read.connection_id for read in under_way]
        async with self._db.single() as unit:
            await unit.phone_book_reads.enrol_everywhere(self._ask.listed_kinds)
            return await unit.phone_book_reads.claim_everywhere(
                owner, but=but, limit=room, lease_s=self._lease_s
            )

    async def page(self, read: BookRead, owner: UUID, page: int) -> Turned | None:
        turned = await self._ask.read_page(read, owner, page, self._lease_s)
        if turned is not None:
            metrics.BOOK_PAGES.inc()
        return turned

    async def renew(self, read: BookRead, owner: UUID) -> None:
        async with self._db.single() as unit:
            await unit.phone_book_reads.renew(read, owner, self._lease_s)

    async def finish(self, read: BookRead, owner: UUID) -> None:
        await self._ask.finish(read, owner)

    async def fail(self, read: BookRead, owner: UUID, error: Exception) -> None:
        await self._ask.fail(read, owner, error)

    async def release(self, read: BookRead, owner: UUID) -> None:
        async with self._db.single() as unit:
            await unit.phone_book_reads.release(read, owner)
