"""Delivering one lane: order, urgency, batches, failures, parking."""

# ruff: noqa: ARG002  a connector's methods get more than these need
import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest

from kommutator.domain.commands import Command
from kommutator.domain.connection import Account, ConnectionStatus
from kommutator.domain.outcome import Budget, Done, Exchange, Failed, Outcome, Patience
from kommutator.domain.ports import Due
from kommutator.kit.breaker import BreakerRules
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.store.database import Database
from kommutator.store.lanes import LaneStatus
from kommutator.store.outbox import OutboxRow
from tests.support.waiting import eventually, takes
from tests.workers.harness import (
    OK,
    QUICK,
    FakeDelivery,
    account,
    add_connection,
    failed,
    house,
    owe,
    popup,
    record,
    states,
)

A = account(1)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = await Database.open(database_url, size=4)
    await add_connection(database, A)
    yield database
    await database.close()


async def row(db: Database, number: int = 1) -> OutboxRow:
    async with db.single() as unit:
        got = await unit.outbox.get(A.enterprise, number)
    assert got is not None
    return got


async def lane(db: Database) -> LaneStatus:
    async with db.single() as unit:
        return (await unit.lanes.status(A.enterprise, A.lane))[0]


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


async def test_concurrency_is_kept(db: Database, database_url: str) -> None:
    async def slow(due: Due) -> Outcome:
        await takes(0.01)
        return OK

    await owe(db, A, [(f"k{i}", f"{i}", record()) for i in range(40)])
    async with house(database_url, FakeDelivery(slow, slots=3), [A]) as h:
        await eventually(lambda: h.all_done(40))
    assert h.delivery.most_at_once == 3


async def test_enterprise_is_bounded_over_its_lanes(db: Database, database_url: str) -> None:
    other = account(2)
    async with db.unit() as unit:
        await unit.connection.execute("DROP INDEX connections_one_of_kind")
    await add_connection(db, other)

    async def slow(due: Due) -> Outcome:
        await takes(0.005)
        return OK

    for acc in (A, other):
        await owe(db, acc, [(f"k{i}", f"{i}", record()) for i in range(20)])
    delivery = FakeDelivery(slow, slots=10)
    async with house(database_url, delivery, [A, other], enterprise_limit=4) as h:
        await eventually(lambda: h.all_done(40))
    assert delivery.most_at_once == 4


async def test_silence_makes_the_next_try_unsure(db: Database, database_url: str) -> None:
    async def reply(due: Due) -> Outcome:
        if due.attempt == 1:
            await takes(30)
        return OK

    patience = Patience(QUICK.first, QUICK.longest, QUICK.give_up, timeout=0.1)
    await owe(db, A, [("k", "1", record())])
    async with house(database_url, FakeDelivery(reply, patience_=patience), [A]) as h:
        await eventually(lambda: h.all_done(1))
    assert [(d.attempt, d.unsure) for d in h.delivery.sent] == [(1, False), (2, True)]
    async with db.single() as unit:
        first = (await unit.attempts.page(A.enterprise))[-1].attempt
    assert (first.error_kind, first.stage, first.error_message) == (
        "unsure",
        "sent",
        "no answer within 0.1 s",
    )


async def test_a_connector_that_ignores_cancellation_does_not_hold_the_lane(
    db: Database, database_url: str
) -> None:
    release = asyncio.Event()

    async def reply(due: Due) -> Outcome:
        if due.id == 1 and due.attempt == 1:
            while not release.is_set():
                try:
                    await release.wait()
                except asyncio.CancelledError:
                    continue
        return OK

    patience = Patience(QUICK.first, QUICK.longest, QUICK.give_up, timeout=0.1)
    await owe(db, A, [("a", "1", record()), ("b", "2", record())])
    async with house(database_url, FakeDelivery(reply, slots=1, patience_=patience), [A]) as h:
        await eventually(lambda: h.all_done(2))
        release.set()


