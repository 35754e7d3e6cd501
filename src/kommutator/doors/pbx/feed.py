"""From the link's queue into the journal, in order, nothing left behind."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from typing import Any, Final, Protocol

import msgspec
import structlog

from kommutator.connectors.pbx.asterisk.ami import AmiLink
from kommutator.connectors.pbx.asterisk.translate import order_key
from kommutator.domain.connection import Account
from kommutator.domain.journal import Arrival, Receipt
from kommutator.kit.clock import Clock
from kommutator.kit.errors import InvalidInput, Unavailable

_log = structlog.get_logger(__name__)
SOURCE: Final = "ami"
_BATCH: Final = 256
_PAUSE_S: Final = 0.2


class Intake(Protocol):
    """What is needed of `flows.intake.Intake`."""

    async def accept(self, arrival: Arrival) -> Receipt: ...


class Feed:
    """The events of one link on their way.

    While the journal is away events wait: here, then in the link's queue, and when that is
    full the link is dropped and the gap reconciled.
    """

    def __init__(self, account: Account, link: AmiLink, intake: Intake, *, clock: Clock) -> None:
        self._account = account
        self._link = link
        self._intake = intake
        self._clock = clock
        self._numbers = itertools.count(1)
        self._held: list[Arrival] = []

    async def run(self) -> None:
        """For ever."""
        while True:
            first = await self._link.next_event()
            self._held += map(self._arrival, [first, *self._link.events_at_hand(_BATCH - 1)])
            while self._held:
                await self._store_held()
                if self._held:
                    await self._clock.sleep(_PAUSE_S)

    async def put(self, event: dict[str, Any]) -> None:
        """An event of our own making, after everything heard so far."""
        arrival = self._arrival(event)
        while isinstance(await self._accept(arrival), Unavailable):
            await self._clock.sleep(_PAUSE_S)

    async def flush(self) -> None:
        """Before leaving: one try for what was heard and is not stored yet."""
        self._held += map(self._arrival, self._link.events_at_hand(1 << 20))
        await self._store_held()
        if self._held:
            _log.warning("pbx_events_left_behind", count=len(self._held))

    async def _store_held(self) -> None:
        """One try; what the journal could not take stays held."""
        # All at once: the intake keeps their order and commits them together.
        held = list(self._held)
        outcomes = await asyncio.gather(*(self._accept(arrival) for arrival in held))
        pairs: Sequence[tuple[Arrival, Unavailable | None]] = list(zip(held, outcomes, strict=True))
        self._held = [arrival for arrival, unavailable in pairs if unavailable]

    async def _accept(self, arrival: Arrival) -> Unavailable | None:
        try:
            await self._intake.accept(arrival)
        except Unavailable as unavailable:
            return unavailable
        except InvalidInput as error:
            _log.warning("pbx_event_not_storable", kind=arrival.kind, error=error.code)
        return None

    def _arrival(self, event: dict[str, Any]) -> Arrival:
        return Arrival(
            enterprise=self._account.enterprise,
            source=SOURCE,
            kind=str(event["Event"])[:64],
            key=order_key(event),
            dedupe_key=f"{event['Session']}:{next(self._numbers)}",
            body=msgspec.json.encode(event),
            connection_id=self._account.connection_id,
        )
