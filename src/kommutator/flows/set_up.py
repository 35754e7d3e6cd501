"""Storing a connection and switching it: from a filled-in form to a row, never to a vendor.

What needs the vendor's consent (test, registration, removal) is in `enrol.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

import structlog

from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.tenancy import Actor, EnterpriseNumber
from kommutator.flows.form_secrets import SSH, check_secrets, demand_secrets
from kommutator.flows.forms import ConnectionForm, crm_address, merged, pbx_address
from kommutator.flows.pbx_choices import check_pbx_choices, demand_ari_secrets
from kommutator.flows.secrets import digest, open_secrets, seal_secrets
from kommutator.kit.crypto import Vault, VaultError
from kommutator.kit.errors import NotFound
from kommutator.kit.ids import Ids
from kommutator.kit.zones import is_zone
from kommutator.store.connection_rows import ConnectionRecord

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit

_log = structlog.get_logger()

CLIENT_ID_BYTES = 24
"""192 random bits: whoever knows a clientId may ring the tenant's phones."""

_HOOK_SECRET_BYTES = 24
_AMI_PORT = 5038
_SSH_PORT = 22
_SWITCHED_OFF = "crm_switched_off"
_FROZEN = "crm_froze"


class SetUp:
    """Connections as rows. `with_client_id` are the kinds that call us by a clientId."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        *,
        ids: Ids,
        private_hosts: Collection[str],
        with_client_id: Collection[ConnectionKind],
    ) -> None:
        self._db = db
        self._vault = vault
        self._ids = ids
        self._private_hosts = private_hosts
        self._with_client_id = with_client_id

    async def stored(self, enterprise: EnterpriseNumber, kind: ConnectionKind) -> ConnectionRecord:
        """Raises NotFound: `connection_not_set_up`."""
        async with self._db.unit() as unit:
            record = await unit.connections.of_kind(enterprise, kind)
        if record is None:
            raise NotFound("connection_not_set_up", kind=kind.value)
        return record

    async def save(
        self, actor: Actor, enterprise: EnterpriseNumber, form: ConnectionForm
    ) -> ConnectionRecord:
        """Store the form; it works after `Enrol.register` (CRM) or `activate` (PBX).

        Raises:
            InvalidInput: the address or a secret is missing or malformed (`secret_invalid`: with
                control characters it could end a header or a line of AMI), or the SSH key is not
                usable (`ssh_key_invalid`, `ssh_key_encrypted`); what `check_pbx_choices` refuses;
                a new address with the old secret (`secret_needed_for_new_address`): a key
                must never travel to another host than the one it was given for.
            Conflict: the account is connected already, here or elsewhere.
        """
        check_secrets(form.secrets)
        async with self._db.unit() as unit:
            stored = await unit.connections.of_kind(enterprise, form.kind)
            config = merged(stored.config if stored else {}, form.config)
            address = self._address(form, config)
            if form.kind is ConnectionKind.ASTERISK:
                moved = stored is None or stored.base_url != address
                chosen = config if moved else form.config
                check_pbx_choices(chosen, address, private_hosts=self._private_hosts)
            if stored is None:
                record = await self._create(unit, enterprise, form, address)
            else:
                stored = await unit.connections.lock(enterprise, stored.id)
                record = await self._change(unit, stored, form, address)
            await unit.audit.add(
                enterprise,
                actor=actor.name,
                action="connection.save",
                target=str(record.id),
                detail={"kind": form.kind.value, "address": address, "config": list(form.config)},
            )
            unit.config_changed(enterprise, form.kind.value)
        return record

    async def activate(
        self, actor: Actor, enterprise: EnterpriseNumber, kind: ConnectionKind
    ) -> None:
        """Switch on a connection that needs no registration, or one that was paused."""
        record = await self.stored(enterprise, kind)
        await self._set_status(actor, record, ConnectionStatus.ACTIVE)

    async def pause(
        self,
        actor: Actor,
        enterprise: EnterpriseNumber,
        kind: ConnectionKind,
        reason: str = "paused_by_admin",
    ) -> None:
        """Stop working; what is owed waits."""
        record = await self.stored(enterprise, kind)
        await self._set_status(actor, record, ConnectionStatus.PAUSED, reason)

    async def hear_activity(
        self, account: Account, *, active: bool, frozen: bool, system_url: str | None
    ) -> None:
        """The CRM switched the module, froze it, or moved to another address.

        Only the CRM's own pause ends when the CRM switches the module on: an administrator's
        pause and a broken connection stay. `system_url` must have passed the connector's
        allow-list of hosts.
        """
        actor_name = f"{account.kind.value}:activity"
        status = ConnectionStatus.ACTIVE if active and not frozen else ConnectionStatus.PAUSED
        reason = None if status is ConnectionStatus.ACTIVE else _SWITCHED_OFF
        if frozen:
            reason = _FROZEN
        enterprise, connection_id = account.enterprise, account.connection_id
        async with self._db.unit() as unit:
            stored = await unit.connections.lock(enterprise, connection_id)
            if _crm_may_switch(stored):
                await unit.connections.set_status(enterprise, connection_id, status, reason=reason)
            if system_url and system_url.rstrip("/") != account.base_url:
                address = system_url.rstrip("/")
                await unit.connections.save(
                    enterprise,
                    connection_id,
                    base_url=address,
                    account_key=_account_key(account.kind, address),
                )
            if status is ConnectionStatus.ACTIVE and _crm_may_switch(stored):
                await unit.lanes.unpark(enterprise, connection_id=connection_id)
            await unit.audit.add(
                enterprise,
                actor=actor_name,
                action="connection.activity",
                target=str(connection_id),
                detail={"active": active, "freeze": frozen, "system_url": system_url},
            )
            unit.config_changed(enterprise, account.kind.value)

    async def hear_settings(self, account: Account, *, time_zone: str | None) -> None:
        """The account's zone changed; dates in call records follow it.

        A zone nobody knows changes nothing: records would stop going out.
        """
        if not time_zone or time_zone == account.config.get("time_zone"):
            return
        if not is_zone(time_zone):
            _log.warning("set_up.zone_unknown", connection=str(account.connection_id))
            return
        async with self._db.unit() as unit:
            stored = await unit.connections.lock(account.enterprise, account.connection_id)
            await unit.connections.save(
                account.enterprise,
                account.connection_id,
                config=merged(stored.config, {"time_zone": time_zone}),
            )
            unit.config_changed(account.enterprise, account.kind.value)

    def _address(self, form: ConnectionForm, config: Mapping[str, Any]) -> str:
        """`config` is what the connection will have: a form may fill in a part of it."""
        if form.kind is ConnectionKind.ASTERISK:
            if config.get("link") == SSH:
                return pbx_address(form.address, int(config.get("ssh_port") or _SSH_PORT), SSH)
            return pbx_address(form.address, int(config.get("ami_port") or _AMI_PORT))
        return crm_address(form.address, private_hosts=self._private_hosts)

    async def _create(
        self, unit: Unit, enterprise: EnterpriseNumber, form: ConnectionForm, address: str
    ) -> ConnectionRecord:
        demand_secrets(form.kind, form.config, form.secrets, "{}_missing")
        connection_id = self._ids.uuid()
        secrets = dict(form.secrets)
        if form.kind is ConnectionKind.ASTERISK:
            secrets["hook_secret"] = new_hook_secret(connection_id, self._ids)
        client_id = None
        if form.kind in self._with_client_id:
            client_id = secrets["client_id"] = self._ids.token(CLIENT_ID_BYTES)
        return await unit.connections.create(
            enterprise,
            connection_id,
            kind=form.kind,
            name=form.name or form.kind.value,
            base_url=address,
            account_key=_account_key(form.kind, address),
            config=merged({}, form.config),
            sealed=seal_secrets(self._vault, enterprise, connection_id, secrets),
            client_id_hash=digest(client_id) if client_id else None,
        )

    async def _change(
        self, unit: Unit, stored: ConnectionRecord, form: ConnectionForm, address: str
    ) -> ConnectionRecord:
        if _host(address) != _host(stored.base_url):
            config = merged(stored.config, form.config)
            demand_secrets(form.kind, config, form.secrets, "secret_needed_for_new_address")
        typed = {name: value for name, value in form.secrets.items() if value}
        demand_ari_secrets(stored, merged(stored.config, form.config), typed)
        sealed = None
        if typed:
            sealed = {
                **stored.sealed,
                **seal_secrets(self._vault, stored.enterprise, stored.id, typed),
            }
        if form.kind is not ConnectionKind.ASTERISK and (
            address != stored.base_url or self._is_new_key(stored, typed)
        ):
            await unit.phone_book_reads.restart(stored.enterprise, stored.id)
        return await unit.connections.save(
            stored.enterprise,
            stored.id,
            name=form.name,
            base_url=address,
            account_key=_account_key(form.kind, address),
            config=merged(stored.config, form.config),
            sealed=sealed,
        )

    def _is_new_key(self, stored: ConnectionRecord, typed: Mapping[str, str]) -> bool:
        """A key that reads more, or less, than the one before."""
        if "api_key" not in typed:
            return False
        try:
            return open_secrets(self._vault, stored).get("api_key") != typed["api_key"]
        except VaultError:
            return True

    async def _set_status(
        self,
        actor: Actor,
        record: ConnectionRecord,
        status: ConnectionStatus,
        reason: str | None = None,
    ) -> None:
        async with self._db.unit() as unit:
            await unit.connections.set_status(record.enterprise, record.id, status, reason=reason)
            if status is ConnectionStatus.ACTIVE:
                await unit.lanes.unpark(record.enterprise, connection_id=record.id)
            await unit.audit.add(
                record.enterprise,
                actor=actor.name,
                action=f"connection.{status.value}",
                target=str(record.id),
            )
            unit.config_changed(record.enterprise, record.kind.value)


def new_hook_secret(connection_id: UUID, ids: Ids) -> str:
    """What a PBX's dialplan and scripts show us; see `flows.hook_secrets`.

    It names its connection, so that finding the tenant needs no table.
    """
    return f"{connection_id.hex}.{ids.token(_HOOK_SECRET_BYTES)}"


def _crm_may_switch(stored: ConnectionRecord) -> bool:
    return stored.status is ConnectionStatus.ACTIVE or (
        stored.status is ConnectionStatus.PAUSED
        and stored.status_reason in (_SWITCHED_OFF, _FROZEN)
    )


def _host(address: str) -> str:
    return urlsplit(address).netloc


def _account_key(kind: ConnectionKind, address: str) -> str | None:
    """What makes an account the same one; a PBX may serve several tenants, a CRM may not."""
    if kind is ConnectionKind.ASTERISK:
        return None
    parts = urlsplit(address)
    return f"{parts.netloc}{parts.path}".rstrip("/")
