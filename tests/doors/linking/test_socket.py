"""Promise: a page that links a phone is told everything at once, goes on after a break, and only
whoever was let in watches: one page at a time."""

import asyncio
from typing import cast
from uuid import uuid4

import aiohttp
import pytest
from starlette.websockets import WebSocket, WebSocketState

from kommutator.app import Application
from kommutator.doors.http.linking.sockets import MOST, Sockets
from kommutator.doors.http.linking.watch import Over, send
from kommutator.serve import http
from tests.support.house import vault_of
from tests.support.linking import PHONE, Heard, LinkingTown
from tests.support.town import free_port
from tests.support.waiting import eventually

PNG = "data:image/png;base64,"


async def test_from_the_code_to_the_open_line(town: LinkingTown) -> None:
    """QR pushed, a next one, over, a new one on demand, scanned, open."""
    page = await town.page()
    async with town.watching(page.token, "/marketplace/ws?lang=en") as socket:
        shown = await socket.until("qr")
        assert shown["qr"].startswith(PNG)
        assert (shown["n"], shown["ttl"]) == (1, 60)
        assert 55 <= shown["expires_in"] <= 60
        (await town.line()).shows(2)
        second = await socket.until("qr", n=2)
        assert second["ttl"] == 20
        assert 15 <= second["expires_in"] <= 20
        assert second["qr"] != shown["qr"]

        (await town.line()).drops(408, "QR refs attempts ended")
        over = await socket.until("status", state="qr_expired")
        assert over["phase"] == "ask"
        assert over["title"] == "Nobody scanned the code, and it expired."
        assert over["action"] == "Take the salon's phone and press “New code”."
        assert len(town.world.lines) == 1, "nothing begins by itself"
        await socket.say(type="new_qr")
        await socket.until("qr", n=1)
        await town.scanned()
        opened = await socket.until("status", state="open")
        assert (opened["phone"], opened["phase"]) == (PHONE, "done")
        await socket.say(type="ping")
        await socket.until("pong")
        assert [one["seq"] for one in socket.told if "seq" in one] == sorted(
            one["seq"] for one in socket.told if "seq" in one
        )


async def test_eight_letters_instead(town: LinkingTown) -> None:
    page = await town.page()
    async with town.watching(page.token) as socket:
        await socket.until("qr")
        await socket.say(type="pairing_code", phone="8")
        wrong = await socket.until("error")
        assert wrong["code"] == "phone_invalid"
        await socket.say(type="pairing_code", phone="+7 900 123-45-67")
        letters = await socket.until("code")
        assert letters["code"] == "LC86TZ82"
        assert socket.told[-2]["phase"] == "type"
        await socket.say(type="dance")
        assert (await socket.until("error"))["code"] == "linking_word_unknown"
        for garbage in ("no json", "[]", '{"a":' + "[" * 4000):
            await socket.socket.send_str(garbage)
            assert (await socket.until("error"))["code"] == "linking_word_unknown"


async def test_goes_on_behind_the_last_number(town: LinkingTown) -> None:
    page = await town.page()
    async with town.watching(page.token) as socket:
        seen = (await socket.until("qr"))["seq"]
    await town.scanned()
    async with town.watching(None, f"/marketplace/ws?after={seen}") as socket:
        await socket.say(type="auth", token=page.token)
        await socket.until("status", state="open")
        states = [one["state"] for one in socket.told]
        assert "pairing" in states, "what was missed is told in order"
        numbers = [one["seq"] for one in socket.told]
        assert numbers == list(range(seen + 1, seen + 1 + len(numbers)))
    last = numbers[-1]
    async with town.watching(page.token, f"/marketplace?after={last}") as socket:
        await socket.say(type="ping")
        assert (await socket.next())["type"] == "pong", "nothing is told twice"
    async with town.watching(page.token, "/marketplace?after=999999") as socket:
        assert (await socket.until("status"))["state"] == "open"


async def test_the_newer_page_takes_over(town: LinkingTown) -> None:
    page = await town.page()
    async with town.watching(page.token) as older:
        await older.until("qr")
        async with town.watching(page.token) as newer:
            await newer.until("qr")
            assert await older.end() == 4409
            assert older.told[-1] == {"type": "event", "event": "taken_over"}
            (await town.line()).shows(2)
            await newer.until("qr", n=2)

    async def left() -> bool:
        return not await town.service.value("SELECT count(*) FROM whatsapp_watchers")

    await eventually(left)


