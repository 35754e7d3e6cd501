"""Clicks and hooks that were refused, audited so that no flood of them fills the disk.

Of one tenant and one reason the first refusal is written at once, those that follow as one row
per minute with their number. Strangers, whose tenant nobody knows, share the platform's rows.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

from kommutator.domain.dialing import printable
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.clock import Clock
from kommutator.kit.metrics import Metrics

if TYPE_CHECKING:
    from kommutator.store.database import Database

_log = structlog.get_logger()
CLICK = "click.refused"
HOOK = "hook.refused"
_EVERY_S = 60.0
_MOST_NAMES = 10
_LONGEST_NAME = 100

_Key = tuple[EnterpriseNumber | None, str, str]


@dataclass(slots=True)
class _Tally:
    """What is not written yet. `actors` and `targets` are the first few, in order."""

    since: float  # monotonic
    times: int = 0
    actors: dict[str, None] = field(default_factory=dict)
    targets: dict[str, None] = field(default_factory=dict)

    def add(self, actor: str, target: str | None) -> None:
        self.times += 1
        for names, name in ((self.actors, actor), (self.targets, target)):
            if name and len(names) < _MOST_NAMES:
                names[name] = None


class Refusals:
    """One per process; so many rows per minute are its share."""

    def __init__(self, db: Database, metrics: Metrics, *, clock: Clock) -> None:
        self._db = db
        self._counter = metrics.clicks_refused
        self._clock = clock
        self._tallies: dict[_Key, _Tally] = {}
        self._sweeper: asyncio.Task[None] | None = None

    async def note(
        self,
        enterprise: EnterpriseNumber | None,
        reason: str,
        *,
        actor: str,
        target: str | None = None,
        action: str = CLICK,
    ) -> None:
        """Never raises: a refusal stays a refusal though nobody could write it down.

        Args:
            reason: slug of the error.
            actor: who asked: an employee, a CRM's user, or a stranger's address.
            target: the number that was to be called, as it came.
            action: `CLICK`, which is counted for the alerts, or `HOOK`.
        """
        if action == CLICK:
            self._counter.labels(reason).inc()
        actor = printable(actor, _LONGEST_NAME)
        target = printable(target) if target else None
        key = (enterprise, action, reason)
        known = self._tallies.get(key)
        tally = known or self._tallies.setdefault(key, _Tally(self._clock.monotonic()))
        tally.add(actor, target)
        if known is None:
            self._wake_sweeper()
            await self._write(key, tally)

    async def stop(self) -> None:
        """Write what is left."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        for key, tally in list(self._tallies.items()):
            await self._write(key, tally)
        self._tallies.clear()

    def _wake_sweeper(self) -> None:
        if self._sweeper is None or self._sweeper.done():
            self._sweeper = asyncio.create_task(self._sweep(), name="refusals")

    async def _sweep(self) -> None:
        while self._tallies:
            oldest = min(tally.since for tally in self._tallies.values())
            await self._clock.sleep(max(1.0, oldest + _EVERY_S - self._clock.monotonic()))
            now = self._clock.monotonic()
            for key, tally in list(self._tallies.items()):
                if now - tally.since < _EVERY_S:
                    continue
                if not tally.times:
                    del self._tallies[key]  # a quiet minute: the next is a first one again
                    continue
                tally.since = now
                await self._write(key, tally)

    async def _write(self, key: _Key, tally: _Tally) -> None:
        """Count from nought again before writing: others may be refused meanwhile."""
        if not tally.times:
            return
        enterprise, action, reason = key
        written = _Tally(tally.since, tally.times, tally.actors, tally.targets)
        tally.times, tally.actors, tally.targets = 0, {}, {}
        detail: dict[str, Any] = {"reason": reason, "times": written.times}
        for name, names in (("actors", written.actors), ("targets", written.targets)):
            if written.times > 1 and names:
                detail[name] = list(names)
        try:
            async with self._db.unit() as unit:
                await unit.audit.add(
                    enterprise,
                    actor=next(iter(written.actors), "?"),
                    action=action,
                    target=next(iter(written.targets), None),
                    detail=detail,
                )
        except Exception as error:  # noqa: BLE001  the answer to the caller matters more
            tally.times += written.times
            tally.actors = {**written.actors, **tally.actors}
            tally.targets = {**written.targets, **tally.targets}
            _log.warning("refusal_not_audited", reason=reason, error=type(error).__name__)
