"""Delivering one lane: each command once, by urgency, key and batch, and drained at the end."""

import asyncio

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
    popup,
    record,
    states,
)


async def test_delivers_and_writes_down_what_happened(db: Database, database_url: str) -> None:
    async with house(database_url, FakeDelivery(), [A]) as h:
        await owe(h.db, A, [("c1", "ring", popup()), ("c1", "record", record())])
        await eventually(lambda: h.all_done(2))
    assert [d.command.call_id for d in h.delivery.sent] == ["c1", "c1"]
    assert [d.attempt for d in h.delivery.sent] == [1, 1]
    async with db.single() as unit:
        attempts = await unit.attempts.page(A.enterprise, call_id="c1")
    assert [(a.attempt.event_type, a.attempt.status) for a in attempts] == [
        ("call_record", "success"),
        ("ring_popup", "success"),
    ]
    assert attempts[0].attempt.request == {"n": 1}
    health = await lane(db)
    assert (health.owned, health.parked_reason, health.breaker) == (False, None, "closed")
    assert health.last_success_at is not None


async def test_the_same_command_is_owed_once(db: Database, database_url: str) -> None:
    assert len(await owe(db, A, [("k", "same", record())])) == 1
    assert await owe(db, A, [("k", "same", record())]) == []


async def test_urgent_keys_first_but_order_inside_a_key(db: Database, database_url: str) -> None:
    await owe(
        db,
        A,
        [
            ("old", "1", record("old")),
            ("mixed", "2", record("mixed")),
            ("mixed", "3", popup("mixed")),
            ("fresh", "4", popup("fresh")),
        ],
    )
    async with house(database_url, FakeDelivery(slots=1), [A]) as h:
        await eventually(lambda: h.all_done(4))
    assert [d.id for d in h.delivery.sent] == [4, 1, 3, 2] or [d.id for d in h.delivery.sent] == [
        4,
        1,
        2,
        3,
    ]
    ids = [d.id for d in h.delivery.sent]
    assert ids[0] == 4
    assert ids.index(2) < ids.index(3)


async def test_a_key_waits_behind_its_failing_head_and_others_do_not(
    db: Database, database_url: str
) -> None:
    tries = 0

    async def reply(due: Due) -> Outcome:
        nonlocal tries
        if due.id == 1:
            tries += 1
            return OK if tries == 3 else failed(ErrorKind.RATE_LIMITED)
        return OK

    await owe(db, A, [("a", "1", record()), ("a", "2", record()), ("b", "3", record())])
    async with house(database_url, FakeDelivery(reply), [A]) as h:
        await eventually(lambda: h.all_done(3))
    ids = [d.id for d in h.delivery.sent]
    assert ids[-2:] == [1, 2]
    assert ids.count(1) == 3
    assert ids.index(3) < ids.index(2)


async def test_batches_of_one_kind_with_distinct_keys(db: Database, database_url: str) -> None:
    triples = [(f"k{i % 6}", f"{i}", record(f"c{i}")) for i in range(12)]
    await owe(db, A, [*triples, ("other", "x", popup())])
    async with house(database_url, FakeDelivery(batch=4, slots=1), [A]) as h:
        await eventually(lambda: h.all_done(13))
    assert h.delivery.requests[0] == 1  # the pop-up is alone of its kind
    assert sum(h.delivery.requests) == 13
    assert max(h.delivery.requests) == 4
    position = {d.id: i for i, d in enumerate(h.delivery.sent)}
    assert all(position[i] < position[i + 6] for i in range(1, 7))


async def test_another_tenant_can_neither_replay_nor_see(db: Database, database_url: str) -> None:
    await owe(db, A, [("k", "1", record())])
    other = account(9, "0001").enterprise
    async with db.unit() as unit:
        assert await unit.outbox.replay(other, [1], states=("due",)) == []
        assert await unit.outbox.get(other, 1) is None
        assert await unit.outbox.drop(other, [1], "x") == []
        assert await unit.outbox.page(other) == []


async def test_stop_drains_what_is_under_way(db: Database, database_url: str) -> None:
    gate = asyncio.Event()

    async def reply(due: Due) -> Outcome:
        gate.set()
        await takes(0.3)
        return OK

    await owe(db, A, [(f"k{i}", f"{i}", record()) for i in range(5)])
    async with house(database_url, FakeDelivery(reply, slots=2), [A]):
        await gate.wait()
    assert await states(db) == {"done": 2, "due": 3}
    health = await lane(db)
    assert not health.owned
    async with db.single() as unit:
        assert await unit.connection.fetchval("SELECT held FROM lanes") == []
        assert await unit.connection.fetchval("SELECT count(*) FROM workers") == 0
