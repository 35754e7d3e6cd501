"""Finding out what became of bookings whose answer was lost, here or at the vendor."""

from __future__ import annotations

import structlog

from kommutator.flows.directory import Directory
from kommutator.flows.salon.book import Book
from kommutator.kit.clock import Clock
from kommutator.kit.errors import KommutatorError
from kommutator.store.database import Database
from kommutator.workers.loops import Loop

_log = structlog.get_logger(__name__)
_AT_ONCE = 20


class BookingSettler:
    """One loop; the rows say when each is looked for again, whoever does it."""

    def __init__(self, db: Database, directory: Directory, book: Book, *, clock: Clock) -> None:
        self._db = db
        self._directory = directory
        self._book = book
        self._loop = Loop("salon-bookings", self._settle, clock)

    async def start(self) -> None:
        self._loop.start()

    async def stop(self) -> None:
        await self._loop.stop()

    async def _settle(self) -> None:
        async with self._db.single() as unit:
            open_ones = await unit.salon_bookings.claim_everywhere(_AT_ONCE)
        for booking in open_ones:
            try:
                account = await self._directory.account(booking.connection_id)
                await self._book.settle(account, booking)
            except KommutatorError as error:
                _log.info("booking.not_settled", booking=str(booking.id), reason=str(error))
