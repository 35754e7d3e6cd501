"""Real calls through a real Asterisk that asks who should take them.

Above all: whatever happens to the gateway, the group rings within 0.9 s.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from aiohttp import web

from kommutator.domain.commands import TakeCall
from kommutator.domain.connection import ConnectionKind
from kommutator.store.outbox import Owed
from kommutator.twins.pbx.behaviour import BUSY, RINGS_ON, answers
from kommutator.twins.pbx.sip.call import Call
from tests.support.pbx import Office
from tests.support.routing import connect_asterisk, list_client
from tests.support.service import HERE, Service, open_service
from tests.support.town import free_port
from tests.support.waiting import eventually, takes

pytestmark = pytest.mark.pbx

CLIENT = "+375291234567"
LIMIT_S = 0.9
GROUP, OWNER = ("150", "151"), "152"
Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]
Point = Callable[[str], Awaitable[None]]


def says(body: str, status: int = 200, content_type: str = "text/plain") -> Reply:
    async def reply(_: web.Request) -> web.StreamResponse:
        return web.Response(text=body, status=status, content_type=content_type)

    return reply


async def hangs(_: web.Request) -> web.StreamResponse:
    await takes(5)
    return web.Response(text=OWNER)


async def is_slow(_: web.Request) -> web.StreamResponse:
    await takes(0.3)
    return web.Response(text=OWNER)


async def drips(request: web.Request) -> web.StreamResponse:
    stream = web.StreamResponse()
    await stream.prepare(request)
    while True:
        await stream.write(b"1")
        await takes(0.2)


async def breaks_off(request: web.Request) -> web.StreamResponse:
    stream = web.StreamResponse(headers={"content-length": "100"})
    await stream.prepare(request)
    await stream.write(b"15")
    assert request.transport is not None
    request.transport.abort()
    return stream


@asynccontextmanager
async def gateway(reply: Reply) -> AsyncIterator[tuple[str, list[web.Request]]]:
    """A gateway that answers like this; and what it was asked."""
    asked: list[web.Request] = []

    async def note(request: web.Request) -> web.StreamResponse:
        asked.append(request)
        return await reply(request)

    app = web.Application()
    app.router.add_get("/asterisk/route", note)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}", asked
    finally:
        await runner.cleanup()


@dataclass
class Rung:
    """Which phones rang for a call, and how long after it came in."""

    phones: tuple[str, ...]
    after_s: float


async def call_in(office: Office, phones: tuple[str, ...]) -> Rung:
    """A client calls the routed number; these phones must ring."""
    call = await office.provider.call_in(CLIENT, office.asterisk.dids.routed)
    rung = await asyncio.gather(*(office[phone].next_call() for phone in phones))
    after = max(leg.invited_at for leg in rung) - call.invited_at
    rang = tuple(e for e in office.phones if any(c.peer == CLIENT for c in office[e].incoming))
    await call.hang_up()
    return Rung(rang, after)


@pytest.fixture
async def asks(office: Office) -> AsyncIterator[Point]:
    """Point the dialplan somewhere; afterwards it asks nobody again."""

    async def point(url: str) -> None:
        await office.asterisk.ask_gateway(url, "not-a-real-hook-secret")

    yield point
    await office.asterisk.ask_gateway("", "")


async def test_it_is_asked_with_all_that_is_known(office: Office, asks: Point) -> None:
    async with gateway(says(OWNER)) as (url, asked):
        await asks(url)
        rung = await call_in(office, (OWNER,))
    assert rung.phones == (OWNER,)
    (request,) = asked
    assert request.headers["X-Kommutator-Secret"] == "not-a-real-hook-secret"
    assert request.query["caller"] == CLIENT
    assert request.query["did"] == office.asterisk.dids.routed
    assert request.query["id"]


BAD: dict[str, Reply] = {
    "empty": says(""),
    "hanging": hangs,
    "dripping": drips,
    "broken off": breaks_off,
    "500": says(OWNER, 500),
    "503": says(OWNER, 503),
    "401": says(OWNER, 401),
    "404": says(OWNER, 404),
    "garbage": says("<html><h1>It works 1!</h1></html>", content_type="text/html"),
    "hostile": says("152&PJSIP/+79990000000@trunk"),
    "hostile variables": says("${SHELL(id)},152)"),
    "a number outside": says("79990000000"),
    "a long body": says("152" * 100_000),
    "nobody's extension": says("199"),
    "one digit": says("1"),
}


@pytest.mark.parametrize("reply", BAD.values(), ids=BAD.keys())
async def test_whatever_the_gateway_does_the_group_rings(
    office: Office, asks: Point, reply: Reply
) -> None:
    async with gateway(reply) as (url, asked):
        await asks(url)
        rung = await call_in(office, GROUP)
        assert len(asked) == 1
    assert rung.phones == GROUP
    assert rung.after_s < LIMIT_S


async def test_a_stopped_gateway(office: Office, asks: Point) -> None:
    await asks(f"http://127.0.0.1:{free_port()}")
    rung = await call_in(office, GROUP)
    assert (rung.phones, rung.after_s < LIMIT_S) == (GROUP, True)


async def test_a_gateway_whose_host_swallows_packets(office: Office, asks: Point) -> None:
    await asks("http://192.0.2.1")  # a network that does not exist (RFC 5737)
    rung = await call_in(office, GROUP)
    assert (rung.phones, rung.after_s < LIMIT_S) == (GROUP, True)


async def test_a_slow_gateway_is_waited_for(office: Office, asks: Point) -> None:
    async with gateway(is_slow) as (url, _):
        await asks(url)
        rung = await call_in(office, (OWNER,))
    assert rung.phones == (OWNER,)
    assert 0.3 <= rung.after_s < LIMIT_S


async def test_an_unregistered_owner(office: Office, asks: Point) -> None:
    async with gateway(says(OWNER)) as (url, _):
        await asks(url)
        await office[OWNER].unregister()
        rung = await call_in(office, GROUP)
    assert (rung.phones, rung.after_s < LIMIT_S) == (GROUP, True)


async def test_a_busy_owner(office: Office, asks: Point) -> None:
    office[OWNER].behaviour = BUSY
    async with gateway(says(OWNER)) as (url, _):
        await asks(url)
        rung = await call_in(office, GROUP)
    assert set(rung.phones) == {*GROUP, OWNER}
    assert rung.after_s < LIMIT_S


@pytest.fixture
async def service(database_url: str, office: Office) -> AsyncIterator[Service]:
    """The whole service, linked with the office's Asterisk, which asks it."""
    async with open_service(database_url, roles=("api", "worker", "pbx")) as opened:
        await opened.save(user_extensions={"19": OWNER})
        await connect_asterisk(opened.house, HERE, office.asterisk)
        await list_client(opened.house, HERE, CLIENT, owner="19")
        account = await opened.house.directory.accounts(HERE)
        secret = next(a.secrets["hook_secret"] for a in account if "hook_secret" in a.secrets)
        await office.asterisk.ask_gateway(opened.stranger.url, secret)
        await eventually(lambda: opened.app.links.up_count() == 1)
        yield opened
        await office.asterisk.ask_gateway("", "")


