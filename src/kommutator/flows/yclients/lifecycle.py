"""What the vendor tells of an installed salon: removed, not paid, paid."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from kommutator.domain.connection import ConnectionStatus
from kommutator.domain.salon.marketplace import InstallState
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.yclients.bind import is_installed
from kommutator.flows.yclients.vendor import DOUBTED, FROZEN, KIND, LifecycleNews, Vendors
from kommutator.kit.errors import VendorError
from kommutator.store.connection_rows import ConnectionRecord
from kommutator.store.unit import Unit

if TYPE_CHECKING:
    from kommutator.store.database import Database

_log = structlog.get_logger()
_VENDOR = "yclients"
_ASK_S = 5.0  # the vendor waits for our answer meanwhile


class Lifecycle:
    """Every change is one transaction, and the same whether it comes once or five times."""

    def __init__(self, db: Database, vendors: Vendors) -> None:
        self._db = db
        self._vendors = vendors

    def read(self, body: bytes) -> LifecycleNews:
        """Only the partner token in the body proves the sender.

        Raises:
            Unauthorized: `yclients_lifecycle_unsigned`; the same for another application's.
            InvalidInput: `yclients_lifecycle_malformed`.
            Unavailable: as `Vendors.application`.
        """
        return self._vendors.application().read_lifecycle(body)

    async def hear(self, news: LifecycleNews) -> bool:
        """Follow it. False: nothing of ours was meant, or it was so already."""
        act = {
            "uninstall": self._uninstalled,
            "freeze": self.frozen,
            "payment": self.paid,
        }.get(news.event)
        if act is None:
            _log.warning("yclients.lifecycle_unknown", event_name=news.event[:40])
            return False
        async with self._db.single() as unit:
            found = await unit.connections.by_account_everywhere(KIND, str(news.salon_id))
            owner = None if found is None else await unit.connections.enterprise_of(found)
        if found is None or owner is None:
            return False
        return await act(owner, found, "webhook")

    async def _uninstalled(
        self, enterprise: EnterpriseNumber, connection_id: UUID, how: str
    ) -> bool:
        """Unless the vendor, asked, still has us there: the notice is late, or not the vendor's.

        Then it is asked again soon, see `Reconcile.troubled`.
        """
        async with self._db.single() as unit:
            stored = await unit.connections.get(enterprise, connection_id)
        if stored.status is ConnectionStatus.REMOVED or not await self._still_there(stored):
            return await self.removed(enterprise, connection_id, how)
        async with self._db.unit() as unit:
            held = await _locked(unit, enterprise, connection_id)
            if held is None:
                return False
            if held.status is ConnectionStatus.ACTIVE:  # else a reason that matters stands there
                await unit.connections.set_status(
                    enterprise, connection_id, ConnectionStatus.ACTIVE, reason=DOUBTED
                )
            await _tell(unit, held, "yclients.uninstall_doubted", how)
        return False

    async def _still_there(self, stored: ConnectionRecord) -> bool:
        """Whom we cannot ask in time is believed."""
        marketplace = self._vendors.application().marketplace
        try:
            async with asyncio.timeout(_ASK_S):
                standing = await marketplace.standing(int(stored.config["salon_id"]))
        except (VendorError, TimeoutError):
            return False
        if standing.state is InstallState.PENDING:  # removed, and pressed again already
            return stored.status is ConnectionStatus.DRAFT
        return standing.state in (InstallState.ACTIVE, InstallState.FREEZED)

    async def removed(self, enterprise: EnterpriseNumber, connection_id: UUID, how: str) -> bool:
        """The salon removed our application: every secret is wiped, the row stays."""
        async with self._db.unit() as unit:
            stored = await _locked(unit, enterprise, connection_id)
            if stored is None:
                return False
            await unit.connections.remove(enterprise, connection_id)
            await unit.notices.forget_salon(enterprise, connection_id)
            await unit.yclients_salons.note_state(
                enterprise, connection_id, InstallState.NONE.value
            )
            await unit.sessions.end_of_connection(enterprise, connection_id)
            await _tell(unit, stored, "yclients.uninstalled", how)
        return True

    async def frozen(self, enterprise: EnterpriseNumber, connection_id: UUID, how: str) -> bool:
        """Not paid: nothing is sent, and all settings stay. An administrator's pause stays one."""
        async with self._db.unit() as unit:
            stored = await _locked(unit, enterprise, connection_id)
            if stored is None:
                return False
            await unit.yclients_salons.note_state(
                enterprise, connection_id, InstallState.FREEZED.value
            )
            if stored.status is ConnectionStatus.PAUSED:
                return False
            await unit.connections.set_status(
                enterprise, connection_id, ConnectionStatus.PAUSED, reason=FROZEN
            )
            await _tell(unit, stored, "yclients.frozen", how)
        return True

    async def paid(self, enterprise: EnterpriseNumber, connection_id: UUID, how: str) -> bool:
        """It goes on; only the vendor's own pause ends."""
        async with self._db.unit() as unit:
            stored = await _locked(unit, enterprise, connection_id)
            if stored is None:
                return False
            await unit.yclients_salons.note_state(
                enterprise, connection_id, InstallState.ACTIVE.value
            )
            if (stored.status, stored.status_reason) != (ConnectionStatus.PAUSED, FROZEN):
                return False
            await unit.connections.set_status(enterprise, connection_id, ConnectionStatus.ACTIVE)
            await unit.lanes.unpark(enterprise, connection_id=connection_id)
            await _tell(unit, stored, "yclients.unfrozen", how)
        return True


async def _locked(
    unit: Unit, enterprise: EnterpriseNumber, connection_id: UUID
) -> ConnectionRecord | None:
    """None: not installed by the marketplace, or removed."""
    stored = await unit.connections.lock(enterprise, connection_id)
    installed = is_installed(stored) and stored.status is not ConnectionStatus.REMOVED
    return stored if installed else None


async def _tell(unit: Unit, stored: ConnectionRecord, action: str, how: str) -> None:
    await unit.audit.add(
        stored.enterprise,
        actor=_VENDOR,
        action=action,
        target=str(stored.id),
        detail={"salon": stored.account_key, "how": how},
    )
    unit.config_changed(stored.enterprise, KIND.value)
