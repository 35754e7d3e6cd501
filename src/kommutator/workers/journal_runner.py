"""Decides upon the journal of one enterprise, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol

import structlog

from kommutator.domain.journal import Ignored, JournalRow, Verdict
from kommutator.kit.clock import Clock
from kommutator.kit.ids import Ids
from kommutator.store.database import Database
from kommutator.store.driver import is_transient
from kommutator.store.unit import Unit
from kommutator.workers import metrics
from kommutator.workers.lease import Lease

_log = structlog.get_logger(__name__)
_BATCH = 100
_PAUSE_S = 0.2


class Decide(Protocol):
    """Reads one row and writes what follows, through the unit only: it may be rolled back."""

    def __call__(self, unit: Unit, row: JournalRow) -> Awaitable[Verdict]: ...


class Prepare(Protocol):
    """Looks at a whole batch before the first of its rows is decided upon, in its transaction."""

    def __call__(self, unit: Unit, rows: Sequence[JournalRow]) -> Awaitable[None]: ...


class LeaseLost(Exception):
    """Another engine has the lane; nothing of this batch was stored."""


class JournalRunner:
    """Feeds rows to `decide`, many per transaction.

    A batch first runs without savepoints. If a row raises, the batch is rolled back and runs
    again with a savepoint for each row, so that the bad one is marked as failed, with an error
    id that is also in the log, and the others have their effect exactly once.
    """

    def __init__(
        self,
        db: Database,
        decide: Decide,
        *,
        clock: Clock,
        ids: Ids,
        prepare: Prepare | None = None,
        linger_s: float = 2.0,
        batch: int = _BATCH,
    ) -> None:
        self._db = db
        self._decide = decide
        self._prepare = prepare
        self._clock = clock
        self._ids = ids
        self._linger_s = linger_s
        self._batch = batch

    async def run(self, lease: Lease) -> None:
        """Decide until there has been nothing for a while."""
        while lease.alive():
            lease.kick.take()
            try:
                count = await self._one_batch(lease)
            except LeaseLost:
                return
            except Exception as error:
                if not is_transient(error):
                    raise
                _log.warning("decisions_delayed", lane=lease.lane, error=repr(error))
                await self._clock.sleep(_PAUSE_S)
                continue
            if count < self._batch and not await self._kicked(lease):
                return

    async def _kicked(self, lease: Lease) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._linger_s):
                await lease.kick.wait()
        return lease.kick.is_set()

    async def _one_batch(self, lease: Lease) -> int:
        try:
            return await self._run_batch(lease, self._decide_all)
        except Exception as error:
            if isinstance(error, LeaseLost) or is_transient(error):
                raise
            return await self._run_batch(lease, self._decide_apart)

    async def _run_batch(
        self, lease: Lease, work: Callable[[Unit, Sequence[JournalRow]], Awaitable[None]]
    ) -> int:
        async with self._db.unit() as unit:
            rows = await unit.journal.fetch_new(lease.enterprise, self._batch)
            await self._look_at(unit, rows)
            await work(unit, rows)
            # Last, so that the lock which keeps others out does not keep our renewals waiting.
            if not await unit.lanes.hold(lease.enterprise, lease.lane, lease.fence):
                raise LeaseLost
        return len(rows)

    async def _look_at(self, unit: Unit, rows: Sequence[JournalRow]) -> None:
        if self._prepare is None or not rows:
            return
        try:
            await self._prepare(unit, rows)
        except Exception as error:
            if is_transient(error):
                raise
            _log.exception("batch_not_prepared", row=rows[0].id)

    async def _decide_all(self, unit: Unit, rows: Sequence[JournalRow]) -> None:
        verdicts = {row.id: await self._decide(unit, row) for row in rows}
        if rows:
            await self._mark(unit, rows, verdicts)

    async def _decide_apart(self, unit: Unit, rows: Sequence[JournalRow]) -> None:
        verdicts: dict[int, Verdict] = {}
        for row in rows:
            try:
                async with unit.connection.transaction():  # a savepoint: we are in a transaction
                    verdicts[row.id] = await self._decide(unit, row)
            except Exception as error:
                if is_transient(error):
                    raise
                await self._fail(unit, row)
        if verdicts:
            await self._mark(unit, rows, verdicts)

    async def _fail(self, unit: Unit, row: JournalRow) -> None:
        error_id = self._ids.uuid().hex
        metrics.DECISIONS.labels("failed").inc()
        _log.exception(
            "decision_failed", error_id=error_id, row=row.id, source=row.source, kind=row.kind
        )
        await unit.journal.fail(row.enterprise, row.id, error_id)

    async def _mark(
        self, unit: Unit, rows: Sequence[JournalRow], verdicts: dict[int, Verdict]
    ) -> None:
        await unit.journal.mark(rows[0].enterprise, verdicts)
        for verdict in verdicts.values():
            ignored = isinstance(verdict, Ignored)
            metrics.DECISIONS.labels("ignored" if ignored else "decided").inc()
