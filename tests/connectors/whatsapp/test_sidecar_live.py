"""The real bridge, with the real library, against the fake WhatsApp."""

import asyncio
import json

import pytest

from kommutator.connectors.channels.whatsapp.errors import WhatsAppError
from kommutator.domain.whatsapp.events import (
    Closed,
    Composing,
    MessageHeard,
    Opened,
    Paired,
    PasskeyWanted,
    QrShown,
    Restricted,
    StatusHeard,
    Undecryptable,
)
from kommutator.kit.errors import ErrorKind
from tests.connectors.whatsapp.conftest import Salon, Town
from tests.support.waiting import eventually

CLIENT = "79115550001"


async def test_from_a_qr_to_messages_and_back_after_the_bridge_was_killed(town: Town) -> None:
    salon = Salon("79995550001")
    await town.open(salon)
    (qr,) = await salon.hears(QrShown)
    assert (qr.number, qr.ttl_s) == (1, 60.0)
    assert salon.keys.stored is None
    await town.hands.scan(qr.text, salon.phone, "Салон")
    (paired,) = await salon.hears(Paired)
    assert paired.me.phone == "+79995550001"
    (closed,) = await salon.hears(Closed)
    assert closed.code == 515
    assert salon.keys.stored is not None  # written before we hear of the end: we open from it
    await town.reopen(salon)

    written = await town.hands.write(salon.phone, CLIENT, "Запишите меня", name="Анна", mode="lid")
    (heard,) = await salon.hears(MessageHeard)
    assert (heard.id, heard.text, heard.kind) == (written.id, "Запишите меня", "text")
    assert (heard.chat, heard.alt) == (written.lid, f"{CLIENT}@s.whatsapp.net")
    assert (heard.name, heard.from_me, heard.offline, heard.raw) == ("Анна", False, False, None)

    sent = await salon.line.send(heard.chat, "Завтра в 15:00 https://example.com", "3EB0AAAA01")
    assert sent.message_id == "3EB0AAAA01"
    assert "Завтра в 15:00" in json.dumps(sent.content, ensure_ascii=False)
    (bubble,) = await town.hands.told(salon.phone, CLIENT)
    assert bubble.text == "Завтра в 15:00 https://example.com"
    await eventually(lambda: {s.status for s in salon.heard.of(StatusHeard)} >= {2, 4})
    assert {s.id for s in salon.heard.of(StatusHeard)} == {"3EB0AAAA01"}
    assert {kind for kind, _ in salon.keys.keys} >= {"pre-key", "session", "lid-mapping"}

    child = await town.host._bridge.child()
    child._process.kill()
    (closed,) = await salon.hears(Closed)
    assert closed == Closed(None, "bridge_died")
    away = await town.hands.write(salon.phone, CLIENT, "Вы где?", mode="lid")
    await town.reopen(salon)
    (late,) = await salon.hears(MessageHeard)
    assert (late.id, late.text, late.offline) == (away.id, "Вы где?", True)
    assert salon.heard.of(QrShown) == []
    await salon.line.close()


async def test_a_message_that_was_not_written_down_comes_again(town: Town) -> None:
    salon = Salon("79995550002")
    await town.link(salon)

    async def fail() -> None:
        raise ConnectionError("no database")

    salon.heard.written = lambda event: fail() if isinstance(event, MessageHeard) else None
    written = await town.hands.write(salon.phone, CLIENT, "Не теряйте меня")
    (closed,) = await salon.hears(Closed)
    assert closed == Closed(None, "message_unwritten")
    salon.heard.written = lambda _event: None
    await town.reopen(salon)
    (heard,) = await salon.hears(MessageHeard)
    assert (heard.id, heard.text) == (written.id, "Не теряйте меня")
    await salon.line.close()


async def test_a_bridge_that_dies_before_a_message_is_written_down_loses_nothing(
    town: Town,
) -> None:
    salon = Salon("79995550003")
    await town.link(salon)
    never = asyncio.Event()
    salon.heard.written = lambda event: (
        never.wait() if isinstance(event, MessageHeard) and not never.is_set() else None
    )
    written = await town.hands.write(salon.phone, CLIENT, "Не теряйте меня")
    await salon.hears(MessageHeard)
    child = await town.host._bridge.child()
    child._process.kill()
    never.set()
    await town.reopen(salon)
    (heard,) = await salon.hears(MessageHeard)
    assert (heard.id, heard.text) == (written.id, "Не теряйте меня")
    await salon.line.close()


