"""The lane of one PBX: whoever owns it holds the link."""

from __future__ import annotations

from contextlib import suppress
from typing import Final, Protocol
from uuid import UUID

import structlog

from kommutator.connectors.pbx.asterisk.address import AmiAddress
from kommutator.connectors.pbx.asterisk.ssh_address import SshAddress
from kommutator.domain.connection import Account, ConnectionStatus, by_ssh
from kommutator.domain.lanes import Delivering, Lease
from kommutator.domain.ports import Delivery
from kommutator.doors.pbx.feed import Intake
from kommutator.doors.pbx.links import Links
from kommutator.doors.pbx.report import LinkReporter
from kommutator.doors.pbx.tenure import Greet, Parts, Tenure
from kommutator.doors.pbx.tenure_ssh import SshTenure
from kommutator.kit.clock import Clock
from kommutator.kit.errors import InvalidInput, NotFound
from kommutator.kit.ids import Ids
from kommutator.kit.tasks import first_of
from kommutator.store.database import Database

_log = structlog.get_logger(__name__)
_LOOK_AT_CONFIG_S: Final = 5.0


class Accounts(Protocol):
    """What is needed of `Directory`."""

    async def account(self, connection_id: UUID) -> Account: ...


async def _nothing(_account: Account) -> None:
    """A PBX that needs no greeting."""


class PbxRunner:
    """The `LaneRunner` of the room "pbx".

    Args:
        links: where `AsteriskDelivery` finds the link.
        delivering: works the outbox of the lane through `delivery`.
        greet: owes the PBX what it must be told after each gap.
    """

    def __init__(
        self,
        db: Database,
        accounts: Accounts,
        intake: Intake,
        links: Links,
        delivering: Delivering,
        delivery: Delivery,
        *,
        clock: Clock,
        ids: Ids,
        greet: Greet = _nothing,
    ) -> None:
        self._db = db
        self._accounts = accounts
        self._clock = clock
        self._parts = Parts(intake, links, delivering, delivery, clock, ids, greet)

    async def run(self, lease: Lease) -> None:
        """Hold the link until the lane is lost or the connection changed; see `LaneRunner`."""
        account = await self._account(lease)
        if account is None:
            return
        reporter = LinkReporter(self._db, lease, account, clock=self._clock)
        watch = self._until_changed(account)
        try:
            tenure = self._tenure(lease, account, reporter)
        except InvalidInput as error:
            reporter.tell(error.code)
            await first_of(watch, reporter.run())
            return
        try:
            await first_of(watch, reporter.run(), *tenure.work())
        finally:
            await tenure.end()

    def _tenure(self, lease: Lease, account: Account, reporter: LinkReporter) -> Tenure | SshTenure:
        """Raises InvalidInput: the connection is not whole."""
        if by_ssh(account):
            return SshTenure(self._parts, lease, account, SshAddress.of(account), reporter)
        return Tenure(self._parts, lease, account, AmiAddress.of(account), reporter)

    async def _account(self, lease: Lease) -> Account | None:
        assert lease.connection_id is not None
        with suppress(NotFound):
            return await self._accounts.account(lease.connection_id)
        return None

    async def _until_changed(self, account: Account) -> None:
        """Returns when the connection was saved anew, paused or removed."""
        while True:
            await self._clock.sleep(_LOOK_AT_CONFIG_S)
            try:
                now = await self._accounts.account(account.connection_id)
            except NotFound:
                return
            except Exception as error:  # noqa: BLE001  the link does not depend on the database
                _log.warning("pbx_config_not_read", error=repr(error))
                continue
            if now.version != account.version or now.status is not ConnectionStatus.ACTIVE:
                return
