"""Requirement 002's HTTP events, in every spelling we promise to understand."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kommutator.connectors.pbx.asterisk.http_events import read_http_event, to_report
from kommutator.connectors.pbx.asterisk.readers import http_arrival, read_http_row
from kommutator.domain.calls.call import Call
from kommutator.domain.commands import CallResult, Direction
from kommutator.domain.journal import JournalRow
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.errors import InvalidInput
from tests.support.calls import only_call

NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
DIAL = {"UniqueId": "1.1", "Phone": "375000000070", "CallType": 0, "Extensions": ["150", "151"]}


def body(kind: str = "dial", **payload: Any) -> dict[str, Any]:
    return {"enterprise_number": "0367", "event_type": kind, "payload": payload}


def slug(message: dict[str, Any]) -> str:
    with pytest.raises(InvalidInput) as refused:
        read_http_event(message)
    return refused.value.code


@pytest.mark.parametrize("name", ["call_unique_id", "unique_id", "UniqueId", "uniqueid"])
def test_names_of_the_call(name: str) -> None:
    assert read_http_event(body("bridge", **{name: "1.1"})).call_id == "1.1"


@pytest.mark.parametrize(
    ("payload", "direction"),
    [
        ({"direction": "in"}, Direction.IN),
        ({"CallType": 0}, Direction.IN),
        ({"CallType": "1"}, Direction.OUT),
        ({"call_type": 2}, Direction.INTERNAL),
        ({"direction": "outgoing"}, Direction.OUT),
    ],
)
def test_directions(payload: dict[str, Any], direction: Direction) -> None:
    event = read_http_event(body("hangup", UniqueId="1.1", phone="+375000000070", **payload))

    assert event.direction is direction


@pytest.mark.parametrize(
    ("status", "result"),
    [
        ("answered", CallResult.ANSWERED),
        ("2", CallResult.ANSWERED),
        ("NO ANSWER", CallResult.NO_ANSWER),
        ("noanswer", CallResult.NO_ANSWER),
        ("BUSY", CallResult.BUSY),
        ("CANCEL", CallResult.CANCELLED),
        ("CHANUNAVAIL", CallResult.FAILED),
        ("whatever", None),
    ],
)
def test_results(status: str, result: CallResult | None) -> None:
    event = read_http_event(
        body("hangup", UniqueId="1.1", Phone="1", CallType=1, CallStatus=status)
    )

    assert event.result is result


@pytest.mark.parametrize("name", ["record_url", "RecordUrl", "recording_url", "CallUrl"])
def test_names_of_the_recording(name: str) -> None:
    event = read_http_event(body("download", UniqueId="1.1", **{name: "https://x.example/1.mp3"}))

    assert event.record_url == "https://x.example/1.mp3"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({}, "enterprise_number_invalid"),
        ({"enterprise_number": "0367"}, "event_type_missing"),
        ({"enterprise_number": "0367", "event_type": "dial"}, "payload_missing"),
        ({"enterprise_number": "0367", "event_type": "dial", "payload": []}, "payload_missing"),
        (body(**{**DIAL, "UniqueId": None}), "payload_call_id_missing"),
        (body(**{**DIAL, "UniqueId": "x" * 129}), "payload_call_id_invalid"),
        (body(**{**DIAL, "UniqueId": "a\x00b"}), "payload_call_id_invalid"),
        (body(**{**DIAL, "Phone": ""}), "payload_client_missing"),
        (body(**{**DIAL, "CallType": None}), "payload_direction_missing"),
        (body(**{**DIAL, "CallType": 7}), "payload_direction_invalid"),
        (body(**{**DIAL, "Extensions": []}), "payload_extensions_missing"),
        (body("download", UniqueId="1.1"), "payload_record_url_missing"),
        (body("download", UniqueId="1.1", url="x"), "payload_record_url_missing"),
        (body("download", UniqueId="1.1", CallUrl="file:///etc"), "payload_record_url_invalid"),
        (body("download", UniqueId="1.1", CallUrl="http://[::1"), "payload_record_url_invalid"),
        (body(**{**DIAL, "Phone": {"a": 1}}), "payload_client_invalid"),
        (body(**{**DIAL, "StartTime": "0001-01-01 00:00:00"}), "payload_started_at_invalid"),
        (body(**{**DIAL, "StartTime": "9999-12-31T23:59:59"}), "payload_started_at_invalid"),
        (
            body("hangup", UniqueId="1.1", Phone="1", CallType=0, StartTime="yesterday"),
            "payload_started_at_invalid",
        ),
    ],
)
def test_a_refusal_names_the_field(message: dict[str, Any], code: str) -> None:
    assert slug(message) == code


def test_unknown_kinds_are_kept_under_their_name() -> None:
    event = read_http_event(body("Voicemail", UniqueId="1.1"))

    assert (event.kind, event.known, event.call_id) == ("voicemail", False, "1.1")


def test_a_repetition_has_the_same_key_and_another_message_another() -> None:
    key = read_http_event(body(**DIAL)).dedupe_key

    assert read_http_event(body(**dict(reversed(DIAL.items())))).dedupe_key == key
    assert read_http_event(body(**{**DIAL, "Extensions": ["152"]})).dedupe_key != key
    assert read_http_event(body("bridge", **DIAL)).dedupe_key != key


def test_only_internal_numbers_are_extensions() -> None:
    event = read_http_event(body(**{**DIAL, "Extensions": "150, 375000000099;151"}))

    assert event.extensions == ("150", "151")


@given(st.dictionaries(st.text(max_size=12), st.integers() | st.text(max_size=20) | st.none()))
def test_no_payload_makes_it_stumble(payload: dict[str, Any]) -> None:
    for kind in ("dial", "bridge", "hangup", "download", "other"):
        message = {"enterprise_number": "0367", "event_type": kind, "payload": payload}
        with suppress(InvalidInput):  # anything else would be a stumble
            assert read_http_event(message).kind == kind


def call_of(*messages: tuple[str, dict[str, Any], int]) -> Call:
    """The call after (kind, payload, second of arrival), through the journal's reader."""
    events = []
    for kind, payload, second in messages:
        raw = msgspec.json.encode(body(kind, **payload))
        arrival = http_arrival(EnterpriseNumber("0367"), kind, payload, raw)
        row = JournalRow(
            id=1,
            enterprise=arrival.enterprise,
            source="http",
            kind=arrival.kind,
            key=arrival.key,
            body=arrival.body,
            connection_id=None,
            received_at=NOW.replace(second=second),
        )
        events += read_http_row(row, None, "Europe/Minsk")
    return only_call(events)


