"""Messages → Avito. Implements `domain.ports.Delivery` for `SendMessage`.

Avito takes no idempotency key. A message whose answer was lost is not sent again: it is given up
as one that may have arrived. What was sent cannot be put otherwise, so `edits` is not heeded.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from kommutator.connectors.channels.avito.client import AvitoClient, AvitoClients
from kommutator.connectors.channels.avito.errors import AvitoError
from kommutator.connectors.channels.avito.manifest import CONCURRENCY, LONGEST, SENDING_S
from kommutator.domain.chats import pieces, refused_now
from kommutator.domain.commands import Command, SendMessage, kind_of
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.outcome import Budget, Done, Exchange, Failed, Outcome, Patience
from kommutator.domain.ports import Due
from kommutator.kit.clock import Clock
from kommutator.kit.errors import ErrorKind, Stage
from kommutator.kit.plain_json import as_map, as_text

SPEAKING: Final = Patience(
    first=timedelta(seconds=5),
    longest=timedelta(minutes=30),
    give_up=timedelta(hours=72),
    timeout=SENDING_S,
)


class AvitoDelivery:
    """Delivers what is said in chats."""

    kind = ConnectionKind.AVITO

    def __init__(self, clients: AvitoClients, *, clock: Clock) -> None:
        self._clients = clients
        self._clock = clock

    def concurrency(self, account: Account) -> int:  # noqa: ARG002  the same for every account
        return CONCURRENCY

    def patience(self, command: Command) -> Patience:  # noqa: ARG002  the same for every message
        return SPEAKING

    def budgets(self, account: Account, command: Command) -> Sequence[Budget]:  # noqa: ARG002  per account
        return self._clients.budgets(account)

    def batch_limit(self, command: Command) -> int:  # noqa: ARG002  one message, one request
        return 1

    async def deliver(self, account: Account, batch: Sequence[Due]) -> Sequence[Outcome]:
        return [await self._one(account, due) for due in batch]

    async def _one(self, account: Account, due: Due) -> Outcome:
        message = due.command
        if not isinstance(message, SendMessage):
            words = f"a messenger cannot take the command {kind_of(message)}"
            return Failed(ErrorKind.OURS, Stage.BEFORE_SENDING, words)
        refused = refused_now(message, self._clock.now(), unsure=due.unsure)
        if refused is not None:
            return refused
        return await _spoken(self._clients.of(account, prepaid=1), message)


async def _spoken(client: AvitoClient, message: SendMessage) -> Outcome:
    parts = pieces(message.text, LONGEST)
    done = Done(Exchange())
    for said, part in enumerate(parts):
        try:
            reply = await client.send(message.chat_id, part)
        except AvitoError as error:
            return _failed(error.as_outcome(), said, len(parts))
        done = Done(reply.exchange, as_text(as_map(reply.body).get("id")))
    return done


def _failed(outcome: Failed, said: int, parts: int) -> Failed:
    if said == 0:
        return outcome
    # What was said cannot be taken back, and the whole must not be said twice.
    words = f"{said} of {parts} parts were sent: {outcome.message}"
    return Failed(ErrorKind.UNSURE, Stage.SENT, words, outcome.exchange, hint=outcome.hint)
