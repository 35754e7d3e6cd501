"""Telling everybody how the link is: the lane's row, the log of exchanges, the live pages."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from kommutator.domain.connection import Account
from kommutator.domain.lanes import Lease
from kommutator.kit.clock import Clock
from kommutator.store.attempts import Attempt
from kommutator.store.database import Database
from kommutator.store.deliveries import LaneHealth

_log = structlog.get_logger(__name__)
_PAUSE_S = 1.0


@dataclass(frozen=True, slots=True)
class LinkNews:
    """`trouble` None: the link is up. Else words for people."""

    trouble: str | None


class LinkReporter:
    """A PBX that stays away for a night is one line in the log, not thousands.

    The lane's row always has the latest words.
    """

    def __init__(self, db: Database, lease: Lease, account: Account, *, clock: Clock) -> None:
        self._db = db
        self._lease = lease
        self._account = account
        self._clock = clock
        self._news: asyncio.Queue[LinkNews] = asyncio.Queue()
        self._last: LinkNews | None = None

    def tell(self, trouble: str | None) -> None:
        """From the link's callbacks; returns at once."""
        self._news.put_nowait(LinkNews(trouble))

    async def run(self) -> None:
        """For ever."""
        while True:
            news = await self._news.get()
            if news != self._last:
                await self._write(news)
                self._last = news
            self._news.task_done()

    async def written(self) -> None:
        """Until everything told so far is on disk."""
        await self._news.join()

    async def _write(self, news: LinkNews) -> None:
        while True:
            try:
                await self._try(news)
            except Exception as error:  # noqa: BLE001  the database is away; this can wait
                _log.warning("pbx_link_not_reported", error=repr(error))
                await self._clock.sleep(_PAUSE_S)
            else:
                return

    async def _try(self, news: LinkNews) -> None:
        up = news.trouble is None
        turned = self._last is None or (self._last.trouble is None) is not up
        attempt = Attempt(
            integration_type=self._account.kind.value,
            event_type="link_up" if up else "link_down",
            status="success" if up else "error",
            connection_id=self._account.connection_id,
            error_message=news.trouble,
        )
        async with self._db.unit() as unit:
            await unit.deliveries.finish(
                self._lease.enterprise,
                self._lease.lane,
                self._lease.fence,
                settled=[],
                attempts=[attempt] if turned else [],
                # An up link closes the breaker: what waited for the PBX may go now.
                health=LaneHealth(succeeded=up, error=news.trouble),
            )
            unit.call_changed(self._lease.enterprise, self._lease.lane)
