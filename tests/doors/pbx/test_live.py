"""A whole worker on a real Asterisk: lane, link, journal, decisions, commands."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import pytest

from kommutator.connectors.pbx.asterisk.delivery import AsteriskDelivery
from kommutator.connectors.pbx.asterisk.readers import READERS
from kommutator.domain.calls.reports import Click
from kommutator.domain.commands import OriginateCall
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.journal import Arrival
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.doors.pbx.links import Links
from kommutator.doors.pbx.runner import PbxRunner
from kommutator.flows.follow_calls import FollowCalls
from kommutator.flows.intake import Intake
from kommutator.kit.clock import SystemClock
from kommutator.kit.errors import NotFound
from kommutator.kit.ids import SystemIds
from kommutator.store.database import Database
from kommutator.store.outbox import Owed
from kommutator.twins.pbx.behaviour import BUSY, RINGS_ON, answers
from kommutator.twins.pbx.phone import Phone
from kommutator.twins.pbx.server import PrivateAsterisk
from kommutator.workers.delivery_runner import DeliveryRunner
from kommutator.workers.engine import LaneEngine
from kommutator.workers.journal_runner import JournalRunner
from tests.support.pbx import AsteriskMaker, Office
from tests.support.waiting import eventually

pytestmark = pytest.mark.pbx

E = EnterpriseNumber("0367")
PBX = UUID(int=1)
CLIENT = "+375000000070"


class Accounts:
    """A directory of one PBX."""

    def __init__(self, pbx: Account) -> None:
        self.pbx = pbx

    async def account(self, connection_id: UUID) -> Account:
        if connection_id != self.pbx.connection_id:
            raise NotFound("connection_not_found")
        return self.pbx

    async def accounts(self, enterprise: EnterpriseNumber) -> Sequence[Account]:
        return [self.pbx] if enterprise == self.pbx.enterprise else []


@dataclass
class Worker:
    db: Database
    links: Links
    intake: Intake

    async def up(self) -> None:
        await eventually(lambda: self.links.link_of(PBX))

    async def calls(self) -> list[dict[str, Any]]:
        async with self.db.single() as unit:
            rows = await unit.connection.fetch(
                "SELECT * FROM calls WHERE enterprise = $1 AND phase <> 'merged' "
                "ORDER BY started_at",
                E,
            )
        return [dict(row) for row in rows]

    async def ended(self) -> dict[str, Any]:
        """The only call, once it is over."""

        async def over() -> bool:
            return [call["phase"] for call in await self.calls()] == ["ended"]

        await eventually(over)
        (call,) = await self.calls()
        return call

    async def lane(self) -> Any:
        async with self.db.single() as unit:
            (status,) = await unit.lanes.status(E, f"pbx:{PBX}")
        return status

    async def log(self) -> list[str]:
        async with self.db.single() as unit:
            rows = await unit.connection.fetch(
                "SELECT event_type FROM attempts WHERE outbox_id IS NULL ORDER BY id"
            )
        return [row["event_type"] for row in rows]

    async def click(self, call_id: str) -> None:
        """What `flows.click_to_call` does: the click, and the command."""
        click = Click(call_id=call_id, extension="150", client=CLIENT, requested_by="anna")
        command = OriginateCall(
            call_id=call_id, extension="150", client=CLIENT, requested_by="anna"
        )
        body = msgspec.json.encode(click)
        await self.intake.accept(Arrival(E, "click", "make-call", call_id, call_id, body, PBX))
        async with self.db.unit() as unit:
            owed = Owed(f"pbx:{PBX}", PBX, call_id, command, f"{call_id}:originate")
            await unit.outbox.add(E, [owed])

    async def outcome(self, call_id: str) -> Any:
        """The command's row, once it left the outbox."""

        async def finished() -> Any:
            async with self.db.single() as unit:
                (row,) = await unit.outbox.page(E, call_id=call_id)
            return row if row.state != "due" else None

        await eventually(finished)
        return await finished()


@asynccontextmanager
async def working(database_url: str, asterisk: PrivateAsterisk) -> AsyncIterator[Worker]:
    pbx = Account(
        enterprise=E,
        connection_id=PBX,
        kind=ConnectionKind.ASTERISK,
        name="Office",
        base_url=f"ami://{asterisk.host}:{asterisk.ports.ami}",
        status=ConnectionStatus.ACTIVE,
        config={"trunks": ["trunk"], "region": "BY"},
        secrets={"ami_user": asterisk.ami_user, "ami_secret": asterisk.ami_secret},
    )
    clock, ids = SystemClock(), SystemIds()
    db = await Database.open(database_url, size=8)
    async with db.unit() as unit:
        await unit.enterprises.create(E, name="Test")
        await unit.connections.create(
            E, PBX, kind=pbx.kind, name="Office", base_url=pbx.base_url, account_key=None,
            config={}, sealed={},
        )  # fmt: skip
        await unit.connections.set_status(E, PBX, ConnectionStatus.ACTIVE)
    accounts, links, intake = Accounts(pbx), Links(), Intake(db, clock=clock)
    delivery = AsteriskDelivery(links.link_of, clock=clock)
    delivering = DeliveryRunner(
        db, accounts, {ConnectionKind.ASTERISK: delivery}, clock=clock, ids=ids
    )
    follow = FollowCalls(accounts, READERS)
    engine = LaneEngine(
        db,
        {
            "pbx": PbxRunner(
                db, accounts, intake, links, delivering, delivery, clock=clock, ids=ids
            ),
            "decide": JournalRunner(db, follow.decide, clock=clock, ids=ids),
        },
        clock=clock,
        ids=ids,
    )
    db.waker = engine.wake
    await intake.start()
    await engine.start()
    try:
        yield Worker(db, links, intake)
    finally:
        await engine.stop()
        await intake.stop()
        await db.close()


