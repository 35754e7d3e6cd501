"""A messenger tells of its chats: the journal's rows become chats, messages and receivers."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from kommutator.domain.chats import ChannelDesk, ChatNews, Said, Told, ToldOf
from kommutator.domain.connection import Account
from kommutator.domain.journal import Decided, Ignored, JournalRow, Verdict
from kommutator.domain.notices.wishes import read_wishes
from kommutator.flows.chats.speak import Saying, speak
from kommutator.flows.outreach.consents import met
from kommutator.kit.clock import Clock
from kommutator.kit.errors import InvalidInput, NotFound
from kommutator.kit.texts import DEFAULT_LOCALE, Texts
from kommutator.store.message_locks import NewsOf

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


class HearTold(Protocol):
    """Hears once what a messenger tells of a message of ours, in the transaction that keeps it."""

    async def __call__(self, unit: Unit, account: Account, of: ToldOf) -> None: ...


def invite_hash(token: str) -> bytes:
    """What is kept of a link's token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


class HearChats:
    """Decides upon rows of messengers; every other row goes on to `follow`.

    Args:
        desks: by the journal's source, which is the kind of the connection.
        hearers: told of each message that is new.
        of_ours: told when one of ours was delivered, read or refused.
    """

    def __init__(
        self,
        accounts: Accounts,
        desks: Mapping[str, ChannelDesk],
        texts: Texts,
        follow: Decide,
        hearers: Sequence[HearMessages] = (),
        of_ours: Sequence[HearTold] = (),
        *,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._desks = desks
        self._texts = texts
        self._follow = follow
        self._hearers = hearers
        self._of_ours = of_ours
        self._clock = clock

    async def prepare(self, unit: Unit, rows: Sequence[JournalRow]) -> None:
        """Lock the messages of ours that these rows will change, as `MessageLocks` wants it."""
        found: list[NewsOf] = []
        for row in rows:
            desk = self._desks.get(row.source)
            account = None if desk is None else await self._sender(row)
            if desk is not None and account is not None:
                with suppress(InvalidInput):
                    news = desk.read(account, row.body)
                    found += [NewsOf(account.connection_id, one) for one in news]
        if found:
            await unit.message_locks.of_news(rows[0].enterprise, found)

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
        for told in news:
            if told.told is not None:
                await self._told(unit, account, told.told)
                continue
            kept = await unit.chats.keep(account.enterprise, account.connection_id, told)
            one = replace(told, chat_id=kept.chat_id)
            if kept.met:
                await met(
                    unit, account.enterprise, account.connection_id, kept.chat_id, self._clock.now()
                )
            if one.start is not None:
                await self._greet(unit, account, row, one)
            elif kept.is_new and one.said is not None and not one.grouped:
                for hear in self._hearers:
                    await hear(unit, account, one, one.said)
        return Decided() if news else Ignored("no_news_of_chats")

    async def _told(self, unit: Unit, account: Account, told: Told) -> None:
        of = await unit.chats.told(account.enterprise, account.connection_id, told)
        if of is None:
            return
        unit.ticks_changed(account.enterprise, account.connection_id, of.chat_id)
        for hear in self._of_ours:
            await hear(unit, account, of)

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
