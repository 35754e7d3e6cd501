"""The account's own history against what we heard: a notice that got lost is found here."""

from __future__ import annotations

from datetime import datetime, timedelta

from kommutator.domain.connection import Account
from kommutator.domain.crm_data import EntityKind
from kommutator.domain.crm_news import changes_card, reached
from kommutator.domain.crm_ports import EventQuery
from kommutator.flows.crm_copy.cards import PageRead, ReadCards
from kommutator.store.crm_reads import CrmRead
from kommutator.store.database import Database

_OVERLAP = timedelta(minutes=10)
"""Looked through twice: notices are given this long, with the vendor's own repetitions, to come."""

_BEFORE = timedelta(hours=1)
_SLACK_S = 30.0
"""By how much the vendor's clock may be ahead of ours."""


class Reconcile:
    """Each round goes through the events since the last one, the newest first."""

    def __init__(self, db: Database, cards: ReadCards) -> None:
        self._db = db
        self._cards = cards

    async def page(self, account: Account, read: CrmRead, page: int, at: datetime) -> PageRead:
        """Have those cards read of which an event tells something newer than the copy."""
        since = (read.cursor_at or (read.started_at or at) - _BEFORE) - _OVERLAP
        query = EventQuery(page=page, kinds=tuple(EntityKind), created_from=since)
        await self._cards.my_turn(account)
        found = await self._cards.reader(account).events(account, query)
        told = [
            (event.kind, event.entity_id, event.created_at)
            for event in found.items
            if event.kind is not None and changes_card(event) and event.created_at >= since
        ]
        enterprise, connection_id = account.enterprise, account.connection_id
        async with self._db.unit() as unit:
            missed = await unit.crm_wanted.want_unread(
                enterprise, connection_id, told, slack_s=_SLACK_S
            )
            if missed:
                await unit.crm_hooks.missed(enterprise, connection_id, missed)
        dates = [event.created_at for event in found.items]
        # A CRM that takes no notice of the filter would tell its whole history each time.
        more = found.more and min(dates, default=since) >= since
        return PageRead(more, len(told), reached(read.reached_at, max(dates, default=None), at))