async def test_a_raising_connector_is_our_fault_with_an_id(db: Database, database_url: str) -> None:
    async def reply(due: Due) -> Outcome:
        raise ZeroDivisionError

    await owe(db, A, [("k", "1", record())])
    async with house(database_url, FakeDelivery(reply), [A]) as h:
        await eventually(lambda: _state(h.db, {"dead": 1}))
    got = await row(db)
    assert (got.attempts, got.error_kind, got.note) == (3, "ours", "ours")
    assert got.error is not None
    assert got.error.startswith("internal error ")
    assert [d.unsure for d in h.delivery.sent] == [False, True, True]


async def _state(db: Database, wanted: dict[str, int]) -> bool:
    return await states(db) == wanted


async def test_too_few_outcomes_are_our_fault_too(db: Database, database_url: str) -> None:
    class Short(FakeDelivery):
        async def deliver(self, account: Account, batch: Sequence[Due]) -> Sequence[Outcome]:
            return []

    await owe(db, A, [("k", "1", record())])
    async with house(database_url, Short(), [A]) as h:
        await eventually(lambda: _state(h.db, {"dead": 1}))
    assert (await row(db)).error_kind == "ours"


async def test_rejected_is_dead_at_once_and_replay_starts_anew(
    db: Database, database_url: str
) -> None:
    refuse = True

    async def reply(due: Due) -> Outcome:
        return failed(ErrorKind.REJECTED) if refuse else OK

    await owe(db, A, [("k", "1", record())])
    async with house(database_url, FakeDelivery(reply), [A]) as h:
        await eventually(lambda: _state(h.db, {"dead": 1}))
        before = await row(db)
        assert (before.attempts, before.note, before.error) == (1, "rejected", "rejected it is")
        refuse = False
        async with h.db.unit() as unit:
            assert await unit.outbox.replay(A.enterprise, [1]) == [1]
        await eventually(lambda: h.all_done(1))
    assert (await row(db)).attempts == 2
    async with db.single() as unit:
        history = await unit.attempts.page(A.enterprise, outbox_id=1)
    assert [(a.attempt.number, a.attempt.status) for a in history] == [
        (2, "success"),
        (1, "error"),
    ]


async def test_another_tenant_can_neither_replay_nor_see(db: Database, database_url: str) -> None:
    await owe(db, A, [("k", "1", record())])
    other = account(9, "0001").enterprise
    async with db.unit() as unit:
        assert await unit.outbox.replay(other, [1], states=("due",)) == []
        assert await unit.outbox.get(other, 1) is None
        assert await unit.outbox.drop(other, [1], "x") == []
        assert await unit.outbox.page(other) == []


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


async def test_late_live_command_dies_untried_while_a_late_record_gets_its_try(
    db: Database, database_url: str
) -> None:
    await owe(db, A, [("a", "1", popup()), ("b", "2", record())])
    async with db.single() as unit:
        await unit.connection.execute("UPDATE outbox SET age_from = now() - interval '5 days'")
    patience = Patience(QUICK.first, QUICK.longest, timedelta(minutes=3), timeout=1)
    async with house(database_url, FakeDelivery(patience_=patience), [A]) as h:
        await eventually(lambda: _state(h.db, {"dead": 1, "done": 1}))
    late = await row(db, 1)
    assert (late.note, late.attempts) == ("too_late", 0)
    assert [d.id for d in h.delivery.sent] == [2]


async def test_patience_ends(db: Database, database_url: str) -> None:
    async def reply(due: Due) -> Outcome:
        return failed(ErrorKind.RATE_LIMITED)

    patience = Patience(
        timedelta(milliseconds=20), timedelta(milliseconds=50), timedelta(seconds=0.3), timeout=1
    )
    await owe(db, A, [("a", "1", record())])
    async with house(database_url, FakeDelivery(reply, patience_=patience), [A]) as h:
        await eventually(lambda: _state(h.db, {"dead": 1}))
    got = await row(db)
    assert got.note == "gave_up"
    assert got.attempts >= 3