BRIDGE = {"UniqueId": "1.1", "Extension": "151"}
HANGUP = {"UniqueId": "1.1", "Phone": "375000000070", "CallType": 0, "CallStatus": "2"}


def test_an_answered_call() -> None:
    call = call_of(("dial", DIAL, 0), ("bridge", BRIDGE, 4), ("hangup", HANGUP, 34))

    assert (call.direction, call.client) == ("in", "+375000000070")
    assert (call.rang, call.answered_by) == (("150", "151"), ("151",))
    assert (call.result, call.wait_s, call.talk_s) == ("answered", 4, 30)


def test_a_missed_call_is_no_answer_whatever_the_word() -> None:
    hangup = {**HANGUP, "CallStatus": "CANCEL"}
    call = call_of(("dial", DIAL, 0), ("hangup", hangup, 12))

    assert (call.result, call.reason, call.wait_s, call.talk_s) == (
        "no_answer",
        "cancelled",
        12,
        0,
    )


def test_the_messages_may_come_in_any_order() -> None:
    first = call_of(("dial", DIAL, 0), ("bridge", BRIDGE, 4), ("hangup", HANGUP, 34))
    raws = [("hangup", HANGUP, 34), ("dial", DIAL, 0), ("bridge", BRIDGE, 4)]

    assert call_of(*raws) == first


def test_times_without_a_zone_are_the_offices() -> None:
    told = {**HANGUP, "StartTime": "2026-11-20 19:59:00", "EndTime": "2026-11-20 19:59:50"}
    call = call_of(("hangup", {**told, "Duration": 40}, 0))

    assert call.started_at == datetime(2026, 11, 20, 16, 59, tzinfo=UTC)
    assert (call.wait_s, call.talk_s) == (10, 40)


def test_a_time_from_the_future_is_not_believed() -> None:
    event = read_http_event(body("hangup", **HANGUP, EndTime="2026-11-20 19:59:00"))
    report = to_report(event, zone=ZoneInfo("UTC"), received_at=NOW, region="BY")

    assert report.ended_at is None


def test_a_recording_joins_its_call() -> None:
    url = {"UniqueId": "1.1", "CallUrl": "https://pbx.example/1.mp3"}
    call = call_of(("dial", DIAL, 0), ("hangup", HANGUP, 34), ("download", url, 40))

    assert call.record_url == "https://pbx.example/1.mp3"
