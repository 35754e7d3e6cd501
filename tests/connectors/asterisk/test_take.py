"""Taking a ringing call over: never out of a conversation, never into nowhere, never twice."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kommutator.connectors.pbx.asterisk.delivery import AsteriskDelivery
from kommutator.connectors.pbx.asterisk.errors import InvalidField
from kommutator.connectors.pbx.asterisk.take import Taking
from kommutator.domain.commands import TakeCall
from kommutator.domain.outcome import Done, Failed, Outcome
from kommutator.domain.ports import Due
from kommutator.kit.clock import SystemClock
from kommutator.kit.errors import ErrorKind, Stage
from tests.connectors.asterisk.conftest import MakeLink
from tests.connectors.asterisk.peer import Answer, Peer, block, ok, refused
from tests.connectors.asterisk.test_delivery import ACCOUNT

TAKE = TakeCall(call_id="1.1", leg="1700000000.1", extension="152", requested_by="anna")


def status(**fields: str) -> Answer:
    lines = [f"{name}: {value}" for name, value in fields.items()]

    def answer(request: dict[str, str]) -> bytes:
        number = f"ActionID: {request['ActionID']}"
        return (
            ok(request, "EventList: start")
            + block("Event: Status", number, *lines)
            + block("Event: StatusComplete", number, "EventList: Complete")
        )

    return answer


def values(exists: str = "1", state: str = "NOT_INUSE") -> Answer:
    def answer(request: dict[str, str]) -> bytes:
        value = exists if request["Variable"].startswith("DIALPLAN") else state
        return ok(request, f"Variable: {request['Variable']}", f"Value: {value}")

    return answer


@pytest.fixture(autouse=True)
def _rings(peer: Peer) -> None:
    peer.answers |= {"Status": status(BridgeID=""), "Getvar": values()}


async def take(
    peer: Peer, make_link: MakeLink, *, unsure: bool = False, command: TakeCall = TAKE
) -> Outcome:
    link = make_link(peer.address, timeout=0.1)
    await link.wait_up()
    delivery = AsteriskDelivery(lambda _: link, clock=SystemClock())
    due = Due(1, "k", command, attempt=1, unsure=unsure, created_at=datetime.now(UTC))
    (outcome,) = await delivery.deliver(ACCOUNT, [due])
    return outcome


async def test_the_clients_leg_is_redirected(peer: Peer, make_link: MakeLink) -> None:
    outcome = await take(peer, make_link)
    assert isinstance(outcome, Done)
    assert outcome.exchange.request == {
        "Action": "Redirect",
        "Channel": "1700000000.1",
        "Context": "kommutator-take",
        "Exten": "152",
        "Priority": "1",
    }
    asked = [request.get("Variable") for request in peer.received if request["Action"] == "Getvar"]
    assert asked == ["DIALPLAN_EXISTS(kommutator-take,152,1)", "DEVICE_STATE(PJSIP/152)"]


@pytest.mark.parametrize(
    ("answers", "hint"),
    [
        ({"Status": status(BridgeID="da47d454")}, "call_answered"),
        ({"Status": lambda request: refused(request, "No such channel")}, "call_over"),
        ({"Getvar": values(exists="0")}, "take_context_missing"),
        ({"Getvar": values(state="UNAVAILABLE")}, "phone_unreachable"),
        ({"Getvar": values(state="INVALID")}, "phone_unreachable"),
    ],
)
async def test_what_cannot_be_taken_is_left_alone(
    peer: Peer, make_link: MakeLink, answers: dict[str, Answer], hint: str
) -> None:
    peer.answers |= answers
    outcome = await take(peer, make_link)
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.hint) == (ErrorKind.REJECTED, hint)
    assert peer.asked("Redirect") == 0


async def test_a_call_that_ended_in_between(peer: Peer, make_link: MakeLink) -> None:
    peer.answers["Redirect"] = lambda request: refused(request, "Channel does not exist: 1.1")
    outcome = await take(peer, make_link)
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.hint) == (ErrorKind.REJECTED, "call_over")


async def test_a_silence_before_the_move_may_be_tried_again(
    peer: Peer, make_link: MakeLink
) -> None:
    peer.answers["Status"] = lambda _: None
    outcome = await take(peer, make_link)
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.stage) == (ErrorKind.TRANSIENT, Stage.BEFORE_SENDING)
    assert peer.asked("Redirect") == 0


async def test_a_silence_after_the_move_is_a_doubt(peer: Peer, make_link: MakeLink) -> None:
    peer.answers["Redirect"] = lambda _: None
    outcome = await take(peer, make_link)
    assert isinstance(outcome, Failed)
    assert outcome.kind is ErrorKind.UNSURE


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({"Context": "kommutator-take", "Exten": "152"}, None),
        ({"Context": "kommutator-take", "Exten": "151"}, "take_not_repeated"),
        ({"Context": "group", "Exten": "152"}, "take_not_repeated"),
    ],
)
async def test_after_a_doubt_it_is_only_looked(
    peer: Peer, make_link: MakeLink, seen: dict[str, str], expected: str | None
) -> None:
    peer.answers["Status"] = status(**seen)
    outcome = await take(peer, make_link, unsure=True)
    assert peer.asked("Redirect") == 0
    if expected is None:
        assert isinstance(outcome, Done)
        assert outcome.note == "found_by_look_up"
    else:
        assert isinstance(outcome, Failed)
        assert (outcome.kind, outcome.hint) == (ErrorKind.REJECTED, expected)


@pytest.mark.parametrize(
    ("changes", "config"),
    [
        ({"leg": "PJSIP/trunk-00000001"}, {}),
        ({"leg": "1.1\r\nAction: Command"}, {}),
        ({"extension": "+79991234567"}, {}),
        ({"extension": "1"}, {}),
        ({"extension": "152&PJSIP/150"}, {}),
        ({}, {"take_context": "from-internal,1"}),
        ({}, {"technology": "PJSIP/150&"}),
    ],
)
def test_every_value_is_checked(changes: dict[str, str], config: dict[str, Any]) -> None:
    fields = {"leg": TAKE.leg, "extension": TAKE.extension, **changes}
    command = TakeCall(call_id="1.1", requested_by="anna", **fields)
    with pytest.raises(InvalidField):
        Taking(None, command, config)  # type: ignore[arg-type]  # nothing is asked


async def test_a_bad_value_is_a_refusal(peer: Peer, make_link: MakeLink) -> None:
    bad = TakeCall(call_id="1.1", leg="x/y", extension="152", requested_by="anna")
    outcome = await take(peer, make_link, command=bad)
    assert isinstance(outcome, Failed)
    assert outcome.kind is ErrorKind.REJECTED
