"""A small house for engine tests: real PostgreSQL, connectors that do as they are told."""

# ruff: noqa: ARG002  a connector's methods get more than these need
import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from kommutator.domain.commands import CallRecord, CallResult, Command, Direction, RingPopup
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.outcome import Budget, Done, Exchange, Failed, Outcome, Patience
from kommutator.domain.ports import Due
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.breaker import BreakerRules
from kommutator.kit.clock import SystemClock
from kommutator.kit.errors import ErrorKind, NotFound, Stage
from kommutator.kit.ids import SystemIds
from kommutator.store.database import Database
from kommutator.store.listener import Listener
from kommutator.store.outbox import Owed
from kommutator.workers.delivery_runner import DeliveryRunner
from kommutator.workers.engine import LaneEngine

E = EnterpriseNumber("0367")
QUICK = Patience(
    first=timedelta(milliseconds=50),
    longest=timedelta(milliseconds=200),
    give_up=timedelta(hours=1),
    timeout=2.0,
)
OK = Done(Exchange(request={"n": 1}, response={"success": True}, duration_ms=1.0))


def failed(kind: ErrorKind, stage: Stage = Stage.ANSWERED, **more: Any) -> Failed:
    return Failed(kind=kind, stage=stage, message=f"{kind} it is", **more)


def record(call_id: str = "c1", client: str = "+375000000070") -> CallRecord:
    return CallRecord(
        call_id=call_id,
        direction=Direction.IN,
        client=client,
        extension="101",
        result=CallResult.ANSWERED,
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        wait_s=1,
        talk_s=2,
    )


def popup(call_id: str = "c1") -> RingPopup:
    return RingPopup(
        call_id=call_id, direction=Direction.IN, client="+375000000070", extensions=("101",)
    )


@dataclass
class FakeDelivery:
    """A connector whose `reply` decides; everything it was given is in `sent`, in order."""

    reply: Callable[[Due], Awaitable[Outcome]] | None = None
    slots: int = 10
    batch: int = 1
    patience_: Patience = QUICK
    budget: Sequence[Budget] | Callable[[Command], Sequence[Budget]] = ()
    kind: ConnectionKind = ConnectionKind.RETAILCRM
    sent: list[Due] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    def concurrency(self, account: Account) -> int:
        return self.slots

    def patience(self, command: Command) -> Patience:
        return self.patience_

    def budgets(self, account: Account, command: Command) -> Sequence[Budget]:
        return self.budget(command) if callable(self.budget) else self.budget

    def batch_limit(self, command: Command) -> int:
        return self.batch

    async def deliver(self, account: Account, batch: Sequence[Due]) -> Sequence[Outcome]:
        self.requests.append(len(batch))
        self.sent.extend(batch)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.reply is None:
                await asyncio.sleep(0)
                return [OK] * len(batch)
            return [await self.reply(due) for due in batch]
        finally:
            self.at_once -= 1


class Accounts:
    """A directory over a dict; `status` may be changed under the runner's feet."""

    def __init__(self) -> None:
        self.accounts: dict[UUID, Account] = {}

    async def account(self, connection_id: UUID) -> Account:
        try:
            return self.accounts[connection_id]
        except KeyError:
            raise NotFound("connection_not_found") from None


def account(
    number: int, enterprise: str = E, status: ConnectionStatus = ConnectionStatus.ACTIVE
) -> Account:
    return Account(
        enterprise=EnterpriseNumber(enterprise),
        connection_id=UUID(int=number),
        kind=ConnectionKind.RETAILCRM,
        name="CRM",
        base_url="https://crm.test",
        status=status,
        config={},
        secrets={},
    )


async def add_connection(db: Database, acc: Account) -> None:
    async with db.unit() as unit:
        await unit.connection.execute(
            "INSERT INTO enterprises (number, name) VALUES ($1, 'E') ON CONFLICT DO NOTHING",
            acc.enterprise,
        )
        await unit.connection.execute(
            "INSERT INTO connections (id, enterprise, kind, name, base_url, status) "
            "VALUES ($1, $2, $3, 'c', $4, $5)",
            acc.connection_id,
            acc.enterprise,
            acc.kind.value,
            acc.base_url,
            acc.status.value,
        )


async def owe(db: Database, acc: Account, items: Sequence[tuple[str, str, Command]]) -> list[int]:
    """Owe (key, once, command) triples to the account."""
    owed = [Owed(acc.lane, acc.connection_id, key, command, once) for key, once, command in items]
    async with db.unit() as unit:
        return await unit.outbox.add(acc.enterprise, owed)


async def states(db: Database) -> dict[str, int]:
    async with db.single() as unit:
        rows = await unit.connection.fetch("SELECT state, count(*) FROM outbox GROUP BY state")
    return {r["state"]: r["count"] for r in rows}


@dataclass
class House:
    db: Database
    engine: LaneEngine
    delivery: FakeDelivery
    accounts: Accounts

    async def all_done(self, count: int) -> bool:
        return await states(self.db) == {"done": count}


@asynccontextmanager
async def house(
    dsn: str,
    delivery: FakeDelivery,
    accounts: Sequence[Account] = (),
    *,
    rules: BreakerRules | None = None,
    **engine: Any,
) -> AsyncIterator[House]:
    """One engine with a listener over the database, as the worker process composes it."""
    db = await Database.open(dsn, size=8)
    directory = Accounts()
    for acc in accounts:
        directory.accounts[acc.connection_id] = acc
    clock, ids = SystemClock(), SystemIds()
    runner = DeliveryRunner(
        db,
        directory,
        {delivery.kind: delivery},
        clock=clock,
        ids=ids,
        breaker=rules,
        linger_s=engine.pop("linger_s", 0.3),
        enterprise_limit=engine.pop("enterprise_limit", 32),
    )
    runners = {"crm": runner, **engine.pop("runners", {})}
    lanes = LaneEngine(db, runners, clock=clock, ids=ids, **engine)
    db.waker = lanes.wake
    listener = Listener(
        dsn, {"kommutator_wake": lanes.wake}, on_reconnect=lanes.sweep_soon, clock=clock
    )
    await listener.start()
    await lanes.start()
    try:
        yield House(db, lanes, delivery, directory)
    finally:
        await lanes.stop()
        await listener.stop()
        with contextlib.suppress(Exception):
            await db.close()
