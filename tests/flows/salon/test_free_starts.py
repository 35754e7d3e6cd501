"""A full salon's two months of free starts come from our copy in a moment."""

import time
from datetime import datetime, timedelta
from uuid import UUID

from kommutator.domain.salon.slots import free_days, seances
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
    again = free_days(books, lengths, step_s=900, earliest=datetime.now(ZONE).replace(tzinfo=None))
    assert [(one.day, one.staff_id) for one in again] == [(one.day, one.staff_id) for one in days]
    assert sum(map(len, again)) > STAFF * DAYS
