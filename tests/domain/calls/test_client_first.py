"""A campaign's call that rings the client first: whose doing it was that nobody talked."""

import pytest

from kommutator.domain.calls.board import Board, CallEvent
from kommutator.domain.calls.events import (
    BridgeEntered,
    BridgeLeft,
    DialEnded,
    LegBorn,
    LegDialled,
    LegDied,
    LegRang,
    OriginateRefused,
    Party,
    PartyKind,
    TimeUp,
)
from kommutator.domain.calls.memory import dump, load
from kommutator.domain.calls.read import read_call
from kommutator.domain.calls.reports import Click, ClickCancelled
from kommutator.domain.commands import CallResult, Direction

CALL, CLIENT = "kmt-1", "+375000000070"
PHONE, TRUNK, TUBE = (
    Party(PartyKind.EXTENSION, "150"), Party(PartyKind.TRUNK), Party(PartyKind.LOCAL),
)  # fmt: skip
CLICK = Click(
    call_id=CALL, extension="150", client=CLIENT, requested_by="campaign: Spring", client_first=True
)
NEAR, FAR = "Local/+375000000070@click2call-0001;1", "Local/+375000000070@click2call-0001;2"
DIALLED: list[CallEvent] = [
    LegBorn(call=CALL, leg=CALL, at=1.0, party=TUBE, name=NEAR),
    LegBorn(call=CALL, leg="2", at=1.0, party=TUBE, name=FAR),
    LegBorn(call=CALL, leg="t", at=1.1, party=TRUNK),
    LegDialled(call=CALL, leg="t", at=1.2, party=TRUNK),
    LegRang(call=CALL, leg="t", at=1.3, party=TRUNK),
]
PICKED_UP: list[CallEvent] = [
    DialEnded(call=CALL, leg="t", at=3.0, party=TRUNK, status="ANSWER"),
    BridgeEntered(call=CALL, leg="t", at=3.0, party=TRUNK, bridge="a"),
    BridgeEntered(call=CALL, leg="2", at=3.0, party=TUBE, name=FAR, bridge="a"),
    LegBorn(call=CALL, leg="e", at=3.1, party=PHONE),
    LegDialled(call=CALL, leg="e", at=3.2, party=PHONE),
    LegRang(call=CALL, leg="e", at=3.3, party=PHONE),
]
TALKED: list[CallEvent] = [
    DialEnded(call=CALL, leg="e", at=5.0, party=PHONE, status="ANSWER"),
    BridgeEntered(call=CALL, leg="e", at=5.0, party=PHONE, bridge="b"),
    BridgeEntered(call=CALL, leg=CALL, at=5.0, party=TUBE, name=NEAR, bridge="b"),
    # The tube is taken out: both are in one room now.
    BridgeLeft(call=CALL, leg="t", at=5.2, party=TRUNK, bridge="a"),
    BridgeEntered(call=CALL, leg="t", at=5.2, party=TRUNK, bridge="b"),
]


def end(at: float, *legs: tuple[str, Party, int]) -> list[CallEvent]:
    return [LegDied(call=CALL, leg=leg, at=at, party=p, cause=cause) for leg, p, cause in legs]


ALL = (("t", TRUNK, 16), ("2", TUBE, 16), (CALL, TUBE, 16))


def concluded(*events: CallEvent) -> tuple[CallResult | None, str | None]:
    board = Board()
    for event in (CLICK, *events):
        board.feed(event)
    (memory,) = board.calls.values()
    call = read_call(load(dump(memory)), fallback=1.0)
    assert call.direction is Direction.OUT
    assert (call.client, call.dialler) == (CLIENT, "150")
    return call.result, call.reason


def test_they_talked() -> None:
    events = [*DIALLED, *PICKED_UP, *TALKED, *end(9.0, *ALL, ("e", PHONE, 16))]
    assert concluded(*events) == (CallResult.ANSWERED, None)


def test_the_agent_did_not_pick_up() -> None:
    missed = DialEnded(call=CALL, leg="e", at=8.0, party=PHONE, status="NOANSWER")
    events = [*DIALLED, *PICKED_UP, missed, *end(8.1, ("e", PHONE, 0), *ALL)]
    assert concluded(*events) == (CallResult.NO_ANSWER, "abandoned")


def test_the_client_did_not_wait() -> None:
    gone = DialEnded(call=CALL, leg="e", at=4.0, party=PHONE, status="CANCEL")
    events = [*DIALLED, *PICKED_UP, gone, *end(4.1, ("e", PHONE, 0), *ALL)]
    assert concluded(*events) == (CallResult.NO_ANSWER, "abandoned")


@pytest.mark.parametrize(
    ("status", "cause", "expected"),
    [
        ("BUSY", 17, (CallResult.BUSY, "busy")),
        ("NOANSWER", 19, (CallResult.NO_ANSWER, "no_answer")),
        ("CANCEL", 0, (CallResult.NO_ANSWER, "no_answer")),  # our own patience ended
        ("NOANSWER", 21, (CallResult.NO_ANSWER, "declined")),
        ("CONGESTION", 34, (CallResult.FAILED, "unreachable")),
    ],
)
def test_nobody_answered(status: str, cause: int, expected: tuple[CallResult, str]) -> None:
    ended = DialEnded(call=CALL, leg="t", at=9.0, party=TRUNK, status=status)
    events = [*DIALLED, ended, *end(9.1, ("t", TRUNK, cause), ("2", TUBE, 0), (CALL, TUBE, 0))]
    assert concluded(*events) == expected


def test_a_number_that_does_not_exist() -> None:
    silent = [event for event in DIALLED if not isinstance(event, LegRang)]
    ended = DialEnded(call=CALL, leg="t", at=2.0, party=TRUNK, status="CHANUNAVAIL")
    events = [*silent, ended, *end(2.1, ("t", TRUNK, 1), ("2", TUBE, 0), (CALL, TUBE, 0))]
    assert concluded(*events) == (CallResult.FAILED, "bad_number")


def test_somebody_took_it_back() -> None:
    ended = DialEnded(call=CALL, leg="t", at=3.0, party=TRUNK, status="CANCEL")
    back = ClickCancelled(call=CALL, at=2.9)
    events = [*DIALLED, back, ended, *end(3.1, ("t", TRUNK, 0), ("2", TUBE, 0), (CALL, TUBE, 0))]
    assert concluded(*events) == (CallResult.CANCELLED, "cancelled_by_clicker")


def test_no_trunk_was_ever_called() -> None:
    tubes = [e for e in DIALLED if isinstance(e, LegBorn) and e.party is TUBE]
    assert concluded(*tubes, *end(2.0, ("2", TUBE, 0), (CALL, TUBE, 0))) == (
        CallResult.FAILED,
        "unreachable",
    )


def test_the_pbx_never_said_a_word() -> None:
    assert concluded(TimeUp(call=CALL, at=31.0)) == (CallResult.FAILED, "not_placed")


def test_the_pbx_refused() -> None:
    refused = OriginateRefused(call=CALL, reason=0, at=2.0)
    assert concluded(refused, TimeUp(call=CALL, at=3.0)) == (CallResult.FAILED, "unreachable")
