"""An employee changed their status in the CRM."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from kommutator.domain.connection import Account
from kommutator.domain.dialing import extension_for
from kommutator.domain.journal import Arrival, Decided
from kommutator.flows.sync_people import ours_of
from kommutator.kit.clock import Clock

if TYPE_CHECKING:
    from kommutator.store.database import Database


class HearPresence:
    """Keeps what the CRM says; pausing queues by it belongs to the PBX's room."""

    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def hear(
        self, account: Account, *, user_id: str | None, code: str | None, status: str
    ) -> str:
        """Store the status and return whose extension it is.

        Raises:
            InvalidInput: nobody we know (`extension_unknown`, `extension_not_configured`,
                `caller_missing`).
        """
        enterprise = account.enterprise
        body = {"user_id": user_id, "code": code, "status": status}
        async with self._db.unit() as unit:
            known = await unit.extensions.numbers(enterprise)
            extension = extension_for(
                code=code, user_id=user_id, mapping=ours_of(account.config), known=known
            )
            changed = await unit.presence.put(enterprise, extension, status, account.kind.value)
            if changed:
                arrival = Arrival(
                    enterprise=enterprise,
                    source=account.kind.value,
                    kind="status",
                    key=f"extension:{extension}",
                    dedupe_key=f"status:{extension}:{self._clock.now().timestamp()}",
                    body=msgspec.json.encode(body),
                    connection_id=account.connection_id,
                )
                receipt = (await unit.journal.append([arrival]))[0]
                if receipt.journal_id is not None:
                    await unit.journal.mark(enterprise, {receipt.journal_id: Decided()})
        return extension
