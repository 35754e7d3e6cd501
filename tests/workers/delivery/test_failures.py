"""Delivering one lane: silence, faults of ours and theirs, and when patience ends."""

# ruff: noqa: ARG002  a connector's methods get more than these need
import asyncio
from collections.abc import Sequence
from datetime import timedelta

from kommutator.domain.connection import Account
from kommutator.domain.outcome import Done, Exchange, Failed, Outcome, Patience
from kommutator.domain.ports import Due
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.store.database import Database
from kommutator.store.outbox import OutboxRow
from tests.support.waiting import eventually, takes
from tests.workers.delivery.one_lane import A
from tests.workers.harness import (
    OK,
    QUICK,
    FakeDelivery,
    failed,
    house,
    owe,
    popup,
    record,
    states,
)


async def row(db: Database, number: int = 1) -> OutboxRow:
    async with db.single() as unit:
        got = await unit.outbox.get(A.enterprise, number)
    assert got is not None
    return got


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
