"""Conversations in PBXs that work otherwise than our recorded one."""

from kommutator.domain.calls.board import Board, CallEvent
from kommutator.domain.calls.call import Phase
from kommutator.domain.calls.events import (
    BridgeEntered,
    BridgeLeft,
    CallsJoined,
    LegBorn,
    LegDied,
    LegRang,
    Party,
    PartyKind,
    Snapshot,
)
from kommutator.domain.calls.read import read_call
from tests.support.calls import fold, only_call

TRUNK = Party(PartyKind.TRUNK)
LOCAL = Party(PartyKind.LOCAL)


def extension(number: str) -> Party:
    return Party(PartyKind.EXTENSION, number)


def born(leg: str, party: Party, at: float, name: str = "", call: str = "t") -> LegBorn:
    return LegBorn(
        call=call, leg=leg, at=at, party=party, name=name, caller="+375000000070", dialled="100"
    )


def enters(leg: str, bridge: str, at: float, call: str = "t") -> BridgeEntered:
    return BridgeEntered(call=call, leg=leg, at=at, bridge=bridge)


def leaves(leg: str, bridge: str, at: float) -> BridgeLeft:
    return BridgeLeft(call="t", leg=leg, at=at, bridge=bridge)


def died(leg: str, at: float, call: str = "t") -> LegDied:
    return LegDied(call=call, leg=leg, at=at, cause=16)


def test_a_local_tube_that_stays_connects_its_two_bridges() -> None:
    events: list[CallEvent] = [
        born("t", TRUNK, 0.0),
        born("l1", LOCAL, 1.0, "Local/150@queue-00000001;1"),
        born("l2", LOCAL, 1.0, "Local/150@queue-00000001;2"),
        born("e", extension("150"), 1.0),
        enters("t", "one", 2.0),
        enters("l1", "one", 2.0),
        enters("l2", "two", 2.0),
        enters("e", "two", 3.0),
        leaves("e", "two", 10.0),
        *(died(leg, 10.0) for leg in ("e", "l1", "l2", "t")),
    ]
    call = only_call(events)

    assert (call.result, call.answered_by, call.wait_s, call.talk_s) == ("answered", ("150",), 3, 7)


def test_another_tube_connects_nothing() -> None:
    events: list[CallEvent] = [
        born("t", TRUNK, 0.0),
        born("l1", LOCAL, 1.0, "Local/150@queue-00000001;1"),
        born("l2", LOCAL, 1.0, "Local/150@queue-00000002;2"),
        born("e", extension("150"), 1.0),
        *(enters(leg, bridge, 2.0) for leg, bridge in (("t", "a"), ("l1", "a"))),
        *(enters(leg, bridge, 3.0) for leg, bridge in (("l2", "b"), ("e", "b"))),
        *(died(leg, 10.0) for leg in ("e", "l1", "l2", "t")),
    ]

    assert only_call(events).answered_at is None


def test_a_voice_menu_is_not_an_answer() -> None:
    call = only_call([born("t", TRUNK, 0.0), enters("t", "announcement", 1.0), died("t", 9.0)])

    assert (call.result, call.reason) == ("no_answer", "unreachable")


def test_a_call_forwarded_to_a_mobile_is_answered_by_nobody_inside() -> None:
    events: list[CallEvent] = [
        born("t", TRUNK, 0.0),
        born("m", TRUNK, 1.0),
        enters("m", "a", 5.0),
        enters("t", "a", 5.0),
        died("m", 9.0),
        died("t", 9.0),
    ]
    call = only_call(events)

    assert (call.direction, call.result, call.answered_by, call.talk_s) == ("in", "answered", (), 4)


def test_a_lost_bridge_leave_is_made_up_for_by_the_hangup() -> None:
    events: list[CallEvent] = [
        born("t", TRUNK, 0.0),
        born("e", extension("150"), 1.0),
        enters("t", "a", 2.0),
        enters("e", "a", 2.0),
        died("e", 5.0),
        died("t", 60.0),
    ]

    assert only_call(events).talk_s == 3


