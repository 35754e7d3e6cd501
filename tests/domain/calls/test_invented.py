"""Invented calls: whatever people do, and however the events come, the record is the truth."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kommutator.connectors.pbx.asterisk.translate import translate
from kommutator.domain.calls.board import Board, CallEvent
from kommutator.domain.calls.call import Call, Phase
from kommutator.domain.calls.decide import decide
from kommutator.domain.calls.memory import Told, dump, load
from kommutator.domain.calls.policy import Policy
from kommutator.domain.calls.read import read_call
from kommutator.domain.commands import CallRecord, Command, Direction, HangupPopup, RingPopup
from tests.support.calls import NOW, WIRING
from tests.support.invented.gap import alive_after
from tests.support.invented.pbx import Pbx, Raw, Truth
from tests.support.invented.people import Office
from tests.support.invented.plays import PLAYS

POLICY = Policy(connection="crm", unplaced=True)
_TOGETHER_S = 0.2
"""What happens within this time may be told in any order, save that each channel keeps its own."""


@dataclass(frozen=True)
class Day:
    """Some calls. `events`: raw, as they happened; `spans`: the PBXs, for what is alive when."""

    events: list[Raw]
    truths: list[Truth]
    pbxs: list[Pbx]


@st.composite
def days(draw: st.DrawFn, most: int = 3) -> Day:
    """Up to three calls that overlap, each of another client."""
    pbxs, events = [], []
    for number in range(draw(st.integers(1, most))):
        pbx = Pbx(start=draw(st.integers(0, 30)) + number * 0.013, first_id=number * 1000)

        def choose(low: int, high: int) -> int:
            return draw(st.integers(low, high))

        office = Office(pbx, choose, hinted=draw(st.booleans()))
        play = PLAYS[draw(st.integers(0, len(PLAYS) - 1))]
        play(office, f"+37529000007{number}")
        pbxs.append(pbx)
        events += pbx.events
    events.sort(key=lambda event: float(event["Timestamp"]))
    return Day(events, [truth for pbx in pbxs for truth in pbx.truths], pbxs)


def understood(raw: list[Raw]) -> list[CallEvent]:
    return [event for message in raw for event in translate(message, WIRING, heard_at=0.0)]


def calls_of(events: list[CallEvent]) -> list[Call]:
    board = Board()
    for event in events:
        board.feed(event)
    return [read_call(memory) for memory in board.calls.values()]


def clients_calls(events: list[CallEvent]) -> dict[str, Call]:
    """By the client's number; fails if a client has two."""
    calls = [call for call in calls_of(events) if call.client]
    assert len({call.client for call in calls}) == len(calls)
    return {str(call.client): call for call in calls}


def commands_of(events: list[CallEvent]) -> list[Command]:
    """All that a CRM is told, everything written down and read again after each event."""
    board = Board()
    owed = []
    for event in events:
        board.feed(event)
        for call_id in sorted(board.touched):
            memory = board.calls[call_id] = load(dump(board.calls[call_id]))
            told = memory.told.setdefault("crm", Told())
            owed += decide(read_call(memory), told, POLICY, NOW).owed
        board.touched.clear()
    assert len({o.once for o in owed}) == len(owed)
    return [o.command for o in owed]


def assert_true(call: Call, truth: Truth) -> None:
    assert call.phase is Phase.ENDED
    assert (call.direction, call.result, call.reason) == (
        truth.direction,
        truth.result,
        truth.reason,
    )
    assert call.answered_by == tuple(truth.by)
    since, until = truth.since, truth.until
    assert call.started_at.timestamp() == pytest.approx(truth.started, abs=0.001)
    assert call.talk_s == (round(until - since) if since and until else 0)
    assert call.wait_s == round((since or truth.ended) - truth.started)


def assert_told_once(commands: list[Command], truths: list[Truth]) -> None:
    records = [c for c in commands if isinstance(c, CallRecord)]
    assert sorted(record.client for record in records) == sorted(t.client for t in truths)
    for truth in truths:
        mine = [c for c in commands if getattr(c, "client", None) == truth.client]
        assert sum(isinstance(c, HangupPopup) for c in mine) <= 1
        shown = [e for c in mine if isinstance(c, RingPopup) for e in c.extensions]
        assert len(shown) == len(set(shown))
        assert set(truth.by) <= set(shown) or not truth.placed
        (record,) = [c for c in mine if isinstance(c, CallRecord)]
        assert record.extension == (truth.by[-1] if truth.by else record.extension)


def channel_of(event: Raw) -> str:
    """Whose order is kept; transfers are told by nobody's channel."""
    return str(event.get("DestUniqueid") or event.get("Uniqueid") or event["Event"])


