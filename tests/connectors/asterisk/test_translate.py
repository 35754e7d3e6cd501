"""Single raw events and channel names."""

import pytest

from kommutator.connectors.pbx.asterisk.channels import Wiring, party_of
from kommutator.connectors.pbx.asterisk.translate import order_key, relevant, translate
from kommutator.domain.calls.events import (
    BridgeEntered,
    LegBorn,
    LegRang,
    OriginateRefused,
    Party,
    PartyKind,
    Snapshot,
)
from tests.support.calls import WIRING, recorded


@pytest.mark.parametrize(
    ("channel", "party"),
    [
        ("PJSIP/150-0000001d", Party(PartyKind.EXTENSION, "150")),
        ("SIP/150-0000001d", Party(PartyKind.EXTENSION, "150")),
        ("PJSIP/trunk-0000002f", Party(PartyKind.TRUNK)),
        ("PJSIP/0001363-00000002", Party(PartyKind.OTHER)),
        ("Local/150@inoffice-00000001;2", Party(PartyKind.LOCAL)),
        ("ConfBridgeRecorder/conf-1", Party(PartyKind.OTHER)),
        ("", Party(PartyKind.OTHER)),
    ],
)
def test_whose_channel_it_is(channel: str, party: Party) -> None:
    assert party_of(channel, WIRING) == party


def test_without_a_list_every_nameless_telephone_is_a_trunk() -> None:
    wiring = Wiring()

    assert party_of("PJSIP/my-provider-0000002f", wiring) == Party(PartyKind.TRUNK)
    assert party_of("PJSIP/0001363-00000002", wiring) == Party(PartyKind.TRUNK)
    assert party_of("PJSIP/150-00000002", wiring) == Party(PartyKind.EXTENSION, "150")
    assert party_of("ConfBridgeRecorder/conf-1", wiring) == Party(PartyKind.OTHER)


def test_a_trunk_may_be_named_with_its_technology() -> None:
    wiring = Wiring(trunks=("SIP/700",))

    assert party_of("SIP/700-00000001", wiring) == Party(PartyKind.TRUNK)
    assert party_of("PJSIP/700-00000001", wiring) == Party(PartyKind.EXTENSION, "700")


def test_most_of_what_a_pbx_says_is_not_about_calls() -> None:
    kept = [event for event in recorded("inbound_answered") if relevant(event)]

    assert len(recorded("inbound_answered")) == 42
    assert {event["Event"] for event in kept} == {
        "Newchannel", "Newstate", "DialBegin", "DialEnd", "BridgeEnter", "BridgeLeave",
        "HangupRequest", "Hangup",
    }  # fmt: skip
    assert len(kept) == 17


def test_events_of_one_call_share_a_key() -> None:
    keys = {order_key(event) for event in recorded("inbound_answered") if relevant(event)}

    assert keys == {"1795193310.0"}


def test_a_successful_originate_says_nothing_new() -> None:
    event = {"Event": "OriginateResponse", "Response": "Success", "Uniqueid": "kmt-1"}

    assert not relevant(event)
    assert translate(event, WIRING, heard_at=5.0) == ()


def test_without_timestamps_our_own_clock_counts() -> None:
    event = {
        "Event": "OriginateResponse",
        "Response": "Failure",
        "Uniqueid": "kmt-1",
        "Reason": "0",
    }

    assert translate(event, WIRING, heard_at=5.0) == (
        OriginateRefused(call="kmt-1", reason=0, at=5.0),
    )
    assert translate({**event, "HeardAt": "4.5"}, WIRING, heard_at=5.0) == (
        OriginateRefused(call="kmt-1", reason=0, at=4.5),
    )


def test_a_failed_transfer_joins_nothing() -> None:
    (event,) = [e for e in recorded("transfer_attended") if e["Event"] == "AttendedTransfer"]

    assert len(translate(event, WIRING, heard_at=0.0)) == 1
    assert translate({**event, "Result": "Fail"}, WIRING, heard_at=0.0) == ()


def test_a_reconciliation_tells_of_unknown_calls_and_of_who_lives() -> None:
    channel = {
        "Channel": "PJSIP/trunk-00000001",
        "Uniqueid": "9.1",
        "Linkedid": "9.1",
        "CallerIDNum": "+375000000070",
        "Exten": "375000000001",
        "ChannelStateDesc": "Up",
        "BridgeId": "b1",
        "Duration": "00:01:05",
    }
    ringing = {
        "Channel": "PJSIP/150-00000002",
        "Uniqueid": "9.2",
        "Linkedid": "9.1",
        "ChannelStateDesc": "Ringing",
        "BridgeId": "",
    }
    told = translate(
        {"Event": "Reconcile", "Timestamp": "1000.0", "Channels": [channel, ringing]},
        WIRING,
        heard_at=0.0,
    )

    assert [type(event) for event in told] == [LegBorn, BridgeEntered, LegBorn, LegRang, Snapshot]
    first = told[0]
    assert isinstance(first, LegBorn)
    assert (first.at, first.guessed, first.caller) == (935.0, True, "+375000000070")
    assert told[-1] == Snapshot(legs=frozenset({"9.1", "9.2"}), at=1000.0)
