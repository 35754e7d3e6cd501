"""Why is this call not in my CRM? Answered from what we have on disk. Pure.

The answer is the first cause that stops the record, in the order in which the record would
meet them: the call itself, the connection, the decision, the command, the lane, the vendor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

RECORD = "call_record"


class Tone(StrEnum):
    OK = "ok"  # it is there
    WAIT = "wait"  # it will be, nobody needs to do anything
    BAD = "bad"  # a person has to act
    NOTE = "note"  # it is meant to be so


@dataclass(frozen=True, slots=True)
class CallFact:
    """The call as we know it. `extensions` are all who rang or talked."""

    phase: str
    direction: str | None
    client: str | None
    started_at: datetime
    extensions: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class CommandFact:
    """One command that the call brought about."""

    kind: str
    state: str
    attempts: int
    run_at: datetime
    finished_at: datetime | None = None
    unsure: bool = False
    error_kind: str | None = None
    error: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class JournalFact:
    """One arrival that belongs to the call."""

    kind: str
    state: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class CrmFact:
    """The CRM connection and its lane."""

    status: str
    reason: str | None
    created_at: datetime
    records_on: bool
    mapped: frozenset[str]
    parked_reason: str | None = None
    breaker_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """Slug of the catalog's `why.<slug>` and `why.<slug>.action`, with what fills them."""

    slug: str
    tone: Tone
    params: Mapping[str, Any] = field(default_factory=dict)


def explain(
    call: CallFact,
    crm: CrmFact | None,
    commands: Sequence[CommandFact],
    journal: Sequence[JournalFact],
) -> Why:
    """The one answer for the tenant's administrator."""
    record = next((c for c in reversed(commands) if c.kind == RECORD), None)
    if record is not None and record.state != "due":
        return _finished(record)
    if call.phase in ("ringing", "talking"):
        return Why("still_going", Tone.WAIT)
    if crm is None:
        return Why("no_connection", Tone.BAD)
    if record is not None:
        return _due(record, crm)
    return _never_ordered(call, crm, journal)


def _finished(record: CommandFact) -> Why:
    params = {"at": record.finished_at, "attempts": record.attempts, "note": record.note or ""}
    if record.state == "done":
        return Why("delivered_with_note" if record.note else "delivered", Tone.OK, params)
    if record.state == "dropped":
        return Why("dropped", Tone.NOTE, params)
    if record.error_kind in ("transient", "rate_limited"):
        return Why("gave_up", Tone.BAD, {**params, "error": record.error or ""})
    if record.error_kind == "unsure":
        return Why("unsure", Tone.BAD, {**params, "error": record.error or ""})
    return Why("refused", Tone.BAD, {**params, "error": record.error or ""})


def _due(record: CommandFact, crm: CrmFact) -> Why:
    if crm.status != "active":
        return _inactive(crm)
    if crm.parked_reason is not None:
        return Why("parked", Tone.BAD, {"reason": crm.parked_reason})
    if crm.breaker_until is not None:
        return Why("breaker", Tone.WAIT, {"until": crm.breaker_until})
    if record.unsure:
        return Why("checking", Tone.WAIT, {"at": record.run_at})
    if record.attempts:
        retry = {"attempts": record.attempts, "error": record.error or "", "at": record.run_at}
        return Why("retrying", Tone.WAIT, retry)
    return Why("queued", Tone.WAIT)


def _inactive(crm: CrmFact) -> Why:
    tone = Tone.NOTE if crm.status == "paused" else Tone.BAD
    slug = crm.status if crm.status in ("draft", "paused", "broken") else "removed"
    return Why(f"connection_{slug}", tone, {"reason": crm.reason or ""})


def _never_ordered(call: CallFact, crm: CrmFact, journal: Sequence[JournalFact]) -> Why:
    failed = next((row for row in journal if row.state == "failed"), None)
    if failed is not None:
        return Why("decision_failed", Tone.BAD, {"error_id": failed.note or ""})
    if any(row.state == "new" for row in journal):
        return Why("undecided", Tone.WAIT)
    for slug, holds in _by_design(call, crm):
        if holds:
            return Why(slug, Tone.NOTE)
    if crm.status != "active":
        return _inactive(crm)
    if not crm.mapped.intersection(call.extensions):
        numbers = ", ".join(call.extensions) or "—"
        return Why("nobody_mapped", Tone.BAD, {"extensions": numbers})
    return Why("unknown", Tone.BAD)


def _by_design(call: CallFact, crm: CrmFact) -> tuple[tuple[str, bool], ...]:
    return (
        ("merged", call.phase == "merged"),
        ("internal", call.direction == "internal"),
        ("before_connection", call.started_at < crm.created_at),
        ("records_off", not crm.records_on),
        ("hidden_number", not call.client),
    )
