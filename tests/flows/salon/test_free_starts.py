"""A full salon's two months of free starts come from our copy in a moment."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from kommutator.domain.salon.slots import FreeDay, free_days, open_day, seances
from kommutator.store.database import Database
from tests.support.big_salon import DAYS, SERVICES, STAFF, fill_salon, salons_of
from tests.support.copied_salon import HERE, ZONE

GENEROUS_S = 0.1  # of our processor: `python -m bench.free_slots` measures in earnest


async def test_thirty_employees_and_sixty_days(db: Database) -> None:
    account = await fill_salon(db, UUID(int=7))
    salons, first = salons_of(db), datetime.now(ZONE).date()
    last = first + timedelta(days=DAYS - 1)
    took = []
    for _ in range(5):
        began = time.process_time()
        days = await salons.free_starts(account, [1], [], first, last)
        took.append(time.process_time() - began)
    assert min(took) < GENEROUS_S
    assert {one.staff_id for one in days} == set(range(1, STAFF + 1))
    async with db.unit() as unit:
        people = await unit.salon_lists.staff(HERE, account.connection_id)
        books = await unit.salon_days.between(HERE, account.connection_id, first, last)
    lengths = seances(SERVICES, people, [1])
    now = datetime.now(ZONE).replace(tzinfo=None)
    again = free_days(map(open_day, books), lengths, step_s=900, earliest=now)
    assert _told(again) == _told(days)
    assert sum(map(len, again)) > STAFF * DAYS


def _told(days: Sequence[FreeDay]) -> list[tuple[object, ...]]:
    """But for what a quarter of an hour that ends meanwhile changes."""
    today = min(one.day for one in days)
    return sorted(
        (one.day, one.staff_id, one.seance_s, list(one.seconds()))
        for one in days
        if one.day > today
    )
