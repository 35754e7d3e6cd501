"""A messenger tells of its chats: the journal's rows become chats, messages and receivers."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from kommutator.domain.chats import ChannelDesk, ChatNews, Said
from kommutator.domain.connection import Account
from kommutator.domain.journal import Decided, Ignored, JournalRow, Verdict
from kommutator.domain.notices.wishes import read_wishes
from kommutator.flows.chats.speak import Saying, speak
from kommutator.kit.errors import InvalidInput, NotFound
from kommutator.kit.texts import DEFAULT_LOCALE, Texts

if TYPE_CHECKING:
    from kommutator.store.unit import Unit


class Accounts(Protocol):
    """What is needed of `Directory`."""

    async def account(self, connection_id: UUID) -> Account: ...


class Decide(Protocol):
    """Gives a journal row its effect."""

    def __call__(self, unit: Unit, row: JournalRow) -> Awaitable[Verdict]: ...


class HearMessages(Protocol):
    """Hears each message once, in the transaction that keeps it: both are kept, or neither is.

    Only of chats with one person, but for those who came by a link of ours. `said.from_me`: staff
    wrote it in the messenger itself. `news.chat_id` is how the chat is kept.
    """

    async def __call__(self, unit: Unit, account: Account, news: ChatNews, said: Said) -> None: ...


def invite_hash(token: str) -> bytes:
    """What is kept of a link's token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


class HearChats:
    """Decides upon rows of messengers; every other row goes on to `follow`.

    Args:
        desks: by the journal's source, which is the kind of the connection.
        hearers: told of each message that is new.
    """

    def __init__(
        self,
        accounts: Accounts,
        desks: Mapping[str, ChannelDesk],
        texts: Texts,
        follow: Decide,
        hearers: Sequence[HearMessages] = (),
    ) -> None:
        self._accounts = accounts
        self._desks = desks
        self._texts = texts
        self._follow = follow
        self._hearers = hearers

    async def decide(self, unit: Unit, row: JournalRow) -> Verdict:
        """Give the row its effect, inside the caller's transaction."""
        desk = self._desks.get(row.source)
        if desk is None:
            return await self._follow(unit, row)
        account = await self._sender(row)
        if account is None:
            return Ignored("connection_removed")
        try:
            news = desk.read(account, row.body)
        except InvalidInput as error:
            return Ignored(error.code)
        for one in news:
            new = await unit.chats.hear(account.enterprise, account.connection_id, one)
            if one.start is not None:
                await self._greet(unit, account, row, one)
            elif new and one.said is not None and not one.grouped:
                for hear in self._hearers:
                    await hear(unit, account, one, one.said)
        return Decided() if news else Ignored("no_news_of_chats")

    async def _greet(self, unit: Unit, account: Account, row: JournalRow, news: ChatNews) -> None:
        """Somebody came by a link of ours: from now on they are told."""
        assert news.start is not None
        bound = await unit.notice_receivers.bind(
            account.enterprise, account.connection_id, invite_hash(news.start), news.chat_id
        )
        if bound is None:
            language = news.language or DEFAULT_LOCALE
            text = self._texts.translate(language, "notice.link_used")
        else:
            language = read_wishes(bound.wishes).language
            text = self._texts.translate(language, "notice.bound", name=bound.name)
        saying = Saying(
            account.connection_id, account.kind, news.chat_id, text, once=f"greeting:{row.id}"
        )
        await speak(unit, account.enterprise, [saying], journal_id=row.id)

    async def _sender(self, row: JournalRow) -> Account | None:
        if row.connection_id is None:
            return None
        try:
            return await self._accounts.account(row.connection_id)
        except NotFound:
            return None
