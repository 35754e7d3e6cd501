"""Messages that wait for a closed line, and are worthless by now: given up, and said so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kommutator.domain.chats import TOO_LATE, Spoken
from kommutator.flows.salon.operator import report_spoken

if TYPE_CHECKING:
    from kommutator.store.database import Database


async def give_up_late(db: Database) -> int:
    """Of all tenants; returns how many. Whoever waits for them may go another way at once."""
    async with db.unit() as unit:
        given_up = await unit.whatsapp_sent.give_up_late_everywhere()
        for one in given_up:
            spoken = [Spoken(one.outbox_id, one.chat_id, "failed", reason=TOO_LATE)]
            await unit.chats.settle(one.enterprise, one.connection_id, spoken)
            await report_spoken(unit, one.enterprise, spoken)
    return len(given_up)
