"""One ownership of a PBX's lane: the link, its events, its commands, its reconciliation."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog

from kommutator.connectors.pbx.asterisk.address import AmiAddress
from kommutator.connectors.pbx.asterisk.ami import AmiLink
from kommutator.connectors.pbx.asterisk.errors import AmiError
from kommutator.connectors.pbx.asterisk.readers import wanted
from kommutator.connectors.pbx.asterisk.translate import RECONCILE
from kommutator.domain.connection import Account
from kommutator.domain.lanes import Delivering, Lease
from kommutator.domain.ports import Delivery
from kommutator.doors.pbx.feed import Feed, Intake
from kommutator.doors.pbx.links import Links
from kommutator.doors.pbx.report import LinkReporter
from kommutator.kit.clock import Clock
from kommutator.kit.ids import Ids
from kommutator.kit.tasks import first_of

_log = structlog.get_logger(__name__)
_PARKED_S: Final = 5.0
_RECONCILE_S: Final = 600.0
_BUSY_S: Final = 2.0
_BOOTED: Final = "FullyBooted"
"""Told after each log-in; a PBX that starts takes log-ins before its modules are there."""


Greet = Callable[[Account], Awaitable[None]]
"""What is owed to a PBX after each gap, whatever happened in it."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What every tenure needs."""

    intake: Intake
    links: Links
    delivering: Delivering
    delivery: Delivery
    clock: Clock
    ids: Ids
    greet: Greet


class Tenure:
    """Made when the lane becomes ours, ended when it is not."""

    def __init__(
        self,
        parts: Parts,
        lease: Lease,
        account: Account,
        address: AmiAddress,
        reporter: LinkReporter,
    ) -> None:
        self._parts = parts
        self._lease = lease
        self._account = account
        self._reporter = reporter
        self._clock = parts.clock
        self._came_up = asyncio.Event()
        self._unreconciled = asyncio.Event()
        self._ungreeted = asyncio.Event()
        self._session = ""
        self._link = AmiLink(
            address,
            clock=parts.clock,
            ids=parts.ids,
            wanted=self._wanted,
            on_up=self._up,
            on_down=self._down,
        )
        self._feed = Feed(account, self._link, parts.intake, clock=parts.clock)

    def work(self) -> tuple[Coroutine[Any, Any, None], ...]:
        """Open the link and return what is to be done along with it."""
        self._parts.links.put(self._account.connection_id, self._link)
        self._link.start()
        feed, link = self._feed.run(), self._link.watch()
        greeting = greet_for_ever(self._parts, self._account, self._ungreeted)
        orders = deliver_for_ever(self._parts, self._lease, self._reporter, self._came_up)
        return feed, link, orders, self._reconcile(), self._alarm(), greeting

    async def end(self) -> None:
        """Close the link and store what was heard."""
        self._parts.links.drop(self._account.connection_id, self._link)
        await self._link.stop()
        await self._feed.flush()

    def _up(self, session: str) -> None:
        self._session = session
        self._reporter.tell(None)
        self._came_up.set()
        self._unreconciled.set()
        self._ungreeted.set()

    def _wanted(self, event: Mapping[str, Any]) -> bool:
        if event.get("Event") == _BOOTED:
            self._ungreeted.set()  # what was said before that, its queues have not heard
        return wanted(event)

    def _down(self, why: AmiError) -> None:
        self._reporter.tell(str(why))

    async def _alarm(self) -> None:
        while True:
            await self._clock.sleep(_RECONCILE_S)
            self._unreconciled.set()

    async def _again_soon(self) -> None:
        """A lost link asks by itself when it is back; a slow PBX has to be asked again."""
        await self._clock.sleep(_BUSY_S)
        if self._link.up:
            self._unreconciled.set()

    async def _reconcile(self) -> None:
        """After each gap, and now and then: who is alive? Calls that vanished are closed."""
        while True:
            await self._unreconciled.wait()
            self._unreconciled.clear()
            try:
                # The PBX's own clock, for events are stamped by it.
                clock = await self._link.action([("Action", "Ping")])
                channels = await self._link.list_action([("Action", "CoreShowChannels")])
            except AmiError as error:
                _log.info("pbx_not_reconciled", error=str(error))
                await self._again_soon()
                continue
            await self._feed.put(
                {
                    "Event": RECONCILE,
                    "Session": self._session,
                    "Timestamp": clock.get("Timestamp", ""),
                    "Channels": channels,
                }
            )


async def deliver_for_ever(
    parts: Parts, lease: Lease, reporter: LinkReporter, came_up: asyncio.Event
) -> None:
    """Commands run also while the link is down: there they die of old age, with a reason.

    Started anew at each log-in, so that no breaker remembers the time before.
    """

    async def deliver() -> None:
        while True:
            await parts.delivering.deliver(lease, parts.delivery, linger_s=math.inf)
            await parts.clock.sleep(_PARKED_S)

    while True:
        await first_of(deliver(), _wait(came_up))
        came_up.clear()
        await reporter.written()


async def greet_for_ever(parts: Parts, account: Account, ungreeted: asyncio.Event) -> None:
    """After each log-in, until the database took it."""
    while True:
        await ungreeted.wait()
        ungreeted.clear()
        try:
            await parts.greet(account)
        except Exception as error:  # noqa: BLE001  the link does not depend on the database
            _log.warning("pbx_not_greeted", error=repr(error))
            ungreeted.set()
            await parts.clock.sleep(_BUSY_S)


async def _wait(event: asyncio.Event) -> None:
    await event.wait()
