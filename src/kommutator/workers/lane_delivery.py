"""One lane being delivered: fetch, pick, send, settle, until it is idle or not ours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

import structlog

from kommutator.domain.connection import Account
from kommutator.domain.delivery import Park
from kommutator.domain.outcome import Outcome
from kommutator.domain.ports import Delivery
from kommutator.flows.deliver import Item, Result, held_back, refuse, settle_request
from kommutator.kit.breaker import Breaker, Permit
from kommutator.kit.clock import Clock
from kommutator.kit.ids import Ids
from kommutator.store.database import Database
from kommutator.store.deliveries import LaneHealth
from kommutator.store.driver import TRANSIENT, is_transient
from kommutator.workers import metrics
from kommutator.workers.allowance import EnterpriseRoom, LaneBudgets
from kommutator.workers.attempt import Attempts, result_of
from kommutator.workers.finisher import Finisher
from kommutator.workers.lane_reader import LaneReader
from kommutator.workers.lease import Lease
from kommutator.workers.leaving import held_back_by_hand
from kommutator.workers.parking import park

_log = structlog.get_logger(__name__)
_KEEP_S = 5.0  # a lane with work this soon is not given back
_CHECK_EVERY_S = 1.0
_PAUSE_S = 0.2  # between tries while PostgreSQL is away


class LaneDelivery:
    """The state of one lane in its owner's memory; all of it can be had again from the disk."""

    def __init__(
        self,
        db: Database,
        lease: Lease,
        delivery: Delivery,
        account: Callable[[], Coroutine[Any, Any, Account | str]],
        *,
        breaker: Breaker,
        attempts: Attempts,
        room: EnterpriseRoom,
        clock: Clock,
        ids: Ids,
        linger_s: float,
    ) -> None:
        self._db = db
        self._lease = lease
        self._delivery = delivery
        self._open_account = account
        self._breaker = breaker
        self._attempts = attempts
        self._room = room
        self._clock = clock
        self._ids = ids
        self._linger_s = linger_s
        self._reader = LaneReader(db, lease, delivery, clock)
        self._queue = self._reader.queue
        self._budgets = LaneBudgets(db, clock)
        self._finisher = Finisher(db, lease, clock, health=self._health, committed=self._committed)
        self._sending: set[asyncio.Task[None]] = set()
        self._account: Account | None = None
        self._check_at = 0.0  # monotonic: when to ask for the account again
        self._busy_at = clock.monotonic()
        self._parked: Park | None = None
        self._broken: BaseException | None = None
        self._succeeded = False
        self._last_error: str | None = None

    async def run(self) -> None:
        """Deliver until the lane is idle, parked or lost; drain before leaving."""
        try:
            while self._lease.alive() and self._parked is None:
                try:
                    await self._turn()
                except Exception as error:
                    if not is_transient(error):
                        raise
                    _log.warning("lane_waits_for_database", error=repr(error))
                    await self._clock.sleep(_PAUSE_S)
                if self._broken is not None:
                    raise self._broken
                if self._parked is not None or self._idle():
                    break
                await self._pause()
        finally:
            try:
                await self._drain()
            finally:
                await self._finisher.stop()

    async def _turn(self) -> None:
        self._reader.look()
        if self._clock.monotonic() >= self._check_at:
            await self._check_account()
        if self._account is None or self._parked is not None:
            return
        if self._reader.wants_rows and await self._reader.fetch(self._account):
            self._busy_at = self._clock.monotonic()
        await self._dispatch(self._account)

    async def _check_account(self) -> None:
        """Settings change and connections are paused while we work. The directory is cached."""
        opened = await self._open_account()
        if isinstance(opened, str):
            self._parked = Park(opened)
        else:
            self._account = opened
        self._check_at = self._clock.monotonic() + _CHECK_EVERY_S

    def _idle(self) -> bool:
        """Whether the lane has rested long enough and will rest for a while."""
        if self._sending or self._reader.hungry or not self._finisher.empty:
            return False
        now = self._clock.monotonic()
        upcoming = self._next_time()
        if upcoming is None:
            return not self._queue and now - self._busy_at >= self._linger_s
        return now - self._busy_at >= self._linger_s and upcoming - now > _KEEP_S

    def _next_time(self) -> float | None:
        """Monotonic time at which something can be done that cannot be done now."""
        now = self._clock.monotonic()
        times = [] if (due := self._reader.next_wakeup) is None else [due]
        if self._queue:
            wait = self._breaker.wait(now)
            if 0 < wait < float("inf"):
                times.append(now + wait)
            if (end := self._budgets.next_end()) is not None:
                times.append(end)
        return min(times, default=None)

    async def _pause(self) -> None:
        if self._reader.wants_rows:
            await asyncio.sleep(0)
            return
        now = self._clock.monotonic()
        ends = [self._check_at]
        if (upcoming := self._next_time()) is not None:
            ends.append(upcoming)
        if not self._sending and not self._queue:
            ends.append(self._busy_at + self._linger_s)
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.001, min(ends) - now)):
                await self._lease.kick.wait()

    async def _drain(self) -> None:
        """Let requests under way end and be written, as long as the lane is ours."""
        if not self._lease.alive():
            for task in self._sending:
                task.cancel()
            return
        if self._sending:
            await asyncio.wait(self._sending)
        await self._finisher.flushed()
        if self._parked is not None:
            await park(self._db, self._lease, self._parked)

    # -- sending ----------------------------------------------------------------------------

    async def _dispatch(self, account: Account) -> None:
        """Start as many requests as concurrency, breaker, budgets and the enterprise allow."""
        while (
            self._parked is None
            and len(self._sending) < self._delivery.concurrency(account)
            and self._lease.alive()
        ):
            permit = self._breaker.ask(self._clock.monotonic())
            if permit is None:
                return
            started = False
            try:
                started = await self._start_one(account, permit)
            finally:
                if not started:
                    now = self._clock.monotonic()
                    self._breaker.record(permit, "unknown", now=now, jitter=0.5)
            if not started:
                return

    async def _start_one(self, account: Account, permit: Permit) -> bool:
        """Start the most urgent request whose budgets have a turn; False if there is none."""
        while batch := self._pick():
            delay = None
            try:
                if not self._room.enter(self._lease.enterprise, self._lease.kick):
                    return False
                delay = await self._take(batch)
            finally:
                if delay is None:
                    self._queue.put_back(batch)
            if delay is not None:
                task = asyncio.create_task(self._send(account, batch, permit, delay))
                self._sending.add(task)
                task.add_done_callback(self._sent)
                return True
        return False

    async def _take(self, batch: list[Item]) -> float | None:
        """Draw from the budgets; the place in the enterprise's room is kept only on success."""
        delay = None
        try:
            delay = await self._budgets.take(batch[0].budgets)
        finally:
            if delay is None:
                self._room.leave(self._lease.enterprise)
        return delay

    def _pick(self) -> list[Item]:
        """The next batch; what must not be sent leaves without a try."""
        now = self._clock.monotonic()
        while batch := self._queue.pick(lambda item: self._budgets.blocked(item.budgets)):
            refused = [item for item in batch if not item.sendable(now)]
            if not refused:
                return batch
            self._finisher.put([refuse(item, now) for item in refused])
            self._queue.put_back([item for item in batch if item.sendable(now)])
        return []

    async def _send(
        self, account: Account, batch: list[Item], permit: Permit, delay: float
    ) -> None:
        try:
            if delay > 0:
                await self._clock.sleep(delay)
            if not self._lease.alive():
                return
            outcomes = await held_back_by_hand(self._db, self._lease, self._clock, batch)
            if outcomes is None:
                outcomes = await self._attempts.run(
                    self._delivery,
                    account,
                    [item.due for item in batch],
                    min(item.patience.timeout for item in batch),
                )
            if not outcomes:
                return  # the lane is another's by now
            await self._settle(account, batch, outcomes, permit)
        finally:
            self._room.leave(self._lease.enterprise)

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._lease.kick.touch()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._broken = error  # a bug of ours: its rows stay busy, so the lane must be left

    # -- settling ---------------------------------------------------------------------------

    async def _settle(
        self, account: Account, batch: list[Item], outcomes: Sequence[Outcome], permit: Permit
    ) -> None:
        now = self._clock.monotonic()
        jitter = self._ids.uniform()
        summary = settle_request(account, batch, outcomes, now, jitter)
        self._breaker.record(permit, summary.vendor, now=now, jitter=jitter)
        self._succeeded = self._succeeded or summary.vendor == "up"
        self._last_error = summary.error or self._last_error
        self._parked = self._parked or summary.park
        self._busy_at = now
        for outcome in outcomes:
            metrics.ATTEMPTS.labels(account.kind.value, result_of(outcome)).inc()
        self._finisher.put(summary.results)
        if (seconds := held_back(outcomes)) is not None:
            try:
                await self._budgets.hold(batch[0].budgets, seconds)
            except TRANSIENT as error:  # this lane holds back all the same
                _log.warning("budget_not_held", error=repr(error))

    def _committed(self, results: Sequence[Result]) -> None:
        self._reader.committed(results)
        self._lease.kick.touch()

    def _health(self) -> LaneHealth:
        succeeded, self._succeeded = self._succeeded, False
        error, self._last_error = self._last_error, None
        return LaneHealth(
            breaker=self._breaker.phase.value,
            failures=self._breaker.failures,
            breaker_wait=self._breaker.left(self._clock.monotonic()),
            succeeded=succeeded,
            error=error,
            park_reason=self._parked.reason if self._parked else None,
            park_detail=self._parked.detail if self._parked else None,
        )
