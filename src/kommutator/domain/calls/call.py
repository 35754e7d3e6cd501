"""A call as people and CRMs see it: what all the observations amount to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kommutator.domain.calls.recordings import Recording
from kommutator.domain.commands import CallResult, Direction


class Phase(StrEnum):
    RINGING = "ringing"
    TALKING = "talking"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Call:
    """One call, concluded from its memory.

    Attributes:
        direction: None while the PBX has not shown where the call goes.
        client: the outer party's number as the PBX writes it; None for internal calls.
        line: the company's own number: called (in) or shown (out).
        ringing: extensions that ring right now and those dialled in the same breath.
        rang: extensions that rang at any time, in order.
        answered_by: extensions that talked with the client, in order.
        dialler: the extension that dialled, for outbound calls.
        client_dialled: the client's phone is being called or talked with.
        wait_s, talk_s: seconds, set when the call has ended.
        reason: slug, why nobody talked.
        record_url: where the PBX's own scripts said that the recording lies.
        record_name: the recording that the dialplan promised of the client's leg.
        recordings: all of them, whether here or not.
        transfers: "attended", "blind:152".
    """

    id: str
    direction: Direction | None
    client: str | None
    line: str | None
    phase: Phase
    started_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    result: CallResult | None = None
    reason: str | None = None
    ringing: tuple[str, ...] = ()
    rang: tuple[str, ...] = ()
    answered_by: tuple[str, ...] = ()
    dialler: str | None = None
    client_dialled: bool = False
    wait_s: int | None = None
    talk_s: int | None = None
    requested_by: str | None = None
    record_url: str | None = None
    record_name: str | None = None
    recordings: tuple[Recording, ...] = ()
    transfers: tuple[str, ...] = ()

    @property
    def extension(self) -> str | None:
        """Who answers for the call: who talked last, else who dialled, else who rang first."""
        if self.answered_by:
            return self.answered_by[-1]
        return self.dialler or (self.rang[0] if self.rang else None)
