"""Looks for those who have not come for long, and forgets old questions; in every worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kommutator.flows.remind.win_back import WinBack
from kommutator.kit.clock import Clock
from kommutator.workers import metrics
from kommutator.workers.loops import Loop, Loops

if TYPE_CHECKING:
    from kommutator.store.database import Database

_LOOK_S: Final = 600.0
_RETIRE_S: Final = 3600.0
_KEPT_DAYS: Final = 365
_BREATH_S: Final = 0.05  # between small deletes, so that others hardly notice


class RemindWorker:
    """Use `start` and `stop`; a test calls the single steps."""

    def __init__(self, db: Database, win_back: WinBack, *, clock: Clock) -> None:
        self._db = db
        self._win_back = win_back
        self._clock = clock
        self._loops = Loops(
            Loop("remind-win-back", self.look, clock, _LOOK_S),
            Loop("remind-retire", self.retire, clock, _RETIRE_S),
        )

    async def start(self) -> None:
        self._loops.start()

    async def stop(self) -> None:
        await self._loops.stop()

    async def look(self) -> None:
        """Once a day for each salon, whoever does it."""
        await self._win_back.round()

    async def retire(self) -> None:
        """Delete questions older than a year, in small transactions. Reviews stay."""
        while True:
            async with self._db.single() as unit:
                gone = await unit.questions.retire_everywhere(_KEPT_DAYS)
            metrics.RETAINED.labels("questions").inc(gone)
            if not gone:
                return
            await self._clock.sleep(_BREATH_S)
