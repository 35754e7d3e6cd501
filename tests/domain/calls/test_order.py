"""Late, doubled and reordered messages lead to the same call and to exactly one record."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kommutator.domain.calls.board import Board, CallEvent
from kommutator.domain.calls.decide import decide
from kommutator.domain.calls.memory import Told, dump, load
from kommutator.domain.calls.policy import Policy
from kommutator.domain.calls.read import read_call
from kommutator.domain.commands import CallRecord, Command, Direction, HangupPopup, RingPopup
from tests.support.calls import NAMES, NOW, events_of, expected, only_call, recorded

POLICY = Policy(connection="crm", unplaced=True)
CLIENT_CALLS = [name for name in NAMES if expected()[name]["dir"] != "internal"]


def commands_of(events: list[CallEvent]) -> list[Command]:
    """What one CRM is told on the way, the memory being written and read after each event."""
    board, owed = Board(), []
    for event in events:
        board.feed(event)
        for call_id in sorted(board.touched):
            memory = load(dump(board.calls[call_id]))
            told = memory.told.setdefault("crm", Told())
            owed += decide(read_call(memory), told, POLICY, NOW).owed
            board.calls[call_id] = memory
        board.touched.clear()
    assert len({o.once for o in owed}) == len(owed)
    return [o.command for o in owed]


def channel_of(event: dict[str, Any]) -> str:
    """Asterisk keeps the order of events of one channel; dials speak of the dialled one."""
    return str(event.get("DestUniqueid") or event.get("Uniqueid") or event["Event"])


@st.composite
def disturbed(draw: st.DrawFn) -> tuple[str, list[dict[str, Any]]]:
    """A recorded stream with events of different channels swapped and any event doubled."""
    name = draw(st.sampled_from(CLIENT_CALLS))
    stream = list(recorded(name))
    for place in draw(st.lists(st.integers(0, max(0, len(stream) - 2)), max_size=40)):
        one, other = stream[place], stream[place + 1]
        # Nothing overtakes a whole phase of the call: inversions are a matter of milliseconds.
        near = abs(one["_t"] - other["_t"]) < 0.05
        if near and channel_of(one) != channel_of(other):
            stream[place], stream[place + 1] = other, one
    for place in sorted(draw(st.sets(st.integers(0, len(stream) - 1), max_size=10)), reverse=True):
        again = draw(st.integers(place, len(stream)))
        stream.insert(again, stream[place])
    return name, stream


@given(disturbed())
@settings(max_examples=120, deadline=None)
def test_each_call_ends_in_exactly_one_record(case: tuple[str, list[dict[str, Any]]]) -> None:
    name, stream = case
    commands = commands_of(events_of(name, stream))

    records = [command for command in commands if isinstance(command, CallRecord)]
    assert len(records) == 1
    assert sum(isinstance(command, HangupPopup) for command in commands) <= 1
    shown = [e for c in commands if isinstance(c, RingPopup) for e in c.extensions]
    assert len(shown) == len(set(shown))


@given(disturbed())
@settings(max_examples=120, deadline=None)
def test_the_conclusion_does_not_depend_on_the_order(
    case: tuple[str, list[dict[str, Any]]],
) -> None:
    name, stream = case

    assert only_call(events_of(name, stream)) == only_call(events_of(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_whole_stream_heard_twice_changes_nothing(name: str) -> None:
    events = events_of(name)
    once, twice = Board(), Board()
    for event in events:
        once.feed(event)
    for event in [*events, *events]:
        twice.feed(event)

    assert twice.calls == once.calls


@pytest.mark.parametrize("name", CLIENT_CALLS)
def test_every_prefix_can_be_saved_and_read(name: str) -> None:
    board = Board()
    for event in events_of(name):
        board.feed(event)
        for memory in board.calls.values():
            assert load(dump(memory)) == memory
            assert read_call(memory).id == memory.id


def test_internal_calls_are_no_business_of_the_crm() -> None:
    assert commands_of(events_of("internal_answered")) == []
    assert only_call(events_of("internal_answered")).direction is Direction.INTERNAL
