"""Salons at YClients, aside: connections to be finished, standings to be looked at.

May run in every worker process: connecting twice is one connection, and the nightly look is done
by whoever claims it first.
"""

from __future__ import annotations

from datetime import timedelta

import structlog

from kommutator.flows.yclients.services import YClients
from kommutator.kit.clock import Clock
from kommutator.store.database import Database
from kommutator.workers import metrics
from kommutator.workers.loops import Loop, Loops

_log = structlog.get_logger(__name__)
_CONNECT_S = 10.0
_TROUBLED_S = 900.0  # unpaid and narrowed salons: nobody tells when that is over
_NIGHTLY_LOOK_S = 600.0  # for whether it is due
_RETIRE_S = 3600.0
_KEPT = timedelta(days=1)


class YClientsKeeper:
    """Use `start` and `stop`; a test calls the single steps."""

    def __init__(self, db: Database, yclients: YClients, *, clock: Clock) -> None:
        self._db = db
        self._yclients = yclients
        self._loops = Loops(
            Loop("yclients-connect", self.connect_due, clock, _CONNECT_S),
            Loop("yclients-first-look", yclients.look.first, clock, _CONNECT_S),
            Loop("yclients-messenger", yclients.messenger.due, clock, _CONNECT_S),
            Loop("yclients-troubled", yclients.reconcile.troubled, clock, _TROUBLED_S),
            Loop("yclients-nightly", self.reconcile, clock, _NIGHTLY_LOOK_S),
            Loop("yclients-retire", self.retire, clock, _RETIRE_S),
        )

    async def start(self) -> None:
        if self._yclients.vendors.ready:
            self._loops.start()

    async def stop(self) -> None:
        await self._loops.stop()

    async def connect_due(self) -> int:
        """Salons whose vendor has not heard yet that they are connected."""
        if not self._yclients.vendors.in_marketplace:
            return 0
        return await self._yclients.activate.due()

    async def reconcile(self) -> None:
        """Once a day, by one process."""
        found = await self._yclients.reconcile.nightly()
        if found is None:
            return
        for what, times in found.items():
            metrics.YCLIENTS_DIFFERENCES.labels(what).inc(times)
        _log.info("yclients.reconciled", **found)

    async def retire(self) -> None:
        """Ways in that nobody can use any more."""
        async with self._db.unit() as unit:
            gone = await unit.yclients_arrivals.retire_everywhere(_KEPT)
        metrics.RETAINED.labels("yclients").inc(gone)