async def test_who_is_not_let_in(town: LinkingTown) -> None:
    made = await town.registered()
    async with town.watching(None) as socket:
        await socket.say(type="new_qr")
        assert await socket.end() == 4401
        assert socket.told[0]["code"] == "linking_token_missing"
    connect = made["connect_url"].partition("token=")[2].partition("&")[0]
    async with town.watching(connect) as socket:
        assert await socket.end() == 4401
        assert socket.told[0]["code"] == "marketplace_token_invalid"
    for origin in ("https://evil.example", "null"):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with town.watching(connect, origin=origin):
                raise AssertionError("it was let in")
        assert refused.value.status == 403
    cabinet = town.service.twin.url
    async with town.watching(connect, origin=cabinet) as socket:
        assert await socket.end() == 4401, "the cabinet's own page is heard, and refused by proof"


async def test_five_connections_a_minute(town: LinkingTown) -> None:
    for _ in range(5):
        async with town.watching("x") as socket:
            assert await socket.end() == 4401
    async with town.watching("x") as socket:
        assert await socket.end() == 4429
        assert socket.told[0]["code"] == "too_many_requests"
        assert 50 < socket.told[0]["retry_after"] <= 60


async def test_who_comes_too_often_is_counted_by_the_kind_of_address(town: LinkingTown) -> None:
    """An address may be made up anew each time: as a label it would stay in memory."""
    ours = town.service.url
    for _ in range(6):
        async with town.watching(None, f"/console/whatsapp/{uuid4()}/ws", origin=ours) as socket:
            await socket.end()
    (metric,) = town.service.house.metrics.throttled.collect()
    paths = {one.labels["route"] for one in metric.samples}
    assert "/console/whatsapp/{connection_id}/ws" in paths
    assert not [one for one in paths if "-" in one]


async def test_a_phone_that_is_removed_ends_it(town: LinkingTown) -> None:
    page = await town.page()
    async with town.watching(page.token) as socket:
        await socket.until("qr")
        enterprise = await town.service.value("SELECT enterprise FROM whatsapp_sessions")
        actor = town.service.admin
        await town.service.house.whatsapp.remove(actor, enterprise, await town.phone())
        assert await socket.end() == 4404
        assert socket.told[-1]["code"] == "connection_not_found"


async def test_at_whichever_process(town: LinkingTown, database_url: str) -> None:
    """One process holds the line, another one tells the page; a third page at the first takes
    over from both."""
    page = await town.page()
    port = free_port()
    settings = town.service.house.settings.model_copy(update={"port": port})
    beside = Application(settings, database_url, vault_of(settings), roles=("api",))
    async with beside, http(beside.asgi, settings):
        there = f"ws://127.0.0.1:{port}/marketplace/ws"
        async with town.http.ws_connect(there, protocols=["kommutator", page.token]) as opened:
            far = Heard(opened)
            await far.until("qr", n=1)
            (await town.line()).shows(2)
            await far.until("qr", n=2)
            await far.say(type="new_qr")
            await far.until("qr", n=1)
            async with town.watching(page.token) as near:
                await near.until("qr")
                assert await far.end() == 4409


async def test_a_process_that_ends_says_so(town: LinkingTown) -> None:
    page = await town.page()
    async with town.watching(page.token) as socket:
        await socket.until("qr")
        town.service.house.news.close()
        assert await socket.end() == 1012


async def test_no_room(town: LinkingTown) -> None:
    page = await town.page()
    sockets = Sockets(town.service.house.clock)
    town.service.app.asgi.state.linking_sockets = sockets
    sockets.open = MOST
    async with town.watching(page.token) as socket:
        assert await socket.end() == 4503
        assert socket.told[0]["code"] == "linking_full"
    sockets.open = MOST - 1
    async with town.watching(page.token) as socket:
        await socket.until("status")
        assert sockets.open == MOST
    await eventually(lambda: sockets.open == MOST - 1)


class Stuck:
    """A page that takes nothing."""

    application_state = WebSocketState.CONNECTED

    async def send_text(self, text: str) -> None:  # noqa: ARG002  as the socket
        await asyncio.Event().wait()


async def test_a_page_that_takes_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kommutator.doors.http.linking.watch.SLOW_S", 0.01)
    with pytest.raises(Over) as over:
        await send(cast("WebSocket", Stuck()), {"type": "pong"})
    assert (over.value.code, over.value.reason) == (4408, "too_slow")
