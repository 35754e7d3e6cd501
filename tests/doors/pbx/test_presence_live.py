"""An employee's status, both ways, on a real Asterisk with a queue and the CRM's twin."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from kommutator.domain.connection import ConnectionKind
from kommutator.flows.forms import ConnectionForm
from kommutator.twins.pbx.behaviour import RINGS_ON, answers
from kommutator.twins.pbx.phone import Phone
from kommutator.twins.pbx.provider import Provider
from kommutator.twins.pbx.server import PrivateAsterisk
from tests.support.pbx import AsteriskMaker
from tests.support.service import ADMIN, HERE, Service, open_service
from tests.support.waiting import eventually

pytestmark = pytest.mark.pbx

CLIENT = "+375000000070"


class Desk:
    """The service with its PBX; user 19 of the CRM sits at 150."""

    def __init__(self, service: Service, asterisk: PrivateAsterisk) -> None:
        self.service, self.asterisk = service, asterisk

    async def user_sets(self, status: str) -> None:
        await self.service.drive("status", userId=19, status=status)

    async def in_crm(self) -> str:
        state = await self.service.twin.get("/_twin/state", params={"account": "demo"})
        (user,) = [user for user in state.body["users"] if user["id"] == 19]
        return str(user["status"])

    async def paused(self) -> bool:
        shown = await self.asterisk.rx("queue show sales")
        (line,) = [line for line in shown.splitlines() if "PJSIP/150" in line]
        return "paused" in line

    async def lamp(self) -> str:
        shown = await self.asterisk.rx("devstate list")
        found = [line for line in shown.splitlines() if "Custom:kmt-150" in line]
        return found[0].split("State: ")[1].strip("' ") if found else ""

    async def supervisor(self, words: str) -> None:
        await self.asterisk.rx(f"queue {words}")

    async def rows(self, query: str) -> list[dict[str, Any]]:
        async with self.service.house.db.single() as unit:
            return [dict(row) for row in await unit.connection.fetch(query)]

    async def orders(self) -> list[tuple[str, str]]:
        """Every status that was ever owed: lane's room and status."""
        rows = await self.rows(
            "SELECT split_part(lane, ':', 1) AS room, payload->>'presence' AS status FROM outbox "
            "WHERE kind = 'set_presence' AND payload->>'again' IS NULL ORDER BY id"
        )
        return [(row["room"], row["status"]) for row in rows]

    async def told_again(self) -> int:
        """How often a status was told once more after a gap."""
        (row,) = await self.rows(
            "SELECT count(*) AS many FROM outbox "
            "WHERE kind = 'set_presence' AND payload->>'again' IS NOT NULL"
        )
        return int(row["many"])

    async def quiet(self) -> None:
        """Everything owed is delivered and everything heard is decided."""

        async def settled() -> bool:
            (left,) = await self.rows(
                "SELECT (SELECT count(*) FROM outbox WHERE state = 'due') + "
                "(SELECT count(*) FROM journal WHERE state = 'new') AS count"
            )
            return bool(left["count"] == 0)

        await eventually(settled)

    async def heard_pauses(self) -> int:
        rows = await self.rows("SELECT 1 FROM journal WHERE kind = 'QueueMemberPause'")
        return len(rows)


@asynccontextmanager
async def at_work(dsn: str, asterisk: PrivateAsterisk, **presence: bool) -> AsyncIterator[Desk]:
    async with open_service(dsn, roles=("api", "worker", "pbx")) as service:
        await service.connect(presence=presence)
        form = ConnectionForm(
            ConnectionKind.ASTERISK,
            asterisk.host,
            secrets={"ami_user": asterisk.ami_user, "ami_secret": asterisk.ami_secret},
            config={"ami_port": asterisk.ports.ami, "trunks": ["trunk"], "queues": ["sales"]},
        )
        await service.house.set_up.save(ADMIN, HERE, form)
        await service.house.set_up.activate(ADMIN, HERE, ConnectionKind.ASTERISK)
        service.forget()
        await eventually(lambda: service.app.links.up_count() == 1)
        yield Desk(service, asterisk)


@pytest.fixture
async def desk(database_url: str, make_asterisk: AsteriskMaker) -> AsyncIterator[Desk]:
    async with at_work(database_url, await make_asterisk()) as working:
        yield working