async def ringing_call(service: Service) -> str:
    """The id of the call that rings now, once our side has seen it ring."""
    found: list[str] = []

    async def seen() -> bool:
        async with service.house.db.single() as unit:
            rows = await unit.connection.fetch(
                "SELECT id FROM calls WHERE phase = 'ringing' AND cardinality(rang) > 0"
            )
        found[:] = [row["id"] for row in rows]
        return len(found) == 1

    await eventually(seen)
    return found[0]


async def take(service: Service, call_id: str, extension: str) -> None:
    reply = await service.admin.post(f"/api/v1/calls/{call_id}/take", json={"extension": extension})
    assert reply.status == 202, reply.text


async def outcome(service: Service) -> tuple[str, str | None]:
    """How the only take ended: (state, error)."""
    last: list[tuple[str, str | None]] = []

    async def settled() -> bool:
        async with service.house.db.single() as unit:
            rows = await unit.outbox.page(HERE, kind="take_call")
        last[:] = [(row.state, row.error) for row in rows if row.state != "due"]
        return bool(last)

    await eventually(settled)
    return last[0]


async def talking(*calls: Call) -> None:
    for call in calls:
        await call.wait_answered()
    for call in calls:
        await call.wait_sound(3)


async def test_the_owner_rings_and_the_reason_is_kept(office: Office, service: Service) -> None:
    rung = await call_in(office, (OWNER,))
    assert rung.phones == (OWNER,)

    async def kept() -> bool:
        async with service.house.db.single() as unit:
            rows = await unit.connection.fetch(
                "SELECT r.extension, r.why FROM route_answers r "
                "JOIN calls c ON c.enterprise = r.enterprise AND c.id = r.call_id"
            )
        return [tuple(row) for row in rows] == [(OWNER, "route.owner")]

    await eventually(kept)


