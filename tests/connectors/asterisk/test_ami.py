"""The standing link against a peer that misbehaves on purpose."""

import asyncio
from dataclasses import replace

import pytest

from kommutator.connectors.pbx.asterisk.ami import AmiLink
from kommutator.connectors.pbx.asterisk.errors import (
    ActionRefused,
    ActionTimeout,
    AmiError,
    InvalidField,
    LinkDown,
    LinkLost,
    LoginRefused,
)
from kommutator.connectors.pbx.asterisk.probe import AsteriskDesk
from kommutator.kit.clock import SystemClock
from tests.connectors.asterisk.conftest import MakeLink
from tests.connectors.asterisk.peer import SECRET, Peer, block, ok, refused
from tests.connectors.asterisk.test_delivery import ACCOUNT
from tests.support.waiting import eventually

ORIGINATE = [("Action", "Originate"), ("Channel", "PJSIP/150")]
PING = [("Action", "Ping")]


async def test_it_logs_in_and_answers_are_matched(peer: Peer, make_link: MakeLink) -> None:
    link = make_link(peer.address)
    await link.wait_up()
    answers = await asyncio.gather(*(link.action(PING) for _ in range(5)))

    assert {answer["Response"] for answer in answers} == {"Success"}
    assert len({answer["ActionID"] for answer in answers}) == 5
    assert peer.received[0]["Username"] == "gateway"


async def test_a_wrong_secret_is_said_and_not_hammered(peer: Peer, make_link: MakeLink) -> None:
    peer.answers["Login"] = lambda request: refused(request, "Authentication failed")
    troubles: list[AmiError] = []
    link = make_link(peer.address, on_down=troubles.append)
    await eventually(lambda: troubles)

    assert isinstance(troubles[0], LoginRefused)
    assert str(troubles[0]) == "Authentication failed"
    assert not link.up
    assert peer.asked("Login") == 1


async def test_a_pbx_that_is_just_restarting_is_asked_again_soon(
    peer: Peer, make_link: MakeLink
) -> None:
    """A log-in during its shutdown is refused, too; that must not cost us a quarter of a minute."""
    peer.answers["Login"] = lambda request: refused(request, "Asterisk is shutting down")
    troubles: list[AmiError] = []
    link = make_link(peer.address, on_down=troubles.append)
    await eventually(lambda: troubles)
    assert isinstance(troubles[0], LinkDown)
    peer.answers["Login"] = ok
    await eventually(lambda: link.up, 5.0)


async def test_the_secret_shows_nowhere(peer: Peer) -> None:
    assert SECRET not in repr(peer.address)


