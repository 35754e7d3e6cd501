"""Messages → Avito. Implements `domain.ports.Delivery` for `SendMessage`.

What was sent cannot be put otherwise, so `edits` is not heeded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kommutator.connectors.channels.avito.client import AvitoClient, AvitoClients
from kommutator.connectors.channels.avito.errors import AvitoError
from kommutator.connectors.channels.avito.manifest import CONCURRENCY, LONGEST, SENDING_S
from kommutator.connectors.speaking import Speaking, partly, patience_of
from kommutator.domain.chats import pieces
from kommutator.domain.commands import Command, SendMessage
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.outcome import Budget, Done, Exchange, Outcome
from kommutator.kit.clock import Clock
from kommutator.kit.plain_json import as_map, as_text

SPEAKING: Final = patience_of(SENDING_S)


class AvitoDelivery(Speaking):
    kind = ConnectionKind.AVITO

    def __init__(self, clients: AvitoClients, *, clock: Clock) -> None:
        super().__init__(clock=clock, concurrency=CONCURRENCY, patience=SPEAKING)
        self._clients = clients

    def budgets(self, account: Account, command: Command) -> Sequence[Budget]:  # noqa: ARG002  per account
        return self._clients.budgets(account)

    async def _spoken(self, account: Account, message: SendMessage, row: int) -> Outcome:  # noqa: ARG002  it gives no mark back
        return await _spoken(self._clients.of(account, prepaid=1), message)


async def _spoken(client: AvitoClient, message: SendMessage) -> Outcome:
    parts = pieces(message.text, LONGEST)
    done = Done(Exchange())
    for said, part in enumerate(parts):
        try:
            reply = await client.send(message.chat_id, part)
        except AvitoError as error:
            return partly(error.as_outcome(), said, len(parts))
        done = Done(reply.exchange, as_text(as_map(reply.body).get("id")))
    return done
