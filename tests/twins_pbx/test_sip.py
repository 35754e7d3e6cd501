"""The user agent without a PBX: messages, digest, sound, waiting, lost datagrams."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from kommutator.twins.pbx.errors import MalformedMessage, SipTimeout
from kommutator.twins.pbx.phone import Phone
from kommutator.twins.pbx.sip import digest
from kommutator.twins.pbx.sip.changes import Changes
from kommutator.twins.pbx.sip.media import alaw, tone
from kommutator.twins.pbx.sip.message import Message, response_to, tag_of, uri_of, user_of

INVITE = (
    b"INVITE sip:150@127.0.0.1:5062 SIP/2.0\r\n"
    b"Via: SIP/2.0/UDP 127.0.0.1:5060;rport;branch=z9hG4bKone\r\n"
    b"Via: SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bKtwo\r\n"
    b'From: "Client" <sip:+375000000070@127.0.0.1>;tag=abc\r\n'
    b"To: <sip:150@127.0.0.1>\r\n"
    b"Call-ID: call-1\r\n"
    b"CSeq: 7 INVITE\r\n"
    b"Subject: one\r\n"
    b"  line\r\n"
    b"Content-Length: 3\r\n\r\nsdp"
)


def test_a_request_is_read() -> None:
    invite = Message.parse(INVITE)

    assert (invite.method, invite.uri, invite.body) == (
        "INVITE",
        "sip:150@127.0.0.1:5062",
        b"sdp",
    )
    assert invite.branch == "z9hG4bKone"
    assert invite.get("Subject") == "one line"
    assert user_of(invite.get("from")) == "+375000000070"
    assert tag_of(invite.get("from")) == "abc"
    assert uri_of(invite.get("to")) == "sip:150@127.0.0.1"


def test_a_response_takes_the_way_back() -> None:
    busy = response_to(Message.parse(INVITE), 486, "Busy Here", "<sip:150@127.0.0.1>;tag=x")

    assert busy.render() == (
        b"SIP/2.0 486 Busy Here\r\n"
        b"Via: SIP/2.0/UDP 127.0.0.1:5060;rport;branch=z9hG4bKone\r\n"
        b"Via: SIP/2.0/UDP 127.0.0.2:5070;branch=z9hG4bKtwo\r\n"
        b'From: "Client" <sip:+375000000070@127.0.0.1>;tag=abc\r\n'
        b"To: <sip:150@127.0.0.1>;tag=x\r\n"
        b"Call-ID: call-1\r\n"
        b"CSeq: 7 INVITE\r\n"
        b"Content-Length: 0\r\n\r\n"
    )
    assert Message.parse(busy.render()).code == 486


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"\x00\xff\xfe",
        b"GET / HTTP/1.1\r\n\r\n",
        INVITE.replace(b"CSeq: 7 INVITE", b"CSeq: 7"),
        INVITE.replace(b"Call-ID: call-1\r\n", b""),
        b"SIP/2.0 OK" + INVITE[INVITE.index(b"\r\n") :],
    ],
)
def test_what_is_not_sip_is_named(raw: bytes) -> None:
    with pytest.raises(MalformedMessage):
        Message.parse(raw)


def test_digest_matches_the_example_of_rfc_2617(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest.secrets, "token_hex", lambda _: "0a4f113b")
    asked = (
        'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="{}", opaque="{}"'.format(
            "dcd98b7102dd2f0e8b11d0f600bfb0c093", "5ccc069c403ebaf9f0171e9517f40e41"
        )
    )
    challenge = Message("SIP/2.0 401 Unauthorized", [("www-authenticate", asked)])
    header, value = digest.answer_challenge(
        challenge, "GET", "/dir/index.html", "Mufasa", "Circle Of Life"
    )

    assert header == "Authorization"
    assert 'response="6629fae49393a05397450978507c4ef1"' in value
    assert 'opaque="5ccc069c403ebaf9f0171e9517f40e41"' in value


def test_digest_without_qop_for_a_proxy() -> None:
    asked = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'
    challenge = Message("SIP/2.0 407 Proxy Authentication", [("proxy-authenticate", asked)])
    header, value = digest.answer_challenge(
        challenge, "GET", "/dir/index.html", "Mufasa", "Circle Of Life"
    )

    assert header == "Proxy-Authorization"
    assert 'response="670fd8c2df070c60b045671b8b24ff02"' in value


def test_a_law_of_known_samples() -> None:
    coded = [alaw(sample) for sample in (0, -1, 32767, -32768, 255, 256, 8000)]

    assert coded == [0xD5, 0x55, 0xAA, 0x2A, 0xDA, 0xC5, 0x8A]
    assert len(tone(440)) == 8000


async def test_waiting_ends_with_the_change_and_not_before() -> None:
    changes, seen = Changes(), []
    waiting = asyncio.create_task(changes.until(lambda: len(seen) >= 2 and seen, 5.0, "two"))
    for item in ("one", "two"):
        await asyncio.sleep(0)
        assert not waiting.done()
        seen.append(item)
        changes.notify()

    assert await waiting == ["one", "two"]
    with pytest.raises(SipTimeout, match="three: not within"):
        await changes.until(lambda: None, 0.01, "three")


class LossyServer(asyncio.DatagramProtocol):
    """Loses the first datagram, accepts every request after it."""

    def __init__(self) -> None:
        self.received: list[Message] = []
        self.changes = Changes()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message = Message.parse(data)
        self.received.append(message)
        self.changes.notify()
        if len(self.received) > 1 and not message.is_response:
            self.transport.sendto(b"not sip at all, ignored", addr)
            self.transport.sendto(response_to(message, 200, "OK").render(), addr)

    @property
    def responses(self) -> list[int]:
        return [message.code for message in self.received if message.is_response]


@pytest.fixture
async def lossy() -> AsyncIterator[LossyServer]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(
        LossyServer, local_addr=("127.0.0.1", 0)
    )
    yield server
    transport.close()


async def test_a_lost_request_is_sent_again(lossy: LossyServer) -> None:
    server = lossy.transport.get_extra_info("sockname")
    async with Phone(server, "150", "secret"):
        assert len(lossy.received) == 2
        assert lossy.received[0] == lossy.received[1]


async def test_a_repeated_invite_is_one_call_with_the_same_answer(lossy: LossyServer) -> None:
    server = lossy.transport.get_extra_info("sockname")
    async with Phone(server, "150", "secret") as phone:
        lossy.transport.sendto(INVITE, ("127.0.0.1", phone.agent.port))
        call = await phone.wait_ringing()
        lossy.transport.sendto(INVITE, ("127.0.0.1", phone.agent.port))
        await lossy.changes.until(lambda: len(lossy.responses) == 3, 5, "a third response")

    assert lossy.responses == [100, 180, 180]
    assert phone.incoming == [call]


async def test_an_unknown_dialog_is_refused(lossy: LossyServer) -> None:
    server = lossy.transport.get_extra_info("sockname")
    async with Phone(server, "150", "secret") as phone:
        for method in (b"OPTIONS", b"ACK", b"BYE"):
            request = INVITE.replace(b"INVITE", method)
            lossy.transport.sendto(request, ("127.0.0.1", phone.agent.port))
        await lossy.changes.until(lambda: len(lossy.responses) == 2, 5, "two responses")

    assert lossy.responses == [200, 481]