async def test_a_busy_employee_is_not_rung_by_the_queue(desk: Desk) -> None:
    pbx = desk.asterisk
    phones = {number: Phone(pbx.sip_address, number, pbx.phone_secret) for number in ("150", "151")}
    provider = Provider(pbx.sip_address, pbx.ports.trunk, answers())
    await provider.start()
    for phone in phones.values():
        phone.behaviour = RINGS_ON
        await phone.start()
    await desk.user_sets("busy")
    await eventually(desk.paused)
    await eventually(lambda: _is(desk.lamp, "BUSY"))

    await provider.call_in(CLIENT, pbx.dids.queue, talk_s=0.8)
    first = await phones["151"].wait_ringing()
    await first.wait_final()
    assert phones["150"].incoming == []

    await desk.user_sets("free")
    await eventually(lambda: _not(desk.paused))
    await eventually(lambda: _is(desk.lamp, "NOT_INUSE"))
    await provider.call_in(CLIENT, pbx.dids.queue, talk_s=0.8)
    again = await phones["150"].wait_ringing()
    await again.wait_final()

    await desk.quiet()
    assert await desk.heard_pauses() == 2
    assert await desk.orders() == [("pbx", "busy"), ("pbx", "free")]
    for phone in phones.values():
        await phone.stop()
    await provider.stop()


async def _not(condition: Any) -> bool:
    return not await condition()


@pytest.mark.parametrize(
    ("reason", "status"),
    [("", "busy"), (" reason lunch", "dinner"), (" reason смена-перерыв", "break")],
)
async def test_a_pause_at_the_pbx_shows_in_the_crm(desk: Desk, reason: str, status: str) -> None:
    await desk.supervisor(f"pause member PJSIP/150 queue sales{reason}")
    await eventually(lambda: _is(desk.in_crm, status))

    await desk.supervisor("unpause member PJSIP/150 queue sales")
    await eventually(lambda: _is(desk.in_crm, "free"))
    await desk.quiet()
    assert await desk.orders() == [("crm", status), ("crm", "free")]


async def _more_than(read: Any, count: int) -> bool:
    return bool(await read() > count)


async def _is(read: Any, wanted: str) -> bool:
    return bool(await read() == wanted)


async def test_other_queues_and_strangers_are_no_news(desk: Desk) -> None:
    await desk.supervisor("pause member PJSIP/150 queue crowd")
    await desk.supervisor("pause member PJSIP/151 queue sales reason kmt:busy")
    await eventually(lambda: _is(desk.heard_pauses, 2))
    await desk.quiet()
    assert await desk.orders() == []


async def test_a_restarted_pbx_learns_the_statuses_again(desk: Desk) -> None:
    await desk.user_sets("dinner")
    await eventually(desk.paused)
    await desk.quiet()
    told = await desk.told_again()
    await desk.asterisk.restart()  # queue pauses do not survive it
    await eventually(lambda: _more_than(desk.told_again, told))
    await eventually(desk.paused)
    await desk.quiet()
    assert await desk.in_crm() == "dinner"
    assert await desk.orders() == [("pbx", "dinner")]


async def test_a_status_set_while_the_pbx_was_away_is_applied(desk: Desk) -> None:
    await desk.user_sets("busy")
    await eventually(desk.paused)
    desk.asterisk.freeze()
    await eventually(lambda: desk.service.app.links.up_count() == 0)
    await desk.user_sets("break")
    await desk.user_sets("free")
    desk.asterisk.thaw()
    await eventually(lambda: _not(desk.paused))
    await desk.quiet()
    dropped = await desk.rows("SELECT note FROM outbox WHERE state = 'dropped'")
    assert {row["note"] for row in dropped} == {"superseded"}


async def test_after_a_gap_a_supervisors_pause_stays(desk: Desk) -> None:
    await desk.user_sets("busy")
    await desk.user_sets("free")
    await desk.quiet()
    await desk.supervisor("pause member PJSIP/150 queue sales reason lunch")
    pbx = await desk.service.house.directory.account_of(HERE, ConnectionKind.ASTERISK)
    assert pbx is not None
    await eventually(lambda: _is(desk.in_crm, "dinner"))
    await desk.rows("UPDATE presence SET status = 'free' RETURNING 1")  # as if nobody had heard
    await desk.service.house.presence.tell_again(pbx)
    await desk.quiet()
    assert await desk.paused()


async def test_many_quick_changes_end_alike_and_go_quiet(desk: Desk) -> None:
    """Both sides at once: no order answers another for ever, and both ends agree."""
    for status in ("busy", "free", "dinner", "free", "break"):
        await desk.user_sets(status)
    await eventually(desk.paused)
    await desk.supervisor("unpause member PJSIP/150 queue sales")
    await eventually(lambda: _is(desk.in_crm, "free"))
    await desk.quiet()
    assert not await desk.paused()
    orders = await desk.orders()
    assert [status for room, status in orders if room == "crm"] == ["free"]


async def test_the_ways_can_be_closed(database_url: str, make_asterisk: AsteriskMaker) -> None:
    asterisk = await make_asterisk()
    async with at_work(database_url, asterisk, to_pbx=False, to_crm=False) as desk:
        await desk.user_sets("busy")
        await desk.supervisor("pause member PJSIP/150 queue sales reason lunch")
        await eventually(lambda: _is(desk.heard_pauses, 1))
        await desk.quiet()
        assert await desk.orders() == []
