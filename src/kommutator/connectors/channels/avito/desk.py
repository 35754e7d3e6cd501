"""The unhurried side of Avito: whose account it is, and how its news reach us."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from kommutator.connectors.channels.avito.client import AvitoClient, AvitoClients
from kommutator.connectors.channels.avito.errors import AvitoError
from kommutator.connectors.channels.avito.hooks import chat_hook, hook_id, message_hook, read_hook
from kommutator.connectors.channels.avito.manifest import PAGE, UNREAD_PAGES
from kommutator.domain.chats import ChatNews, Polled, PolledNews
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.ports import Probe
from kommutator.kit.errors import ErrorKind
from kommutator.kit.plain_json import as_list, as_map, as_text, maps_in


class AvitoDesk:
    """Implements `domain.chats.ChannelDesk`."""

    kind = ConnectionKind.AVITO

    def __init__(self, clients: AvitoClients) -> None:
        self._clients = clients

    async def probe(self, account: Account) -> Probe:
        """Also asks for a chat: without the tariff an account is known, but has no messenger."""
        client = self._clients.of(account)
        me = as_map((await client.me()).body)
        key = as_text(me.get("id"))
        if key is None:
            raise AvitoError(ErrorKind.REJECTED, "no account in the answer", hint="avito_refused")
        title = as_text(me.get("name")) or key
        named = replace(account, account_key=key)
        await self._clients.of(named).chats(offset=0, limit=1, unread=True)
        return Probe(True, title, details={"key": key, "title": title})

    async def subscribe(self, account: Account, address: str, secret: str) -> None:  # noqa: ARG002  the address holds it
        await self._clients.of(account).subscribe(address)

    async def unsubscribe(self, account: Account, address: str) -> None:
        await self._clients.of(account).unsubscribe(address)

    async def poll(self, account: Account, position: int) -> Polled:
        """Unread chats, and their messages since that second; the same second comes twice.

        The first time only the last message of each: what is older was read by people long ago.
        """
        client = self._clients.of(account)
        news: list[PolledNews] = []
        newest = position
        async for chat in _unread(client):
            chat_id = as_text(chat.get("id"))
            updated = chat.get("updated")
            if chat_id is None or (isinstance(updated, int) and updated < position):
                continue
            news.append(_as_news(chat_hook(chat)))
            for message in await _since(client, chat, chat_id, position):
                created = message.get("created")
                at = created if isinstance(created, int) else 0
                if at >= position and as_text(message.get("id")):
                    newest = max(newest, at)
                    hook = message_hook(message, chat_id, account.account_key or "")
                    news.append(_as_news(hook))
        return Polled(news, newest)

    def read(self, account: Account, body: bytes) -> Sequence[ChatNews]:
        return read_hook(body, account.account_key or "")


async def _unread(client: AvitoClient) -> AsyncIterator[dict[str, Any]]:
    for page in range(UNREAD_PAGES):
        body = as_map((await client.chats(offset=page * PAGE, limit=PAGE, unread=True)).body)
        chats = list(maps_in(body.get("chats")))
        for chat in chats:
            yield chat
        if len(chats) < PAGE:
            return


async def _since(
    client: AvitoClient, chat: Mapping[str, Any], chat_id: str, position: int
) -> Sequence[Mapping[str, Any]]:
    if position == 0:
        return list(maps_in([chat.get("last_message")]))
    return _messages((await client.messages(chat_id, limit=PAGE)).body)


def _messages(body: Any) -> list[Mapping[str, Any]]:
    """Oldest first. The vendor answers with a list, or with one inside."""
    found = body if isinstance(body, list) else as_list(as_map(body).get("messages"))
    return list(reversed(list(maps_in(found))))


def _as_news(hook: dict[str, Any]) -> PolledNews:
    raw = msgspec.json.encode(hook)
    return PolledNews(hook_id(raw), raw)
