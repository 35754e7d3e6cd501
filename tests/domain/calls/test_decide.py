"""What a CRM is told, and when."""

from dataclasses import replace
from datetime import timedelta

from kommutator.domain.calls.board import Board
from kommutator.domain.calls.call import Call
from kommutator.domain.calls.decide import decide
from kommutator.domain.calls.memory import Told
from kommutator.domain.calls.policy import Policy, read_policy
from kommutator.domain.calls.read import read_call
from kommutator.domain.commands import (
    CallRecord,
    CallResult,
    Command,
    CreateTask,
    Direction,
    HangupPopup,
    RingPopup,
)
from tests.support.calls import CLIENT, NOW, events_of, only_call

LINE = "+375171234567"
PLAIN = Policy(connection="crm")


def story(name: str, policy: Policy = PLAIN) -> list[Command]:
    """Everything owed along one recorded call, in order."""
    board, told, owed = Board(), Told(), []
    for event in events_of(name):
        board.feed(event)
        for memory in board.calls.values():
            owed += decide(read_call(memory), told, policy, NOW).owed
    return [o.command for o in owed]


def sites(name: str, policy: Policy) -> set[str | None]:
    wanted = (RingPopup, HangupPopup, CallRecord)
    return {command.site for command in story(name, policy) if isinstance(command, wanted)}


def test_a_group_ring_is_one_card_for_all_its_phones() -> None:
    rings = [c for c in story("inbound_answered") if isinstance(c, RingPopup)]

    assert [(c.direction, c.client, c.extensions, c.line) for c in rings] == [
        (Direction.IN, CLIENT, ("150", "151"), LINE)
    ]


def test_a_transfer_shows_the_card_to_the_new_phone_only() -> None:
    rings = [c.extensions for c in story("transfer_blind") if isinstance(c, RingPopup)]

    assert rings == [("150", "151"), ("152",)]


def test_a_phone_that_refuses_at_once_gets_no_card() -> None:
    commands = story("inbound_smart_redirect_manager_busy_then_group")

    rings = [c.extensions for c in commands if isinstance(c, RingPopup)]
    assert rings == [("150", "151")]


def test_dialling_out_shows_the_card_to_the_dialler() -> None:
    rings = [c for c in story("outbound_answered") if isinstance(c, RingPopup)]

    assert [(c.direction, c.extensions) for c in rings] == [(Direction.OUT, ("150",))]


def test_the_end_takes_the_card_down_from_everybody_and_is_recorded() -> None:
    _, hangup, record = story("inbound_nobody_answers")

    assert isinstance(hangup, HangupPopup)
    assert (hangup.extensions, hangup.result) == (("150", "151"), CallResult.NO_ANSWER)
    assert isinstance(record, CallRecord)
    assert (record.result, record.extension, record.wait_s, record.talk_s) == (
        CallResult.NO_ANSWER,
        "150",
        2,
        0,
    )


def test_a_click_whose_employee_did_not_pick_up_is_no_call_for_the_crm() -> None:
    assert story("click2call_manager_no_answer") == []


def test_unless_the_tenant_wants_such_clicks_too() -> None:
    (record,) = story("click2call_manager_busy", Policy(connection="crm", unplaced=True))

    assert isinstance(record, CallRecord)
    assert (record.result, record.extension) == (CallResult.FAILED, "150")


def test_switched_off_events_are_not_sent() -> None:
    config = {"events": {"incoming": False, "outgoing": True, "hangup": True, "record": True}}
    policy = read_policy("crm", config)

    assert [type(c) for c in story("inbound_answered", policy)] == [CallRecord]
    assert RingPopup in [type(c) for c in story("outbound_answered", policy)]


def test_records_can_be_switched_off() -> None:
    policy = read_policy("crm", {"events": {"record": False}})

    assert [type(c) for c in story("inbound_answered", policy)] == [RingPopup, HangupPopup]


def test_the_line_chooses_the_shop() -> None:
    policy = read_policy("crm", {"lines": {LINE: "minsk"}, "default_site": "main"})

    assert sites("inbound_answered", policy) == {"minsk"}
    assert sites("outbound_answered", policy) == {"main"}


def ended(url: str | None = None) -> Call:
    call = only_call(events_of("inbound_answered"))
    return replace(call, ended_at=NOW, record_url=url)


WAITS = Policy(connection="crm", recording_wait_s=20.0)


def test_a_record_waits_for_its_recording() -> None:
    told = Told()
    first = decide(ended(), told, WAITS, NOW)
    assert (first.owed, first.look_again) == ((), NOW + timedelta(seconds=20))

    then = decide(ended("https://pbx.example/1.mp3"), told, WAITS, NOW + timedelta(seconds=3))
    (owed,) = then.owed
    assert isinstance(owed.command, CallRecord)
    assert owed.command.record_url == "https://pbx.example/1.mp3"
    assert then.look_again is None


def test_but_not_for_ever() -> None:
    told = Told()
    decide(ended(), told, WAITS, NOW)
    (owed,) = decide(ended(), told, WAITS, NOW + timedelta(seconds=20)).owed
    assert isinstance(owed.command, CallRecord)
    assert owed.command.record_url is None

    late = decide(ended("https://pbx.example/1.mp3"), told, WAITS, NOW + timedelta(seconds=60))
    assert late.owed == ()


def test_a_missed_call_waits_for_no_recording() -> None:
    call = only_call(events_of("inbound_caller_gave_up"))

    (owed,) = decide(call, Told(), WAITS, NOW).owed
    assert isinstance(owed.command, CallRecord)


def test_rules_run_once_at_the_end() -> None:
    rules = [{"direction": "in", "result": "missed", "create": "task", "text": "Call back"}]
    policy = read_policy("crm", {"rules": rules, "default_performer": "16"})
    tasks = [c for c in story("inbound_nobody_answers", policy) if isinstance(c, CreateTask)]

    assert tasks == [
        CreateTask(
            call_id="1795193318.9",
            client=CLIENT,
            text="Call back",
            default_performer="16",
            rang=("150", "151"),
        )
    ]
    assert not [c for c in story("inbound_answered", policy) if isinstance(c, CreateTask)]


def test_a_click_that_reached_nobody_is_missed_by_nobody() -> None:
    """The clicker's own phone rang first: the call is still his, not a missed one of his."""
    (record,) = (c for c in story("click2call_client_busy") if isinstance(c, CallRecord))

    assert (record.direction, record.result) == (Direction.OUT, CallResult.BUSY)
    assert (record.extension, record.rang) == ("150", ())
