"""One try on the wire, held to its time whatever the connector does."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from kommutator.domain.connection import Account
from kommutator.domain.outcome import Done, Exchange, Failed, Outcome
from kommutator.domain.ports import Delivery, Due
from kommutator.kit.clock import Clock
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.kit.ids import Ids
from kommutator.workers import metrics

_log = structlog.get_logger(__name__)


class Attempts:
    """Tries commands through connectors and turns whatever happens into outcomes."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._hung: set[asyncio.Task[Sequence[Outcome]]] = set()

    async def run(
        self, delivery: Delivery, account: Account, batch: Sequence[Due], timeout_s: float
    ) -> Sequence[Outcome]:
        """One outcome per command, in order; never raises but for cancellation."""
        started = self._clock.monotonic()
        task = asyncio.ensure_future(delivery.deliver(account, batch))
        try:
            await asyncio.wait((task,), timeout=timeout_s)
        finally:
            if not task.done():
                self._abandon(task, delivery)
        seconds = self._clock.monotonic() - started
        metrics.ATTEMPT_SECONDS.labels(delivery.kind.value).observe(seconds)
        if not task.done():
            return [_silence(timeout_s, seconds)] * len(batch)
        return self._judge(task, account, batch, seconds)

    def _judge(
        self,
        task: asyncio.Task[Sequence[Outcome]],
        account: Account,
        batch: Sequence[Due],
        seconds: float,
    ) -> Sequence[Outcome]:
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is None:
            outcomes = task.result()
            if len(outcomes) == len(batch):
                return outcomes
            error = ValueError(f"{len(outcomes)} outcomes for {len(batch)} commands")
        error_id = self._ids.uuid().hex
        _log.error("connector_raised", error_id=error_id, kind=account.kind.value, exc_info=error)
        # Nobody knows how far it came: before a repeat, look.
        ours = Failed(
            kind=ErrorKind.OURS,
            stage=Stage.SENT,
            message=f"internal error {error_id}",
            exchange=Exchange(duration_ms=seconds * 1000),
        )
        return [ours] * len(batch)

    def _abandon(self, task: asyncio.Task[Sequence[Outcome]], delivery: Delivery) -> None:
        """Cancel without waiting: a connector that swallows it must not hold the lane."""
        task.cancel()
        self._hung.add(task)
        task.add_done_callback(self._buried)
        asyncio.get_running_loop().call_later(1.0, self._complain, task, delivery.kind.value)

    def _buried(self, task: asyncio.Task[Sequence[Outcome]]) -> None:
        self._hung.discard(task)
        if not task.cancelled():
            task.exception()  # seen: too late to matter

    def _complain(self, task: asyncio.Task[Sequence[Outcome]], kind: str) -> None:
        if not task.done():
            metrics.HUNG.labels(kind).inc()
            _log.error("connector_hangs", kind=kind)


def _silence(timeout_s: float, seconds: float) -> Outcome:
    return Failed(
        kind=ErrorKind.UNSURE,
        stage=Stage.SENT,
        message=f"no answer within {timeout_s:g} s",
        exchange=Exchange(duration_ms=seconds * 1000),
    )


def result_of(outcome: Outcome) -> str:
    """For the metrics: "done" or the error kind."""
    return "done" if isinstance(outcome, Done) else outcome.kind.value
