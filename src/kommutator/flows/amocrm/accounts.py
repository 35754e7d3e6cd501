"""Which amoCRM account a caller acts by.

A person who connected an account of their own acts by it. Otherwise those who may configure act
by the enterprise's: the only one, or the one they name. Everybody else has to connect theirs.
What is not the caller's to use answers as if it did not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission
from kommutator.flows.secrets import open_account
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import Conflict, Forbidden, NotFound
from kommutator.kit.redact import Redactor
from kommutator.store.connection_rows import ConnectionRecord
from kommutator.store.database import Database

_KIND = ConnectionKind.AMOCRM


class Accounts:
    """Read from the database each time: what was disconnected a moment ago is gone."""

    def __init__(self, db: Database, vault: Vault, redactor: Redactor) -> None:
        self._db = db
        self._vault = vault
        self._redactor = redactor

    async def acting(
        self, actor: Actor, enterprise: EnterpriseNumber, named: str | None = None
    ) -> Account:
        """The account for this request. `named`: the vendor's account id, or the connection's.

        Raises:
            Forbidden: `amocrm_connect_yours`.
            NotFound: `amocrm_not_connected`; `amocrm_account_unknown` of one named in vain.
            Conflict: `amocrm_accounts_several`; `amocrm_not_working` with its status.
        """
        usable = await self.usable(actor, enterprise)
        chosen = _named(usable, named) if named else _only(usable)
        if _status(chosen) is not ConnectionStatus.ACTIVE:
            raise Conflict("amocrm_not_working", status=_status(chosen).value)
        return self._open(chosen)

    async def usable(
        self, actor: Actor, enterprise: EnterpriseNumber
    ) -> Sequence[ConnectionRecord]:
        """All that the caller may act by, the own one first. Never empty.

        Raises:
            Forbidden: `amocrm_connect_yours`.
            NotFound: `amocrm_not_connected`.
        """
        found: list[ConnectionRecord] = []
        async with self._db.single() as unit:
            if actor.user_id is not None:
                own = await unit.connections.of_person(enterprise, actor.user_id, _KIND)
                found += [] if own is None else [own]
            if actor.may(Permission.CONFIGURE):
                shelf = await unit.connections.list(enterprise)
                found += [record for record in shelf if record.kind is _KIND]
        if found:
            return found
        if actor.may(Permission.CONFIGURE):
            raise NotFound("amocrm_not_connected")
        raise Forbidden("amocrm_connect_yours")

    async def by_id(self, enterprise: EnterpriseNumber, connection_id: UUID) -> Account:
        """For work that goes on aside, whoever ordered it.

        Raises:
            NotFound: `connection_not_found`, also of one that was removed.
        """
        async with self._db.single() as unit:
            record = await unit.connections.get(enterprise, connection_id)
        if record.status is ConnectionStatus.REMOVED:
            raise NotFound("connection_not_found")
        return self._open(record)

    def _open(self, record: ConnectionRecord) -> Account:
        account = open_account(self._vault, record)
        self._redactor.register(*account.secrets.values())
        return account


def _status(record: ConnectionRecord) -> ConnectionStatus:
    """A suspended enterprise's connection does not work either."""
    if record.status is ConnectionStatus.ACTIVE and not record.enterprise_active:
        return ConnectionStatus.PAUSED
    return record.status


def _named(usable: Sequence[ConnectionRecord], named: str) -> ConnectionRecord:
    for record in usable:
        if named in (record.account_key, str(record.id)):
            return record
    raise NotFound("amocrm_account_unknown")


def _only(usable: Sequence[ConnectionRecord]) -> ConnectionRecord:
    """The own one, else the only one."""
    if usable[0].user_id is not None or len(usable) == 1:
        return usable[0]
    listed = ", ".join(f"{record.account_key} ({record.name})" for record in usable)
    raise Conflict("amocrm_accounts_several", accounts=listed)
