"""Whether a ringing call may be moved to another phone, and which leg to move. Pure."""

from __future__ import annotations

from kommutator.domain.calls.call import Phase
from kommutator.domain.calls.events import PartyKind
from kommutator.domain.calls.memory import Leg, Memory
from kommutator.domain.calls.read import read_call
from kommutator.domain.commands import Direction
from kommutator.kit.errors import Conflict


def leg_to_take(memory: Memory) -> str:
    """The client's channel, by its unique id.

    Of a call that was told by reports only, no leg is known: the id under which it was reported
    is the unique id of the channel that began it (requirement 002), which is the client's.

    Raises:
        Conflict: `call_not_incoming`, `call_not_ringing`: nothing to take.
    """
    call = read_call(memory)
    if call.direction is not Direction.IN:
        raise Conflict("call_not_incoming")
    if call.phase is not Phase.RINGING:
        raise Conflict("call_not_ringing")
    legs = [pair for pair in memory.legs.items() if _is_clients(pair[1])]
    if legs:
        return min(legs, key=lambda pair: pair[1].born or 0.0)[0]
    if memory.legs:
        raise Conflict("call_not_ringing")
    return memory.id


def _is_clients(leg: Leg) -> bool:
    return leg.party.kind is PartyKind.TRUNK and leg.died is None
