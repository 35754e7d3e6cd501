"""Why a call without a conversation had none."""

from __future__ import annotations

from kommutator.domain.calls.events import PartyKind
from kommutator.domain.calls.memory import Leg, Memory
from kommutator.domain.commands import CallResult, Direction

_BAD_NUMBER = frozenset({1, 2, 3, 22, 28})  # Q.850: unallocated, no route, changed, bad format
_DECLINED = 21
_BUSY = 17
_CALLER_GAVE_UP = 127  # "interworking": what Asterisk writes for a SIP CANCEL
_GONE = "cancelled"
_TAKEN_BACK = "cancelled_by_clicker"
_ORDER = ("no_answer", "declined", "busy", "bad_number", _GONE, "unreachable")
_NEVER_ASKED = frozenset({"CHANUNAVAIL", "CONGESTION"})

Verdict = tuple[CallResult, str]
"""The result and, as a slug for people, the reason."""


def missed(memory: Memory, direction: Direction) -> Verdict:
    """Judge an ended call in which nobody talked.

    A missed inbound call is always NO_ANSWER for the CRM, whose "missed call" triggers fire
    on nothing else; the reason keeps the finer truth.
    """
    if memory.lost is not None:
        return CallResult.NO_ANSWER if direction is Direction.IN else CallResult.FAILED, "lost"
    if memory.click is not None and memory.click.client_first:
        return _client_first(memory)
    if (unplaced := _unplaced(memory)) is not None:
        taken_back = unplaced == _TAKEN_BACK
        return CallResult.CANCELLED if taken_back else CallResult.FAILED, unplaced
    reason = _reason(_asked(memory, direction), memory)
    if direction is not Direction.OUT:
        return CallResult.NO_ANSWER, "caller_gave_up" if reason == _GONE else reason
    return _OUTBOUND.get(reason, CallResult.FAILED), reason


_OUTBOUND = {
    "busy": CallResult.BUSY,
    "no_answer": CallResult.NO_ANSWER,
    "declined": CallResult.NO_ANSWER,
    "cancelled": CallResult.CANCELLED,
}


def _unplaced(memory: Memory) -> str | None:
    """A click-to-call whose employee never picked up: the client was not dialled."""
    if memory.click is None and memory.refusal is None:
        return None
    if any(leg.party.kind is PartyKind.TRUNK for leg in memory.legs.values()):
        return None
    busy = any(leg.dial == "BUSY" or leg.cause == _BUSY for leg in memory.legs.values())
    if memory.cancelled_at is not None and not busy:
        return _TAKEN_BACK
    if not memory.legs:
        told = _was_told(memory)
        if not told and memory.click is not None and memory.click.blind:
            return "untold"
        return "manager_unreachable" if told else "not_placed"
    return "manager_busy" if busy else "manager_no_answer"


def _client_first(memory: Memory) -> Verdict:
    """A campaign's call: the client was rung while an employee was kept free."""
    outside = {name: leg for name, leg in memory.legs.items() if leg.party.kind is PartyKind.TRUNK}
    if not outside:
        word = "unreachable" if memory.legs or _was_told(memory) else "not_placed"
        return CallResult.FAILED, word
    answered = any(leg.dial == "ANSWER" for leg in outside.values())
    if answered or any(mark.leg in outside for mark in memory.marks):
        return CallResult.NO_ANSWER, "abandoned"
    if memory.cancelled_at is not None:
        return CallResult.CANCELLED, _TAKEN_BACK
    met = {_met(leg) for leg in outside.values()}
    reason = next((word for word in _ORDER if word in met), "unreachable")
    # Only our own patience ends such a call before the client does.
    reason = "no_answer" if reason == _GONE else reason
    return _OUTBOUND.get(reason, CallResult.FAILED), reason


def _was_told(memory: Memory) -> bool:
    return memory.refusal is not None and memory.refusal.reason is not None


def _asked(memory: Memory, direction: Direction) -> list[Leg]:
    """The legs that could have answered."""
    wanted = PartyKind.TRUNK if direction is Direction.OUT else PartyKind.EXTENSION
    return [
        leg for name, leg in memory.legs.items() if leg.party.kind is wanted and name != memory.id
    ]


def _reason(asked: list[Leg], memory: Memory) -> str:
    """The most telling of what the asked legs met: a phone that rang out beats a busy one.

    A dial is cancelled also when the PBX takes the caller elsewhere, so it counts least.
    """
    if _caller_gave_up(memory):
        return _GONE
    met = {_met(leg) for leg in asked}
    return next((word for word in _ORDER if word in met), "unreachable")


def _caller_gave_up(memory: Memory) -> bool:
    caller = memory.legs.get(memory.id)
    return caller is not None and (caller.let_go is not None or caller.cause == _CALLER_GAVE_UP)


def _met(leg: Leg) -> str:
    if leg.dial == "BUSY" or leg.cause == _BUSY:
        return "busy"
    if leg.dial == "CANCEL":
        return _GONE
    if leg.cause in _BAD_NUMBER and leg.rang is None:
        return "bad_number"
    if leg.cause == _DECLINED:
        return "declined"
    if leg.dial in _NEVER_ASKED:
        return "unreachable"
    return "no_answer"
