"""Messengers of an enterprise: connected, checked, let go.

The vendor is asked before anything is stored. Every exchange leaves an attempt, every change an
audit row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from kommutator.domain.chats import ChannelDesk
from kommutator.domain.connection import (
    CHANNELS,
    Account,
    ConnectionKind,
    ConnectionStatus,
    lane_of,
)
from kommutator.domain.ports import Probe
from kommutator.domain.salon.copy import SALONS
from kommutator.domain.tenancy import Actor, EnterpriseNumber
from kommutator.flows.chats.channel import Channel
from kommutator.flows.chats.listen import Listen
from kommutator.flows.form_secrets import check_secrets
from kommutator.flows.forms import merged
from kommutator.flows.secrets import open_account, seal_secrets
from kommutator.flows.set_up import new_hook_secret
from kommutator.flows.standing import standing
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import Conflict, ErrorKind, InvalidInput, NotFound, VendorError
from kommutator.kit.ids import Ids
from kommutator.settings import Settings
from kommutator.store.connection_rows import ConnectionRecord

if TYPE_CHECKING:
    from kommutator.store.database import Database

_log = structlog.get_logger(__name__)
SECRETS: Mapping[ConnectionKind, tuple[str, ...]] = {
    ConnectionKind.TELEGRAM: ("token",),
    ConnectionKind.AVITO: ("client_id", "client_secret"),
    ConnectionKind.WHATSAPP_CLOUD: ("phone_number_id", "waba_id", "access_token", "app_secret"),
}


class Channels:
    """The service behind the API's and the console's channels."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        desks: Mapping[ConnectionKind, ChannelDesk],
        settings: Settings,
        *,
        ids: Ids,
    ) -> None:
        self._db = db
        self._vault = vault
        self._desks = desks
        self._settings = settings
        self._ids = ids
        self._listen = Listen(db, vault, desks, settings)

    async def list(self, enterprise: EnterpriseNumber) -> Sequence[Channel]:
        """Oldest first."""
        async with self._db.unit() as unit:
            records = [
                one for one in await unit.connections.list(enterprise) if one.kind in CHANNELS
            ]
            lanes = {one.lane: one for one in await unit.lanes.status(enterprise)}
            phones = await unit.whatsapp.of(enterprise)
            return [
                Channel(
                    one,
                    lanes.get(lane_of(one.kind, one.id)),
                    await unit.channel_reads.of(enterprise, one.id),
                    phones.get(one.id),
                )
                for one in records
            ]

    async def get(self, enterprise: EnterpriseNumber, connection_id: UUID) -> ConnectionRecord:
        """Raises NotFound: `connection_not_found`, also for one that is no messenger."""
        async with self._db.unit() as unit:
            return await standing(unit, enterprise, connection_id, CHANNELS)

    async def connect(
        self,
        actor: Actor,
        enterprise: EnterpriseNumber,
        kind: ConnectionKind,
        secrets: Mapping[str, str],
        *,
        instead_of: UUID | None = None,
    ) -> ConnectionRecord:
        """Also again, with new secrets of the same account.

        Args:
            instead_of: the connection whose account must come back.

        Raises:
            InvalidInput: `channel_secret_missing` (`field`), `secret_invalid`.
            NotFound: `connection_not_found`. Conflict: `channel_other_account`,
                `account_already_connected`.
            VendorError: the messenger refused; nothing is stored.
        """
        given = self._checked(kind, secrets)
        drafted = self._draft(enterprise, kind, given)
        probe = await self._probed(actor, drafted)
        key = str(probe.details["key"])
        if instead_of is not None:
            before = await self.get(enterprise, instead_of)
            if (before.kind, before.account_key) != (kind, key):
                raise Conflict("channel_other_account")
        record = await self._store(actor, drafted, probe, key)
        return await self._listen.to(actor, record)

    async def check(
        self, actor: Actor, enterprise: EnterpriseNumber, connection_id: UUID
    ) -> ConnectionRecord:
        """Ask the messenger whether all is well, and put right what is not.

        Raises:
            NotFound: `connection_not_found`. Conflict: `channel_other_account`.
            VendorError: it is not; the connection says why.
        """
        record = await self.get(enterprise, connection_id)
        account = replace(open_account(self._vault, record), base_url=self._base(record.kind))
        try:
            probe = await self._probed(actor, account)
        except VendorError as error:
            if error.kind is ErrorKind.ACCESS_REVOKED:
                await self._listen.broken(account, error)
            raise
        if str(probe.details["key"]) != record.account_key:
            raise Conflict("channel_other_account")
        async with self._db.unit() as unit:
            stored = await unit.connections.lock(enterprise, connection_id)
            await unit.connections.save(
                enterprise,
                connection_id,
                name=str(probe.details["title"]),
                base_url=account.base_url,
                config=merged(stored.config, _told(probe)),
            )
            await unit.connections.set_status(enterprise, connection_id, ConnectionStatus.ACTIVE)
            await unit.lanes.unpark(enterprise, connection_id=connection_id)
            unit.config_changed(enterprise, record.kind.value)
        return await self._listen.to(actor, await self.get(enterprise, connection_id))

    async def disconnect(
        self, actor: Actor, enterprise: EnterpriseNumber, connection_id: UUID
    ) -> None:
        """Have nothing brought any more, wipe the secrets and what was said; nobody is told more.

        A messenger that is away does not hold us back. Raises NotFound: `connection_not_found`.
        """
        record = await self.get(enterprise, connection_id)
        account = open_account(self._vault, record)
        try:
            await self._desks[record.kind].unsubscribe(account, self._listen.address(account))
        except VendorError as error:
            _log.info("channel_not_unsubscribed", kind=record.kind.value, hint=error.hint)
        async with self._db.unit() as unit:
            await unit.connections.remove(enterprise, connection_id)
            await unit.channel_reads.wipe(enterprise, connection_id)
            await unit.chats.wipe(enterprise, connection_id)
            await unit.audit.add(
                enterprise, actor=actor.name, action="channel.remove", target=str(connection_id)
            )
            unit.config_changed(enterprise, record.kind.value)

    async def speak_for(
        self,
        actor: Actor,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        salon: UUID | None,
    ) -> None:
        """Whose clients write there; None: of the enterprise's only salon.

        Raises NotFound: `connection_not_found`, `salon_unknown`.
        """
        async with self._db.unit() as unit:
            stored = await unit.connections.lock(enterprise, connection_id)
            if stored.kind not in CHANNELS or stored.status is ConnectionStatus.REMOVED:
                raise NotFound("connection_not_found")
            known = {
                one.id for one in await unit.connections.list(enterprise) if one.kind in SALONS
            }
            if salon is not None and salon not in known:
                raise NotFound("salon_unknown")
            config = {**stored.config, "salon": None if salon is None else str(salon)}
            await unit.connections.save(enterprise, connection_id, config=config)
            await unit.audit.add(
                enterprise, actor=actor.name, action="channel.salon", target=str(connection_id)
            )
            unit.config_changed(enterprise, stored.kind.value)

    # --- steps -----------------------------------------------------------------------------

    def _checked(self, kind: ConnectionKind, secrets: Mapping[str, str]) -> dict[str, str]:
        if kind not in SECRETS:
            raise InvalidInput("channel_kind_unknown")
        given = {name: secrets.get(name, "").strip() for name in SECRETS[kind]}
        for name, value in given.items():
            if not value:
                raise InvalidInput("channel_secret_missing", field=name)
        check_secrets(given)
        return given

    def _base(self, kind: ConnectionKind) -> str:
        bases = {
            ConnectionKind.TELEGRAM: self._settings.telegram_api_url,
            ConnectionKind.WHATSAPP_CLOUD: self._settings.whatsapp_cloud_api_url,
        }
        return bases.get(kind, self._settings.avito_api_url)

    def _draft(
        self, enterprise: EnterpriseNumber, kind: ConnectionKind, secrets: dict[str, str]
    ) -> Account:
        return Account(
            enterprise=enterprise,
            connection_id=self._ids.uuid(),
            kind=kind,
            name=kind.value,
            base_url=self._base(kind),
            status=ConnectionStatus.DRAFT,
            config={},
            secrets=secrets,
        )

    async def _probed(self, actor: Actor, account: Account) -> Probe:
        try:
            probe = await self._desks[account.kind].probe(account)
        except VendorError as error:
            await self._listen.note(actor, account, "test_connection", error)
            raise
        await self._listen.note(actor, account, "test_connection")
        return probe

    async def _store(
        self, actor: Actor, account: Account, probe: Probe, key: str
    ) -> ConnectionRecord:
        enterprise, kind = account.enterprise, account.kind
        async with self._db.unit() as unit:
            known = await unit.connections.by_account_everywhere(kind, key)
            own = {one.id for one in await unit.connections.list(enterprise)}
            if known is not None and known in own:
                stored = await unit.connections.lock(enterprise, known)
                sealed = seal_secrets(self._vault, enterprise, known, account.secrets)
                record = await unit.connections.save(
                    enterprise,
                    known,
                    name=str(probe.details["title"]),
                    base_url=account.base_url,
                    config=merged(stored.config, _told(probe)),
                    sealed={**stored.sealed, **sealed},
                )
            else:
                hook = new_hook_secret(account.connection_id, self._ids)
                secrets = {**account.secrets, "hook_secret": hook}
                record = await unit.connections.create(
                    enterprise,
                    account.connection_id,
                    kind=kind,
                    name=str(probe.details["title"]),
                    base_url=account.base_url,
                    account_key=key,
                    config=_told(probe),
                    sealed=seal_secrets(self._vault, enterprise, account.connection_id, secrets),
                )
            record = await unit.connections.set_status(
                enterprise, record.id, ConnectionStatus.ACTIVE
            )
            await unit.lanes.unpark(enterprise, connection_id=record.id)
            await unit.audit.add(
                enterprise,
                actor=actor.name,
                action="channel.connect",
                target=str(record.id),
                detail={"kind": kind.value, "account": key},
            )
            unit.config_changed(enterprise, kind.value)
        return record


def _told(probe: Probe) -> dict[str, Any]:
    """What is kept of what the messenger said of itself."""
    username = probe.details.get("username")
    return {"title": str(probe.details["title"])} | ({"username": username} if username else {})
