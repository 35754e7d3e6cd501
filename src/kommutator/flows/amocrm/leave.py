"""Ending it: people disconnect, or somebody removes the integration at the vendor's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

import structlog

from kommutator.domain.connection import Account, ConnectionStatus
from kommutator.domain.oauth import GrantState
from kommutator.domain.tenancy import Actor, EnterpriseNumber
from kommutator.flows.amocrm.adopt import KIND
from kommutator.flows.amocrm.apps import Apps
from kommutator.flows.amocrm.vendor import AmoCrmVendor, Uninstalled
from kommutator.flows.grant_outcome import follow
from kommutator.flows.grant_secrets import open_app_secrets
from kommutator.flows.secrets import open_account
from kommutator.kit.crypto import Vault, VaultError
from kommutator.kit.errors import InvalidInput, NotFound, TooMany, Unauthorized, VendorError
from kommutator.store.attempts import Attempt
from kommutator.store.connection_rows import ConnectionRecord
from kommutator.store.grant_rows import GrantRecord

if TYPE_CHECKING:
    from kommutator.store.database import Database

_log = structlog.get_logger()
TakeOff = Callable[[Account], Awaitable[None]]
"""Makes the vendor forget our hooks. Raises VendorError."""

_OVER = (ConnectionStatus.DRAFT, ConnectionStatus.BROKEN)


class Leave:
    def __init__(
        self,
        db: Database,
        vault: Vault,
        apps: Apps,
        vendor: AmoCrmVendor,
        take_off: TakeOff,
    ) -> None:
        self._db = db
        self._vault = vault
        self._apps = apps
        self._vendor = vendor
        self._take_off = take_off

    async def disconnect(
        self, actor: Actor, enterprise: EnterpriseNumber, record: ConnectionRecord, *, force: bool
    ) -> None:
        """Unsubscribe our hooks while we still can, then wipe every token.

        The vendor has no way to take a token back: it ends by itself. Of a person's own account
        there are no hooks, and where the vendor shut us out there is nothing left to say.

        Raises:
            VendorError: the hooks could not be taken off; `force` wipes all the same.
            NotFound: `connection_not_found`, also for one removed before.
        """
        if record.user_id is None and record.status not in _OVER:
            await self._unsubscribe(actor, record, force=force)
        async with self._db.unit() as unit:
            await unit.connections.remove(enterprise, record.id)
            await unit.sessions.end_of_connection(enterprise, record.id)
            await unit.audit.add(
                enterprise,
                actor=actor.name,
                action="grant.disconnected",
                target=str(record.id),
                detail={"account": record.account_key, "force": force},
            )
            unit.config_changed(enterprise, KIND.value)

    async def own(self, actor: Actor, enterprise: EnterpriseNumber) -> ConnectionRecord | None:
        """The person's own account, if they have one."""
        if actor.user_id is None:
            return None
        async with self._db.single() as unit:
            return await unit.connections.of_person(enterprise, actor.user_id, KIND)

    async def named(self, enterprise: EnterpriseNumber, named: str | None) -> ConnectionRecord:
        """One of the enterprise's: by the vendor's account id or ours, or the only one.

        Raises:
            NotFound: `amocrm_not_connected`, `amocrm_account_unknown`.
            InvalidInput: `amocrm_account_unnamed` where there are several.
        """
        async with self._db.single() as unit:
            shelf = [r for r in await unit.connections.list(enterprise) if r.kind is KIND]
        if not shelf:
            raise NotFound("amocrm_not_connected")
        if named is None:
            if len(shelf) > 1:
                raise InvalidInput("amocrm_account_unnamed")
            return shelf[0]
        for record in shelf:
            if named in (record.account_key, str(record.id)):
                return record
        raise NotFound("amocrm_account_unknown")

    async def hear_uninstalled(self, query: Mapping[str, str]) -> int:
        """The vendor's word, signed with our secret, that an account removed us.

        Returns how many connections that ended.

        Raises:
            InvalidInput: the query is not one.
            Unauthorized: `amocrm_uninstall_unsigned`; also where we know no such account.
        """
        said = self._vendor.read_uninstalled(query)
        async with self._db.single() as unit:
            held = await unit.grants.of_account_everywhere(KIND.value, said.account_id)
        meant = [record for record in held if self._signed(record, said)]
        if not meant and not self._ours(said):
            raise Unauthorized("amocrm_uninstall_unsigned")
        for record in meant:
            await self._uninstalled(record)
        async with self._db.single() as unit:
            await unit.oauth_installs.drop_everywhere(KIND.value, said.client_id, said.account_id)
        return len(meant)

    async def _uninstalled(self, record: GrantRecord) -> None:
        state = GrantState.UNINSTALLED
        async with self._db.unit() as unit:
            await unit.grants.end(
                record.enterprise, record.connection_id, state, reason="uninstalled"
            )
            await follow(unit, record, state, "uninstalled", None, token_lives=False)
            unit.config_changed(record.enterprise, record.kind)

    def _signed(self, record: GrantRecord, said: Uninstalled) -> bool:
        if record.config.get("client_id") != said.client_id:
            return False
        try:
            app = self._apps.of(record.config, open_app_secrets(self._vault, record))
        except (InvalidInput, VaultError):
            return False
        return said.proven(app.client_secret)

    def _ours(self, said: Uninstalled) -> bool:
        """Installed from the market and claimed by nobody, or disconnected before."""
        if not self._apps.ready:
            return False
        app = self._apps.ours()
        return app.client_id == said.client_id and said.proven(app.client_secret)

    async def _unsubscribe(self, actor: Actor, record: ConnectionRecord, *, force: bool) -> None:
        account = open_account(self._vault, record)
        error: VendorError | TooMany | None = None
        try:
            await self._take_off(account)
        except (VendorError, TooMany) as caught:
            error = caught
        async with self._db.unit() as unit:
            await unit.attempts.add(
                record.enterprise,
                Attempt(
                    integration_type=KIND.value,
                    event_type="deactivate_module",
                    status="success" if error is None else "error",
                    connection_id=record.id,
                    request={"address": record.base_url},
                    response={},
                    error_message=None if error is None else str(error),
                    actor=actor.name,
                ),
            )
        if error is not None and not force:
            raise error
        if error is not None:
            _log.warning("amocrm.hooks_left_behind", connection_id=str(record.id))
