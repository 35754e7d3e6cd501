"""Dealing with the vendor about a connection: test it, register our module, take it away.

Every exchange leaves an attempt and every change an audit row. A registration counts as verified
only when the vendor, asked again, shows what we sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.ports import CrmDesk, Probe, Prober, Registration, RegistrationReport
from kommutator.domain.tenancy import Actor, EnterpriseNumber
from kommutator.flows.entry import EntryLinks
from kommutator.flows.forms import merged
from kommutator.flows.public_paths import PublicPaths
from kommutator.flows.secrets import digest, open_account, open_secrets, seal_secrets
from kommutator.flows.set_up import CLIENT_ID_BYTES, SetUp
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import ErrorKind, InvalidInput, VendorError
from kommutator.kit.ids import Ids
from kommutator.store.attempts import Attempt
from kommutator.store.connection_rows import ConnectionRecord

if TYPE_CHECKING:
    from kommutator.store.database import Database


class Enrol:
    """The vendor's side of a set-up."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        set_up: SetUp,
        desks: Mapping[ConnectionKind, CrmDesk],
        entry: EntryLinks,
        *,
        ids: Ids,
        public_url: str,
        probers: Mapping[ConnectionKind, Prober] | None = None,
    ) -> None:
        self._db = db
        self._vault = vault
        self._set_up = set_up
        self._desks = desks
        self._probers: Mapping[ConnectionKind, Prober] = {**(probers or {}), **desks}
        self._entry = entry
        self._ids = ids
        self._paths = PublicPaths(public_url)

    def desk(self, kind: ConnectionKind) -> CrmDesk:
        """Raises InvalidInput: `connection_needs_no_registration`."""
        try:
            return self._desks[kind]
        except KeyError:
            raise InvalidInput("connection_needs_no_registration", kind=kind.value) from None

    def registration(self, account: Account, epoch: int) -> Registration:
        """What the vendor should hold about us, with entry links of this epoch."""
        mapping: Mapping[str, str | None] = account.config.get("user_extensions") or {}
        return Registration(
            client_id=account.secrets["client_id"],
            account_url=self._entry.url(self._paths.public_url, account, epoch),
            base_url=self._paths.base,
            make_call_url=self._paths.make_call,
            presence_url=self._paths.presence,
            logo_url=self._paths.logo,
            codes={user: number for user, number in mapping.items() if number},
            lines=account.config.get("lines") or {},
        )

    async def test(self, actor: Actor, enterprise: EnterpriseNumber, kind: ConnectionKind) -> Probe:
        """Ask the vendor whether this account and key will do. Changes nothing there.

        Raises:
            NotFound: nothing is stored yet.
            VendorError: no answer, or a refusal that is not about the key.
        """
        record = await self._set_up.stored(enterprise, kind)
        account = open_account(self._vault, record)
        try:
            probe = await self._probers[kind].probe(account)
        except VendorError as error:
            await self._note(actor, account, "test_connection", error=error)
            raise
        await self._note(
            actor,
            account,
            "test_connection",
            response={"message": probe.message, "missing_scopes": list(probe.missing_scopes)},
            problem=None if probe.ok else probe.message,
        )
        if kind in self._desks:
            await self._learn(account, probe)
        return probe

    async def register(
        self,
        actor: Actor,
        enterprise: EnterpriseNumber,
        kind: ConnectionKind = ConnectionKind.RETAILCRM,
        *,
        rotate: bool = False,
    ) -> RegistrationReport:
        """Make the module appear in the CRM, read it back, and start working.

        Entry links given out before die. With `rotate` the clientId changes, too.

        Raises:
            NotFound: nothing is stored yet.
            VendorError: the CRM refused or did not answer; the connection stays as it was.
        """
        record = await self._set_up.stored(enterprise, kind)
        previous = open_secrets(self._vault, record).get("client_id")
        if rotate:
            record = await self._set_client_id(record, self._ids.token(CLIENT_ID_BYTES))
        account = open_account(self._vault, record)
        try:
            report = await self._told(account, self.registration(account, record.entry_epoch + 1))
        except VendorError as error:
            if rotate and previous is not None:
                await self._set_client_id(record, previous)
            await self._note(actor, account, "register_module", error=error)
            if error.kind is ErrorKind.ACCESS_REVOKED:
                await self._break(account, error)
            raise
        await self._activate(actor, record, report)
        return report

    async def _told(self, account: Account, registration: Registration) -> RegistrationReport:
        """A lost answer leaves open what the CRM holds; saying it again is harmless and tells."""
        desk = self.desk(account.kind)
        try:
            return await desk.register(account, registration)
        except VendorError as error:
            if error.kind not in (ErrorKind.UNSURE, ErrorKind.TRANSIENT):
                raise
            return await desk.register(account, registration)

    async def remove(
        self,
        actor: Actor,
        enterprise: EnterpriseNumber,
        kind: ConnectionKind,
        *,
        force: bool = False,
    ) -> None:
        """Switch the module off in the CRM, then wipe our secrets and everyone's entry.

        Raises:
            VendorError: the CRM could not be told; `force` removes all the same.
        """
        record = await self._set_up.stored(enterprise, kind)
        if kind in self._desks and record.status is not ConnectionStatus.DRAFT:
            await self._switch_off(actor, record, force=force)
        async with self._db.unit() as unit:
            await unit.connections.remove(enterprise, record.id)
            await unit.sessions.end_of_connection(enterprise, record.id)
            await unit.audit.add(
                enterprise, actor=actor.name, action="connection.remove", target=str(record.id)
            )
            unit.config_changed(enterprise, kind.value)

    async def _set_client_id(self, record: ConnectionRecord, client_id: str) -> ConnectionRecord:
        sealed = seal_secrets(self._vault, record.enterprise, record.id, {"client_id": client_id})
        async with self._db.unit() as unit:
            stored = await unit.connections.lock(record.enterprise, record.id)
            unit.config_changed(record.enterprise, record.kind.value)
            return await unit.connections.save(
                record.enterprise,
                record.id,
                sealed={**stored.sealed, **sealed},
                client_id_hash=digest(client_id),
            )

    async def _activate(
        self, actor: Actor, record: ConnectionRecord, report: RegistrationReport
    ) -> None:
        async with self._db.unit() as unit:
            await unit.attempts.add(
                record.enterprise,
                Attempt(
                    integration_type=record.kind.value,
                    event_type="register_module",
                    status="success" if report.verified else "error",
                    connection_id=record.id,
                    request=dict(report.request),
                    response=dict(report.response),
                    error_message="; ".join(map(str, report.differences)) or None,
                    actor=actor.name,
                ),
            )
            await unit.connections.raise_entry_epoch(
                record.enterprise, record.id, record.entry_epoch + 1
            )
            await unit.sessions.end_of_connection(record.enterprise, record.id)
            await unit.connections.set_status(record.enterprise, record.id, ConnectionStatus.ACTIVE)
            await unit.connections.touch_sync(record.enterprise, record.id)
            await unit.lanes.unpark(record.enterprise, connection_id=record.id)
            await unit.audit.add(
                record.enterprise,
                actor=actor.name,
                action="connection.register",
                target=str(record.id),
                detail={
                    "verified": report.verified,
                    "differences": list(map(str, report.differences)),
                },
            )
            unit.config_changed(record.enterprise, record.kind.value)

    async def _break(self, account: Account, error: VendorError) -> None:
        async with self._db.unit() as unit:
            await unit.connections.set_status(
                account.enterprise,
                account.connection_id,
                ConnectionStatus.BROKEN,
                reason="access_revoked",
                detail=error.message,
            )
            unit.config_changed(account.enterprise, account.kind.value)

    async def _switch_off(self, actor: Actor, record: ConnectionRecord, *, force: bool) -> None:
        account = open_account(self._vault, record)
        try:
            await self.desk(record.kind).deactivate(
                account, self.registration(account, record.entry_epoch)
            )
        except VendorError as error:
            await self._note(actor, account, "deactivate_module", error=error)
            gone = error.kind in (ErrorKind.ACCESS_REVOKED, ErrorKind.GONE)
            if not (force or gone):
                raise
        else:
            await self._note(actor, account, "deactivate_module")

    async def _learn(self, account: Account, probe: Probe) -> None:
        """Keep what the account told about itself: zone and shops are needed by every call."""
        if not probe.ok:
            return
        learnt: dict[str, Any] = {"sites": {site.code: site.name for site in probe.sites}}
        if probe.time_zone:
            learnt["time_zone"] = probe.time_zone
        known = {key: account.config.get(key) for key in learnt}
        if known == learnt:
            return
        async with self._db.unit() as unit:
            record = await unit.connections.lock(account.enterprise, account.connection_id)
            await unit.connections.save(
                account.enterprise, account.connection_id, config=merged(record.config, learnt)
            )
            unit.config_changed(account.enterprise, account.kind.value)

    async def _note(
        self,
        actor: Actor,
        account: Account,
        event: str,
        *,
        response: Mapping[str, Any] | None = None,
        problem: str | None = None,
        error: VendorError | None = None,
    ) -> None:
        message = error.message if error else problem
        async with self._db.unit() as unit:
            await unit.attempts.add(
                account.enterprise,
                Attempt(
                    integration_type=account.kind.value,
                    event_type=event,
                    status="error" if message else "success",
                    connection_id=account.connection_id,
                    request={"address": account.base_url},
                    response=dict(response or ({"status": error.status} if error else {})),
                    error_kind=error.kind.value if error else None,
                    stage=error.stage.value if error else None,
                    error_message=message,
                    actor=actor.name,
                ),
            )
