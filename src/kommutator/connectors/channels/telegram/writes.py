"""Messages → Telegram. Implements `domain.ports.Delivery` for `SendMessage`.

Telegram knows no idempotency key, and a bot cannot look whether a message is there. So a message
whose answer was lost is not sent again: it is given up as one that may have arrived.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from kommutator.connectors.channels.telegram.client import (
    Reply,
    TelegramClient,
    TelegramClients,
    budgets_of,
)
from kommutator.connectors.channels.telegram.errors import TelegramError
from kommutator.connectors.channels.telegram.manifest import CONCURRENCY, LONGEST, SENDING_S
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


class TelegramDelivery:
    """Delivers what is said in chats."""

    kind = ConnectionKind.TELEGRAM

    def __init__(self, clients: TelegramClients, *, clock: Clock) -> None:
        self._clients = clients
        self._clock = clock

    def concurrency(self, account: Account) -> int:  # noqa: ARG002  the same for every bot
        return CONCURRENCY

    def patience(self, command: Command) -> Patience:  # noqa: ARG002  the same for every message
        return SPEAKING

    def budgets(self, account: Account, command: Command) -> Sequence[Budget]:
        return budgets_of(account, getattr(command, "chat_id", None))

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
    outcome = error.as_outcome()
    if said == 0:
        return outcome
    # What was said cannot be taken back, and the whole must not be said twice.
    return Failed(
        ErrorKind.UNSURE,
        Stage.SENT,
        f"{said} of {parts} parts were sent: {outcome.message}",
        outcome.exchange,
        hint=outcome.hint,
    )
