"""An administrator lets a salon go: the vendor forgets us, then we forget its secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from kommutator.domain.connection import Account, ConnectionStatus
from kommutator.domain.salon.marketplace import InstallState
from kommutator.domain.tenancy import Actor, EnterpriseNumber
from kommutator.flows.secrets import open_account
from kommutator.flows.standing import standing
from kommutator.flows.yclients.bind import is_installed
from kommutator.flows.yclients.vendor import KIND, Vendors, hook_address
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import TooMany, Unavailable, VendorError
from kommutator.store.connection_rows import ConnectionRecord

if TYPE_CHECKING:
    from kommutator.store.database import Database

_log = structlog.get_logger()


class Leave:
    def __init__(self, db: Database, vault: Vault, vendors: Vendors, *, public_url: str) -> None:
        self._db = db
        self._vault = vault
        self._vendors = vendors
        self._public_url = public_url

    async def record(self, enterprise: EnterpriseNumber, connection_id: UUID) -> ConnectionRecord:
        """One salon of this enterprise. Raises NotFound: `connection_not_found`."""
        async with self._db.single() as unit:
            return await standing(unit, enterprise, connection_id, (KIND,))

    async def __call__(
        self, actor: Actor, enterprise: EnterpriseNumber, connection_id: UUID, *, force: bool
    ) -> None:
        """Take our hooks off and the application out of the salon, then wipe.

        The vendor's own word that it was removed may come first: it is the same end.

        Raises:
            VendorError, TooMany: the vendor could not be told; `force` wipes all the same, and the
                nightly look removes us there.
            NotFound: `connection_not_found`.
        """
        record = await self.record(enterprise, connection_id)
        try:
            await self._tell(record)
        except (VendorError, TooMany, Unavailable) as error:
            if not force:
                raise
            _log.warning("yclients.left_behind", error=str(error))
        async with self._db.unit() as unit:
            stored = await unit.connections.lock(enterprise, connection_id)
            if stored.status is ConnectionStatus.REMOVED:
                return
            await unit.connections.remove(enterprise, connection_id)
            await unit.notices.forget_salon(enterprise, connection_id)
            await unit.yclients_salons.note_state(
                enterprise, connection_id, InstallState.NONE.value
            )
            await unit.sessions.end_of_connection(enterprise, connection_id)
            await unit.audit.add(
                enterprise,
                actor=actor.name,
                action="yclients.removed",
                target=str(connection_id),
                detail={"salon": record.account_key, "force": force},
            )
            unit.config_changed(enterprise, KIND.value)

    async def _tell(self, record: ConnectionRecord) -> None:
        account = open_account(self._vault, record)
        vendor = self._vendors.get()
        if record.status is not ConnectionStatus.DRAFT:
            await self._take_hooks_off(account)
        if is_installed(record):
            await vendor.marketplace.uninstall(int(account.config["salon_id"]))

    async def _take_hooks_off(self, account: Account) -> None:
        """What the marketplace was told goes with it; what was added to the salon does not."""
        begin = hook_address(self._public_url, account.connection_id.hex)
        try:
            await self._vendors.get().hooks.take_off(account, begin)
        except VendorError as error:
            if not is_installed_account(account):
                raise
            _log.info("yclients.hooks_not_taken_off", hint=error.hint)


def is_installed_account(account: Account) -> bool:
    return account.config.get("way") == "marketplace"