async def test_a_ringing_call_is_taken(office: Office, service: Service) -> None:
    office["151"].behaviour = answers()
    client = await office.provider.call_in(CLIENT, office.asterisk.dids.routed)
    rang = await office[OWNER].next_call()
    await take(service, await ringing_call(service), "151")
    taken = await office["151"].next_call()
    await rang.wait_ended()
    assert rang.answered_at is None
    await talking(client, taken)
    assert await outcome(service) == ("done", None)


async def test_a_taken_call_that_nobody_answers_rings_the_group(
    office: Office, service: Service
) -> None:
    office["151"].behaviour = BUSY
    client = await office.provider.call_in(CLIENT, office.asterisk.dids.routed)
    await office[OWNER].next_call()
    await take(service, await ringing_call(service), "151")
    await office["150"].wait_ringing()
    await client.hang_up()


async def test_an_early_answer_is_not_torn_apart(office: Office, service: Service) -> None:
    """The phone is picked up before the command reaches the PBX."""
    office[OWNER].behaviour = RINGS_ON
    client = await office.provider.call_in(CLIENT, office.asterisk.dids.routed)
    rang = await office[OWNER].next_call()
    call_id = await ringing_call(service)
    await asyncio.gather(rang.answer(), client.wait_answered())
    await talking(client, rang)
    await owe_take(service, call_id, "151")
    state, error = await outcome(service)
    assert (state, error) == ("dead", "the call has been answered")
    assert office["151"].incoming == []
    heard = client.packets
    await eventually(lambda: client.packets > heard + 5)
    await client.hang_up()


async def test_whoever_is_quicker_the_client_talks_to_somebody(
    office: Office, service: Service
) -> None:
    office["151"].behaviour = answers()
    for _ in range(5):
        client = await office.provider.call_in(CLIENT, office.asterisk.dids.routed)
        rang = await office[OWNER].next_call()
        call_id = await ringing_call(service)
        await asyncio.gather(take(service, call_id, "151"), rang.answer(), return_exceptions=True)
        await client.wait_answered()
        await client.wait_sound(10)
        await client.hang_up()
        await office.asterisk.hang_up_everything()
        await eventually(lambda: nobody_talks(service))  # else the owner is busy the next time


async def nobody_talks(service: Service) -> bool:
    async with service.house.db.single() as unit:
        live = await unit.connection.fetchval("SELECT count(*) FROM calls WHERE phase <> 'ended'")
    return bool(live == 0)


async def test_an_absent_phone_takes_nothing(office: Office, service: Service) -> None:
    await office["151"].unregister()
    client = await office.provider.call_in(CLIENT, office.asterisk.dids.routed)
    rang = await office[OWNER].next_call()
    await take(service, await ringing_call(service), "151")
    assert (await outcome(service))[0] == "dead"
    assert rang.ended_at is None
    await client.hang_up()


async def owe_take(service: Service, call_id: str, extension: str) -> None:
    """As `take`, by a process that is late: the call has been answered, it knows it not."""
    pbx = await service.house.directory.account_of(HERE, ConnectionKind.ASTERISK)
    assert pbx is not None
    command = TakeCall(call_id=call_id, leg=call_id, extension=extension, requested_by="late")
    async with service.house.db.unit() as unit:
        owed = Owed(pbx.lane, pbx.connection_id, call_id, command, f"{call_id}:late")
        await unit.outbox.add(HERE, [owed])