async def test_keys_that_cannot_be_kept_end_the_session_and_not_its_neighbour(town: Town) -> None:
    salon, neighbour = Salon("79995550004"), Salon("79995550005")
    await town.link(salon)
    await town.link(neighbour)

    def fail() -> None:
        raise OSError("disk full")

    salon.keys.hold = fail
    written = await town.hands.write(salon.phone, CLIENT, "Ключи")
    (closed,) = await salon.hears(Closed)
    assert closed == Closed(None, "keys_unwritten")
    await town.hands.write(neighbour.phone, CLIENT, "А у вас?")
    (heard,) = await neighbour.hears(MessageHeard)
    assert heard.text == "А у вас?"
    salon.keys.hold = None
    await town.reopen(salon)
    again = await salon.hears(MessageHeard)
    assert again[0].id == written.id
    await salon.line.close()
    await neighbour.line.close()


async def test_linking_by_a_code(town: Town) -> None:
    salon = Salon("79995550006")
    await town.open(salon)
    code = await salon.line.pairing_code("+79995550006")
    assert len(code) == 8
    assert salon.keys.stored is None  # half-paired creds would try a login that fails
    await town.hands.code(salon.phone, code, "Салон")
    await town.reopen(salon)
    (opened,) = salon.heard.of(Opened)
    assert opened.me.phone == "+79995550006"
    with pytest.raises(WhatsAppError) as linked:
        await salon.line.pairing_code("+79995550006")
    assert linked.value.kind is ErrorKind.REJECTED
    await salon.line.log_out()
    (closed,) = await salon.hears(Closed)
    assert closed.code == 401


async def test_what_staff_write_on_the_phone_is_told_with_the_clients_name(town: Town) -> None:
    salon = Salon("79995550007")
    await town.link(salon)
    theirs = await town.hands.write(salon.phone, CLIENT, "Здравствуйте")
    own = await town.hands.write_own(salon.phone, CLIENT, "Сейчас посмотрю", mode="lid")
    _, staff = await salon.hears(MessageHeard, 2)
    assert (staff.id, staff.text, staff.from_me) == (own, "Сейчас посмотрю", True)
    assert (staff.chat, staff.alt) == (theirs.lid, f"{CLIENT}@s.whatsapp.net")
    assert (staff.offline, staff.raw, staff.name) == (False, None, None)
    await salon.line.close()


@pytest.mark.parametrize(
    ("how", "code"),
    [("replaced", 440), ("device_removed", 401), ("outdated", 405), ("bad_session", 500)],
)
async def test_why_it_closed_is_told(town: Town, how: str | int, code: int) -> None:
    salon = Salon(f"7999555{code:04}")
    await town.link(salon)
    await town.hands.kick(salon.phone, how)
    (closed,) = await salon.hears(Closed)
    assert closed.code == code
    with pytest.raises(WhatsAppError) as shut:
        await salon.line.send(f"{CLIENT}@s.whatsapp.net", "Ау", "3EB0AAAA02")
    assert shut.value.kind is ErrorKind.TRANSIENT
    assert shut.value.hint == "whatsapp_not_open"


async def test_who_has_whatsapp_is_found(town: Town) -> None:
    salon = Salon("79995550008")
    await town.link(salon)
    await town.hands.write(salon.phone, CLIENT, "Здравствуйте")
    await town.hands.switch(everybody_is_here=False)
    try:
        here, nobody = await salon.line.find([f"+{CLIENT}", "+79110009999"])
    finally:
        await town.hands.switch(everybody_is_here=True)
    assert (here.phone, here.jid) == (f"+{CLIENT}", f"{CLIENT}@s.whatsapp.net")
    assert here.lid is not None
    assert (nobody.jid, nobody.lid) == (None, None)
    await salon.line.close()


async def test_nobody_answers_at_that_address(town: Town) -> None:
    salon = Salon("79995550009")
    await town.open(salon, url="ws://127.0.0.1:9/ws/chat")
    (closed,) = await salon.hears(Closed)
    assert closed.code is None
    assert "ECONNREFUSED" in closed.reason


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "ftp://127.0.0.1:9", "nonsense"])
async def test_a_proxy_that_cannot_be_used_is_refused(town: Town, proxy: str) -> None:
    with pytest.raises(WhatsAppError) as refused:
        await town.open(Salon("79995550010"), proxy=proxy)
    assert refused.value.hint == "whatsapp_proxy_unsupported"


