"""Asks messengers for news, counts phones, forgets what is old; in every worker process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kommutator.domain.whatsapp.states import SessionState
from kommutator.flows.chats.ask import AskChannels
from kommutator.flows.whatsapp.too_late import give_up_late
from kommutator.kit.clock import Clock
from kommutator.kit.ids import Ids
from kommutator.workers import metrics
from kommutator.workers.loops import Loop, Loops

if TYPE_CHECKING:
    from kommutator.store.database import Database

_ROUND_S: Final = 1.0
_RETIRE_S: Final = 3600.0
_COUNT_S: Final = 15.0
_KEPT_DAYS: Final = 365
_BREATH_S: Final = 0.05  # between small deletes, so that others hardly notice


class ChannelWorker:
    """Use `start` and `stop`; a test calls the single steps."""

    def __init__(self, db: Database, ask: AskChannels, *, clock: Clock, ids: Ids) -> None:
        self._db = db
        self._ask = ask
        self._clock = clock
        self._owner = ids.uuid()
        self._asking = Loop("channels-ask", self.round, clock, _ROUND_S)
        self._loops = Loops(
            self._asking,
            Loop("channels-retire", self.retire, clock, _RETIRE_S),
            Loop("whatsapp-count", self.count, clock, _COUNT_S),
            Loop("whatsapp-late", self.give_up, clock, _COUNT_S),
        )

    async def start(self) -> None:
        self._loops.start()

    async def stop(self) -> None:
        await self._loops.stop()

    def kick(self) -> None:
        """A messenger may have been connected."""
        self._asking.kick()

    async def round(self) -> None:
        """Ask whoever is due."""
        await self._ask.round(self._owner)

    async def give_up(self) -> None:
        """What waits for a closed line and would come too late."""
        await give_up_late(self._db)

    async def count(self) -> None:
        """How many phones are in each state."""
        async with self._db.single() as unit:
            standing = await unit.whatsapp.count_everywhere()
        for state in SessionState:
            metrics.WHATSAPP_SESSIONS.labels(state.value).set(standing.get(state.value, 0))

    async def retire(self) -> None:
        """Delete old notices, and what WhatsApp needs no more, in small transactions."""
        while True:
            async with self._db.single() as unit:
                gone = await unit.notices.retire_everywhere(_KEPT_DAYS)
                old = await unit.whatsapp_sent.retire_everywhere()
            metrics.RETAINED.labels("notices").inc(gone)
            metrics.RETAINED.labels("whatsapp").inc(old)
            if not gone and not old:
                return
            await self._clock.sleep(_BREATH_S)
