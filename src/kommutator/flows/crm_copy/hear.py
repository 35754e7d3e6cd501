"""A CRM says that cards changed: the journal's rows become wishes to read them.

What a notice says is never believed but for one thing, that a card is gone; and that is looked
after, too. So a notice that comes twice, late or out of order leads to the same copy.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from kommutator.domain.connection import Account
from kommutator.domain.crm_news import CardNews
from kommutator.domain.journal import Decided, Ignored, JournalRow, Verdict
from kommutator.flows.crm_copy.shelve import shelve
from kommutator.flows.pauses import Decide
from kommutator.kit.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from kommutator.store.unit import Unit

ReadNews = Callable[[JournalRow], Sequence[CardNews]]
"""A connector's reader of notices: cards of kinds we copy; raises InvalidInput for garbage."""


class Accounts(Protocol):
    """What is needed of `Directory`."""

    async def account(self, connection_id: UUID) -> Account: ...


class HearNews:
    """Decides upon rows of one source; every other row goes on to `follow`."""

    def __init__(self, accounts: Accounts, source: str, read: ReadNews, follow: Decide) -> None:
        self._accounts = accounts
        self._source = source
        self._read = read
        self._follow = follow

    async def decide(self, unit: Unit, row: JournalRow) -> Verdict:
        """Give the row its effect, inside the caller's transaction."""
        if row.source != self._source:
            return await self._follow(unit, row)
        account = await self._sender(row)
        if account is None:
            return Ignored("connection_removed")
        try:
            news = self._read(row)
        except InvalidInput as error:
            return Ignored(error.code)
        unit.cards_changed(
            account.enterprise,
            account.connection_id,
            {(one.kind, one.id) for one in news},
            notices=max(len(news), 1),
            at=row.received_at,
        )
        await self._bury(unit, account, row, [one for one in news if one.gone])
        # Nothing else here waits for anybody: a storm must not keep the door from answering.
        await asyncio.sleep(0)
        return Decided() if news else Ignored("hook_not_about_cards")

    async def _bury(
        self, unit: Unit, account: Account, row: JournalRow, gone: Sequence[CardNews]
    ) -> None:
        """At once: nobody should be greeted by a name that was deleted a second ago."""
        by_kind = sorted(gone, key=lambda one: one.kind)
        for kind, group in groupby(by_kind, key=lambda one: one.kind):
            ids = [one.id for one in group]
            await shelve(unit, account, kind, (), gone=ids, read_at=row.received_at)

    async def _sender(self, row: JournalRow) -> Account | None:
        if row.connection_id is None:
            return None
        try:
            return await self._accounts.account(row.connection_id)
        except NotFound:
            return None
