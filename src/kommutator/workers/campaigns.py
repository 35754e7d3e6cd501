"""Campaigns at work: one process holds each, looks at it several times a second, and lets go.

Any number of processes may run this. Who holds a campaign is a lease in its row; a process that
was too slow finds at its next look that the fence has moved, and does nothing.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from kommutator.flows.campaigns.dial import DialCampaigns
from kommutator.flows.campaigns.fill import FillCampaigns
from kommutator.kit.clock import Clock
from kommutator.kit.ids import Ids
from kommutator.store.campaigns import Hold
from kommutator.store.database import Database
from kommutator.store.driver import TRANSIENT
from kommutator.workers import metrics

_log = structlog.get_logger(__name__)
_TICK_S = 0.3  # while a campaign is at work
_IDLE_S = 1.0
_REST_S = 2.0  # for one that waits for what does not change in a second
_RESTFUL = frozenset({"nobody_due", "no_agents", "pbx_down", "filling"})
_AT_ONCE = 10  # calls of one campaign in one round: its pace decides, not this
LEASE_S = 10.0


class CampaignWorker:
    """One loop of one process."""

    def __init__(
        self,
        db: Database,
        dial: DialCampaigns,
        fill: FillCampaigns,
        *,
        clock: Clock,
        ids: Ids,
        lease_s: float = LEASE_S,
        tick_s: float = _TICK_S,
    ) -> None:
        self._db = db
        self._dial = dial
        self._fill = fill
        self._clock = clock
        self._owner = ids.uuid()
        self._lease_s = lease_s
        self._tick_s = tick_s
        self._loop: asyncio.Task[None] | None = None
        self._filling: dict[Hold, asyncio.Task[None]] = {}
        self._rests: dict[Hold, float] = {}  # monotonic: not to be looked at before this

    async def start(self) -> None:
        self._loop = asyncio.create_task(self._for_ever(), name="campaigns")

    async def stop(self) -> None:
        """Let others go on at once; calls under way need nobody."""
        tasks = [*self._filling.values(), *((self._loop,) if self._loop else ())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(*TRANSIENT):
            async with self._db.single() as unit:
                await unit.campaigns.release_everywhere(self._owner)

    async def _for_ever(self) -> None:
        while True:
            held = 0
            try:
                held = await self.round(patient=True)
            except Exception as error:  # noqa: BLE001  the database is away; campaigns wait
                _log.warning("campaigns.round_failed", error=repr(error))
            await self._clock.sleep(self._tick_s if held else max(_IDLE_S, self._tick_s))

    async def round(self, *, patient: bool = False) -> int:
        """Look at every campaign that is ours; returns how many are.

        `patient`: those that wait for something slow are looked at more seldom.
        """
        async with self._db.single() as unit:
            holds = await unit.campaigns.claim_everywhere(self._owner, self._lease_s)
        metrics.CAMPAIGNS_HELD.set(len(holds))
        now = self._clock.monotonic()
        self._rests = {hold: until for hold, until in self._rests.items() if until > now}
        awake = [hold for hold in holds if not patient or hold not in self._rests]
        for hold in awake:
            self._fill_beside(hold)
        await asyncio.gather(*(self._look(hold) for hold in awake))
        return len(holds)

    async def idle(self) -> None:
        """Until nothing is being read from a CRM."""
        await asyncio.gather(*self._filling.values())

    async def _look(self, hold: Hold) -> None:
        """A campaign that cannot be looked at holds up no other."""
        try:
            for _ in range(_AT_ONCE):
                look = await self._dial.look(hold)
                for result in look.results:
                    metrics.CAMPAIGN_CALLS.labels(result.value).inc()
                if look.placed:
                    metrics.CAMPAIGN_PLACED.inc()
                if look.moved_to is not None:
                    metrics.CAMPAIGNS_LEFT.labels(look.moved_to).inc()
                if look.waits in _RESTFUL:
                    self._rests[hold] = self._clock.monotonic() + _REST_S
                if not look.placed:
                    return
        except Exception as error:  # noqa: BLE001  see above
            _log.warning("campaigns.look_failed", campaign=str(hold.id), error=repr(error))

    def _fill_beside(self, hold: Hold) -> None:
        """A CRM that takes its time must not keep calls from being placed."""
        if hold in self._filling:
            return
        task = asyncio.create_task(self._read(hold), name="campaign-leads")
        self._filling[hold] = task
        task.add_done_callback(lambda _done: self._filling.pop(hold, None))

    async def _read(self, hold: Hold) -> None:
        try:
            while await self._fill.turn(hold):
                metrics.CAMPAIGN_PAGES.inc()
        except Exception as error:  # noqa: BLE001  the next round tries again
            _log.warning("campaigns.leads_failed", campaign=str(hold.id), error=repr(error))
