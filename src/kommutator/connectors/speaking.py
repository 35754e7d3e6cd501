"""Messages → messengers: the frame of `domain.ports.Delivery` for `SendMessage`.

Most messengers take no idempotency key: a message whose answer was lost is not sent again there, it
is given up as one that may have arrived. Where it may be (`Patience.repeatable`), it simply is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import timedelta

from kommutator.domain.chats import refused_now
from kommutator.domain.commands import Command, SendMessage, kind_of
from kommutator.domain.connection import Account
from kommutator.domain.outcome import Budget, Failed, Outcome, Patience
from kommutator.domain.ports import Due
from kommutator.kit.clock import Clock
from kommutator.kit.errors import ErrorKind, Stage


def patience_of(timeout_s: float) -> Patience:
    """Of everything that is said in chats."""
    return Patience(
        first=timedelta(seconds=5),
        longest=timedelta(minutes=30),
        give_up=timedelta(hours=72),
        timeout=timeout_s,
    )


class Speaking(ABC):
    """Delivers what is said in chats.

    Args:
        concurrency: the same for every account.
    """

    def __init__(self, *, clock: Clock, concurrency: int, patience: Patience) -> None:
        self._clock = clock
        self._concurrency = concurrency
        self._patience = patience

    def concurrency(self, account: Account) -> int:  # noqa: ARG002  the same for every account
        return self._concurrency

    def patience(self, command: Command) -> Patience:  # noqa: ARG002  the same for every message
        return self._patience

    @abstractmethod
    def budgets(self, account: Account, command: Command) -> Sequence[Budget]: ...

    def batch_limit(self, command: Command) -> int:  # noqa: ARG002  one message, one request
        return 1

    async def deliver(self, account: Account, batch: Sequence[Due]) -> Sequence[Outcome]:
        return [await self._one(account, due) for due in batch]

    async def _one(self, account: Account, due: Due) -> Outcome:
        message = due.command
        if not isinstance(message, SendMessage):
            words = f"a messenger cannot take the command {kind_of(message)}"
            return Failed(ErrorKind.OURS, Stage.BEFORE_SENDING, words)
        unsure = due.unsure and not self._patience.repeatable
        refused = refused_now(message, self._clock.now(), unsure=unsure)
        if refused is not None:
            return refused
        return await self._spoken(account, message, due.id)

    @abstractmethod
    async def _spoken(self, account: Account, message: SendMessage, row: int) -> Outcome:
        """Say all of it; the turn for the first request is taken already.

        Args:
            row: of the outbox, for messengers that give such a mark back.
        """


def partly(outcome: Failed, said: int, parts: int) -> Failed:
    """A refusal after some parts of a long message were sent.

    What was said cannot be taken back, and the whole must not be said twice.
    """
    if said == 0:
        return outcome
    words = f"{said} of {parts} parts were sent: {outcome.message}"
    return Failed(ErrorKind.UNSURE, Stage.SENT, words, outcome.exchange, hint=outcome.hint)
