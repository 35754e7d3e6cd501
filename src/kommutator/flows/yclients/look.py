"""Licence and rights of a salon: read now and then, and told to people in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from kommutator.domain.connection import Account, ConnectionStatus
from kommutator.domain.salon.ports import Licence, Rights
from kommutator.flows.forms import merged
from kommutator.flows.secrets import open_account
from kommutator.flows.yclients.vendor import (
    DIRECT,
    KIND,
    LICENCE_OVER,
    RIGHTS_MISSING,
    TOKEN_REFUSED,
    Vendors,
)
from kommutator.kit.clock import Clock
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import ErrorKind, VendorError
from kommutator.kit.throttle import Throttle

if TYPE_CHECKING:
    from kommutator.store.database import Database

_log = structlog.get_logger()
_LOOK_AGAIN_S = 300.0  # where the first look failed
_TOLD_EVERY_S = 60.0  # the same of one salon: every request of a copy is turned away alike


class Look:
    def __init__(self, db: Database, vault: Vault, vendors: Vendors, *, clock: Clock) -> None:
        self._db = db
        self._vault = vault
        self._vendors = vendors
        self._told = Throttle(1 / _TOLD_EVERY_S, 1, clock)

    async def __call__(self, account: Account) -> None:
        """Read licence and rights, and say what is amiss. What cannot be read stays as it was."""
        reader = self._vendors.get().reader
        try:
            rights = await reader.rights(account)
            licence = await self._licence(account)
        except VendorError as error:
            _log.info("yclients.not_looked", kind=error.kind.value, hint=error.hint)
            if error.hint in _TELLING:
                await self._say(account, error.hint, error.message)
            return
        async with self._db.unit() as unit:
            await unit.yclients_salons.checked(
                account.enterprise,
                account.connection_id,
                licence_active=licence.active if licence else None,
                licence_until=licence.until if licence else None,
                phones=rights.phones,
                rights_missing=rights.missing,
            )
        await self._say(account, _amiss(rights, licence), None)

    async def _licence(self, account: Account) -> Licence | None:
        """None where our user may not know: that alone keeps nothing from working."""
        try:
            return await self._vendors.get().reader.licence(account)
        except VendorError as error:
            if error.kind not in (ErrorKind.REJECTED, ErrorKind.GONE):
                raise
            return None

    async def first(self, limit: int = 10) -> int:
        """Salons nobody has looked at since they were connected; returns how many there were."""
        async with self._db.single() as unit:
            unlooked = await unit.yclients_salons.unlooked_everywhere(limit)
        for enterprise, connection_id in unlooked:
            async with self._db.single() as unit:
                record = await unit.connections.get(enterprise, connection_id)
                await unit.yclients_salons.look_again(enterprise, connection_id, _LOOK_AGAIN_S)
            account = open_account(self._vault, record)
            if record.name == record.account_key:
                await self._name(account)
            await self(account)
        return len(unlooked)

    async def _name(self, account: Account) -> None:
        """What it is called, and its time zone, where nobody told before we were let in."""
        try:
            salon = await self._vendors.get().reader.salon(account)
        except VendorError as error:
            _log.info("yclients.salon_not_named", hint=error.hint)
            return
        enterprise, connection_id = account.enterprise, account.connection_id
        async with self._db.unit() as unit:
            stored = await unit.connections.lock(enterprise, connection_id)
            if stored.status is ConnectionStatus.REMOVED or not salon.title:
                return
            told = {"title": salon.title, "time_zone": salon.time_zone}
            await unit.connections.save(
                enterprise, connection_id, name=salon.title, config=merged(stored.config, told)
            )
            unit.config_changed(enterprise, KIND.value)

    async def hear(self, account: Account, hint: str, words: str) -> None:
        """A request of whichever kind was turned away for good: people must repair it.

        A salon's own token that is refused breaks the connection; ours is the installation's.
        """
        if self._told.take(f"{account.connection_id.hex}:{hint}") > 0:
            return
        await self._say(account, hint, words)

    async def _say(self, account: Account, reason: str | None, words: str | None) -> None:
        enterprise, connection_id = account.enterprise, account.connection_id
        async with self._db.unit() as unit:
            if await unit.connections.enterprise_of(connection_id) != enterprise:
                return  # a salon that is nobody's yet
            stored = await unit.connections.lock(enterprise, connection_id)
            if stored.status is not ConnectionStatus.ACTIVE or stored.status_reason == reason:
                return
            own = stored.config.get("way") == DIRECT
            broken = own and reason == TOKEN_REFUSED
            status = ConnectionStatus.BROKEN if broken else ConnectionStatus.ACTIVE
            await unit.connections.set_status(
                enterprise, connection_id, status, reason=reason, detail=words
            )
            if reason is None:
                await unit.lanes.unpark(enterprise, connection_id=connection_id)
            await unit.audit.add(
                enterprise,
                actor="yclients",
                action="yclients.standing",
                target=str(connection_id),
                detail={"reason": reason},
            )
            unit.config_changed(enterprise, KIND.value)


_TELLING = frozenset(
    {
        LICENCE_OVER,
        TOKEN_REFUSED,
        "yclients_partner_refused",
        "yclients_rights",
        "yclients_salon_gone",
        "yclients_user_missing",
    }
)


def _amiss(rights: Rights, licence: Licence | None) -> str | None:
    if licence is not None and not licence.active:
        return LICENCE_OVER
    return RIGHTS_MISSING if rights.missing else None
