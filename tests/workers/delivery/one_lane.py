"""The lane that every test of this room delivers."""

from kommutator.store.database import Database
from kommutator.store.lanes import LaneStatus
from tests.workers.harness import account

A = account(1)


async def lane(db: Database) -> LaneStatus:
    async with db.single() as unit:
        return (await unit.lanes.status(A.enterprise, A.lane))[0]
