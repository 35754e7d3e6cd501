"""A click that was taken back: nobody's fault, and no call for the CRM."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kommutator.domain.calls.board import Board, CallEvent
from kommutator.domain.calls.decide import decide
from kommutator.domain.calls.events import (
    DialEnded,
    LegBorn,
    LegDialled,
    LegDied,
    LegRang,
    Party,
    PartyKind,
    TimeUp,
)
from kommutator.domain.calls.memory import Told, dump, load
from kommutator.domain.calls.policy import Policy
from kommutator.domain.calls.read import read_call
from kommutator.domain.calls.reports import Click, ClickCancelled
from kommutator.domain.commands import CallRecord, CallResult

CALL, CLIENT = "kmt-1", "+375000000070"
PHONE, TRUNK = Party(PartyKind.EXTENSION, "150"), Party(PartyKind.TRUNK)
CLICK = Click(call_id=CALL, extension="150", client=CLIENT, requested_by="anna")
CANCELLED = ClickCancelled(call=CALL, at=4.0)
RINGING: list[CallEvent] = [
    LegBorn(call=CALL, leg=CALL, at=1.0, party=PHONE),
    LegRang(call=CALL, leg=CALL, at=2.0, party=PHONE),
]
HUNG_UP: list[CallEvent] = [LegDied(call=CALL, leg=CALL, at=5.0, party=PHONE, cause=0)]


def concluded(*events: CallEvent) -> tuple[CallResult | None, str | None]:
    board = Board()
    for event in (CLICK, *events):
        board.feed(event)
    (memory,) = board.calls.values()
    call = read_call(load(dump(memory)), fallback=1.0)
    return call.result, call.reason


@pytest.mark.parametrize(
    "events",
    [
        [*RINGING, CANCELLED, *HUNG_UP],
        [*RINGING, *HUNG_UP, CANCELLED],
        [CANCELLED, TimeUp(call=CALL, at=6.0)],
    ],
)
def test_it_has_a_reason_of_its_own(events: list[CallEvent]) -> None:
    assert concluded(*events) == (CallResult.CANCELLED, "cancelled_by_clicker")


def test_without_it_the_employee_did_not_pick_up() -> None:
    assert concluded(*RINGING, *HUNG_UP) == (CallResult.FAILED, "manager_no_answer")


def test_a_busy_phone_was_busy_all_the_same() -> None:
    busy = DialEnded(call=CALL, leg=CALL, at=3.0, party=PHONE, status="BUSY")
    assert concluded(*RINGING, busy, CANCELLED, *HUNG_UP)[1] == "manager_busy"


def test_a_client_whose_phone_rang_was_called() -> None:
    client: list[CallEvent] = [
        LegBorn(call=CALL, leg="t", at=3.0, party=TRUNK),
        LegDialled(call=CALL, leg="t", at=3.1, party=TRUNK),
        LegRang(call=CALL, leg="t", at=3.2, party=TRUNK),
        CANCELLED,
        DialEnded(call=CALL, leg="t", at=4.5, party=TRUNK, status="CANCEL"),
        LegDied(call=CALL, leg="t", at=4.6, party=TRUNK, cause=0),
    ]
    assert concluded(*RINGING, *client, *HUNG_UP) == (CallResult.CANCELLED, "cancelled")


def test_alone_it_makes_no_call() -> None:
    board = Board()
    assert not board.feed(CANCELLED)
    assert board.calls == {}


def test_the_crm_hears_of_it_only_if_it_wants_clicks_without_a_call() -> None:
    board = Board()
    for event in (CLICK, *RINGING, CANCELLED, *HUNG_UP):
        board.feed(event)
    call = replace(read_call(board.calls[CALL]), client=CLIENT)
    now = datetime.now(UTC)
    assert decide(call, Told(), Policy("crm"), now).owed == ()
    (owed,) = decide(call, Told(), Policy("crm", unplaced=True), now).owed
    assert isinstance(owed.command, CallRecord)
    assert owed.command.result is CallResult.CANCELLED
