"""The story of one attempt: a row becomes an item to send, its outcome becomes a row's fate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, cast

import msgspec

from kommutator.domain.chats import CLOSES, MAYBE_SENT, Spoken
from kommutator.domain.commands import (
    Command,
    CreateCustomer,
    CreateOrder,
    OriginateCall,
    SendMessage,
    decode,
)
from kommutator.domain.connection import Account
from kommutator.domain.delivery import (
    Dead,
    Decision,
    Finish,
    Park,
    Retry,
    is_down,
    is_unsure,
    settle,
)
from kommutator.domain.outcome import RECORD, Budget, Done, Failed, Outcome, Patience
from kommutator.domain.ports import Delivery, Due
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.store.attempts import Attempt
from kommutator.store.deliveries import Picked, Settled


@dataclass(frozen=True, slots=True)
class Item:
    """A row ready to be tried.

    Attributes:
        born: monotonic; now minus the row's age when it was fetched.
        readable: False for a command that only a newer version understands.
    """

    due: Due
    kind: str
    call_id: str | None
    patience: Patience
    budgets: Sequence[Budget]
    batch_limit: int
    previous: ErrorKind | None
    born: float
    live: bool
    readable: bool = True

    def age(self, now: float) -> timedelta:
        return timedelta(seconds=max(0.0, now - self.born))

    def sendable(self, now: float) -> bool:
        """False for a live command that nobody needs any more. Records get at least one try."""
        return self.readable and not (self.live and self.age(now) >= self.patience.give_up)


@dataclass(frozen=True, slots=True)
class Result:
    """A row with its fate; `attempt` is None for one that was not tried.

    Attributes:
        unplaced: the call that will not begin, because the command to place it is dead.
        outdated: the client of whom the CRM knows more now than our phone book.
        spoken: what became of a message.
    """

    key: str
    settled: Settled
    attempt: Attempt | None
    unplaced: str | None = None
    outdated: str | None = None
    spoken: Spoken | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What one request taught us: about its commands, and about the vendor."""

    results: list[Result]
    vendor: Literal["up", "down", "unknown"]
    error: str | None
    park: Park | None


def to_item(row: Picked, delivery: Delivery, account: Account, now: float) -> Item:
    """Prepare a fetched row; one of an unknown kind is prepared for being refused."""
    try:
        command = decode(row.payload)
    except msgspec.DecodeError:
        return _unreadable(row, now)
    return Item(
        due=_due(row, command),
        kind=row.kind,
        call_id=row.call_id,
        patience=delivery.patience(command),
        budgets=delivery.budgets(account, command),
        batch_limit=max(1, delivery.batch_limit(command)),
        previous=ErrorKind(row.error_kind) if row.error_kind else None,
        born=now - row.age_s,
        live=command.live,
    )


def _unreadable(row: Picked, now: float) -> Item:
    return Item(
        due=_due(row, cast("Command", None)),
        kind=row.kind,
        call_id=row.call_id,
        patience=RECORD,
        budgets=(),
        batch_limit=1,
        previous=None,
        born=now - row.age_s,
        live=False,
        readable=False,
    )


def _due(row: Picked, command: Command) -> Due:
    return Due(
        id=row.id,
        key=row.key,
        command=command,
        attempt=row.attempts + 1,
        unsure=row.unsure,
        created_at=row.created_at,
    )


def refuse(item: Item, now: float) -> Result:
    """Settle an item that must not be sent: too late, or not understood by this version."""
    if item.readable:
        settled = Settled(item.due.id, "dead", tried=False, unsure=item.due.unsure, note="too_late")
        return Result(item.due.key, settled, None, _unplaced(item, settled))
    failed = Failed(ErrorKind.OURS, Stage.BEFORE_SENDING, f"unknown command {item.kind}")
    decision = settle(item.due, failed, item.patience, item.age(now), 0.5)
    return Result(item.due.key, _settled(item, failed, decision), None)


def settle_request(
    account: Account, batch: Sequence[Item], outcomes: Sequence[Outcome], now: float, jitter: float
) -> Summary:
    """Decide about every command of one request."""
    results, park = [], None
    for item, outcome in zip(batch, outcomes, strict=True):
        decision = settle(item.due, outcome, item.patience, item.age(now), jitter, item.previous)
        if isinstance(decision, Park):
            park = park or decision
        settled = _settled(item, outcome, decision)
        attempt = _attempt(account, item, outcome)
        results.append(
            Result(
                item.due.key,
                settled,
                attempt,
                _unplaced(item, settled),
                _outdated(item, settled),
                _spoken(item, settled, outcome),
            )
        )
    errors = [o.message for o in outcomes if isinstance(o, Failed)]
    return Summary(results, _vendor(outcomes), errors[0] if errors else None, park)


