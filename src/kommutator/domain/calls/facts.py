"""What is new about a call between two looks at it."""

from __future__ import annotations

from dataclasses import dataclass

from kommutator.domain.calls.call import Call, Phase
from kommutator.domain.calls.recordings import RecordingState


@dataclass(frozen=True, slots=True)
class Ringing:
    """These extensions began to ring (or, outbound, began to dial)."""

    extensions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """Client and employee talk."""

    extension: str | None


@dataclass(frozen=True, slots=True)
class Ended:
    """The call is over; its result stands."""


@dataclass(frozen=True, slots=True)
class RecordingReady:
    """Something can be played; `names` are fresh, empty when only an address was told."""

    names: tuple[str, ...] = ()


Fact = Ringing | Answered | Ended | RecordingReady


def news(before: Call | None, after: Call) -> tuple[Fact, ...]:
    """The facts that `after` knows and `before` did not; empty when nobody need be told."""
    facts: list[Fact] = []
    rung = set(before.rang if before else ())
    if fresh := tuple(extension for extension in after.rang if extension not in rung):
        facts.append(Ringing(fresh))
    if after.answered_at is not None and (before is None or before.answered_at is None):
        facts.append(Answered(after.answered_by[0] if after.answered_by else None))
    if after.phase is Phase.ENDED and (before is None or before.phase is not Phase.ENDED):
        facts.append(Ended())
    had = _here(before) if before else frozenset[str]()
    told = after.record_url and (before is None or before.record_url is None)
    if told or _here(after) - had:
        facts.append(RecordingReady(tuple(sorted(_here(after) - had))))
    return tuple(facts)


def _here(call: Call) -> frozenset[str]:
    arrived = RecordingState.ARRIVED
    return frozenset(recording.name for recording in call.recordings if recording.state is arrived)
