"""Once a night: what the vendor says of every salon against what we believe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from kommutator.domain.connection import ConnectionStatus
from kommutator.domain.salon.marketplace import InstallState
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.secrets import open_account
from kommutator.flows.yclients.activate import Activate
from kommutator.flows.yclients.bind import is_installed
from kommutator.flows.yclients.lifecycle import Lifecycle
from kommutator.flows.yclients.look import Look
from kommutator.flows.yclients.vendor import Vendors, YClientsVendor
from kommutator.kit.crypto import Vault, VaultError
from kommutator.kit.errors import NotFound, VendorError
from kommutator.store.connection_rows import ConnectionRecord
from kommutator.store.yclients_salons import SalonState

if TYPE_CHECKING:
    from kommutator.store.database import Database

_log = structlog.get_logger()
_ROUND, _EVERY, _RETRY = "reconcile", timedelta(hours=24), timedelta(minutes=15)
_HOW = "reconciliation"
_THERE = (InstallState.ACTIVE.value, InstallState.FREEZED.value)
Found = Counter[str]
"""What was different → how often."""


class Reconcile:
    def __init__(
        self,
        db: Database,
        vault: Vault,
        vendors: Vendors,
        lifecycle: Lifecycle,
        activate: Activate,
        look: Look,
    ) -> None:
        self._db = db
        self._vault = vault
        self._vendors = vendors
        self._lifecycle = lifecycle
        self._activate = activate
        self._look = look

    async def nightly(self) -> Found | None:
        """The whole of it, by one process a day; None: it is not due.

        Raises VendorError: the vendor's list could not be read; it is tried again soon.
        """
        async with self._db.single() as unit:
            if not await unit.yclients_arrivals.claim_round_everywhere(_ROUND, _EVERY):
                return None
        try:
            return await self()
        except BaseException:
            async with self._db.single() as unit:
                await unit.yclients_arrivals.retry_round_everywhere(_ROUND, _RETRY)
            raise

    async def __call__(self) -> Found:
        """Put right what differs, and write down what it was."""
        async with self._db.single() as unit:
            ours = await unit.yclients_salons.all_everywhere()
        found: Found = Counter()
        theirs: frozenset[int] | None = None
        if self._vendors.in_marketplace:
            listed = await self._vendors.application().marketplace.salons()
            theirs = frozenset(salon.id for salon in listed)
        doubtful = _is_doubtful(theirs, ours)
        for one in ours:
            await self._one(one, found, doubtful=doubtful)
        for salon_id in sorted((theirs or frozenset()) - {one.salon_id for one in ours}):
            await self._stranger(salon_id, found)
        await self._write_down(found, doubtful=doubtful)
        return found

    async def troubled(self) -> int:
        """Those that were frozen, or have something amiss: nobody tells when it is over."""
        async with self._db.single() as unit:
            troubled = await unit.yclients_salons.troubled_everywhere()
        for enterprise, connection_id in troubled:
            await self.one(enterprise, connection_id)
        return len(troubled)

    async def one(
        self, enterprise: EnterpriseNumber, connection_id: UUID, *, sure: bool = False
    ) -> str | None:
        """Look at one salon now, as the page's button wishes; what was different, if anything.

        `sure`: the vendor's list is known to be that of our application.

        Raises NotFound: `connection_not_found`.
        """
        async with self._db.single() as unit:
            record = await unit.connections.get(enterprise, connection_id)
        changed = None
        if is_installed(record) and self._vendors.in_marketplace:
            try:
                changed = await self._compare(self._vendors.application(), record, sure=sure)
            except VendorError as error:
                _log.info("yclients.not_compared", kind=error.kind.value, hint=error.hint)
            except VaultError:
                _log.warning("yclients.secrets_unreadable", connection_id=str(connection_id))
        async with self._db.single() as unit:
            record = await unit.connections.get(enterprise, connection_id)
        if record.status is ConnectionStatus.ACTIVE:
            try:
                await self._look(open_account(self._vault, record))
            except VaultError:
                _log.warning("yclients.secrets_unreadable", connection_id=str(connection_id))
        return changed

    async def _one(self, one: SalonState, found: Found, *, doubtful: bool) -> None:
        try:
            if doubtful and one.vendor_state is not None:
                return
            if changed := await self.one(one.enterprise, one.connection_id, sure=True):
                found[changed] += 1
        except NotFound:
            return

    async def _compare(
        self, vendor: YClientsVendor, record: ConnectionRecord, *, sure: bool
    ) -> str | None:
        standing = await vendor.marketplace.standing(int(record.config["salon_id"]))
        enterprise, connection_id, state = record.enterprise, record.id, standing.state
        if state is InstallState.NONE and record.status is not ConnectionStatus.DRAFT:
            if not sure and await self._doubted(vendor):
                return None
            gone = await self._lifecycle.removed(enterprise, connection_id, _HOW)
            return "removed" if gone else None
        if state is InstallState.FREEZED:
            frozen = await self._lifecycle.frozen(enterprise, connection_id, _HOW)
            return "frozen" if frozen else None
        if state is InstallState.ACTIVE and record.status is ConnectionStatus.PAUSED:
            paid = await self._lifecycle.paid(enterprise, connection_id, _HOW)
            return "unfrozen" if paid else None
        if record.status is ConnectionStatus.DRAFT and state is not InstallState.NONE:
            result = await self._activate(enterprise, connection_id)
            return "connected" if result.done else None
        return None

    async def _doubted(self, vendor: YClientsVendor) -> bool:
        """What is removed by mistake is gone: its secrets are wiped."""
        async with self._db.single() as unit:
            ours = await unit.yclients_salons.all_everywhere()
        if not _is_doubtful(None, ours):
            return False
        theirs = frozenset(salon.id for salon in await vendor.marketplace.salons())
        if doubtful := _is_doubtful(theirs, ours):
            _log.error("yclients.list_empty")
        return doubtful

    async def _stranger(self, salon_id: int, found: Found) -> None:
        """The vendor says we are in a salon that nobody here has.

        One that was removed here is removed there, too; of any other people must hear.
        """
        async with self._db.single() as unit:
            had = await unit.yclients_salons.gone_everywhere(salon_id)
        if had is None:
            found["unknown"] += 1
            _log.warning("yclients.salon_unknown", salon=salon_id)
            return
        marketplace = self._vendors.application().marketplace
        try:
            if (await marketplace.standing(salon_id)).state is InstallState.PENDING:
                return  # being connected anew at this moment
            await marketplace.uninstall(salon_id)
        except VendorError as error:
            _log.info("yclients.not_uninstalled", salon=salon_id, kind=error.kind.value)
            return
        found["uninstalled"] += 1

    async def _write_down(self, found: Found, *, doubtful: bool) -> None:
        if doubtful:
            _log.error("yclients.list_empty")
        if not found and not doubtful:
            return
        async with self._db.unit() as unit:
            await unit.audit.add(
                None,
                actor="yclients",
                action="yclients.reconciled",
                detail={**found, **({"list_empty": True} if doubtful else {})},
            )


def _is_doubtful(theirs: frozenset[int] | None, ours: Sequence[SalonState]) -> bool:
    """An application id that was mistyped shows an empty list, and every salon as removed."""
    return not theirs and sum(one.vendor_state in _THERE for one in ours) > 1
