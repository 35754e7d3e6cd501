"""A call drawn: one row per phone, one bar per thing it did. Pure; words come later.

Widths are in thousandths of the call's length, so that a page can draw them at any size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from kommutator.domain.calls.events import PartyKind
from kommutator.domain.calls.memory import Leg, Memory
from kommutator.domain.calls.talk import Meeting, meetings

WIDTH = 1000
Doing = Literal["calls", "rings", "waits", "talks", "holds"]
"""Being called (no ring yet), ringing, waiting for an answer, talking, left waiting."""

Refusal = Literal["busy", "declined", "unreachable"]

_SHORTEST_S = 0.5
"""A pause shorter than that is nobody's doing: it is how PBXs join channels."""
_DECLINED = 21
_NEVER_ASKED = frozenset({"CHANUNAVAIL", "CONGESTION"})


@dataclass(frozen=True, slots=True)
class Span:
    """Something that one phone did.

    Attributes:
        since, until: seconds from the beginning of the call.
        x, width: thousandths of the picture.
        others: with whom, in the labels of `Row`; None is the client.
    """

    doing: Doing
    since: float
    until: float
    x: float
    width: float
    others: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One phone; a phone that was called again has one row.

    Attributes:
        extension: None: an outer line.
        refusal: how the phone refused the call, where it did so.
    """

    extension: str | None
    spans: Sequence[Span]
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """`transfers`: "attended", "blind:152"."""

    seconds: float
    rows: Sequence[Row]
    transfers: Sequence[str]


def draw(memory: Memory, now: float) -> Picture | None:
    """The picture, or None of a call without legs. `now` (epoch) ends what still goes on."""
    legs = {name: leg for name, leg in memory.legs.items() if _drawn(leg)}
    if not legs:
        return None
    begin = min(_begin(leg) for leg in legs.values())
    end = max(leg.died or now for leg in legs.values())
    scale = _Scale(begin, max(end, begin + _SHORTEST_S))
    met = meetings(memory.legs, memory.marks)
    rows = [_row(people, legs, met, scale) for people in _groups(legs)]
    return Picture(scale.end - scale.begin, rows, tuple(memory.transfers))


@dataclass(frozen=True, slots=True)
class _Scale:
    begin: float
    end: float

    def span(
        self, doing: Doing, since: float, until: float, others: tuple[str | None, ...] = ()
    ) -> Span:
        since, until = max(since, self.begin), min(until, self.end)
        whole = self.end - self.begin
        x = (since - self.begin) / whole * WIDTH
        width = (until - since) / whole * WIDTH
        return Span(
            doing,
            since - self.begin,
            until - self.begin,
            round(x, 1),
            round(max(width, 4.0), 1),
            others,
        )


def _drawn(leg: Leg) -> bool:
    return leg.party.kind in (PartyKind.EXTENSION, PartyKind.TRUNK) and _times(leg) != []


def _times(leg: Leg) -> list[float]:
    return [at for at in (leg.born, leg.dialled_at, leg.rang, leg.died) if at is not None]


def _begin(leg: Leg) -> float:
    return min(_times(leg))


def _groups(legs: Mapping[str, Leg]) -> list[list[tuple[str, Leg]]]:
    """Legs of one extension that follow one another share a row; outer lines never do."""
    groups: list[list[tuple[str, Leg]]] = []
    for name, leg in sorted(legs.items(), key=lambda item: (_begin(item[1]), item[0])):
        for group in groups:
            last = group[-1][1]
            same = leg.party.number is not None and last.party.number == leg.party.number
            if same and last.died is not None and last.died <= _begin(leg):
                group.append((name, leg))
                break
        else:
            groups.append([(name, leg)])
    return groups


def _row(
    people: Sequence[tuple[str, Leg]],
    legs: Mapping[str, Leg],
    met: Sequence[Meeting],
    scale: _Scale,
) -> Row:
    spans = [span for name, leg in people for span in _spans(name, leg, legs, met, scale)]
    last = people[-1][1]
    talked = any(span.doing == "talks" for span in spans)
    return Row(last.party.number, spans, None if talked else _refusal(last))


def _refusal(leg: Leg) -> Refusal | None:
    if leg.cause == _DECLINED and leg.dial is not None:
        return "declined"
    if leg.dial == "BUSY":
        return "busy"
    return "unreachable" if leg.dial in _NEVER_ASKED else None


def _spans(
    name: str, leg: Leg, legs: Mapping[str, Leg], met: Sequence[Meeting], scale: _Scale
) -> Iterator[Span]:
    end = leg.died or scale.end
    talks = [meeting for meeting in met if name in meeting.legs]
    at = _begin(leg)
    first = talks[0].since if talks else end
    yield from _before(leg, at, first, scale)
    at = first
    for meeting in talks:
        until = min(meeting.until or scale.end, end)
        yield from _pause(scale.span("holds", at, meeting.since))
        yield scale.span("talks", meeting.since, until, _others(name, meeting, legs))
        at = until
    if talks:
        yield from _pause(scale.span("holds", at, end))


def _before(leg: Leg, at: float, first: float, scale: _Scale) -> Iterator[Span]:
    """Until the first talk: being called and ringing, or waiting for somebody to answer."""
    if leg.dialled_at is None and leg.rang is None:
        if first > at:
            yield scale.span("waits", at, first)
    elif leg.rang is None or leg.rang >= first:
        yield scale.span("calls", at, first)
    else:
        yield from _pause(scale.span("calls", at, leg.rang))
        yield scale.span("rings", leg.rang, first)


def _pause(span: Span) -> Iterator[Span]:
    if span.until - span.since >= _SHORTEST_S:
        yield span


def _others(name: str, meeting: Meeting, legs: Mapping[str, Leg]) -> tuple[str | None, ...]:
    others = (legs[other].party.number for other in sorted(meeting.legs - {name}) if other in legs)
    return tuple(dict.fromkeys(others))
