"""The lane of a PBX, played: what happens around the link."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import msgspec
import pytest

from kommutator.connectors.pbx.asterisk.delivery import AsteriskDelivery
from kommutator.domain.connection import Account, ConnectionStatus
from kommutator.domain.ports import Delivery
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.doors.pbx.links import Links
from kommutator.doors.pbx.runner import PbxRunner
from kommutator.kit.clock import ManualClock
from kommutator.kit.errors import NotFound
from kommutator.kit.ids import SequenceIds
from kommutator.store.database import Database
from tests.connectors.asterisk.peer import SECRET, Peer, block, ok
from tests.connectors.asterisk.test_delivery import ACCOUNT
from tests.doors.pbx.test_feed import Journal
from tests.support.waiting import eventually

LANE = f"pbx:{ACCOUNT.connection_id}"


@dataclass
class Lease:
    lane: str = LANE
    enterprise: EnterpriseNumber = ACCOUNT.enterprise
    connection_id: UUID | None = ACCOUNT.connection_id
    fence: int = 1

    def alive(self) -> bool:
        return True


class Accounts:
    def __init__(self, account: Account | None) -> None:
        self.held = account

    async def account(self, _connection_id: UUID) -> Account:
        if self.held is None:
            raise NotFound("connection_not_found")
        return self.held


class Delivering:
    """Counts how often delivering was started and whether it is under way."""

    def __init__(self) -> None:
        self.starts = 0
        self.running = False

    async def deliver(self, _lease: Any, _delivery: Delivery, *, linger_s: float) -> None:
        assert linger_s == float("inf")
        self.starts += 1
        self.running = True
        try:
            await asyncio.Event().wait()
        finally:
            self.running = False


class Scene:
    def __init__(self, db: Database, account: Account | None) -> None:
        self.clock, self.links, self.journal = ManualClock(), Links(), Journal()
        self.accounts, self.delivering = Accounts(account), Delivering()
        delivery = AsteriskDelivery(self.links.link_of, clock=self.clock)
        runner = PbxRunner(
            db, self.accounts, self.journal, self.links, self.delivering, delivery,
            clock=self.clock, ids=SequenceIds(),
        )  # fmt: skip
        self.task = asyncio.create_task(runner.run(Lease()))

    async def over(self) -> bool:
        """Let the config be looked at."""
        await self.clock.advance(5.0)
        return self.task.done()

    async def end(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = await Database.open(database_url, size=2)
    yield database
    await database.close()


def account_at(peer: Peer) -> Account:
    secrets = {"ami_user": "gateway", "ami_secret": SECRET}
    url = f"ami://127.0.0.1:{peer.address.port}"
    return replace(ACCOUNT, base_url=url, secrets=secrets)


async def test_after_the_log_in_it_asks_who_is_alive(db: Database) -> None:
    async with Peer() as peer:

        def channels(request: dict[str, str]) -> bytes:
            number = f"ActionID: {request['ActionID']}"
            return (
                ok(request, "EventList: start")
                + block("Event: CoreShowChannel", number, "Uniqueid: 9.1", "Linkedid: 9.1")
                + block("Event: CoreShowChannelsComplete", number, "EventList: Complete")
            )

        peer.answers |= {
            "CoreShowChannels": channels,
            "Ping": lambda request: ok(request, "Timestamp: 1000.5"),
        }
        scene = Scene(db, account_at(peer))
        await eventually(lambda: scene.journal.stored)
        body = msgspec.json.decode(scene.journal.stored[0].body)
        await scene.end()

    assert (body["Event"], body["Timestamp"]) == ("Reconcile", "1000.5")
    assert [channel["Uniqueid"] for channel in body["Channels"]] == ["9.1"]


async def test_delivering_starts_anew_with_each_log_in(db: Database) -> None:
    async with Peer() as peer:
        scene = Scene(db, account_at(peer))
        await eventually(lambda: scene.links.up_count() == 1)
        await eventually(lambda: scene.delivering.starts == 2)
        peer.drop()
        await eventually(lambda: scene.links.up_count() == 0)
        assert scene.delivering.running
        await scene.clock.advance(1.0)
        await eventually(lambda: scene.delivering.starts == 3)
        await scene.end()

    assert not scene.delivering.running
    assert scene.links.link_of(ACCOUNT.connection_id) is None


@pytest.mark.parametrize(
    "change", [{"version": 2}, {"status": ConnectionStatus.PAUSED}, None], ids=str
)
async def test_a_changed_connection_ends_the_tenure(
    db: Database, change: dict[str, Any] | None
) -> None:
    async with Peer() as peer:
        account = account_at(peer)
        scene = Scene(db, account)
        await eventually(lambda: scene.links.up_count() == 1)
        assert not await scene.over()
        scene.accounts.held = None if change is None else replace(account, **change)
        await eventually(scene.over)

    assert scene.links.up_count() == 0
    assert not scene.delivering.running


async def test_a_connection_that_cannot_work_waits_for_its_repair(db: Database) -> None:
    scene = Scene(db, replace(ACCOUNT, secrets={}))
    await eventually(lambda: scene.clock._sleepers)  # the config was read and is watched
    assert not await scene.over()
    scene.accounts.held = replace(ACCOUNT, version=2)
    await eventually(scene.over)

    scene.task.result()


async def test_a_removed_connection_has_no_tenure(db: Database) -> None:
    scene = Scene(db, None)
    await scene.task

    assert scene.delivering.starts == 0
