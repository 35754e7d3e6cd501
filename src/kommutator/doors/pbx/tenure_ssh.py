"""One ownership of the lane of a PBX reached by SSH: its link and its commands, no events."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from kommutator.connectors.pbx.asterisk.errors import AmiError
from kommutator.connectors.pbx.asterisk.ssh import SshLink
from kommutator.connectors.pbx.asterisk.ssh_address import SshAddress
from kommutator.domain.connection import Account
from kommutator.domain.lanes import Lease
from kommutator.doors.pbx.report import LinkReporter
from kommutator.doors.pbx.tenure import Parts, deliver_for_ever, greet_for_ever


class SshTenure:
    """Made when the lane becomes ours, ended when it is not."""

    def __init__(
        self,
        parts: Parts,
        lease: Lease,
        account: Account,
        address: SshAddress,
        reporter: LinkReporter,
    ) -> None:
        self._parts = parts
        self._lease = lease
        self._account = account
        self._reporter = reporter
        self._came_up = asyncio.Event()
        self._ungreeted = asyncio.Event()
        self._link = SshLink(
            address, clock=parts.clock, ids=parts.ids, on_up=self._up, on_down=self._down
        )

    def work(self) -> tuple[Coroutine[Any, Any, None], ...]:
        """Open the link and return what is to be done along with it."""
        self._parts.links.put(self._account.connection_id, self._link)
        self._link.start()
        orders = deliver_for_ever(self._parts, self._lease, self._reporter, self._came_up)
        greeting = greet_for_ever(self._parts, self._account, self._ungreeted)
        return self._link.watch(), orders, greeting

    async def end(self) -> None:
        """Close the link."""
        self._parts.links.drop(self._account.connection_id, self._link)
        await self._link.stop()

    def _up(self) -> None:
        self._reporter.tell(None)
        self._came_up.set()
        self._ungreeted.set()

    def _down(self, why: AmiError) -> None:
        self._reporter.tell(str(why))
