"""A salon's free starts as a brain may see them, from our copy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from kommutator.domain.assistant.talk import Offer
from kommutator.domain.connection import Account
from kommutator.domain.salon.booking import Start
from kommutator.domain.salon.slots import ANYBODY
from kommutator.flows.salon.alternatives import without_held
from kommutator.flows.salon.shelf import SalonShelf
from kommutator.store.database import Database


class ShelfTimes:
    """Implements `FreeTimes` for one salon; what other clients are just booking is not free."""

    def __init__(self, db: Database, shelf: SalonShelf, salon: Account) -> None:
        self._db = db
        self._shelf = shelf
        self._salon = salon

    async def starts(
        self, service_ids: Sequence[int], staff_id: int | None, first: date, last: date
    ) -> Sequence[Offer]:
        """In time's order; `staff_id` None: of anybody who can."""
        free = await self._shelf.free(self._salon, service_ids, staff_id or ANYBODY, first, last)
        return await self._open(free, first, last)

    async def moves(self, record_id: int, first: date, last: date) -> Sequence[Offer]:
        """Where this visit could go as it is; nowhere, if there is none."""
        visit = await self._shelf.visit(self._salon, record_id)
        if visit is None or visit.deleted:
            return ()
        return await self._open(
            await self._shelf.free_to_move(self._salon, visit, first, last), first, last
        )

    async def _open(self, starts: Sequence[Start], first: date, last: date) -> Sequence[Offer]:
        async with self._db.single() as unit:
            held = await unit.salon_bookings.held(
                self._salon.enterprise,
                self._salon.connection_id,
                datetime.combine(first, time.min) - timedelta(days=1),
                datetime.combine(last, time.min) + timedelta(days=2),
            )
        return [
            Offer(one.staff_id, one.starts_at, one.seance_s) for one in without_held(starts, held)
        ]
