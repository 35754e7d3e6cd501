"""Commands to a PBX: once, now, or never."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from kommutator.connectors.pbx.asterisk.delivery import AsteriskDelivery
from kommutator.domain.commands import CancelCall, Command, OriginateCall, SetPresence
from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.outcome import Done, Failed, Outcome
from kommutator.domain.ports import Due
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.clock import SystemClock
from kommutator.kit.errors import ErrorKind, Stage
from tests.connectors.asterisk.conftest import MakeLink
from tests.connectors.asterisk.peer import Peer, block, ok, refused

ACCOUNT = Account(
    enterprise=EnterpriseNumber("0367"),
    connection_id=UUID(int=7),
    kind=ConnectionKind.ASTERISK,
    name="Office",
    base_url="ami://127.0.0.1:5038",
    status=ConnectionStatus.ACTIVE,
    config={"trunks": ["trunk"]},
    secrets={"ami_user": "gateway", "ami_secret": "not-a-secret"},
)
CLICK = OriginateCall(call_id="kmt-1", extension="150", client="+375000000070", requested_by="anna")


def due(command: Command, *, unsure: bool = False) -> Due:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    return Due(id=1, key="kmt-1", command=command, attempt=1, unsure=unsure, created_at=at)


async def deliver(
    peer: Peer, make_link: MakeLink, command: Command, *, unsure: bool = False
) -> Outcome:
    link = make_link(peer.address, timeout=0.1)
    await link.wait_up()
    delivery = AsteriskDelivery(lambda _: link, clock=SystemClock())
    (outcome,) = await delivery.deliver(ACCOUNT, [due(command, unsure=unsure)])
    return outcome


def there(request: dict[str, str]) -> bytes:
    number = f"ActionID: {request['ActionID']}"
    return (
        ok(request, "EventList: start")
        + block("Event: Status", number, "Uniqueid: kmt-1")
        + block("Event: StatusComplete", number, "EventList: Complete")
    )


def gone(request: dict[str, str]) -> bytes:
    return refused(request, "No such channel")


async def test_queued_is_done(peer: Peer, make_link: MakeLink) -> None:
    outcome = await deliver(peer, make_link, CLICK)

    assert isinstance(outcome, Done)
    assert outcome.vendor_id == "kmt-1"
    assert outcome.exchange.request["ChannelId"] == "kmt-1"
    assert outcome.exchange.request["Variable"] == [
        "__GW_CALL_ID=kmt-1",
        "__GW_DIR=out",
        "__GW_CLIENT=+375000000070",
    ]
    assert outcome.exchange.response == {"Response": "Success"}


async def test_without_a_link_nothing_is_sent() -> None:
    delivery = AsteriskDelivery(lambda _: None, clock=SystemClock())
    (outcome,) = await delivery.deliver(ACCOUNT, [due(CLICK)])

    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.stage) == (ErrorKind.TRANSIENT, Stage.BEFORE_SENDING)
    assert outcome.message == "the link to the PBX is down"


async def test_a_silence_is_looked_into_and_the_call_is_found(
    peer: Peer, make_link: MakeLink
) -> None:
    peer.answers |= {"Originate": lambda _: None, "Status": there}
    outcome = await deliver(peer, make_link, CLICK)

    assert isinstance(outcome, Done)
    assert outcome.note == "found_by_look_up"
    assert peer.asked("Originate") == 1


async def test_a_silence_without_a_call_is_unsure(peer: Peer, make_link: MakeLink) -> None:
    peer.answers |= {"Originate": lambda _: None, "Status": gone}
    outcome = await deliver(peer, make_link, CLICK)

    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.stage) == (ErrorKind.UNSURE, Stage.SENT)


async def test_what_may_have_rung_is_never_rung_again(peer: Peer, make_link: MakeLink) -> None:
    peer.answers["Status"] = gone
    outcome = await deliver(peer, make_link, CLICK, unsure=True)

    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.hint) == (ErrorKind.REJECTED, "click_not_repeated")
    assert peer.asked("Originate") == 0


async def test_what_is_there_already_is_done(peer: Peer, make_link: MakeLink) -> None:
    peer.answers["Status"] = there
    outcome = await deliver(peer, make_link, CLICK, unsure=True)

    assert isinstance(outcome, Done)
    assert peer.asked("Originate") == 0


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("Permission denied", "ami_permission"),
        ("Originate Access Forbidden: app or data blacklisted", "ami_permission"),
        ("Extension does not exist.", "ami_context_missing"),
        ("Invalid channel", "ami_channel_invalid"),
        ("Something new", None),
    ],
)
async def test_a_refusal_is_final_and_explained(
    peer: Peer, make_link: MakeLink, words: str, hint: str | None
) -> None:
    peer.answers["Originate"] = lambda request: refused(request, words)
    outcome = await deliver(peer, make_link, CLICK)

    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.stage) == (ErrorKind.REJECTED, Stage.ANSWERED)
    assert (outcome.message, outcome.hint) == (words, hint)


async def test_a_bad_number_never_leaves_the_house(peer: Peer, make_link: MakeLink) -> None:
    bad = OriginateCall(call_id="kmt-1", extension="150", client="1,x", requested_by="anna")
    outcome = await deliver(peer, make_link, bad)

    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.message) == (
        ErrorKind.REJECTED,
        "not a valid number of the client",
    )
    assert peer.asked("Originate") == 0


@pytest.mark.parametrize(("answer", "note"), [(ok, None), (gone, "call_was_over")])
async def test_cancelling(peer: Peer, make_link: MakeLink, answer: Any, note: str | None) -> None:
    peer.answers["Hangup"] = answer
    outcome = await deliver(peer, make_link, CancelCall(call_id="kmt-1"))

    assert isinstance(outcome, Done)
    assert outcome.note == note


async def test_a_status_pauses_the_queues_and_sets_the_lamp(
    peer: Peer, make_link: MakeLink
) -> None:
    outcome = await deliver(peer, make_link, SetPresence(extension="150", presence="dinner"))

    assert isinstance(outcome, Done)
    assert outcome.note is None
    pause, lamp = [request for request in peer.received if request["Action"] != "Login"]
    assert {name: pause.get(name) for name in ("Action", "Interface", "Paused", "Reason")} == {
        "Action": "QueuePause",
        "Interface": "PJSIP/150",
        "Paused": "true",
        "Reason": "kmt:dinner",
    }
    assert (lamp["Variable"], lamp["Value"]) == ("DEVICE_STATE(Custom:kmt-150)", "BUSY")


@pytest.mark.parametrize(
    ("action", "words", "result"),
    [
        ("QueuePause", "Interface not found", "in_no_queue"),
        ("Setvar", "Variable not set", "lamp_not_set"),
        ("QueuePause", "Permission denied", None),
    ],
)
async def test_what_a_pbx_may_answer_to_a_status(
    peer: Peer, make_link: MakeLink, action: str, words: str, result: str | None
) -> None:
    peer.answers[action] = lambda request: refused(request, words)
    outcome = await deliver(peer, make_link, SetPresence(extension="150", presence="free"))

    if result is None:
        assert isinstance(outcome, Failed)
        assert (outcome.kind, outcome.hint) == (ErrorKind.REJECTED, "ami_permission")
    else:
        assert isinstance(outcome, Done)
        assert outcome.note == result


async def test_an_extension_that_is_none_never_leaves(peer: Peer, make_link: MakeLink) -> None:
    outcome = await deliver(
        peer, make_link, SetPresence(extension="150)=x\r\nAction: Hangup", presence="busy")
    )

    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.stage) == (ErrorKind.REJECTED, Stage.BEFORE_SENDING)
    assert [request["Action"] for request in peer.received] == ["Login"]


def test_a_click_is_not_worth_waiting_for_long() -> None:
    delivery = AsteriskDelivery(lambda _: None, clock=SystemClock())

    assert delivery.patience(CLICK).give_up.total_seconds() == 15
    assert delivery.batch_limit(CLICK) == 1
    assert delivery.budgets(ACCOUNT, CLICK) == ()
