"""From the memory of a call to the call: pure, and the same whatever the order of messages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from kommutator.domain.calls.call import Call, Phase
from kommutator.domain.calls.events import PartyKind
from kommutator.domain.calls.memory import Leg, Memory
from kommutator.domain.calls.recordings import recordings_of
from kommutator.domain.calls.reported import read_reports
from kommutator.domain.calls.reports import ReportKind
from kommutator.domain.calls.result import missed
from kommutator.domain.calls.talk import Talk, find_talk
from kommutator.domain.commands import CallResult, Direction

_OUTER_NUMBER = 7
"""Shorter dialled numbers are extensions, feature codes and emergency services."""


def read_call(memory: Memory, *, fallback: float = 0.0) -> Call:
    """Conclude. Legs are better witnesses than reports; a click alone is a call too.

    `fallback`: epoch seconds for a memory that has no time of its own yet.
    """
    if memory.reports and not memory.legs and _tells_a_call(memory):
        return read_reports(memory)
    return _read_legs(memory, fallback)


def _tells_a_call(memory: Memory) -> bool:
    return any(report.kind is not ReportKind.DOWNLOAD for report in memory.reports)


def _read_legs(memory: Memory, fallback: float) -> Call:
    talk = find_talk(memory.legs, memory.marks)
    started, ended = _started(memory, fallback), _ended(memory)
    direction = _direction(memory, talk, ended=ended is not None)
    client = _client(memory, direction)
    call = Call(
        id=memory.id,
        direction=direction,
        client=client,
        line=_line(memory, direction),
        phase=_phase(talk, ended),
        started_at=_time(started),
        answered_at=None if talk.since is None else _time(talk.since),
        ended_at=None if ended is None else _time(ended),
        ringing=_ringing(memory),
        rang=_rang(memory),
        answered_by=talk.by,
        dialler=_dialler(memory, direction),
        client_dialled=_client_dialled(memory),
        requested_by=memory.click.requested_by if memory.click else None,
        record_url=next((r.record_url for r in memory.reports if r.record_url), None),
        record_name=memory.hints.record,
        recordings=recordings_of(memory),
        transfers=tuple(memory.transfers),
    )
    return call if ended is None else _finish(call, memory, talk, (started, ended))


def _finish(call: Call, memory: Memory, talk: Talk, span: tuple[float, float]) -> Call:
    started, ended = span
    direction = call.direction or Direction.INTERNAL
    if talk.since is None:
        result, reason = missed(memory, direction)
        return replace(
            call,
            direction=direction,
            result=result,
            reason=reason,
            talk_s=0,
            wait_s=round(ended - started),
        )
    return replace(
        call,
        direction=direction,
        result=CallResult.ANSWERED,
        wait_s=round(talk.since - started),
        talk_s=round((talk.until or ended) - talk.since),
    )


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _started(memory: Memory, fallback: float) -> float:
    seen = [
        at
        for leg in memory.legs.values()
        for at in (leg.born, leg.dialled_at, leg.rang, leg.died)
        if at is not None
    ]
    asked = memory.clicked_at or (memory.refusal.at if memory.refusal else fallback)
    return min(seen, default=asked)


def _ended(memory: Memory) -> float | None:
    """When the last leg died. Without legs: when the request was refused for good."""
    if not memory.legs:
        return memory.refusal.at if memory.refusal and memory.refusal.final else None
    died = [leg.died for leg in memory.legs.values()]
    return max(at for at in died if at is not None) if None not in died else None


def _phase(talk: Talk, ended: float | None) -> Phase:
    if ended is not None:
        return Phase.ENDED
    return Phase.RINGING if talk.since is None else Phase.TALKING


def _first(memory: Memory) -> Leg | None:
    """The leg that began the call; its id is the call's id."""
    if memory.id in memory.legs:
        return memory.legs[memory.id]
    born = [leg for leg in memory.legs.values() if leg.born is not None]
    return min(born, key=lambda leg: leg.born or 0.0, default=None)


def _has_trunk(memory: Memory) -> bool:
    return any(leg.party.kind is PartyKind.TRUNK for leg in memory.legs.values())


def _client_dialled(memory: Memory) -> bool:
    """The leg to the client is being called; newly born it does not know the line it shows."""
    outside = {name for name, leg in memory.legs.items() if leg.party.kind is PartyKind.TRUNK}
    called = any(memory.legs[name].dialled_at or memory.legs[name].rang for name in outside)
    return called or any(mark.leg in outside for mark in memory.marks)


def _direction(memory: Memory, talk: Talk, *, ended: bool) -> Direction | None:
    if memory.click is not None or memory.refusal is not None:
        return Direction.OUT
    if memory.hints.direction is not None:
        return memory.hints.direction
    first = _first(memory)
    if first is not None and first.party.kind is PartyKind.TRUNK:
        return Direction.IN
    if _has_trunk(memory):
        return Direction.OUT
    return Direction.INTERNAL if ended or talk.since is not None else None


def _client(memory: Memory, direction: Direction | None) -> str | None:
    if direction is Direction.INTERNAL:
        return None
    if memory.click is not None:
        return memory.click.client
    if memory.hints.client:
        return memory.hints.client
    first = _first(memory)
    if first is None:
        return None
    if direction is Direction.IN:
        return first.caller
    return first.dialled if len(first.dialled or "") >= _OUTER_NUMBER else None


def _line(memory: Memory, direction: Direction | None) -> str | None:
    if memory.hints.line:
        return memory.hints.line
    if memory.click is not None:
        return memory.click.line
    first = _first(memory)
    if direction is Direction.IN and first is not None and first.party.kind is PartyKind.TRUNK:
        return first.dialled
    return None


def _extensions(legs: list[tuple[float, Leg]]) -> tuple[str, ...]:
    legs.sort(key=lambda pair: (pair[0], pair[1].party.number or ""))
    return tuple(dict.fromkeys(leg.party.number for _, leg in legs if leg.party.number))


def _rang(memory: Memory) -> tuple[str, ...]:
    return _extensions([(leg.rang, leg) for leg in memory.legs.values() if leg.rang is not None])


def _ringing(memory: Memory) -> tuple[str, ...]:
    alive = [leg for leg in memory.legs.values() if leg.died is None and leg.dial is None]
    asked = [(leg.dialled_at or leg.rang, leg) for leg in alive]
    return _extensions([(at, leg) for at, leg in asked if at is not None])


def _dialler(memory: Memory, direction: Direction | None) -> str | None:
    if direction is not Direction.OUT:
        return None
    if memory.click is not None:
        return memory.click.extension
    first = _first(memory)
    if first is not None and first.party.number:
        return first.party.number
    employees = [(leg.born or 0.0, leg) for leg in memory.legs.values() if leg.party.number]
    return next(iter(_extensions(employees)), None)
