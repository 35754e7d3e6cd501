"""What reached us, before anyone judged it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message from outside, about to be journalled.

    Attributes:
        source: which door: "http", "ami", "retailcrm", "timer", "console".
        kind: the sender's word for it: "dial", "Hangup", "make-call".
        key: what order is kept for, usually the call id.
        dedupe_key: unique per (enterprise, source); a repeat is acknowledged, not stored.
        body: the raw bytes.
    """

    enterprise: EnterpriseNumber
    source: str
    kind: str
    key: str | None
    dedupe_key: str
    body: bytes
    connection_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The commit happened. `journal_id` is None for a repeat of what we already have."""

    journal_id: int | None
    duplicate: bool


@dataclass(frozen=True, slots=True)
class JournalRow:
    """An arrival read back to be decided upon."""

    id: int
    enterprise: EnterpriseNumber
    source: str
    kind: str
    key: str | None
    body: bytes
    connection_id: UUID | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """The row had its effect."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """The row was understood and has no effect; `note` says why, for people."""

    note: str


Verdict = Decided | Ignored