def held_back(outcomes: Sequence[Outcome]) -> float | None:
    """Seconds for which the vendor wants nothing of this kind, if it said so."""
    waits = [
        o.retry_after
        for o in outcomes
        if isinstance(o, Failed) and o.kind is ErrorKind.RATE_LIMITED and o.retry_after is not None
    ]
    return max(waits, default=None)


def _vendor(outcomes: Sequence[Outcome]) -> Literal["up", "down", "unknown"]:
    """Any answer proves life; a decision taken before sending proves nothing."""
    if any(_answered(o) for o in outcomes):
        return "up"
    return "down" if any(is_down(o) for o in outcomes) else "unknown"


def _answered(outcome: Outcome) -> bool:
    if isinstance(outcome, Done):
        return bool(outcome.exchange.request or outcome.exchange.response or outcome.vendor_id)
    answered = outcome.stage is Stage.ANSWERED
    return answered and not is_down(outcome) and outcome.kind is not ErrorKind.OURS


def _settled(item: Item, outcome: Outcome, decision: Decision) -> Settled:
    failed = outcome if isinstance(outcome, Failed) else None
    kind = failed.kind.value if failed else None
    error = failed.message if failed else None
    due = item.due
    doubted = due.unsure or (failed is not None and is_unsure(failed))
    match decision:
        case Finish(note):
            return Settled(due.id, "done", note=note)
        case Dead(reason):
            lost = doubted and isinstance(due.command, SendMessage)
            return Settled(
                due.id,
                "dead",
                unsure=due.unsure or lost,
                error_kind=kind,
                error=error,
                note=MAYBE_SENT if lost else reason,
            )
        case Retry(after, unsure):
            return Settled(
                due.id,
                "due",
                unsure=unsure,
                wait=after.total_seconds(),
                error_kind=kind,
                error=error,
            )
        case Park(reason):
            return Settled(due.id, "due", unsure=doubted, error_kind=kind, error=error, note=reason)


def _unplaced(item: Item, settled: Settled) -> str | None:
    """Not where the PBX may have begun it in spite of all: its events will tell."""
    places = isinstance(item.due.command, OriginateCall)
    return item.call_id if places and settled.state == "dead" and not settled.unsure else None


def _outdated(item: Item, settled: Settled) -> str | None:
    """A new client has a name and an owner; a new order may bring its manager along."""
    command = item.due.command
    if settled.state != "done" or not isinstance(command, CreateCustomer | CreateOrder):
        return None
    return command.client


def _spoken(item: Item, settled: Settled, outcome: Outcome) -> Spoken | None:
    """Nothing while it waits for its next try."""
    message = item.due.command
    if not isinstance(message, SendMessage) or settled.state == "due":
        return None
    about = (item.due.id, message.chat_id)
    if isinstance(outcome, Done):
        return Spoken(*about, "sent", message_id=outcome.vendor_id, moved_to=outcome.moved_to)
    lost = settled.unsure or settled.note == MAYBE_SENT
    return Spoken(
        *about,
        "maybe_sent" if lost else "failed",
        reason=MAYBE_SENT if lost else outcome.hint or settled.note,
        detail=outcome.message,
        closed=CLOSES.get(outcome.hint or ""),
    )


def _attempt(account: Account, item: Item, outcome: Outcome) -> Attempt:
    failed = outcome if isinstance(outcome, Failed) else None
    done = failed is None or failed.kind is ErrorKind.ALREADY_DONE
    return Attempt(
        integration_type=account.kind.value,
        event_type=item.kind,
        status="success" if done else "error",
        connection_id=account.connection_id,
        outbox_id=item.due.id,
        call_id=item.call_id,
        number=item.due.attempt,
        duration_ms=outcome.exchange.duration_ms,
        request=outcome.exchange.request,
        response=outcome.exchange.response,
        error_kind=failed.kind.value if failed else None,
        stage=failed.stage.value if failed else None,
        error_message=failed.message if failed else None,
    )
