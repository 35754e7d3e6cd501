"""What is remembered of one call: a heap of observations, never of conclusions.

Observations only add up, and adding one twice changes nothing. So messages may come late,
twice or out of order, and `read.read_call` still concludes the same. Stored as JSON.
"""

from __future__ import annotations

import msgspec

from kommutator.domain.calls.events import Hints, Party, PartyKind
from kommutator.domain.calls.reports import Click, Report


class Leg(msgspec.Struct, omit_defaults=True):
    """One channel. Times are epoch seconds; None means not seen."""

    name: str = ""
    party: Party = Party(PartyKind.OTHER)
    born: float | None = None
    dialled_at: float | None = None
    rang: float | None = None
    died: float | None = None
    cause: int | None = None
    let_go: float | None = None  # its far end hung up
    dial: str | None = None  # how calling it ended
    caller: str | None = None
    dialled: str | None = None


class Mark(msgspec.Struct, frozen=True, array_like=True, order=True):
    """A leg entered or left a bridge."""

    at: float
    leaves: bool  # at equal times an entry sorts before a leave
    leg: str
    bridge: str


class Told(msgspec.Struct, omit_defaults=True):
    """What one CRM connection has been told of this call.

    Attributes:
        shown: extensions that got the client's card, in the order of showing.
        rings: how many times cards were shown; numbers the commands.
    """

    shown: list[str] = []
    rings: int = 0
    hung_up: bool = False
    recorded: bool = False
    ruled: bool = False


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    """Our request for a call came to nothing.

    Attributes:
        reason: the PBX's number; None if the PBX never said a word.
        final: no leg came even after a grace.
    """

    at: float
    reason: int | None = None
    final: bool = False


class Memory(msgspec.Struct, omit_defaults=True):
    """All observations of one call.

    Attributes:
        clicked_at: epoch seconds by our clock; `cancelled_at` when the click was taken back.
        records: names of recordings that the dialplan promised.
        arrived, lost_records: names of recordings that came, and that cannot be had.
        lost: epoch seconds at which it showed that the end of the call went unheard.
        told: connection id → what it was told.
    """

    id: str
    legs: dict[str, Leg] = {}
    marks: list[Mark] = []
    hints: Hints = Hints()
    transfers: list[str] = []
    reports: list[Report] = []
    click: Click | None = None
    clicked_at: float | None = None
    cancelled_at: float | None = None
    refusal: Refusal | None = None
    records: list[str] = []
    arrived: list[str] = []
    lost_records: list[str] = []
    lost: float | None = None
    told: dict[str, Told] = {}


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Memory)


def dump(memory: Memory) -> bytes:
    """To the `fold` column."""
    return _ENCODER.encode(memory)


def load(raw: bytes | str) -> Memory:
    """From the `fold` column.

    Raises:
        msgspec.ValidationError: it is not a memory of ours.
    """
    return _DECODER.decode(raw)
