"""Who talked with whom, read from who was in which bridge when.

Neither "Up" states nor hang-up causes nor CDRs can tell: a queue or a voice menu answers
before any person does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kommutator.domain.calls.events import PartyKind
from kommutator.domain.calls.memory import Leg, Mark

_EVERY = "*"


@dataclass(frozen=True, slots=True)
class Talk:
    """The conversation of a call.

    Attributes:
        since: when client and employee first met; None if they never did.
        until: when they parted for the last time; None while they talk.
        by: extensions that talked, in order.
    """

    since: float | None = None
    until: float | None = None
    by: tuple[str, ...] = ()


def find_talk(legs: Mapping[str, Leg], marks: Sequence[Mark]) -> Talk:
    """Replay the `marks` and watch for a conversation."""
    internal = not any(leg.party.kind is PartyKind.TRUNK for leg in legs.values())
    present: dict[str, set[str]] = {}
    since: float | None = None
    until: float | None = None
    talking = False
    by: list[str] = []
    for mark in sorted([*marks, *_deaths(legs)]):
        _move(present, mark)
        voices = _conversation(present, legs, internal=internal)
        if voices is not None and since is None:
            since = mark.at
        if talking and voices is None:
            until = mark.at
        talking = voices is not None
        by += [voice for voice in voices or () if voice not in by]
    return Talk(since, None if talking else until, tuple(by))


@dataclass(frozen=True, slots=True)
class Meeting:
    """Some people in one room.

    Attributes:
        until: None while it goes on.
        legs: names of the legs at which people are: phones and outer lines.
    """

    since: float
    until: float | None
    legs: frozenset[str]


def meetings(legs: Mapping[str, Leg], marks: Sequence[Mark]) -> list[Meeting]:
    """Who was with whom, and when, in the order of beginning. Nobody meets alone."""
    present: dict[str, set[str]] = {}
    open_since: dict[frozenset[str], float] = {}
    told: list[Meeting] = []
    for mark in sorted([*marks, *_deaths(legs)]):
        _move(present, mark)
        now = {people for room in _rooms(present, legs) if len(people := _people(room, legs)) > 1}
        parted = [(people, open_since.pop(people)) for people in open_since.keys() - now]
        told += [Meeting(since, mark.at, people) for people, since in parted if since < mark.at]
        open_since |= dict.fromkeys(now - open_since.keys(), mark.at)
    told += [Meeting(since, None, people) for people, since in open_since.items()]
    return sorted(told, key=lambda meeting: meeting.since)


def _people(room: set[str], legs: Mapping[str, Leg]) -> frozenset[str]:
    at_phones = {PartyKind.EXTENSION, PartyKind.TRUNK}
    return frozenset(n for n in room if n in legs and legs[n].party.kind in at_phones)


def _deaths(legs: Mapping[str, Leg]) -> list[Mark]:
    """Whoever dies leaves every bridge, even if nobody heard the leaving."""
    dead = [(name, leg.died) for name, leg in legs.items() if leg.died is not None]
    return [Mark(at, leaves=True, leg=name, bridge=_EVERY) for name, at in dead]


def _move(present: dict[str, set[str]], mark: Mark) -> None:
    """A leg is in one bridge at most: entering one is leaving all the others."""
    for bridge, room in present.items():
        if not mark.leaves or mark.bridge in {bridge, _EVERY}:
            room.discard(mark.leg)
    if not mark.leaves:
        present.setdefault(mark.bridge, set()).add(mark.leg)


def _conversation(
    present: Mapping[str, set[str]], legs: Mapping[str, Leg], *, internal: bool
) -> list[str] | None:
    """Extensions of the first room where a conversation goes on; None if nowhere.

    Two trunks in one room are a conversation too: a call forwarded to an employee's mobile.
    """
    for room in _rooms(present, legs):
        inside = sorted((legs[name] for name in room if name in legs), key=_age)
        voices = [leg.party.number for leg in inside if leg.party.number]
        trunks = sum(leg.party.kind is PartyKind.TRUNK for leg in inside)
        if (trunks and voices) or trunks > 1 or (internal and len(set(voices)) > 1):
            return voices
    return None


def _age(leg: Leg) -> tuple[float, str]:
    return leg.born or 0.0, leg.party.number or ""


def _rooms(present: Mapping[str, set[str]], legs: Mapping[str, Leg]) -> Iterable[set[str]]:
    """Bridges, those connected by a Local tube taken together."""
    rooms: list[tuple[set[str], set[str]]] = []  # (legs, tubes) of each room
    for members in present.values():
        room, tubes = set(members), {tube for name in members if (tube := _tube(legs.get(name)))}
        apart = []
        for other, others_tubes in rooms:
            if tubes & others_tubes:
                room, tubes = room | other, tubes | others_tubes
            else:
                apart.append((other, others_tubes))
        rooms = [*apart, (room, tubes)]
    return [room for room, _ in rooms]


def _tube(leg: Leg | None) -> str | None:
    if leg is None or leg.party.kind is not PartyKind.LOCAL:
        return None
    return leg.name.rpartition(";")[0]
