"""Telling the vendor whether a salon's messenger works, until it has heard.

While it believes so, the salon's own reminders leave through us. What is true is compared with
what was told last: a process killed in between, or a lost answer, leaves a difference, and the
same is said once more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from kommutator.flows.yclients.vendor import CHANNEL, Vendors
from kommutator.kit.backoff import backoff
from kommutator.kit.errors import VendorError
from kommutator.kit.ids import Ids
from kommutator.store.salon_messengers import Untold

if TYPE_CHECKING:
    from kommutator.store.database import Database

_log = structlog.get_logger()
PATIENCE_S: Final = 600.0
"""A phone that comes back by itself counts as there for so long."""
_FIRST_S, _LONGEST_S = 30.0, 3600.0


class TellMessenger:
    def __init__(self, db: Database, vendors: Vendors, *, ids: Ids) -> None:
        self._db = db
        self._vendors = vendors
        self._ids = ids

    async def due(self, limit: int = 20) -> int:
        """Tell all that is to be told now; returns of how many salons that was."""
        if not self._vendors.in_marketplace:
            return 0
        async with self._db.unit() as unit:
            due = await unit.salon_messengers.due_everywhere(PATIENCE_S, limit)
        for one in due:
            await self._tell(one)
        return len(due)

    async def _tell(self, one: Untold) -> None:
        marketplace = self._vendors.application().marketplace
        try:
            await marketplace.channel_available(one.salon_id, CHANNEL, available=one.talks)
        except VendorError as error:
            _log.warning("yclients.channel_not_told", hint=error.hint, kind=error.kind.value)
            wait = backoff(
                one.tries + 1, first=_FIRST_S, longest=_LONGEST_S, jitter=self._ids.uniform()
            )
            async with self._db.unit() as unit:
                await unit.salon_messengers.failed(
                    one.enterprise, one.connection_id, max(wait, error.retry_after or 0.0)
                )
            return
        async with self._db.unit() as unit:
            await unit.salon_messengers.told(one.enterprise, one.connection_id, talks=one.talks)