@pytest.mark.parametrize("banner", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\r\n"])
async def test_something_else_on_that_port(make_link: MakeLink, banner: bytes) -> None:
    troubles: list[AmiError] = []
    async with Peer(banner) as other:
        make_link(other.address, on_down=troubles.append)
        await eventually(lambda: troubles)

    assert str(troubles[0]) == "this is not an Asterisk manager interface"


async def test_a_port_that_accepts_and_says_nothing(make_link: MakeLink) -> None:
    troubles: list[AmiError] = []
    async with Peer(b"") as mute:
        make_link(mute.address, on_down=troubles.append, timeout=0.05)
        await eventually(lambda: troubles)

    assert str(troubles[0]) == "the PBX accepts connections but says nothing"


async def test_while_it_is_down_actions_fail_at_once(make_link: MakeLink) -> None:
    async with Peer() as gone:
        address = gone.address
    link = make_link(address)

    with pytest.raises(LinkDown):
        await link.action(PING)


async def test_it_comes_back_and_repeats_nothing(peer: Peer, make_link: MakeLink) -> None:
    sessions: list[str] = []
    peer.answers["Originate"] = lambda _: None
    link = make_link(peer.address, on_up=sessions.append)
    await link.wait_up()
    ringing = asyncio.create_task(link.action(ORIGINATE))
    await eventually(lambda: peer.asked("Originate"))
    peer.drop()

    with pytest.raises(LinkLost):
        await ringing
    await eventually(lambda: peer.logins == 2)
    await eventually(lambda: link.up)
    await link.action(PING)
    assert peer.asked("Originate") == 1
    assert len(set(sessions)) == 2


async def test_a_silent_answer_is_a_timeout(peer: Peer, make_link: MakeLink) -> None:
    peer.answers["Originate"] = lambda _: None
    link = make_link(peer.address, timeout=0.05)
    await link.wait_up()

    with pytest.raises(ActionTimeout):
        await link.action(ORIGINATE)
    assert link.up


async def test_a_frozen_peer_is_noticed(peer: Peer, make_link: MakeLink) -> None:
    troubles: list[AmiError] = []
    peer.answers["Ping"] = lambda _: None
    link = make_link(peer.address, on_down=troubles.append, ping=0.02, timeout=0.05)
    await link.wait_up()
    await eventually(lambda: troubles)

    assert isinstance(troubles[0], ActionTimeout)
    await eventually(lambda: peer.logins == 2)


async def test_a_refusal_carries_the_peers_words(peer: Peer, make_link: MakeLink) -> None:
    peer.answers["Originate"] = lambda request: refused(request, "Extension does not exist.")
    link = make_link(peer.address)
    await link.wait_up()

    with pytest.raises(ActionRefused, match=r"Extension does not exist\."):
        await link.action(ORIGINATE)


async def test_line_breaks_are_refused_before_a_byte_is_sent(
    peer: Peer, make_link: MakeLink
) -> None:
    link = make_link(peer.address)
    await link.wait_up()

    with pytest.raises(InvalidField):
        await link.action([("Action", "Originate"), ("Exten", "1\r\nApplication: System")])
    await link.action(PING)
    assert peer.asked("Originate") == 0


async def test_an_originate_response_is_an_event_although_it_has_a_response(
    peer: Peer, make_link: MakeLink
) -> None:
    link = make_link(peer.address)
    await link.wait_up()
    peer.say(block("Event: OriginateResponse", "Response: Failure", "ActionID: k-1", "Reason: 3"))
    event = await link.next_event()

    assert (event["Event"], event["Response"], event["Reason"]) == (
        "OriginateResponse",
        "Failure",
        "3",
    )


async def test_a_list_is_one_answer_and_no_events(peer: Peer, make_link: MakeLink) -> None:
    def channels(request: dict[str, str]) -> bytes:
        number = f"ActionID: {request['ActionID']}"
        return (
            ok(request, "EventList: start")
            + block("Event: CoreShowChannel", number, "Uniqueid: 1.1")
            + block("Event: Hangup", "Uniqueid: 9.9")
            + block("Event: CoreShowChannelsComplete", number, "EventList: Complete")
        )

    peer.answers["CoreShowChannels"] = channels
    link = make_link(peer.address)
    await link.wait_up()
    items = await link.list_action([("Action", "CoreShowChannels")])

    assert [item["Uniqueid"] for item in items] == ["1.1"]
    assert (await link.next_event())["Event"] == "Hangup"


async def test_letters_split_between_segments_stay_whole(peer: Peer, make_link: MakeLink) -> None:
    link = make_link(peer.address)
    await link.wait_up()
    for byte in block("Event: NewCallerid", "CallerIDName: Иван Ёлкин"):
        peer.say(bytes([byte]))
        await asyncio.sleep(0)

    assert (await link.next_event())["CallerIDName"] == "Иван Ёлкин"


async def test_unwanted_events_are_dropped_at_the_door(peer: Peer, make_link: MakeLink) -> None:
    link = make_link(peer.address, wanted=lambda event: event["Event"] != "RTCPSent")
    await link.wait_up()
    peer.say(block("Event: RTCPSent") + block("Event: Hangup"))

    assert (await link.next_event())["Event"] == "Hangup"


async def test_a_flood_breaks_the_link_instead_of_losing_events_silently(
    peer: Peer, make_link: MakeLink
) -> None:
    troubles: list[AmiError] = []
    link = make_link(peer.address, on_down=troubles.append, room=3)
    await link.wait_up()
    peer.say(b"".join(block("Event: Hangup", f"Uniqueid: {n}") for n in range(5)))
    await eventually(lambda: troubles)

    assert str(troubles[0]) == "events come faster than they can be stored"
    assert [event["Uniqueid"] for event in link.events_at_hand(10)] == ["0", "1", "2"]
    await eventually(lambda: peer.logins == 2)


async def test_events_say_in_which_session_they_were_heard(peer: Peer, make_link: MakeLink) -> None:
    link = make_link(peer.address)
    heard = []
    for logins in (1, 2):
        await eventually(lambda want=logins: peer.logins == want and link.up)
        peer.say(block("Event: Hangup"))
        heard.append((await link.next_event())["Session"])
        peer.drop()
        await eventually(lambda: not link.up)

    assert heard[0] != heard[1]


async def test_stopping_ends_what_is_under_way(peer: Peer, make_link: MakeLink) -> None:
    peer.answers["Originate"] = lambda _: None
    link: AmiLink = make_link(peer.address)
    await link.wait_up()
    waiting = asyncio.create_task(link.action(ORIGINATE))
    await eventually(lambda: peer.asked("Originate"))
    await link.stop()

    with pytest.raises(LinkLost):
        await waiting
    assert not link.up


async def test_a_user_without_rights_is_told_what_is_missing(peer: Peer) -> None:
    peer.answers["ListCommands"] = lambda r: ok(r, "Ping: Keepalive", "Status: List channels")
    peer.answers["CoreSettings"] = lambda r: refused(r, "Permission denied")
    account = replace(
        ACCOUNT,
        base_url=f"ami://127.0.0.1:{peer.address.port}",
        secrets={"ami_user": "gateway", "ami_secret": SECRET},
    )
    found = await AsteriskDesk(clock=SystemClock()).probe(account)

    assert not found.ok
    assert found.missing_scopes == ("Originate", "Hangup", "CoreShowChannels")
