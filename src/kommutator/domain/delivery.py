"""What follows from one attempt. Pure: no clock, no randomness, no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from kommutator.domain.chats import MAYBE_SENT, TOO_LATE
from kommutator.domain.commands import SendMessage
from kommutator.domain.outcome import Done, Failed, Outcome, Patience
from kommutator.domain.ports import Due
from kommutator.kit.backoff import backoff
from kommutator.kit.errors import ErrorKind, Stage

OUR_TRIES = 3
"""A bug of ours does not heal with time; a few tries cover a deploy in progress."""
_OWN_REASONS = frozenset({MAYBE_SENT, TOO_LATE})
"""Refusals of ours, not of a vendor: it was not even asked."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after `after`; `unsure` if the vendor may already have it."""

    after: timedelta
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class Finish:
    """The vendor has it."""

    note: str | None = None


@dataclass(frozen=True, slots=True)
class Dead:
    """A person may look and replay. `reason` is a slug."""

    reason: str


@dataclass(frozen=True, slots=True)
class Park:
    """Nothing on this lane will work until somebody repairs what `reason` (a slug) names."""

    reason: str
    detail: str | None = None


Decision = Retry | Finish | Dead | Park


def settle(  # noqa: PLR0911  a table, one line per kind
    due: Due,
    outcome: Outcome,
    patience: Patience,
    age: timedelta,
    jitter: float,
    previous: ErrorKind | None = None,
) -> Decision:
    """Decide what the outbox does with a command after an attempt.

    Args:
        due: the command as it was tried; `attempt` counts this try.
        age: of the command when the attempt ended, since creation or replay.
        jitter: a number in [0, 1).
        previous: how the try before failed; what may be repeated once is recognised by it.
    """
    if isinstance(outcome, Done):
        return Finish(outcome.note)
    if isinstance(due.command, SendMessage) and is_unsure(outcome) and not patience.repeatable:
        return Dead(MAYBE_SENT)  # no messenger lets us look, and twice is worse than not at all
    match outcome.kind:
        case ErrorKind.ALREADY_DONE:
            return Finish("already_done")
        case ErrorKind.REJECTED:
            return Dead(outcome.hint if outcome.hint in _OWN_REASONS else "rejected")
        case ErrorKind.ACCESS_REVOKED:
            return Park("access_revoked", outcome.message)
        case ErrorKind.TOKEN_STALE if previous is ErrorKind.TOKEN_STALE:
            return Park("access_revoked", outcome.message)  # fresh tokens do not help either
        case ErrorKind.GONE if previous is ErrorKind.GONE:
            return Dead("gone")
        case ErrorKind.OURS if due.attempt >= OUR_TRIES:
            return Dead("ours")
        case _:
            return _retry(due, outcome, patience, age, jitter)


def _retry(
    due: Due, failed: Failed, patience: Patience, age: timedelta, jitter: float
) -> Retry | Dead:
    left = patience.give_up - age
    if left <= timedelta():
        return Dead("gave_up")
    after = _wait(due, failed, patience, jitter)
    if failed.retry_after is not None:
        if after > left:  # we may not come sooner, and later it is worthless
            return Dead("gave_up")
    else:
        after = min(after, left)  # one last try when patience ends
    return Retry(after, unsure=due.unsure or is_unsure(failed))


def _wait(due: Due, failed: Failed, patience: Patience, jitter: float) -> timedelta:
    if failed.retry_after is not None:
        return timedelta(seconds=max(0.0, failed.retry_after))
    if failed.kind is ErrorKind.TOKEN_STALE:
        return timedelta()  # the connector has refreshed it by now
    return timedelta(
        seconds=backoff(
            due.attempt,
            first=patience.first.total_seconds(),
            longest=patience.longest.total_seconds(),
            jitter=jitter,
        )
    )


def is_unsure(failed: Failed) -> bool:
    """Whether the vendor may have got it although we saw no answer."""
    return failed.kind is ErrorKind.UNSURE or failed.stage is Stage.SENT


def is_down(outcome: Outcome) -> bool:
    """Whether the attempt speaks for the vendor being down; any answer speaks against."""
    return isinstance(outcome, Failed) and outcome.kind in (ErrorKind.TRANSIENT, ErrorKind.UNSURE)