def shuffled(draw: st.DrawFn, events: list[Raw]) -> list[Raw]:
    """Any interleaving of the channels within a moment, and some messages once more."""
    moments: list[list[Raw]] = []
    for event in events:
        near = moments and float(event["Timestamp"]) - float(moments[-1][0]["Timestamp"])
        if near is not False and moments and near < _TOGETHER_S:
            moments[-1].append(event)
        else:
            moments.append([event])
    told: list[Raw] = []
    for moment in moments:
        keys = [channel_of(event) for event in moment]
        queues = {key: [e for e in moment if channel_of(e) == key] for key in keys}
        births = [channel_of(e) for e in moment if e["Event"] == "Newchannel"]
        for key in [*draw(st.permutations(keys)), *keys]:  # some were taken out of turn
            told += _next(queues, births, key)
    for place in sorted(draw(st.sets(st.integers(0, len(told) - 1), max_size=6)), reverse=True):
        told.insert(draw(st.integers(place, len(told))), told[place])
    return told


def _next(queues: dict[str, list[Raw]], births: list[str], key: str) -> list[Raw]:
    """The channel's next message; nobody is born before those who were born before him."""
    taken: list[Raw] = []
    while key in births and births[0] != key and queues[key][0]["Event"] == "Newchannel":
        taken += _next(queues, births, births[0])
    if queues[key]:
        taken.append(queues[key].pop(0))
        if taken[-1]["Event"] == "Newchannel":
            births.remove(key)
    return taken


@st.composite
def shuffled_days(draw: st.DrawFn) -> tuple[Day, list[Raw]]:
    day = draw(days())
    return day, shuffled(draw, day.events)


def truthful(case: tuple[Day, list[Raw]]) -> None:
    day, told = case
    events = understood(told)
    calls = clients_calls(events)
    assert set(calls) == {truth.client for truth in day.truths}
    for truth in day.truths:
        assert_true(calls[truth.client], truth)
    assert_told_once(commands_of(events), day.truths)
    assert calls == clients_calls(understood(day.events))
    assert calls == clients_calls([*events, *events])
    assert all(call.phase is Phase.ENDED for call in calls_of(events))


def cut(draw: st.DrawFn, day: Day) -> list[Raw]:
    """Deaf for a while: then the PBX is asked what is alive, and everything is heard again.

    It is asked now and then besides, so once more when the day is over.
    """
    first = draw(st.integers(0, len(day.events)))
    last = draw(st.integers(first, len(day.events)))
    return [*day.events[:first], alive_after(day.events[:last]), *day.events[last:], _quiet(day)]


@st.composite
def cut_days(draw: st.DrawFn) -> tuple[Day, list[Raw]]:
    day = draw(days())
    return day, cut(draw, day)


def survived(case: tuple[Day, list[Raw]]) -> None:
    day, told = case
    events = understood(told)
    records = [c for c in commands_of(events) if isinstance(c, CallRecord)]
    clients = [record.client for record in records]
    assert len(clients) == len(set(clients))
    assert set(clients) <= {truth.client for truth in day.truths}
    assert all(call.phase is Phase.ENDED for call in calls_of(events))
    directions = {truth.client: truth.direction for truth in day.truths}
    assert all(record.direction == directions[record.client] for record in records)
    assert Direction.INTERNAL not in {record.direction for record in records}


def lost(draw: st.DrawFn, day: Day) -> list[Raw]:
    """Some messages never come; at the end the PBX is quiet and says so."""
    gone = draw(st.sets(st.integers(0, len(day.events) - 1), max_size=8))
    kept = [event for place, event in enumerate(day.events) if place not in gone]
    return [*kept, _quiet(day)]


def _quiet(day: Day) -> Raw:
    after = float(day.events[-1]["Timestamp"]) + 600
    return {"Event": "Reconcile", "Timestamp": f"{after:.6f}", "Channels": []}


@st.composite
def lossy_days(draw: st.DrawFn) -> tuple[Day, list[Raw]]:
    day = draw(days())
    return day, lost(draw, day)


def ended_once(case: tuple[Day, list[Raw]]) -> None:
    _, told = case
    events = understood(told)
    commands = commands_of(events)
    calls = [call for call in calls_of(events) if call.client and call.direction != "internal"]
    records = [c for c in commands if isinstance(c, CallRecord)]
    assert len({record.call_id for record in records}) == len(records)
    assert {record.call_id for record in records} >= {call.id for call in calls}
    assert all(call.phase is Phase.ENDED for call in calls)


_QUICK: Any = settings(
    max_examples=40, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
_LONG: Any = settings(_QUICK, max_examples=3000, derandomize=False)

test_every_call_is_told_as_it_was = _QUICK(given(shuffled_days())(truthful))
test_a_gap_makes_no_second_record = _QUICK(given(cut_days())(survived))
test_losses_are_made_up_for_by_the_end = _QUICK(given(lossy_days())(ended_once))

test_every_call_is_told_as_it_was_at_length = pytest.mark.slow(
    pytest.mark.timeout(900)(_LONG(given(shuffled_days())(truthful)))
)
test_a_gap_makes_no_second_record_at_length = pytest.mark.slow(
    pytest.mark.timeout(900)(_LONG(given(cut_days())(survived)))
)
test_losses_are_made_up_for_by_the_end_at_length = pytest.mark.slow(
    pytest.mark.timeout(900)(_LONG(given(lossy_days())(ended_once)))
)
