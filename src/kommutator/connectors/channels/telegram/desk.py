"""The unhurried side of Telegram: who the bot is, and how its news reach us."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from kommutator.connectors.channels.telegram.client import TelegramClients
from kommutator.connectors.channels.telegram.errors import TelegramError
from kommutator.connectors.channels.telegram.hooks import read_update
from kommutator.connectors.channels.telegram.manifest import (
    UPDATES,
    UPDATES_AT_ONCE,
    WEBHOOK_CONNECTIONS,
)
from kommutator.domain.chats import ChatNews, Polled, PolledNews
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.ports import Probe
from kommutator.kit.errors import ErrorKind
from kommutator.kit.plain_json import as_map, as_text, maps_in


class TelegramDesk:
    """Implements `domain.chats.ChannelDesk`."""

    kind = ConnectionKind.TELEGRAM

    def __init__(self, clients: TelegramClients) -> None:
        self._clients = clients

    async def probe(self, account: Account) -> Probe:
        bot = as_map((await self._clients.of(account).me()).result)
        key, name = as_text(bot.get("id")), as_text(bot.get("username"))
        if key is None or name is None or bot.get("is_bot") is not True:
            raise TelegramError(
                ErrorKind.REJECTED, "this is no bot's token", hint="telegram_token_refused"
            )
        title = as_text(bot.get("first_name")) or name
        return Probe(True, f"@{name}", details={"key": key, "title": title, "username": name})

    async def subscribe(self, account: Account, address: str, secret: str) -> None:
        order = {
            "url": address,
            "secret_token": secret,
            "allowed_updates": list(UPDATES),
            "max_connections": WEBHOOK_CONNECTIONS,
        }
        await self._clients.of(account).set_webhook(order)

    async def unsubscribe(self, account: Account, address: str) -> None:  # noqa: ARG002  a bot has one
        await self._clients.of(account).delete_webhook()

    async def poll(self, account: Account, position: int) -> Polled:
        """Where a webhook is set Telegram lets nobody ask: then a look whether it works."""
        if account.config.get("way") != "poll":
            await self._look(account)
            return Polled((), position)
        reply = await self._clients.of(account).updates(position, UPDATES_AT_ONCE, UPDATES)
        news: list[PolledNews] = []
        for update in maps_in(reply.result):
            number = update.get("update_id")
            if isinstance(number, int):
                position = max(position, number)
                news.append(PolledNews(str(number), msgspec.json.encode(update)))
        return Polled(news, position)

    async def _look(self, account: Account) -> None:
        """Raises TelegramError: news go elsewhere, or do not reach us."""
        told = as_map((await self._clients.of(account).webhook()).result)
        url = as_text(told.get("url")) or ""
        if not url.endswith(f"/{account.connection_id.hex}"):
            words = "the webhook was set to another address" if url else "no webhook is set"
            raise TelegramError(ErrorKind.REJECTED, words, hint="telegram_webhook_lost")
        waiting = told.get("pending_update_count")
        trouble = as_text(told.get("last_error_message"))
        if trouble and isinstance(waiting, int) and waiting > 0:
            raise TelegramError(
                ErrorKind.REJECTED, trouble[:300], hint="telegram_webhook_unreached"
            )

    def read(self, account: Account, body: bytes) -> Sequence[ChatNews]:  # noqa: ARG002  as the port
        return read_update(body)
