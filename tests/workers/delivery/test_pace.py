"""Delivering one lane: how much at once, the breaker, budgets and rate limits."""

import asyncio
from collections.abc import Sequence

from kommutator.domain.commands import Command
from kommutator.domain.outcome import Budget, Outcome
from kommutator.domain.ports import Due
from kommutator.kit.breaker import BreakerRules
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.store.database import Database
from tests.support.waiting import eventually, takes
from tests.workers.delivery.one_lane import A, lane
from tests.workers.harness import (
    OK,
    FakeDelivery,
    account,
    add_connection,
    failed,
    house,
    owe,
    popup,
    record,
)


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
