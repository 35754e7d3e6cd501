"""What came of one attempt, and what the outbox does about it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from kommutator.kit.errors import ErrorKind, Stage


@dataclass(frozen=True, slots=True)
class Exchange:
    """What went over the wire, redacted and cut (2 kB each) before it gets here."""

    request: dict[str, Any] = field(default_factory=dict)
    response: dict[str, Any] = field(default_factory=dict)
    duration_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Done:
    """The vendor has it. `note` is for people: "duplicate", "not shown: no such codes".

    `moved_to`: the chat that was written to goes on under this id.
    """

    exchange: Exchange = field(default_factory=Exchange)
    vendor_id: str | None = None
    note: str | None = None
    moved_to: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The vendor has not got it, or we do not know."""

    kind: ErrorKind
    stage: Stage
    message: str
    exchange: Exchange = field(default_factory=Exchange)
    retry_after: float | None = None  # seconds, from the vendor
    hint: str | None = None


Outcome = Done | Failed


@dataclass(frozen=True, slots=True)
class Budget:
    """A vendor's rate allowance, shared by all our processes under `key`.

    `rate` per second; `burst` is how many may go at once after a quiet time.
    """

    key: str
    rate: float
    burst: int = 1


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a command is worth trying.

    Attributes:
        first: wait before the second attempt; doubles, with jitter, up to `longest`.
        give_up: age of the command at which it becomes a dead letter.
        timeout: one attempt, seconds.
        repeatable: the vendor knows a repeat by its id, so that twice is once.
    """

    first: timedelta
    longest: timedelta
    give_up: timedelta
    timeout: float
    repeatable: bool = False


LIVE = Patience(
    first=timedelta(seconds=1),
    longest=timedelta(seconds=30),
    give_up=timedelta(minutes=3),
    timeout=2.5,
)
RECORD = Patience(
    first=timedelta(seconds=5),
    longest=timedelta(minutes=30),
    give_up=timedelta(hours=72),
    timeout=10.0,
)
"""Live events: minutes. Records: days, so that a long weekend of a dead CRM loses nothing."""
