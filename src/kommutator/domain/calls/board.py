"""Which call does a message belong to? The calls in view, and the names they go by.

A call goes by its own id, by the ids of all its legs, of the rooms it talked in, and of calls
that were merged into it. A leg that turns up under another call's id joins both: PBXs rename
calls at transfers, pick-ups and parking, with or without saying so. Only calls with two different
clients are never joined: each client's call keeps its own legs, its own end and its own record.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kommutator.domain.calls.clicks import click_of
from kommutator.domain.calls.events import (
    BlindTransferred,
    BridgeEntered,
    CallsJoined,
    LegBorn,
    LegDialled,
    LegEvent,
    LegRang,
    OriginateRefused,
    PartyKind,
    PbxEvent,
    Snapshot,
    TimeUp,
)
from kommutator.domain.calls.memory import Memory
from kommutator.domain.calls.merge import join
from kommutator.domain.calls.observe import observe
from kommutator.domain.calls.read import read_call
from kommutator.domain.calls.recordings import RecordingArrived, RecordingLost, RecordingNews
from kommutator.domain.calls.reports import Click, ClickCancelled, Report, ReportKind

CallEvent = PbxEvent | Report | Click | ClickCancelled | RecordingNews

_BEGINNINGS = (LegBorn, LegDialled, LegRang, BridgeEntered)

_NO_BEGINNINGS = (
    BlindTransferred,
    OriginateRefused,
    TimeUp,
    ClickCancelled,
    RecordingArrived,
    RecordingLost,
)


def names_in(event: CallEvent) -> tuple[str, ...]:
    """Every name by which the event may mean a call. A snapshot means all living ones."""
    if isinstance(event, BridgeEntered):
        return tuple(dict.fromkeys((event.call, event.leg, event.bridge)))
    if isinstance(event, LegEvent):
        return tuple(dict.fromkeys((event.call, event.leg)))
    if isinstance(event, CallsJoined):
        return (event.call, event.other)
    if isinstance(event, Click):
        return (event.call_id,)
    return () if isinstance(event, Snapshot) else (event.call,)


class Board:
    """Some calls, all those that the coming events may mean.

    Attributes:
        calls: id → memory.
        aliases: other name → id.
        touched: ids whose memory changed (or may have).
        merged: id of a call that is no more → id of the one it is part of now.
        named: aliases learnt here.
    """

    def __init__(self, calls: Iterable[Memory] = (), aliases: dict[str, str] | None = None) -> None:
        self.calls = {memory.id: memory for memory in calls}
        self.aliases = dict(aliases or {})
        self.touched: set[str] = set()
        self.merged: dict[str, str] = {}
        self.named: dict[str, str] = {}

    def feed(self, event: CallEvent) -> bool:
        """Let the right call observe it. False: it speaks of a call we know nothing of."""
        if isinstance(event, Snapshot):
            for living in self.calls.values():
                self._observe(event, living)
            return True
        memory = self._joined(event) if isinstance(event, CallsJoined) else self._home(event)
        if memory is None:
            return False
        if not isinstance(event, CallsJoined):
            self._observe(event, memory)
        return True

    def adopt(self, report: Report) -> None:
        """A PBX that was not given our id reports under its own: the click's call takes it over."""
        home = self.find(report.call)
        if home is not None and (home.click is not None or home.legs):
            return
        click = click_of(report, self.calls.values())
        if click is None:
            return
        if home is None:
            self._name(report.call, click)
        else:
            self._merge(home, into=click)

    def _observe(self, event: CallEvent, memory: Memory) -> None:
        observe(event, memory)
        self.touched.add(memory.id)

    def find(self, name: str) -> Memory | None:
        """The call that goes by this name."""
        for _ in range(len(self.aliases) + 1):
            if name in self.calls:
                return self.calls[name]
            if name not in self.aliases:
                return None
            name = self.aliases[name]
        return None

    def _home(self, event: CallEvent) -> Memory | None:
        if isinstance(event, LegEvent):
            return self._home_of_leg(event)
        name = names_in(event)[0]
        memory = self.find(name)
        if memory is None and _may_begin(event):
            return self._begin(name)
        return memory

    def _home_of_leg(self, event: LegEvent) -> Memory | None:
        by_call, by_leg = self.find(event.call), self.find(event.leg)
        memory = by_call or by_leg
        if by_call is not None and by_leg is not None and by_call is not by_leg:
            if _two_clients(by_call, by_leg):
                return by_leg
            self._merge(by_leg, into=by_call)
        if memory is None and isinstance(event, _BEGINNINGS):
            memory = self._begin(event.call)
        if memory is not None:
            self._name(event.leg, memory)
            self._name(event.call, memory)
        if memory is not None and isinstance(event, BridgeEntered):
            return self._with_the_room(memory, event.bridge)
        return memory

    def _with_the_room(self, memory: Memory, bridge: str) -> Memory:
        """Who enters a room joins the call that is in it: a conference, a pick-up."""
        inside = self.find(bridge)
        if inside is None:
            self._name(bridge, memory)
        if inside is None or inside is memory or _two_clients(inside, memory):
            return memory
        into, other = sorted((inside, memory), key=_seniority)
        self._merge(other, into=into)
        return into

    def _joined(self, event: CallsJoined) -> Memory | None:
        into, other = self.find(event.call), self.find(event.other)
        if into is None or other is None:
            if (known := into or other) is not None:
                self._name(event.call, known)
                self._name(event.other, known)
                _note_transfer(known)
                self.touched.add(known.id)
            return known
        if into is not other and not _two_clients(into, other):
            self._merge(other, into=into)
        _note_transfer(into)
        self.touched.add(into.id)
        return into

    def _merge(self, other: Memory, *, into: Memory) -> None:
        join(into, other)
        del self.calls[other.id]
        self.touched.discard(other.id)
        self.touched.add(into.id)
        self.merged[other.id] = into.id
        self.merged = {gone: into.id if to == other.id else to for gone, to in self.merged.items()}
        self._name(other.id, into)

    def _begin(self, name: str) -> Memory:
        memory = self.calls[name] = Memory(name)
        return memory

    def _name(self, name: str, memory: Memory) -> None:
        if name and name != memory.id and self.aliases.get(name) != memory.id:
            self.aliases[name] = self.named[name] = memory.id


def _two_clients(one: Memory, other: Memory) -> bool:
    """An employee brought two clients together: for the CRM these stay two calls.

    Somebody outside who hides the number is a client of his own.
    """
    if not (_has_client(one) and _has_client(other)):
        return False
    client = read_call(one).client
    return client is None or client != read_call(other).client


def _note_transfer(memory: Memory) -> None:
    """People handed the client over, as against a PBX that renamed a call."""
    if "attended" not in memory.transfers:
        memory.transfers.append("attended")


def _has_client(memory: Memory) -> bool:
    return _is_outside(memory) or read_call(memory).client is not None


def _is_outside(memory: Memory) -> bool:
    return any(leg.party.kind is PartyKind.TRUNK for leg in memory.legs.values())


def _seniority(memory: Memory) -> tuple[bool, datetime, str]:
    """The client's call keeps its name, and of equals the older one."""
    return not _is_outside(memory), read_call(memory).started_at, memory.id


def _may_begin(event: CallEvent) -> bool:
    """A recording, a transfer, a refusal or a cancelling alone does not make a call."""
    if isinstance(event, Report):
        return event.kind is not ReportKind.DOWNLOAD
    return not isinstance(event, _NO_BEGINNINGS)