def test_a_leg_under_another_calls_name_joins_the_calls() -> None:
    """Call pick-up: the PBX renames the channel without any transfer event."""
    events: list[CallEvent] = [
        born("t", TRUNK, 0.0),
        born("p", extension("153"), 4.0, call="p"),
        enters("t", "a", 5.0),
        enters("p", "a", 5.0, call="t"),
        died("p", 8.0, call="p"),
        died("t", 8.0),
    ]
    (call,) = fold(events)

    assert (call.id, call.answered_by, call.talk_s) == ("t", ("153",), 3)


def test_what_began_before_we_listened_is_no_call() -> None:
    board = Board()

    assert board.feed(died("t", 1.0)) is False
    assert board.calls == {}


def test_a_snapshot_closes_what_vanished_unheard() -> None:
    events: list[CallEvent] = [
        born("t", TRUNK, 0.0),
        LegRang(call="t", leg="e", at=1.0, party=extension("150")),
        Snapshot(legs=frozenset(), at=30.0),
    ]
    call = only_call(events)

    assert (call.phase, call.result, call.reason) == (Phase.ENDED, "no_answer", "lost")


def test_a_snapshot_spares_the_living_and_those_born_after_it() -> None:
    board = Board()
    for event in (born("t", TRUNK, 0.0), born("e", extension("150"), 40.0)):
        board.feed(event)
    board.feed(Snapshot(legs=frozenset({"t"}), at=30.0))

    assert read_call(board.calls["t"]).phase is Phase.RINGING


def test_a_hangup_that_was_heard_after_all_corrects_the_snapshot() -> None:
    events: list[CallEvent] = [
        born("t", TRUNK, 0.0),
        born("e", extension("150"), 1.0),
        enters("t", "a", 2.0),
        enters("e", "a", 2.0),
        Snapshot(legs=frozenset(), at=30.0),
        died("t", 20.0),
        died("e", 20.0),
    ]

    assert only_call(events).talk_s == 18


def test_entering_one_bridge_is_leaving_the_other_even_if_that_went_unheard() -> None:
    events: list[CallEvent] = [
        born("t", TRUNK, 0.0),
        born("e", extension("150"), 1.0),
        enters("t", "a", 2.0),
        enters("e", "a", 2.0),
        enters("t", "music", 5.0),
        died("e", 20.0),
        died("t", 30.0),
    ]

    assert only_call(events).talk_s == 3


def test_a_snapshot_that_sees_a_phone_still_ringing_does_not_put_it_last() -> None:
    rings = [
        LegRang(call="t", leg=leg, at=at, party=extension(number))
        for leg, number, at in (("e", "150", 1.0), ("f", "151", 2.0), ("e", "150", 60.0))
    ]

    assert only_call([born("t", TRUNK, 0.0), *rings]).rang == ("150", "151")


def test_two_clients_brought_together_stay_two_calls() -> None:
    second = LegBorn(
        call="o", leg="o", at=5.0, party=extension("150"), caller="150", dialled="+375000000071"
    )
    events: list[CallEvent] = [
        born("t", TRUNK, 0.0),
        born("e", extension("150"), 1.0),
        enters("t", "a", 2.0),
        enters("e", "a", 2.0),
        second,
        born("c", TRUNK, 6.0, call="o"),
        enters("o", "b", 8.0, call="o"),
        enters("c", "b", 8.0, call="o"),
        enters("t", "b", 12.0),
        CallsJoined(call="t", other="o", at=12.0),
        died("o", 12.0, call="o"),
        died("e", 12.0),
        died("c", 20.0, call="t"),
        died("t", 20.0),
    ]
    first, other = fold(events)

    assert (first.client, first.direction, first.talk_s) == ("+375000000070", "in", 10)
    assert (other.client, other.direction, other.talk_s) == ("+375000000071", "out", 4)
    assert {first.phase, other.phase} == {Phase.ENDED}
