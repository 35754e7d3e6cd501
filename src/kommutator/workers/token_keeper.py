"""Renews tokens before they end, ends what cannot be renewed, forgets what is over.

May run in every worker process: who exchanges a token is decided by the row itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import structlog

from kommutator.domain.oauth import GrantState
from kommutator.flows.grants import Grants
from kommutator.kit.clock import Clock
from kommutator.workers import metrics
from kommutator.workers.loops import Loop, Loops

if TYPE_CHECKING:
    from kommutator.store.database import Database

_log = structlog.get_logger(__name__)
_AT_ONCE = 4
_BATCH = 100
_KEPT_DAYS = 1
_TICK_S = 20.0  # between looks for what is due; a token is due hours before it ends
_RETIRE_S = 3600.0
FirstCode = Callable[[], Awaitable[object]]
"""Exchanges the code of the settings, if there is one."""


class TokenKeeper:
    """Use `start` and `stop`; a test calls the single steps.

    Args:
        first: done once at the start, aside.
    """

    def __init__(
        self,
        db: Database,
        grants: Grants,
        *,
        clock: Clock,
        first: FirstCode | None = None,
    ) -> None:
        self._db = db
        self._grants = grants
        self._first = first
        self._opening: asyncio.Task[None] | None = None
        self._loops = Loops(
            Loop("tokens-renew", self.renew_due, clock, _TICK_S),
            Loop("tokens-over", self.end_over, clock, _TICK_S),
            Loop("tokens-unpaid", grants.hear_unpaid, clock, _TICK_S),
            Loop("tokens-paid", grants.ask_again, clock, _TICK_S),
            Loop("tokens-let-in", grants.let_in_again, clock, _TICK_S),
            Loop("tokens-count", self.count, clock, _TICK_S),
            Loop("tokens-retire", self.retire, clock, _RETIRE_S),
        )

    async def start(self) -> None:
        self._loops.start()
        if self._first is not None:
            self._opening = asyncio.create_task(self._once(self._first))

    async def stop(self) -> None:
        """An exchange under way gets its answer first: a token that left works only once."""
        await self._loops.stop()
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.gather(self._opening, return_exceptions=True)
        await self._grants.drain()

    async def renew_due(self) -> int:
        """Renew what is due, a few at a time; returns how many were tried."""
        async with self._db.single() as unit:
            due = await unit.grants.due_everywhere(_BATCH)
        slots = asyncio.Semaphore(_AT_ONCE)

        async def renew(number: int) -> None:
            enterprise, connection_id, generation = due[number]
            async with slots:
                after = await self._grants.renew(enterprise, connection_id, generation)
            done = after is not None and after.generation > generation
            fine = done and after is not None and after.state is GrantState.ACTIVE
            outcome = "renewed" if fine else "in_vain" if not done else "without_refresh"
            metrics.GRANTS_RENEWED.labels(outcome).inc()

        results = await asyncio.gather(*map(renew, range(len(due))), return_exceptions=True)
        for failure in filter(None, results):
            _log.warning("token_not_renewed", error=repr(failure))
        return len(due)

    async def end_over(self) -> int:
        """Break connections whose last token ended; returns how many."""
        async with self._db.single() as unit:
            over = await unit.grants.over_everywhere(_BATCH)
        for enterprise, connection_id in over:
            await self._grants.over(enterprise, connection_id)
        return len(over)

    async def count(self) -> None:
        """How many grants are in which state, all tenants together."""
        async with self._db.single() as unit:
            states = await unit.grants.states_everywhere()
        metrics.GRANTS.clear()
        for kind, state, number in states:
            metrics.GRANTS.labels(kind, state).set(number)

    async def retire(self) -> None:
        """Journeys nobody came back from, codes and installs nobody can use."""
        async with self._db.unit() as unit:
            gone = await unit.oauth_states.retire_everywhere(_KEPT_DAYS)
            gone += await unit.oauth_installs.retire_everywhere()
        metrics.RETAINED.labels("oauth").inc(gone)

    async def _once(self, work: FirstCode) -> None:
        try:
            await work()
        except Exception as error:  # noqa: BLE001  the service works without it
            _log.warning("first_code_failed", error=repr(error))
