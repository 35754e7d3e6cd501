"""What a PBX tells about its channels ("legs"), freed from the vendor's words.

Times are epoch seconds by the PBX's own clock where it gives one, so that the order in which
messages reach us does not matter. `call` is the PBX's idea of which legs belong together.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from kommutator.domain.commands import Direction


class PartyKind(StrEnum):
    EXTENSION = "extension"  # an employee's phone
    TRUNK = "trunk"  # the way to the outer world: the client
    LOCAL = "local"  # a PBX-internal tube whose two ends, ";1" and ";2", are one
    OTHER = "other"  # conference recorders, parking places and the like


class Party(msgspec.Struct, frozen=True):
    """Who is at the end of a leg. `number` is the extension, for extensions only."""

    kind: PartyKind
    number: str | None = None


class Hints(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the dialplan says of itself through channel variables; it beats any guessing."""

    direction: Direction | None = None
    client: str | None = None
    line: str | None = None
    record: str | None = None  # name of the recording

    def over(self, other: Hints) -> Hints:
        """These hints, and where they are silent the `other` ones."""
        return Hints(
            direction=self.direction or other.direction,
            client=self.client or other.client,
            line=self.line or other.line,
            record=self.record or other.record,
        )


class LegEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Common frame of all that happens to one leg."""

    call: str
    leg: str
    at: float
    name: str = ""
    party: Party = Party(PartyKind.OTHER)
    hints: Hints = Hints()


class LegBorn(LegEvent, frozen=True, kw_only=True):
    """A channel appeared.

    Attributes:
        caller: the number it shows.
        dialled: where it was heading: the company's line (in) or the client (out).
        guessed: `at` is a reckoning, worth less than any birth that was really seen.
    """

    caller: str | None = None
    dialled: str | None = None
    guessed: bool = False


class LegDialled(LegEvent, frozen=True, kw_only=True):
    """Somebody is calling this leg."""


class LegRang(LegEvent, frozen=True, kw_only=True):
    """Its phone rings."""


class DialEnded(LegEvent, frozen=True, kw_only=True):
    """Calling this leg came to an end: ANSWER, BUSY, NOANSWER, CANCEL, CONGESTION."""

    status: str


class LegLetGo(LegEvent, frozen=True, kw_only=True):
    """Whoever is at its far end hung up; a channel that the PBX ends tells no such thing."""


class BridgeEntered(LegEvent, frozen=True, kw_only=True):
    """`bridge` names a room of people; where legs wait alone each has a room of its own."""

    bridge: str


class BridgeLeft(LegEvent, frozen=True, kw_only=True):
    bridge: str


class LegDied(LegEvent, frozen=True, kw_only=True):
    """The channel is gone. `cause` is a Q.850 number, 127 for a caller who gave up."""

    cause: int | None = None


class CallsJoined(msgspec.Struct, frozen=True, kw_only=True):
    """An attended transfer made two calls one; `other` lives on inside `call`."""

    call: str
    other: str
    at: float


class BlindTransferred(msgspec.Struct, frozen=True, kw_only=True):
    call: str
    to: str
    at: float


class OriginateRefused(msgspec.Struct, frozen=True, kw_only=True):
    """A call that we asked for did not reach the employee. May outrun the birth of its leg."""

    call: str
    reason: int | None
    at: float


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Every leg alive at `at`. Told after a gap in what we heard."""

    legs: frozenset[str]
    at: float


class TimeUp(msgspec.Struct, frozen=True, kw_only=True):
    """Waited long enough for a word about `call`: conclude from what there is."""

    call: str
    at: float


PbxEvent = (
    LegBorn
    | LegDialled
    | LegRang
    | DialEnded
    | LegLetGo
    | BridgeEntered
    | BridgeLeft
    | LegDied
    | CallsJoined
    | BlindTransferred
    | OriginateRefused
    | Snapshot
    | TimeUp
)
