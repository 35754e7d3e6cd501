"""The lane engine: finds lanes with work, owns its fair share of them, lets go in good order."""

from __future__ import annotations

import asyncio
import os
import socket
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress

import structlog

from kommutator.kit.clock import Clock
from kommutator.kit.ids import Ids
from kommutator.store.database import Database
from kommutator.store.lanes import Claim, Found
from kommutator.workers import metrics
from kommutator.workers.lease import LaneRunner, OwnedLane
from kommutator.workers.shares import ClockWatch, Shares, role_of

_log = structlog.get_logger(__name__)
_BITE = 5  # lanes per claim: a big one would let the first engine grab everything
_MARGIN_S = 0.5  # we stop sending this long before others may start
_THOROUGH_EVERY_S = 30.0
_STANDING = frozenset({"pbx", "wa"})  # rooms of links that are held, work or no work
_OTHERS_S = 2.0  # how long we believe that a lane is somebody else's


class LaneEngine:
    """Any number of engines share the lanes of one database.

    Args:
        runners: room of the lane ("decide", "crm", "pbx", "wa") → what to do there.
        roles: "worker" for decisions and CRM deliveries, "pbx" for links to PBXs.
        lease_s: how long a dead engine keeps its lanes.
        drain_s: how long `stop` waits for attempts under way.
    """

    def __init__(
        self,
        db: Database,
        runners: Mapping[str, LaneRunner],
        *,
        clock: Clock,
        ids: Ids,
        roles: Collection[str] = ("worker", "pbx"),
        lease_s: float = 5.0,
        renew_s: float = 1.5,
        sweep_s: float = 0.7,
        drain_s: float = 15.0,
    ) -> None:
        self.id = ids.uuid()
        self._db = db
        self._runners = {r: runner for r, runner in runners.items() if role_of(r) in roles}
        self._clock = clock
        self._ids = ids
        self._roles = sorted(roles)
        self._lease_s = lease_s
        self._renew_s = renew_s
        self._sweep_s = sweep_s
        self._drain_s = drain_s
        self._owned: dict[str, OwnedLane] = {}
        self._wanted: dict[str, None] = {}
        self._elsewhere: dict[str, float] = {}
        self._called = asyncio.Event()
        self._shares = Shares()
        self._watch = ClockWatch(tolerance_s=1.0, distrust_s=lease_s)
        self._thorough_at = 0.0
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Join the others; returns after the first look around."""
        await self._sweep(thorough=True)
        for work in (self._claiming(), self._renewing(), self._sweeping()):
            self._tasks.append(asyncio.create_task(work))

    async def stop(self) -> None:
        """Finish or give back what is under way, release all lanes, leave."""
        self._stopping = True
        lanes = [o.task for o in self._owned.values() if o.task is not None]
        for task in lanes:
            task.cancel()
        if lanes:  # leases go on being renewed meanwhile
            _, late = await asyncio.wait(lanes, timeout=self._drain_s)
            for owned in self._owned.values():
                owned.doubtful = owned.task in late
            for task in late:
                task.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(Exception):  # a database that is away forgets us by itself
            async with self._db.single() as unit:
                await unit.workers.leave_everywhere(self.id)

    @property
    def lanes(self) -> frozenset[str]:
        """The lanes owned right now."""
        return frozenset(self._owned)

    def wake(self, lane: str) -> None:
        """There is work in the lane. Cheap: from the waker, the listener and the sweeper."""
        owned = self._owned.get(lane)
        if owned is not None:
            owned.kick.set()
        elif self._clock.monotonic() >= self._elsewhere.get(lane, 0.0):
            self._want(lane)

    def sweep_soon(self) -> None:
        """Wake-ups may have been lost: look for oneself, thoroughly. For `on_reconnect`."""
        self._thorough_at = 0.0

    def _want(self, lane: str) -> None:
        if lane.partition(":")[0] in self._runners and not self._stopping:
            self._wanted[lane] = None
            self._called.set()

    # -- claiming ---------------------------------------------------------------------------

    async def _claiming(self) -> None:
        while True:
            await self._called.wait()
            self._called.clear()
            while bite := self._next_bite():
                try:
                    await self._claim(bite)
                except Exception as error:  # noqa: BLE001  the sweeper will name them again
                    _log.warning("claim_failed", error=repr(error))
                    break

    def _next_bite(self) -> list[str]:
        """A few wanted lanes that fit into our share; those beyond it are left to the others."""
        mine = Counter(o.room for o in self._owned.values())
        wanted = Counter(lane.partition(":")[0] for lane in self._wanted)
        bite: list[str] = []
        while self._wanted and len(bite) < _BITE and not self._stopping:
            lane = next(iter(self._wanted))
            del self._wanted[lane]
            room = lane.partition(":")[0]
            if lane in self._owned or mine[room] >= self._shares.quota(room, wanted=wanted[room]):
                continue
            mine[room] += 1
            bite.append(lane)
        return bite

    async def _claim(self, lanes: list[str]) -> None:
        before = self._clock.monotonic()
        async with self._db.single() as unit:
            claims = await unit.lanes.claim_everywhere(lanes, self.id, self._lease_s)
        for claim in claims:
            self._own(claim, before)
        for lane in set(lanes) - {c.lane for c in claims}:
            self._elsewhere[lane] = before + _OTHERS_S

    def _own(self, claim: Claim, before: float) -> None:
        if claim.doubtful:
            _log.warning("lane_taken_over", lane=claim.lane, doubtful=claim.doubtful)
        owned = OwnedLane(
            lane=claim.lane,
            enterprise=claim.enterprise,
            connection_id=claim.connection_id,
            fence=claim.fence,
            deadline=before + self._lease_s - _MARGIN_S,
            clock=self._clock,
        )
        self._owned[claim.lane] = owned
        owned.task = asyncio.create_task(self._work(owned), name=claim.lane)
        metrics.LANES_OWNED.labels(owned.room).inc()
        if self._stopping:
            owned.task.cancel()

    async def _work(self, owned: OwnedLane) -> None:
        try:
            await self._runners[owned.room].run(owned)
        except asyncio.CancelledError:
            if not (self._stopping or owned.lost):  # given up for fairness
                self._elsewhere[owned.lane] = self._clock.monotonic() + _OTHERS_S
        except Exception:  # noqa: BLE001  one lane's bug must not end the others
            owned.doubtful = True
            metrics.RUNNER_CRASHES.labels(owned.room).inc()
            _log.exception("runner_crashed", lane=owned.lane, error_id=self._ids.uuid().hex)
        finally:
            await asyncio.shield(self._release(owned))

    async def _release(self, owned: OwnedLane) -> None:
        metrics.LANES_OWNED.labels(owned.room).dec()
        try:
            if not owned.lost:
                async with self._db.single() as unit:
                    await unit.lanes.release(
                        owned.lane, owned.fence, self.id, doubtful=owned.doubtful
                    )
        except Exception as error:  # noqa: BLE001  the lease will run out instead
            _log.warning("release_failed", lane=owned.lane, error=repr(error))
        finally:
            del self._owned[owned.lane]
            if owned.kick.news:  # it came between the runner's last look and the release
                self._want(owned.lane)

    # -- keeping ----------------------------------------------------------------------------

    async def _renewing(self) -> None:
        while True:
            await self._clock.sleep(self._renew_s)
            try:
                async with asyncio.timeout(self._renew_s):
                    await self._renew()
            except Exception as error:  # noqa: BLE001  tried again before the lease ends
                _log.warning("renewal_failed", error=repr(error))
            for owned in list(self._owned.values()):
                if not owned.lost and not owned.alive():
                    _log.warning("lease_ran_out", lane=owned.lane)
                    owned.lose()

    async def _renew(self) -> None:
        mine = [o for o in self._owned.values() if not o.lost]
        if not mine:
            return
        left = await self._renewed(mine)
        for owned in left:  # a lane that is being changed must cost no other its lease
            if await self._renewed([owned], busy=True) and self._owned.get(owned.lane) is owned:
                _log.warning("lease_lost", lane=owned.lane)
                owned.lose()

    async def _renewed(
        self, some: Sequence[OwnedLane], *, busy: bool = False
    ) -> Sequence[OwnedLane]:
        """Those whose lease could not be renewed."""
        before = self._clock.monotonic()
        fences = {owned.lane: owned.fence for owned in some}
        async with self._db.single() as unit:
            kept = await unit.lanes.renew_everywhere(fences, self.id, self._lease_s, busy=busy)
        for owned in some:
            if owned.lane in kept:
                owned.deadline = before + self._lease_s - _MARGIN_S
        return [owned for owned in some if owned.lane not in kept]

    # -- looking around ---------------------------------------------------------------------

    async def _sweeping(self) -> None:
        while True:
            await self._clock.sleep(self._sweep_s * (0.8 + 0.4 * self._ids.uniform()))
            try:
                await self._sweep(thorough=self._clock.monotonic() >= self._thorough_at)
            except Exception as error:  # noqa: BLE001  the next look is a second away
                _log.warning("sweep_failed", error=repr(error))

    async def _sweep(self, *, thorough: bool) -> None:
        async with self._db.single() as unit:
            at = await unit.workers.beat_everywhere(
                self.id, socket.gethostname(), os.getpid(), self._roles
            )
            live = {
                role: await unit.workers.live_everywhere(role, self._lease_s)
                for role in self._roles
            }
            self._shares = Shares(live=live, owned=await unit.lanes.owned_everywhere())
            await unit.lanes.heal_everywhere()
            found = await unit.lanes.sweep_everywhere(self._lease_s, thorough=thorough)
            if not _STANDING.isdisjoint(self._runners):
                found += await unit.lanes.standing_everywhere(self._lease_s)
        now = self._clock.monotonic()
        if thorough:
            self._thorough_at = now + _THOROUGH_EVERY_S
        if self._watch.observe(at, now):
            _log.warning("database_clock_jumped")
        self._take(found, orphans=self._watch.trusted(now))
        self._shed()

    def _take(self, found: list[Found], *, orphans: bool) -> None:
        for lane in found:
            if orphans or not lane.orphan:
                self._elsewhere.pop(lane.lane, None)
                if lane.lane not in self._owned:
                    self._want(lane.lane)
        now = self._clock.monotonic()
        self._elsewhere = {k: t for k, t in self._elsewhere.items() if t > now}

    def _shed(self) -> None:
        """Drain a few lanes that others should have: those that came last."""
        mine = Counter(o.room for o in self._owned.values())
        for room, count in mine.items():
            surplus = min(_BITE, self._shares.surplus(room, count))
            given = [o for o in reversed(self._owned.values()) if o.room == room][:surplus]
            for owned in given:
                if owned.task is not None and not owned.task.cancelling():
                    owned.task.cancel()
