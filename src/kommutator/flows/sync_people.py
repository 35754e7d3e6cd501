"""Who of the CRM sits at which phone: our table, kept in step with the CRM.

Our table is the truth (requirement 002); the CRM is told after each change. If it cannot be
told, the change stays here, the difference is shown, and a sync tells it later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.mapping import (
    Row,
    assign,
    compare,
    merge_first_import,
    to_push,
    validated,
)
from kommutator.domain.ports import Employee, RegistrationReport
from kommutator.domain.tenancy import Actor, EnterpriseNumber
from kommutator.flows.enrol import Enrol
from kommutator.flows.forms import merged
from kommutator.flows.secrets import open_account
from kommutator.flows.set_up import SetUp
from kommutator.kit.crypto import Vault
from kommutator.kit.errors import Conflict, VendorError
from kommutator.store.attempts import Attempt
from kommutator.store.connection_rows import ConnectionRecord
from kommutator.store.extensions import Extension

if TYPE_CHECKING:
    from kommutator.store.database import Database

_TRIES = 3
_ALL = 10_000  # internal numbers of one enterprise


@dataclass(frozen=True, slots=True)
class PeopleTable:
    """The three columns, with what is needed to show them.

    Attributes:
        extensions: all internal numbers of the enterprise with their holders.
        problem: why the CRM's columns are missing, its own words; None if they are there.
    """

    rows: Sequence[Row]
    employees: Mapping[str, Employee]
    extensions: Sequence[Extension]
    ours: Mapping[str, str]
    last_sync: datetime | None
    imported: Mapping[str, str]
    problem: VendorError | None = None


@dataclass(frozen=True, slots=True)
class LocalTable:
    """What we know without the CRM: all internal numbers, and CRM user → number."""

    extensions: Sequence[Extension]
    ours: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Saved:
    """Our table after a change, and whether the CRM knows it.

    Attributes:
        displaced: CRM users who lost their number to somebody else by this change.
        report: what the CRM holds now; None if it was not told.
        problem: why it was not told.
    """

    ours: Mapping[str, str]
    displaced: tuple[str, ...]
    report: RegistrationReport | None = None
    problem: VendorError | None = None


class SyncPeople:
    def __init__(self, db: Database, vault: Vault, set_up: SetUp, enrol: Enrol) -> None:
        self._db = db
        self._vault = vault
        self._set_up = set_up
        self._enrol = enrol

    async def local(self, enterprise: EnterpriseNumber) -> LocalTable:
        """Numbers and our table, without asking the CRM; empty while none is set up."""
        async with self._db.unit() as unit:
            record = await unit.connections.crm(enterprise)
            extensions = await unit.extensions.page(enterprise, limit=_ALL)
        return LocalTable(extensions, ours_of(record.config) if record else {})

    async def table(
        self,
        actor: Actor,
        enterprise: EnterpriseNumber,
        kind: ConnectionKind = ConnectionKind.RETAILCRM,
    ) -> PeopleTable:
        """Everyone, from all three sides. The very first look takes over the CRM's codes.

        Raises:
            NotFound: `connection_not_set_up`.
        """
        record = await self._set_up.stored(enterprise, kind)
        extensions = await self._extensions(enterprise)
        problem: VendorError | None = None
        employees: Mapping[str, Employee] = {}
        imported: Mapping[str, str] = {}
        codes: Mapping[str, str] = {}
        try:
            people = await self._enrol.desk(kind).employees(open_account(self._vault, record))
        except VendorError as error:
            problem = error
        else:
            employees = {person.id: person for person in people}
            codes = {person.id: person.code for person in people if person.code}
            record, imported = await self._import_once(actor, record, codes)
        ours = ours_of(record.config)
        numbers = [extension.phone_number for extension in extensions]
        return PeopleTable(
            rows=compare(numbers, ours, codes, list(employees)),
            employees=employees,
            extensions=extensions,
            ours=ours,
            last_sync=record.last_sync_at,
            imported=imported,
            problem=problem,
        )

    async def save(
        self,
        actor: Actor,
        enterprise: EnterpriseNumber,
        changes: Mapping[str, Any],
        kind: ConnectionKind = ConnectionKind.RETAILCRM,
    ) -> Saved:
        """Change who has which number; null or "" takes a number away. Then tell the CRM.

        Raises:
            InvalidInput: `extension_invalid`, `crm_user_invalid`, `extension_taken` when two
                users of one request claim the same number.
            NotFound: `connection_not_set_up`.
        """
        wanted = validated(changes)
        for _ in range(_TRIES):
            record = await self._set_up.stored(enterprise, kind)
            ours, displaced = ours_of(record.config), []
            for user_id in changes:
                step = assign(ours, user_id, wanted.get(user_id))
                ours = step.codes
                displaced += [step.displaced] if step.displaced else []
            try:
                record = await self._store(actor, record, ours, "extensions.save")
            except Conflict:
                continue  # somebody saved meanwhile: decide anew on their state
            report, problem = await self._tell(actor, record)
            lost = tuple(user for user in displaced if user not in changes)
            return Saved(ours, lost, report, problem)
        raise Conflict("connection_changed")

    async def push(
        self,
        actor: Actor,
        enterprise: EnterpriseNumber,
        kind: ConnectionKind = ConnectionKind.RETAILCRM,
    ) -> Saved:
        """Tell the CRM our table as it is.

        Raises:
            NotFound: `connection_not_set_up`.
        """
        record = await self._set_up.stored(enterprise, kind)
        report, problem = await self._tell(actor, record)
        return Saved(ours_of(record.config), (), report, problem)

    async def _extensions(self, enterprise: EnterpriseNumber) -> Sequence[Extension]:
        async with self._db.unit() as unit:
            return await unit.extensions.page(enterprise, limit=_ALL)

    async def _import_once(
        self, actor: Actor, record: ConnectionRecord, codes: Mapping[str, str]
    ) -> tuple[ConnectionRecord, Mapping[str, str]]:
        if "user_extensions" in record.config:
            return record, {}
        found = merge_first_import({}, codes)
        try:
            record = await self._store(actor, record, found.codes, "extensions.import")
        except Conflict:
            return await self._set_up.stored(record.enterprise, record.kind), {}
        return record, found.imported

    async def _store(
        self, actor: Actor, record: ConnectionRecord, ours: Mapping[str, str], action: str
    ) -> ConnectionRecord:
        async with self._db.unit() as unit:
            saved = await unit.connections.save(
                record.enterprise,
                record.id,
                config=merged(record.config, {"user_extensions": dict(ours)}),
                expected_version=record.version,
            )
            await unit.audit.add(
                record.enterprise,
                actor=actor.name,
                action=action,
                target=str(record.id),
                detail={"user_extensions": dict(ours)},
            )
            unit.config_changed(record.enterprise, record.kind.value)
        return saved

    async def _tell(
        self, actor: Actor, record: ConnectionRecord
    ) -> tuple[RegistrationReport | None, VendorError | None]:
        """Nothing to tell before the first registration: it brings the codes with it.

        Two savers may overtake each other on the way to the CRM, so the last word is ours again.
        """
        if record.status is ConnectionStatus.DRAFT:
            return None, None
        for _ in range(_TRIES):
            told = await self._tell_once(actor, record)
            now = await self._set_up.stored(record.enterprise, record.kind)
            if _same_word(now, record):
                break
            record = now
        return told

    async def _tell_once(
        self, actor: Actor, record: ConnectionRecord
    ) -> tuple[RegistrationReport | None, VendorError | None]:
        account = open_account(self._vault, record)
        desk = self._enrol.desk(record.kind)
        try:
            held = await desk.read_codes(account)
            if to_push(ours_of(account.config), held) is None:
                report = RegistrationReport(verified=True, codes=held)
            else:
                registration = self._enrol.registration(account, record.entry_epoch)
                report = await desk.register(account, registration)
        except VendorError as error:
            await self._note(actor, account, error=error)
            return None, error
        await self._note(actor, account, report=report)
        return report, None

    async def _note(
        self,
        actor: Actor,
        account: Account,
        *,
        report: RegistrationReport | None = None,
        error: VendorError | None = None,
    ) -> None:
        message = (
            error.message if error else "; ".join(map(str, report.differences if report else ()))
        )
        async with self._db.unit() as unit:
            if report is not None:
                await unit.connections.touch_sync(account.enterprise, account.connection_id)
            await unit.attempts.add(
                account.enterprise,
                Attempt(
                    integration_type=account.kind.value,
                    event_type="sync_extensions",
                    status="error" if message else "success",
                    connection_id=account.connection_id,
                    request={"codes": dict(ours_of(account.config))},
                    response={"codes": dict(report.codes)} if report else {},
                    error_kind=error.kind.value if error else None,
                    stage=error.stage.value if error else None,
                    error_message=message or None,
                    actor=actor.name,
                ),
            )


def _same_word(one: ConnectionRecord, other: ConnectionRecord) -> bool:
    return (one.entry_epoch, one.client_id_hash, ours_of(one.config)) == (
        other.entry_epoch,
        other.client_id_hash,
        ours_of(other.config),
    )


def ours_of(config: Mapping[str, Any]) -> dict[str, str]:
    """CRM user → extension from a connection's config, without the emptied ones."""
    stored: Mapping[str, str | None] = config.get("user_extensions") or {}
    return {user: number for user, number in stored.items() if number}
