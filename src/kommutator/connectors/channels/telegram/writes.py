"""Messages → Telegram. Implements `domain.ports.Delivery` for `SendMessage`.

A bot cannot look whether a message is there; an earlier one can be put otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kommutator.connectors.channels.telegram.client import (
    Reply,
    TelegramClient,
    TelegramClients,
    budgets_of,
)
from kommutator.connectors.channels.telegram.errors import TelegramError
from kommutator.connectors.channels.telegram.manifest import CONCURRENCY, LONGEST, SENDING_S
from kommutator.connectors.speaking import Speaking, partly, patience_of
from kommutator.domain.chats import pieces
from kommutator.domain.commands import Command, SendMessage
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.outcome import Budget, Done, Exchange, Outcome
from kommutator.kit.clock import Clock
from kommutator.kit.errors import ErrorKind
from kommutator.kit.plain_json import as_map, as_text

SPEAKING: Final = patience_of(SENDING_S)


class TelegramDelivery(Speaking):
    kind = ConnectionKind.TELEGRAM

    def __init__(self, clients: TelegramClients, *, clock: Clock) -> None:
        super().__init__(clock=clock, concurrency=CONCURRENCY, patience=SPEAKING)
        self._clients = clients

    def budgets(self, account: Account, command: Command) -> Sequence[Budget]:
        return budgets_of(account, getattr(command, "chat_id", None))

    async def _spoken(self, account: Account, message: SendMessage, row: int) -> Outcome:  # noqa: ARG002  it gives no mark back
        return await _spoken(self._clients.of(account, prepaid=1), message)


async def _spoken(client: TelegramClient, message: SendMessage) -> Outcome:
    """All of it; a group that became a supergroup is followed."""
    said = 0
    chat, moved_to = message.chat_id, None
    parts = pieces(message.text, LONGEST)
    last = Done(Exchange())
    while said < len(parts):
        try:
            edits = message.edits if said == 0 else None
            reply = await _say(client, chat, parts[said], edits)
        except TelegramError as error:
            if error.moved_to is not None and moved_to is None:
                chat = moved_to = error.moved_to
                continue
            return _failed(error, said, len(parts), message.edits)
        last = Done(reply.exchange, as_text(as_map(reply.result).get("message_id")))
        said += 1
    return Done(last.exchange, last.vendor_id or message.edits, last.note, moved_to)


async def _say(client: TelegramClient, chat: str, text: str, edits: str | None) -> Reply:
    """Put the earlier message otherwise, or say it anew if that is gone."""
    if edits is None or not edits.isdigit():
        return await client.send(chat, text)
    try:
        return await client.edit(chat, edits, text)
    except TelegramError as error:
        if error.kind is not ErrorKind.GONE:
            raise
    return await client.send(chat, text)


def _failed(error: TelegramError, said: int, parts: int, edits: str | None) -> Outcome:
    if error.kind is ErrorKind.ALREADY_DONE:
        return Done(error.exchange, edits, "already_done")
    return partly(error.as_outcome(), said, parts)