async def test_a_session_goes_through_its_own_proxy(town: Town) -> None:
    through: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        through.append(request)
        host, port = request.split()[1].split(":")
        there, back = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection Established\r\n\r\n")
        await asyncio.gather(_copy(reader, back), _copy(there, writer))

    proxy = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = proxy.sockets[0].getsockname()[1]
    salon = Salon("79995550011")
    await town.open(salon, proxy=f"http://user:p%40ss@127.0.0.1:{port}")
    await salon.hears(QrShown)
    await salon.line.close()
    proxy.close()
    assert len(through) == 1
    assert "authorization: basic dxnlcjpwqhnz" in through[0].lower()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        target.write(data)
    target.close()
    await target.wait_closed()


async def test_typing_is_told_to_the_client_and_of_the_client(town: Town) -> None:
    salon = Salon("79995550012")
    await town.link(salon)
    written = await town.hands.write(salon.phone, CLIENT, "Здравствуйте")
    await salon.hears(MessageHeard)
    await salon.line.typing(written.chat, on=True)
    await salon.line.read(written.chat, [written.id])
    # To be told, a device has to be online too; ours is not, so that the salon's phone rings.
    await town.hands.switch(typing_needs_presence=False)
    try:
        await eventually(lambda: types(town, salon, on=True))
        await salon.hears(Composing)
        await types(town, salon, on=False)
    finally:
        await town.hands.switch(typing_needs_presence=True)
    first, second = await salon.hears(Composing, 2)
    assert (first, second) == (
        Composing(written.chat, typing=True),
        Composing(written.chat, typing=False),
    )
    await salon.line.close()


async def types(town: Town, salon: Salon, *, on: bool) -> bool:
    order = {"to": salon.phone, "from": CLIENT, "on": on}
    return bool((await town.hands.order("typing", **order))["heard"])


async def test_a_refused_message_is_told_once_with_its_code(town: Town) -> None:
    salon = Salon("79995550013")
    await town.link(salon)
    await town.hands.order("restrict", phone=salon.phone)
    await town.hands.order("refuse", phone=salon.phone, code=463)
    sent = await salon.line.send(f"{CLIENT}@s.whatsapp.net", "Приходите!", "3EB0AAAA03")
    assert sent.message_id == "3EB0AAAA03"
    (restricted,) = await salon.hears(Restricted)
    assert restricted.kind == "DEFAULT"
    refusals = [status for status in salon.heard.of(StatusHeard) if status.status == 0]
    assert [(status.id, status.code) for status in refusals] == [("3EB0AAAA03", "463")]
    await salon.line.close()


async def test_a_phone_that_wants_a_passkey_is_told(town: Town) -> None:
    salon = Salon("79995550014")
    await town.hands.order("passkey", phone=salon.phone)
    await town.open(salon)
    (qr,) = await salon.hears(QrShown)
    linked = await town.hands.scan(qr.text, salon.phone)
    assert linked.passkey
    assert await salon.hears(PasskeyWanted) == [PasskeyWanted()]
    await salon.line.close()


async def test_what_cannot_be_read_is_a_placeholder_and_then_a_message(town: Town) -> None:
    salon = Salon("79995550015")
    await town.link(salon)
    written = await town.hands.write(salon.phone, CLIENT, "Со второго раза", unreadable=True)
    (stub,) = await salon.hears(Undecryptable)
    assert (stub.id, stub.chat) == (written.id, written.chat)
    (heard,) = await salon.hears(MessageHeard)
    assert (heard.id, heard.text) == (written.id, "Со второго раза")
    await salon.line.close()


async def test_what_is_brought_twice_is_told_with_the_same_id_or_not_at_all(town: Town) -> None:
    salon = Salon("79995550016")
    await town.link(salon)
    written = await town.hands.write(salon.phone, CLIENT, "Один раз")
    await salon.hears(MessageHeard)
    await town.hands.redeliver(salon.phone, written.id)
    after = await town.hands.write(salon.phone, CLIENT, "Второе")
    heard = await salon.hears(MessageHeard, 2)
    assert [one.id for one in heard] == [written.id, after.id]
    await salon.line.close()
