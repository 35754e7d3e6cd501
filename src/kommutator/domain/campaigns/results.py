"""What came of a campaign's call, and whether to try again. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from kommutator.domain.commands import CallResult


class CallOutcome(StrEnum):
    """Seen from the campaign: did we talk with the client, and if not, whose turn is it?"""

    TALKED = "talked"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    DECLINED = "declined"
    BAD_NUMBER = "bad_number"
    UNREACHABLE = "unreachable"
    ABANDONED = "abandoned"  # the client picked up and no agent did
    AGENT_MISSED = "agent_missed"  # the agent did not pick up: the client was not called
    CANCELLED = "cancelled"  # one of us hung up while it rang
    LOST = "lost"  # its end was never heard, or the PBX never placed it


MINUTE, HOUR = 60, 3600
RETRIES: Final[Mapping[CallOutcome, int | None]] = {
    CallOutcome.TALKED: None,
    CallOutcome.BUSY: 10 * MINUTE,
    CallOutcome.NO_ANSWER: 2 * HOUR,
    CallOutcome.DECLINED: 24 * HOUR,
    CallOutcome.BAD_NUMBER: None,
    CallOutcome.UNREACHABLE: HOUR,
    CallOutcome.ABANDONED: MINUTE,
    CallOutcome.AGENT_MISSED: MINUTE,
    CallOutcome.CANCELLED: 2 * HOUR,
    CallOutcome.LOST: 10 * MINUTE,
}
"""Seconds until the next attempt unless the plan says otherwise; None: never again."""

UNREACHED: Final = frozenset({CallOutcome.AGENT_MISSED, CallOutcome.LOST})
"""The client noticed nothing, or we do not know: this is no attempt of theirs."""

FAILURES: Final = frozenset(
    {CallOutcome.AGENT_MISSED, CallOutcome.LOST, CallOutcome.UNREACHABLE, CallOutcome.ABANDONED}
)
"""Several in a row mean that something is wrong on our side, and that calling on harms."""

_REASONS: Final[Mapping[str, CallOutcome]] = {
    "abandoned": CallOutcome.ABANDONED,
    "declined": CallOutcome.DECLINED,
    "bad_number": CallOutcome.BAD_NUMBER,
    "manager_no_answer": CallOutcome.AGENT_MISSED,
    "manager_busy": CallOutcome.AGENT_MISSED,
    "manager_unreachable": CallOutcome.AGENT_MISSED,
    "not_placed": CallOutcome.LOST,
    "untold": CallOutcome.LOST,
    "lost": CallOutcome.LOST,
}
_RESULTS: Final[Mapping[CallResult, CallOutcome]] = {
    CallResult.ANSWERED: CallOutcome.TALKED,
    CallResult.BUSY: CallOutcome.BUSY,
    CallResult.NO_ANSWER: CallOutcome.NO_ANSWER,
    CallResult.CANCELLED: CallOutcome.CANCELLED,
    CallResult.FAILED: CallOutcome.UNREACHABLE,
    CallResult.NOT_ALLOWED: CallOutcome.UNREACHABLE,
}


def outcome_of(result: CallResult, reason: str | None) -> CallOutcome:
    """From an ended call's result and reason, see `domain.calls.result`.

    Why nobody talked is told better by the reason.
    """
    if result is not CallResult.ANSWERED and (told := _REASONS.get(reason or "")):
        return told
    return _RESULTS[result]
