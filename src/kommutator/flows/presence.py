"""An employee's status goes both ways: from the CRM to the PBX, from the PBX to the CRM.

The table `presence` holds the latest word of either side. Only a change of it is owed to the
other side, so an echo of our own order ends there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from kommutator.domain.commands import SetPresence
from kommutator.domain.connection import CRMS, Account, ConnectionKind, ConnectionStatus
from kommutator.domain.dialing import extension_for
from kommutator.domain.journal import Arrival, Decided
from kommutator.domain.presence import PresenceStatus, Ways
from kommutator.flows.directory import Directory
from kommutator.flows.sync_people import ours_of
from kommutator.kit.clock import Clock
from kommutator.kit.ids import Ids
from kommutator.store.outbox import Owed

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.unit import Unit

_ECHO_S = 10.0
"""A CRM that reports our own order back does so within this time."""

_LIVING = (ConnectionStatus.ACTIVE, ConnectionStatus.PAUSED, ConnectionStatus.BROKEN)


class HearPresence:
    """What the CRM says of an employee, and telling the PBX.

    Args:
        directory: names the PBX of an enterprise.
    """

    def __init__(self, db: Database, directory: Directory, *, clock: Clock, ids: Ids) -> None:
        self._db = db
        self._directory = directory
        self._clock = clock
        self._ids = ids

    async def hear(
        self, account: Account, *, user_id: str | None, code: str | None, status: PresenceStatus
    ) -> str:
        """Store the status, owe it to the PBX, and return whose extension it is.

        Raises:
            InvalidInput: nobody we know (`extension_unknown`, `extension_not_configured`,
                `caller_missing`).
        """
        enterprise = account.enterprise
        pbx = await self._directory.account_of(enterprise, ConnectionKind.ASTERISK)
        body = {"user_id": user_id, "code": code, "status": status}
        async with self._db.unit() as unit:
            known = await unit.extensions.numbers(enterprise)
            extension = extension_for(
                code=code, user_id=user_id, mapping=ours_of(account.config), known=known
            )
            if await _is_echo(unit, account, extension, status):
                return extension
            if not await unit.presence.put(enterprise, extension, status, account.kind.value):
                return extension
            row = await self._journal(unit, account, extension, msgspec.json.encode(body))
            if pbx is not None and pbx.status in _LIVING and Ways.of(account.config).to_pbx:
                await owe(unit, pbx, extension, status, self._ids, journal_id=row)
        return extension

    async def tell_again(self, pbx: Account) -> None:
        """After a gap: a restarted PBX has forgotten its pauses, and may have missed some."""
        accounts = await self._directory.accounts(pbx.enterprise)
        crms = [account for account in accounts if account.kind in CRMS]
        if not any(Ways.of(crm.config).to_pbx for crm in crms if crm.status in _LIVING):
            return
        async with self._db.unit() as unit:
            presence = await unit.presence.all(pbx.enterprise, lock=True)
            for extension, held in presence.items():
                status = msgspec.convert(held.status, PresenceStatus)
                await owe(unit, pbx, extension, status, self._ids, again=True)

    async def _journal(
        self, unit: Unit, account: Account, extension: str, body: bytes
    ) -> int | None:
        arrival = Arrival(
            enterprise=account.enterprise,
            source=account.kind.value,
            kind="status",
            key=key_of(extension),
            dedupe_key=f"status:{extension}:{self._clock.now().timestamp()}",
            body=body,
            connection_id=account.connection_id,
        )
        receipt = (await unit.journal.append([arrival]))[0]
        if receipt.journal_id is not None:
            await unit.journal.mark(account.enterprise, {receipt.journal_id: Decided()})
        return receipt.journal_id


def key_of(extension: str) -> str:
    """Statuses of one employee keep their order."""
    return f"extension:{extension}"


async def owe(
    unit: Unit,
    account: Account,
    extension: str,
    status: PresenceStatus,
    ids: Ids,
    *,
    again: bool = False,
    journal_id: int | None = None,
) -> None:
    """The latest status takes the place of what still waits.

    The caller holds the employee's row of `presence`: orders follow each other as the changes did.
    """
    key = key_of(extension)
    await unit.outbox.supersede_presence(account.enterprise, account.lane, key)
    command = SetPresence(extension=extension, presence=status, again=again)
    once = f"presence:{extension}:{ids.uuid().hex}"
    owed = Owed(account.lane, account.connection_id, key, command, once)
    await unit.outbox.add(account.enterprise, [owed], journal_id=journal_id)


async def _is_echo(unit: Unit, crm: Account, extension: str, status: str) -> bool:
    """The CRM repeats an order of ours that a newer one has followed already."""
    ordered = await unit.outbox.ordered_presence(
        crm.enterprise, crm.lane, key_of(extension), within_s=_ECHO_S
    )
    said = [command.presence for command in ordered if isinstance(command, SetPresence)]
    return status in said[:-1] and status != said[-1]
