"""A booking system says that something changed: the journal's rows become wishes to read it.

What a notice says is never believed: not even that a visit is gone. So one that comes twice,
late, out of order or from nobody knows whom leads to the same copy.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from kommutator.domain.connection import Account
from kommutator.domain.journal import Decided, Ignored, JournalRow, Verdict
from kommutator.domain.salon.copy import SalonNews
from kommutator.flows.directory import Directory
from kommutator.flows.pauses import Decide
from kommutator.kit.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from kommutator.store.unit import Unit

ReadNews = Callable[[Account, JournalRow], Sequence[SalonNews]]
"""A connector's reader of notices: parts that we copy.

Raises InvalidInput for garbage, and for a notice about another salon.
"""


class HearSalons:
    """Decides upon rows of one source; every other row goes on to `follow`."""

    def __init__(self, directory: Directory, source: str, read: ReadNews, follow: Decide) -> None:
        self._directory = directory
        self._source = source
        self._read = read
        self._follow = follow

    async def decide(self, unit: Unit, row: JournalRow) -> Verdict:
        """Give the row its effect, inside the caller's transaction."""
        if row.source != self._source:
            return await self._follow(unit, row)
        account = await self._sender(row.connection_id)
        if account is None:
            return Ignored("connection_removed")
        try:
            news = self._read(account, row)
        except InvalidInput as error:
            return Ignored(error.code)
        unit.salon_changed(
            account.enterprise,
            account.connection_id,
            {(one.part, one.id) for one in news},
            at=row.received_at,
        )
        # Nothing else here waits for anybody: a storm must not keep the door from answering.
        await asyncio.sleep(0)
        return Decided() if news else Ignored("hook_not_about_salon")

    async def _sender(self, connection_id: UUID | None) -> Account | None:
        if connection_id is None:
            return None
        try:
            return await self._directory.account(connection_id)
        except NotFound:
            return None
