"""Filling the phone book from CRMs: wanted numbers at once, all clients at night.

Any number of processes may do it: what one asks for is leased in the table, so that another asks
for something else, and takes over after a crash.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Literal
from uuid import UUID

import structlog

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.ask_crm import AskCrm
from kommutator.kit.breaker import Breaker, BreakerRules, Permit, Phase
from kommutator.kit.clock import Clock
from kommutator.kit.errors import UserError, VendorError
from kommutator.kit.ids import Ids
from kommutator.store.database import Database
from kommutator.store.driver import TRANSIENT, is_transient
from kommutator.store.phone_book import Wanted
from kommutator.store.phone_book_reads import BookRead
from kommutator.workers import metrics

_log = structlog.get_logger(__name__)
_AT_ONCE = 4  # look-ups per connection: a CRM that hangs holds up nobody else's
_READS_AT_ONCE = 4
_LOOK_AROUND_S = 5.0  # for what nobody told us of: retries, leases of the dead, new connections
_PAUSE_S = 1.0
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
        self._lease_s = lease_s
        self._looking_up: defaultdict[UUID, set[asyncio.Task[None]]] = defaultdict(set)
        self._breakers: dict[UUID, Breaker] = {}
        self._reading: dict[UUID, asyncio.Task[None]] = {}
        self._wanted = asyncio.Event()
        self._due = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._loops = [
            asyncio.create_task(self._for_ever(self._take_wanted, self._wanted), name="look-ups"),
            asyncio.create_task(self._for_ever(self._claim_reads, self._due), name="reads"),
        ]

    async def stop(self) -> None:
        """End everything under way; reads are given back, look-ups wait for their lease to end."""
        tasks = [*self._loops, *self._reading.values()]
        tasks += [task for under_way in self._looking_up.values() for task in under_way]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def kick(self) -> None:
        """Somebody wants something, or a connection changed."""
        self._wanted.set()
        self._due.set()

    async def _for_ever(self, work: Callable[[], Awaitable[None]], kick: asyncio.Event) -> None:
        while True:
            kick.clear()
            try:
                await work()
            except Exception as error:  # noqa: BLE001  the next round may succeed
                level = _log.info if is_transient(error) else _log.warning
                level("phone_book.round_failed", error=repr(error))
                await self._clock.sleep(_PAUSE_S)
                continue
            await self._until(kick)

    async def _until(self, kick: asyncio.Event) -> None:
        waiting = [
            asyncio.create_task(kick.wait()),
            asyncio.create_task(self._clock.sleep(_LOOK_AROUND_S)),
        ]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

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
            self._wanted.set()  # there is room again
            metrics.LOOKED_UP.inc()

        task.add_done_callback(done)

    # --- all clients ---------------------------------------------------------------------

    async def _claim_reads(self) -> None:
        room = _READS_AT_ONCE - len(self._reading)
        if room <= 0:
            return
        owner = self._ids.uuid()
        async with self._db.single() as unit:
            await unit.phone_book_reads.enrol_everywhere(self._ask.kinds)
            claimed = await unit.phone_book_reads.claim_everywhere(
                owner, but=self._reading, limit=room, lease_s=self._lease_s
            )
        for read in claimed:
            task = asyncio.create_task(self._read(read, owner), name="phone-book-read")
            self._reading[read.connection_id] = task
            task.add_done_callback(self._ended)

    def _ended(self, ended: asyncio.Task[None]) -> None:
        self._reading = {read: task for read, task in self._reading.items() if task is not ended}
        self._due.set()

    async def _read(self, read: BookRead, owner: UUID) -> None:
        """All pages from where it stands; a failure is noted, and the rest is read later."""
        heart = asyncio.create_task(self._keep(read, owner))
        try:
            await self._pages(read, owner)
        except asyncio.CancelledError:
            await self._give_back(read, owner)
            raise
        except (VendorError, UserError) as error:
            _log.info("phone_book.read_interrupted", reason=str(error))
            await self._fail(read, owner, error)
        except Exception as error:  # noqa: BLE001  a read nobody waits for must not end in silence
            _log.warning("phone_book.read_failed", error=repr(error))
            await self._fail(read, owner, error)
        finally:
            heart.cancel()

    async def _keep(self, read: BookRead, owner: UUID) -> None:
        """The lease outlives a slow page; whoever lost it notices at the next one."""
        while True:
            await self._clock.sleep(self._lease_s / 3)
            with suppress(*TRANSIENT):
                async with self._db.single() as unit:
                    await unit.phone_book_reads.renew(read, owner, self._lease_s)

    async def _pages(self, read: BookRead, owner: UUID) -> None:
        page = read.page
        while True:
            page += 1
            turned = await self._ask.read_page(read, owner, page, self._lease_s)
            if turned is None:
                await self._give_back(read, owner)
                return
            metrics.BOOK_PAGES.inc()
            if turned.last:
                await self._ask.finish(read, owner)
                return
            await self._clock.sleep(turned.pause_s)

    async def _fail(self, read: BookRead, owner: UUID, error: Exception) -> None:
        await self._quietly(self._ask.fail(read, owner, error))

    async def _give_back(self, read: BookRead, owner: UUID) -> None:
        async def release() -> None:
            async with self._db.single() as unit:
                await unit.phone_book_reads.release(read, owner)

        await self._quietly(release())

    async def _quietly(self, work: Coroutine[Any, Any, None]) -> None:
        """The lease ends by itself if the database is away."""
        try:
            await work
        except Exception as error:  # noqa: BLE001  see above
            _log.info("phone_book.lease_left", reason=repr(error))
