"""The telephony of a chain of salons: its key, tried at the vendor before it is kept.

One salon of a chain is enough: the vendor itself knows which salon a call belongs to.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from kommutator.domain.connection import VOIP_TOKEN, Account, ConnectionKind, ConnectionStatus
from kommutator.domain.salon.copy import SALONS
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission
from kommutator.flows.form_secrets import check_secrets
from kommutator.flows.secrets import open_account, seal_secrets
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import Conflict, InvalidInput, NotFound, Unavailable
from kommutator.store.connection_rows import ConnectionRecord
from kommutator.store.salon_book import NextVisit

if TYPE_CHECKING:
    from datetime import datetime

    from kommutator.store.database import Database
    from kommutator.store.unit import Unit


class Switch(Protocol):
    """Lets the vendor's telephony take our calls, or not. Raises VendorError."""

    def __call__(self, account: Account, *, enable: bool) -> Awaitable[None]: ...


class SalonTelephony:
    """The service behind the page of a salon's calls. `switch`: None without the connector."""

    def __init__(self, db: Database, vault: Vault, switch: Switch | None) -> None:
        self._db = db
        self._vault = vault
        self._switch = switch

    async def set_up(
        self,
        actor: Actor,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        key: str,
        *,
        recordings: bool,
    ) -> None:
        """Try the key of the page Telephony, Integration, and keep it; also again.

        `recordings`: answered calls wait for theirs and go with a link, see `domain.calls.policy`.

        Raises:
            InvalidInput: `yclients_voip_token_missing`, `secret_invalid`.
            Conflict: `yclients_voip_elsewhere`: another salon of the chain has it.
            NotFound: `connection_not_found`. Unavailable: `yclients_not_set_up`.
            VendorError: the vendor refused it; nothing is kept.
        """
        actor.demand(Permission.CONFIGURE, enterprise)
        key = key.strip()
        if not key:
            raise InvalidInput("yclients_voip_token_missing")
        check_secrets({VOIP_TOKEN: key})
        async with self._db.unit() as unit:
            account = await self._account(unit, enterprise, connection_id)
            await self._demand_free(unit, account, key)
        await self._tell(replace(account, secrets={**account.secrets, VOIP_TOKEN: key}), on=True)
        async with self._db.unit() as unit:
            stored = await unit.connections.lock(enterprise, connection_id)
            await self._demand_free(unit, account, key)
            sealed = seal_secrets(self._vault, enterprise, connection_id, {VOIP_TOKEN: key})
            await self._save(unit, actor, stored, {**stored.sealed, **sealed}, "set_up")
            config = {**stored.config, "recordings": recordings}
            await unit.connections.save(enterprise, connection_id, config=config)

    async def switch_off(
        self, actor: Actor, enterprise: EnterpriseNumber, connection_id: UUID
    ) -> None:
        """Tell the vendor, and forget the key. Raises as `set_up`."""
        actor.demand(Permission.CONFIGURE, enterprise)
        async with self._db.unit() as unit:
            account = await self._account(unit, enterprise, connection_id)
        if account.secrets.get(VOIP_TOKEN):
            await self._tell(account, on=False)
        async with self._db.unit() as unit:
            stored = await unit.connections.lock(enterprise, connection_id)
            left = {name: value for name, value in stored.sealed.items() if name != VOIP_TOKEN}
            await self._save(unit, actor, stored, left, "switch_off")

    async def next_visit(
        self, enterprise: EnterpriseNumber, phone: str | None, now: datetime
    ) -> NextVisit | None:
        """For whoever takes the call; None: no salon knows of one."""
        if phone is None:
            return None
        async with self._db.single() as unit:
            return await unit.salon_book.next_visit(enterprise, phone, now)

    async def _account(
        self, unit: Unit, enterprise: EnterpriseNumber, connection_id: UUID
    ) -> Account:
        record = await unit.connections.get(enterprise, connection_id)
        if record.kind not in SALONS or record.status is ConnectionStatus.REMOVED:
            raise NotFound("connection_not_found")
        return open_account(self._vault, record)

    async def _demand_free(self, unit: Unit, mine: Account, key: str) -> None:
        """Each call would be written once for each salon with the key."""
        for record in await unit.connections.list(mine.enterprise):
            if record.kind not in SALONS or record.id == mine.connection_id:
                continue
            if open_account(self._vault, record).secrets.get(VOIP_TOKEN) == key:
                raise Conflict("yclients_voip_elsewhere", salon=record.name)

    async def _tell(self, account: Account, *, on: bool) -> None:
        if self._switch is None:
            raise Unavailable("yclients_not_set_up")
        await self._switch(account, enable=on)

    async def _save(
        self,
        unit: Unit,
        actor: Actor,
        stored: ConnectionRecord,
        sealed: dict[str, str],
        what: str,
    ) -> None:
        await unit.connections.save(stored.enterprise, stored.id, sealed=sealed)
        await unit.audit.add(
            stored.enterprise,
            actor=actor.name,
            action=f"yclients.telephony.{what}",
            target=str(stored.id),
        )
        unit.config_changed(stored.enterprise, ConnectionKind.YCLIENTS.value)
