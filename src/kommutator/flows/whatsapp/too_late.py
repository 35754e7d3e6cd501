"""Messages that wait for a closed line, and are worthless by now: given up, and said so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kommutator.domain.chats import MAYBE_SENT, TOO_LATE, Spoken
from kommutator.flows.chats.spoken import keep_spoken

if TYPE_CHECKING:
    from kommutator.store.database import Database
    from kommutator.store.whatsapp_sent import TooLate

_AT_ONCE: Final = 200


async def give_up_late(db: Database) -> int:
    """Of all tenants; returns how many. Whoever waits for them may go another way at once.

    Unless it may have arrived: then it is not said again, and people are told.
    """
    for count in range(_AT_ONCE):
        # One in each transaction: their chats belong to anybody, and are locked in no order.
        async with db.unit() as unit:
            late = await unit.whatsapp_sent.give_up_late_everywhere(limit=1)
            for one in late:
                await keep_spoken(unit, one.enterprise, one.connection_id, [_spoken(one)])
        if not late:
            return count
    return _AT_ONCE


def _spoken(late: TooLate) -> Spoken:
    if late.unsure:
        return Spoken(late.outbox_id, late.chat_id, "maybe_sent", reason=MAYBE_SENT)
    return Spoken(late.outbox_id, late.chat_id, "failed", reason=TOO_LATE)