@pytest.fixture
async def worker(database_url: str, office: Office) -> AsyncIterator[Worker]:
    async with working(database_url, office.asterisk) as running:
        await running.up()
        yield running


async def test_inbound_answered(worker: Worker, office: Office) -> None:
    office["150"].behaviour = answers(0.2)
    await office.provider.call_in(CLIENT, office.asterisk.dids.group, talk_s=1.0)
    call = await worker.ended()

    assert (call["direction"], call["client"], call["line"]) == ("in", CLIENT, "+375000000001")
    assert (call["result"], call["answered_by"], set(call["rang"])) == (
        "answered",
        ["150"],
        {"150", "151"},
    )
    assert call["talk_s"] == 1


async def test_inbound_missed(worker: Worker, office: Office) -> None:
    await office.provider.call_in(CLIENT, office.asterisk.dids.short)
    call = await worker.ended()

    assert (call["result"], call["reason"], call["answered_by"]) == ("no_answer", "no_answer", [])


async def test_inbound_given_up(worker: Worker, office: Office) -> None:
    await office.provider.call_in(CLIENT, office.asterisk.dids.group, patience_s=0.4)
    call = await worker.ended()

    assert (call["result"], call["reason"]) == ("no_answer", "caller_gave_up")


async def test_a_voice_menu_is_no_answer(worker: Worker, office: Office) -> None:
    await office.provider.call_in(CLIENT, office.asterisk.dids.menu, talk_s=0.3)
    call = await worker.ended()

    assert (call["direction"], call["result"]) == ("in", "no_answer")


@pytest.mark.parametrize(
    ("behaviour", "result", "reason"),
    [
        (answers(0.1, talk_s=0.5), "answered", None),
        (BUSY, "busy", "busy"),
    ],
)
async def test_outbound(
    worker: Worker, office: Office, behaviour: Any, result: str, reason: str | None
) -> None:
    office.provider.default = behaviour
    await office["150"].call(CLIENT)
    call = await worker.ended()

    assert (call["direction"], call["client"]) == ("out", CLIENT)
    assert (call["result"], call["reason"]) == (result, reason)


async def test_outbound_cancelled(worker: Worker, office: Office) -> None:
    office.provider.default = RINGS_ON
    dialled = await office["150"].call(CLIENT)
    await office.provider.next_call()
    await dialled.hang_up()
    call = await worker.ended()

    assert (call["result"], call["reason"]) == ("cancelled", "cancelled")


async def test_a_click_connects_employee_and_client(worker: Worker, office: Office) -> None:
    office["150"].behaviour = answers(0.1)
    office.provider.default = answers(0.1, talk_s=0.6)
    await worker.click("kmt-live")
    call = await worker.ended()

    assert (call["id"], call["requested_by"], call["result"], call["answered_by"]) == (
        "kmt-live",
        "anna",
        "answered",
        ["150"],
    )
    assert (await worker.outcome("kmt-live")).state == "done"


async def test_a_click_at_a_busy_employee(worker: Worker, office: Office) -> None:
    office["150"].behaviour = BUSY
    await worker.click("kmt-busy")
    call = await worker.ended()

    assert (call["result"], call["reason"]) == ("failed", "manager_busy")


async def test_calls_that_a_restart_cut_off_are_closed(
    database_url: str, make_asterisk: AsteriskMaker
) -> None:
    asterisk = await make_asterisk()
    phone = Phone(asterisk.sip_address, "150", asterisk.phone_secret)
    await phone.start()
    async with working(database_url, asterisk) as worker:
        await worker.up()
        await worker.click("kmt-cut")
        await phone.next_call()

        async def ringing() -> bool:
            return [call["rang"] for call in await worker.calls()] == [["150"]]

        await eventually(ringing)
        await asterisk.kill()
        await eventually(lambda: worker.links.link_of(PBX) is None)
        await asterisk.restart()
        call = await worker.ended()

        assert (call["id"], call["reason"]) == ("kmt-cut", "lost")
        assert await worker.log() == ["link_up", "link_down", "link_up"]
    await phone.stop()


async def test_a_pbx_that_is_away_is_reported_and_clicks_die_with_a_reason(
    database_url: str, make_asterisk: AsteriskMaker
) -> None:
    asterisk = await make_asterisk()
    async with working(database_url, asterisk) as worker:
        await worker.up()
        await asterisk.stop()

        async def reported() -> bool:
            return (await worker.lane()).last_error is not None

        await eventually(reported)
        await worker.click("kmt-late")

        async def tried() -> bool:
            async with worker.db.single() as unit:
                (row,) = await unit.outbox.page(E, call_id="kmt-late")
            return row.error == "the link to the PBX is down"

        await eventually(tried)
        async with worker.db.unit() as unit:  # as if a quarter of a minute had passed
            await unit.connection.execute(
                "UPDATE outbox SET age_from = age_from - interval '15 seconds'"
            )
        row = await worker.outcome("kmt-late")

        assert row.state == "dead"
        assert row.attempts >= 1
