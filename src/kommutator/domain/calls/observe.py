"""One message into the memory of its call."""

from __future__ import annotations

from functools import singledispatch

import msgspec

from kommutator.domain.calls.events import (
    BlindTransferred,
    BridgeEntered,
    BridgeLeft,
    DialEnded,
    LegBorn,
    LegDialled,
    LegDied,
    LegEvent,
    LegLetGo,
    LegRang,
    OriginateRefused,
    PartyKind,
    Snapshot,
    TimeUp,
)
from kommutator.domain.calls.memory import Leg, Mark, Memory, Refusal
from kommutator.domain.calls.recordings import RecordingArrived, RecordingLost
from kommutator.domain.calls.reports import Click, ClickCancelled, Report

LOST_CAUSE = -1
"""Stands for a hang-up that nobody heard: its cause is not known."""

_WEIGHT = {"ANSWER": 0, "BUSY": 1, "NOANSWER": 2, "CANCEL": 9}
"""Queues end a dial twice, with NOANSWER and with CANCEL: the more telling word stays."""


@singledispatch
def observe(event: object, memory: Memory) -> None:  # noqa: ARG001  the others' signature
    """Add what `event` tells to `memory`. Seeing an event twice adds nothing.

    Raises:
        TypeError: not an event about one call (`CallsJoined` needs `merge.join`).
    """
    raise TypeError(type(event).__name__)


def _leg(event: LegEvent, memory: Memory) -> Leg:
    leg = memory.legs.setdefault(event.leg, Leg())
    leg.name = leg.name or event.name
    if leg.party.kind is PartyKind.OTHER:
        leg.party = event.party
    memory.hints = memory.hints.over(event.hints)
    _add(memory.records, event.hints.record)
    return leg


def _add(names: list[str], name: str | None) -> None:
    if name and name not in names:
        names.append(name)


def _earlier(known: float | None, at: float) -> float:
    return at if known is None else min(known, at)


@observe.register
def _(event: LegBorn, memory: Memory) -> None:
    leg = _leg(event, memory)
    if leg.born is None or not event.guessed:
        leg.born = _earlier(leg.born, event.at)
    leg.caller = leg.caller or event.caller
    leg.dialled = leg.dialled or event.dialled


@observe.register
def _(event: LegDialled, memory: Memory) -> None:
    leg = _leg(event, memory)
    leg.dialled_at = _earlier(leg.dialled_at, event.at)


@observe.register
def _(event: LegRang, memory: Memory) -> None:
    leg = _leg(event, memory)
    leg.rang = _earlier(leg.rang, event.at)


@observe.register
def _(event: DialEnded, memory: Memory) -> None:
    leg = _leg(event, memory)
    if leg.dial is None or _weight(event.status) < _weight(leg.dial):
        leg.dial = event.status


def _weight(status: str) -> tuple[int, str]:
    return _WEIGHT.get(status, 5), status


@observe.register
def _(event: LegLetGo, memory: Memory) -> None:
    leg = _leg(event, memory)
    leg.let_go = _earlier(leg.let_go, event.at)


@observe.register
def _(event: BridgeEntered, memory: Memory) -> None:
    _leg(event, memory)
    _mark(memory, Mark(event.at, leaves=False, leg=event.leg, bridge=event.bridge))


@observe.register
def _(event: BridgeLeft, memory: Memory) -> None:
    _leg(event, memory)
    _mark(memory, Mark(event.at, leaves=True, leg=event.leg, bridge=event.bridge))


def _mark(memory: Memory, mark: Mark) -> None:
    if mark not in memory.marks:
        memory.marks.append(mark)
        memory.marks.sort()


@observe.register
def _(event: LegDied, memory: Memory) -> None:
    leg = _leg(event, memory)
    if leg.died is None or leg.cause == LOST_CAUSE:
        leg.died, leg.cause = event.at, event.cause


@observe.register
def _(event: BlindTransferred, memory: Memory) -> None:
    if (word := f"blind:{event.to}") not in memory.transfers:
        memory.transfers.append(word)


@observe.register
def _(event: OriginateRefused, memory: Memory) -> None:
    if memory.refusal is None:
        memory.refusal = Refusal(event.at, event.reason)


@observe.register
def _(event: Snapshot, memory: Memory) -> None:
    for name, leg in memory.legs.items():
        older = leg.born is None or leg.born < event.at
        if leg.died is None and older and name not in event.legs:
            leg.died, leg.cause = event.at, LOST_CAUSE
            memory.lost = event.at


@observe.register
def _(event: Report, memory: Memory) -> None:
    if event not in memory.reports:
        memory.reports.append(event)
        memory.reports.sort(key=lambda report: report.at)


@observe.register
def _(event: RecordingArrived, memory: Memory) -> None:
    _add(memory.arrived, event.name)


@observe.register
def _(event: RecordingLost, memory: Memory) -> None:
    _add(memory.lost_records, event.name)


@observe.register
def _(event: TimeUp, memory: Memory) -> None:
    if memory.legs:
        return  # legs are closed by their own hang-ups or by a snapshot
    if memory.reports:
        memory.lost = memory.lost or event.at
    else:
        refusal = memory.refusal or Refusal(event.at)
        memory.refusal = msgspec.structs.replace(refusal, final=True)


@observe.register
def _(event: Click, memory: Memory) -> None:
    memory.click = memory.click or event


@observe.register
def _(event: ClickCancelled, memory: Memory) -> None:
    memory.cancelled_at = _earlier(memory.cancelled_at, event.at)