async def test_breaker_opens_probes_once_and_is_on_disk(db: Database, database_url: str) -> None:
    down = True

    async def reply(due: Due) -> Outcome:
        await takes(0.02)
        return failed(ErrorKind.TRANSIENT, Stage.BEFORE_SENDING) if down else OK

    rules = BreakerRules(threshold=5, first=0.4, longest=0.4)
    await owe(db, A, [(f"k{i}", f"{i}", record()) for i in range(50)])
    limits = {"rules": rules, "enterprise_limit": 50}
    async with house(database_url, FakeDelivery(reply, slots=50), [A], **limits) as h:
        await eventually(lambda: _breaker(h.db, "open"))
        assert len(h.delivery.sent) == 50  # all were under way when it opened
        await eventually(lambda: len(h.delivery.sent) >= 52)  # two probes later
        assert h.delivery.requests[50:] == [1, 1]
        down = False
        await eventually(lambda: h.all_done(50))
    assert (await lane(db)).breaker == "closed"


async def _breaker(db: Database, phase: str) -> bool:
    async with db.single() as unit:
        rows = await unit.lanes.status(A.enterprise, A.lane)
    return bool(rows) and rows[0].breaker == phase


async def test_a_blocked_budget_does_not_hold_commands_of_another(
    db: Database, database_url: str
) -> None:
    def budgets(command: Command) -> Sequence[Budget]:
        return (Budget("slow", rate=0.001),) if not command.live else ()

    await owe(db, A, [(f"r{i}", f"r{i}", record()) for i in range(20)])
    async with house(database_url, FakeDelivery(slots=2, budget=budgets), [A]) as h:
        await eventually(lambda: len(h.delivery.sent) == 1)
        await owe(h.db, A, [(f"p{i}", f"p{i}", popup()) for i in range(20)])
        await eventually(lambda: len(h.delivery.sent) == 21)
    assert [d.command.live for d in h.delivery.sent] == [False] + [True] * 20


async def test_rate_limit_holds_the_budget(db: Database, database_url: str) -> None:
    first = True

    async def reply(due: Due) -> Outcome:
        nonlocal first
        if first:
            first = False
            return failed(ErrorKind.RATE_LIMITED, retry_after=0.8)
        return OK

    loop = asyncio.get_running_loop()
    await owe(db, A, [(f"k{i}", f"{i}", record()) for i in range(3)])
    delivery = FakeDelivery(reply, slots=1, budget=(Budget("b", rate=1000, burst=10),))
    async with house(database_url, delivery, [A]) as h:
        await eventually(lambda: len(h.delivery.sent) == 1)
        started = loop.time()
        await eventually(lambda: h.all_done(3))
    assert loop.time() - started >= 0.7


async def test_unknown_kind_is_ours_and_blocks_nobody(db: Database, database_url: str) -> None:
    await owe(db, A, [("a", "1", record()), ("b", "2", record())])
    async with db.single() as unit:
        await unit.connection.execute(
            "UPDATE outbox SET kind = 'teleport', payload = '{\"kind\": \"teleport\"}', "
            "attempts = 2 WHERE id = 1"
        )
    async with house(database_url, FakeDelivery(), [A]) as h:
        await eventually(lambda: _state(h.db, {"dead": 1, "done": 1}))
    assert (await row(db)).error == "unknown command teleport"


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


async def test_nul_and_lone_surrogates_in_answers_do_not_stop_the_lane(
    db: Database, database_url: str
) -> None:
    async def reply(due: Due) -> Outcome:
        if due.id == 1:
            return Done(Exchange(request={"a": "x\x00y"}, response={}), note="n\x00")
        return Failed(ErrorKind.REJECTED, Stage.ANSWERED, "bad \udcff bytes")

    await owe(db, A, [(f"k{i}", f"{i}", record()) for i in range(3)])
    async with house(database_url, FakeDelivery(reply), [A]) as h:
        await eventually(lambda: _state(h.db, {"done": 1, "dead": 2}))


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
