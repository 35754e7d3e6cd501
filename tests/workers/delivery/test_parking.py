"""Delivering one lane: a connection that is revoked, paused or absent parks it until it heals."""

from kommutator.domain.connection import ConnectionStatus
from kommutator.domain.outcome import Outcome
from kommutator.domain.ports import Due
from kommutator.kit.errors import ErrorKind
from kommutator.store.database import Database
from tests.support.waiting import eventually, takes
from tests.workers.delivery.one_lane import A, lane
from tests.workers.harness import (
    OK,
    FakeDelivery,
    account,
    failed,
    house,
    owe,
    record,
    states,
)


async def test_revoked_access_parks_the_lane_and_unparking_resumes(
    db: Database, database_url: str
) -> None:
    revoked = True

    async def reply(due: Due) -> Outcome:
        return failed(ErrorKind.ACCESS_REVOKED) if revoked else OK

    await owe(db, A, [(f"k{i}", f"{i}", record()) for i in range(3)])
    async with house(database_url, FakeDelivery(reply, slots=1), [A]) as h:
        await eventually(lambda: _parked(h.db, "access_revoked"))
        await eventually(lambda: not h.engine.lanes)
        assert await states(db) == {"due": 3}
        assert (await lane(db)).parked_detail == "access_revoked it is"
        tried = len(h.delivery.sent)
        assert tried == 1
        revoked = False
        async with h.db.unit() as unit:
            assert await unit.lanes.unpark(A.enterprise, connection_id=A.connection_id) == [A.lane]
        await eventually(lambda: h.all_done(3))


async def _parked(db: Database, reason: str) -> bool:
    async with db.single() as unit:
        rows = await unit.lanes.status(A.enterprise, A.lane)
    return bool(rows) and rows[0].parked_reason == reason


async def test_paused_connection_is_parked_not_spun_on_and_heals(
    db: Database, database_url: str
) -> None:
    paused = account(1, status=ConnectionStatus.PAUSED)
    async with db.single() as unit:
        await unit.connection.execute("UPDATE connections SET status = 'paused'")
    await owe(db, A, [("k", "1", record())])
    async with house(database_url, FakeDelivery(), [paused]) as h:
        await eventually(lambda: _parked(h.db, "connection_paused"))
        await eventually(lambda: not h.engine.lanes)
        assert h.delivery.sent == []
        h.accounts.accounts[A.connection_id] = A
        async with db.single() as unit:
            await unit.connection.execute("UPDATE connections SET status = 'active'")
        await eventually(lambda: h.all_done(1))


async def test_absent_connection_is_parked(db: Database, database_url: str) -> None:
    await owe(db, A, [("k", "1", record())])
    async with house(database_url, FakeDelivery(), []) as h:
        await eventually(lambda: _parked(h.db, "connection_absent"))


async def test_a_connection_paused_in_the_middle_stops_soon(
    db: Database, database_url: str
) -> None:
    async def slow(due: Due) -> Outcome:
        await takes(0.02)
        return OK

    await owe(db, A, [(f"k{i}", f"{i}", record()) for i in range(180)])
    async with house(database_url, FakeDelivery(slow, slots=1), [A]) as h:
        await eventually(lambda: len(h.delivery.sent) >= 5)
        h.accounts.accounts[A.connection_id] = account(1, status=ConnectionStatus.PAUSED)
        async with db.single() as unit:
            await unit.connection.execute("UPDATE connections SET status = 'paused'")
        await eventually(lambda: _parked(h.db, "connection_paused"), 5)
        await eventually(lambda: not h.engine.lanes)
    left = await states(db)
    assert left["due"] >= 60
    assert left["done"] == len(h.delivery.sent)
