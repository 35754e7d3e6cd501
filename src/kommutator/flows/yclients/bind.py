"""A salon becomes an enterprise's: a row first, the vendor is told afterwards."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from kommutator.domain.connection import ConnectionStatus
from kommutator.domain.salon.marketplace import InstallState
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.forms import merged
from kommutator.flows.secrets import digest, open_account, seal_secrets
from kommutator.flows.set_up import new_hook_secret
from kommutator.flows.yclients.arrive import Branch
from kommutator.flows.yclients.vendor import ACTIVATING, KIND, MARKETPLACE
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import Conflict
from kommutator.kit.ids import Ids
from kommutator.store.connection_rows import ConnectionRecord
from kommutator.store.unit import Unit

_KEY_BYTES = 32
API_KEY = "api_key"
"""What the vendor shows us when it hands over messages; requirement 001 writes it `sk_…`."""


class Bind:
    def __init__(self, vault: Vault, *, ids: Ids, api_url: str) -> None:
        self._vault = vault
        self._ids = ids
        self._api_url = api_url

    async def __call__(self, unit: Unit, enterprise: EnterpriseNumber, branch: Branch) -> UUID:
        """The salon's row, to be connected; what there was of it at this enterprise goes on.

        Raises:
            Conflict: `yclients_salon_elsewhere`: another enterprise has it.
        """
        found = await unit.connections.by_account_everywhere(KIND, str(branch.id))
        if found is None:
            connection_id = await self._create(unit, enterprise, branch)
        else:
            if await unit.connections.enterprise_of(found) != enterprise:
                raise Conflict("yclients_salon_elsewhere", salon=branch.title)
            connection_id = await self._again(unit, enterprise, found, branch)
        await unit.connections.set_status(
            enterprise, connection_id, ConnectionStatus.DRAFT, reason=ACTIVATING
        )
        await unit.yclients_salons.open(
            enterprise, connection_id, branch.id, InstallState.PENDING.value
        )
        await self._know_key(unit, enterprise, connection_id)
        await unit.yclients_arrivals.release_everywhere(branch.id)
        unit.config_changed(enterprise, KIND.value)
        return connection_id

    async def _know_key(
        self, unit: Unit, enterprise: EnterpriseNumber, connection_id: UUID
    ) -> None:
        """The vendor shows the key without saying which salon it speaks for."""
        record = await unit.connections.get(enterprise, connection_id)
        key = open_account(self._vault, record).secrets[API_KEY]
        await unit.operator.put_key(enterprise, connection_id, digest(key))

    async def _create(self, unit: Unit, enterprise: EnterpriseNumber, branch: Branch) -> UUID:
        connection_id = self._ids.uuid()
        try:
            await unit.connections.create(
                enterprise,
                connection_id,
                kind=KIND,
                name=branch.title,
                base_url=self._api_url,
                account_key=str(branch.id),
                config=config_of(branch, MARKETPLACE),
                sealed=self.sealed(enterprise, connection_id),
            )
        except Conflict as taken:  # by another enterprise, at this very moment
            raise Conflict("yclients_salon_elsewhere", salon=branch.title) from taken
        return connection_id

    async def _again(
        self, unit: Unit, enterprise: EnterpriseNumber, found: UUID, branch: Branch
    ) -> UUID:
        """The secrets stay: an answer of the vendor that was lost may have brought it the key."""
        stored = await unit.connections.lock(enterprise, found)
        sealed = {**self.sealed(enterprise, found), **stored.sealed}
        await unit.connections.save(
            enterprise,
            found,
            name=branch.title,
            base_url=self._api_url,
            config=merged(stored.config, config_of(branch, MARKETPLACE)),
            sealed=sealed,
        )
        return found

    def sealed(
        self, enterprise: EnterpriseNumber, connection_id: UUID, **more: str
    ) -> dict[str, Any]:
        """What a salon's connection needs to be called by the vendor."""
        secrets = {
            "hook_secret": new_hook_secret(connection_id, self._ids),
            API_KEY: f"sk_{self._ids.token(_KEY_BYTES)}",
            **more,
        }
        return seal_secrets(self._vault, enterprise, connection_id, secrets)


def config_of(branch: Branch, way: str) -> dict[str, Any]:
    return {
        "salon_id": branch.id,
        "title": branch.title,
        "time_zone": branch.time_zone,
        "way": way,
    }


def is_installed(record: ConnectionRecord) -> bool:
    """By the marketplace, as opposed to somebody's own token."""
    return record.kind is KIND and record.config.get("way") == MARKETPLACE
