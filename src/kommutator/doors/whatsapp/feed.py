"""From an open line into the journal, in order, nothing left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

import structlog

from kommutator.domain.connection import Account
from kommutator.domain.journal import Arrival, Receipt
from kommutator.domain.whatsapp.events import MessageHeard, StatusHeard
from kommutator.domain.whatsapp.journal import arrival_of
from kommutator.kit.clock import Clock
from kommutator.kit.errors import InvalidInput, Unavailable
from kommutator.store.database import Database
from kommutator.store.driver import is_transient

_log = structlog.get_logger(__name__)
_PAUSE_S: Final = 0.2
Heard = MessageHeard | StatusHeard


class Intake(Protocol):
    """What is needed of `flows.intake.Intake`."""

    async def accept(self, arrival: Arrival) -> Receipt: ...


class Feed:
    """Of one session. While the journal is away what was heard waits here."""

    def __init__(self, db: Database, account: Account, intake: Intake, *, clock: Clock) -> None:
        self._db = db
        self._account = account
        self._intake = intake
        self._clock = clock

    async def put(self, heard: Sequence[Heard]) -> None:
        """Returns when all of it is on disk. The intake keeps the order of what comes at once."""
        held = [one for event in heard if (one := await self._arrival(event)) is not None]
        while held:
            outcomes = await asyncio.gather(*(self._accepted(arrival) for arrival in held))
            held = [one for one, done in zip(held, outcomes, strict=True) if not done]
            if held:
                await self._clock.sleep(_PAUSE_S)

    async def _arrival(self, event: Heard) -> Arrival | None:
        """None for the echo of what we sent ourselves."""
        if isinstance(event, MessageHeard) and event.from_me and await self._is_ours(event.id):
            return None
        return arrival_of(self._account, event, self._clock.now())

    async def _is_ours(self, message_id: str) -> bool:
        whose = (self._account.enterprise, self._account.connection_id)
        while True:
            try:
                async with self._db.single() as unit:
                    return await unit.whatsapp_sent.is_ours(*whose, message_id)
            except Exception as error:
                if not is_transient(error):
                    raise
                await self._clock.sleep(_PAUSE_S)

    async def _accepted(self, arrival: Arrival) -> bool:
        try:
            await self._intake.accept(arrival)
        except Unavailable:
            return False
        except InvalidInput as error:
            _log.warning("whatsapp_event_not_storable", kind=arrival.kind, error=error.code)
        return True
