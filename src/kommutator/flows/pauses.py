"""An agent was paused at the PBX: by a feature code, by a supervisor. The CRM shows it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

from kommutator.domain.connection import CRMS, Account, ConnectionKind, ConnectionStatus
from kommutator.domain.journal import Decided, Ignored, JournalRow, Verdict
from kommutator.domain.presence import Pause, Ways
from kommutator.flows.directory import Directory
from kommutator.flows.presence import owe
from kommutator.kit.ids import Ids

if TYPE_CHECKING:
    from kommutator.store.unit import Unit

ReadPause = Callable[[JournalRow, Account], Pause | None]

_KIND = "QueueMemberPause"


class Decide(Protocol):
    """Gives a journal row its effect."""

    def __call__(self, unit: Unit, row: JournalRow) -> Awaitable[Verdict]: ...


class FollowPauses:
    """Decides upon pauses; every other row goes on to `follow`.

    Args:
        read: a connector's reader; None for a pause that is none of ours.
    """

    def __init__(self, directory: Directory, read: ReadPause, follow: Decide, *, ids: Ids) -> None:
        self._directory = directory
        self._read = read
        self._follow = follow
        self._ids = ids

    async def decide(self, unit: Unit, row: JournalRow) -> Verdict:
        """Give the row its effect, inside the caller's transaction."""
        if row.kind != _KIND:
            return await self._follow(unit, row)
        accounts = await self._directory.accounts(row.enterprise)
        pbx = next((one for one in accounts if one.connection_id == row.connection_id), None)
        pause = self._read(row, pbx) if pbx else None
        if pause is None:
            return Ignored("pause_not_followed")
        if pause.ours:
            return Ignored("pause_is_ours")
        if pause.extension not in await unit.extensions.numbers(row.enterprise):
            return Ignored("pause_not_followed")
        source = ConnectionKind.ASTERISK.value
        if not await unit.presence.put(row.enterprise, pause.extension, pause.status, source):
            return Ignored("pause_known")
        for crm in accounts:
            if _is_told(crm):
                await owe(unit, crm, pause.extension, pause.status, self._ids, journal_id=row.id)
        return Decided()


def _is_told(account: Account) -> bool:
    living = account.status not in (ConnectionStatus.DRAFT, ConnectionStatus.REMOVED)
    return account.kind in CRMS and living and Ways.of(account.config).to_crm
