"""What became of what we said, for all who want to know: chats, notices, booking systems, staff."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from kommutator.domain.chats import Spoken
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.salon.operator import report_spoken

if TYPE_CHECKING:
    from kommutator.store.unit import Unit


async def keep_spoken(
    unit: Unit, enterprise: EnterpriseNumber, connection_id: UUID, spoken: Sequence[Spoken]
) -> None:
    """In the transaction that ends the sending.

    A message to a client that may or may not have arrived is never said again by itself: a person
    looks at its chat.
    """
    kept = await unit.chats.settle(enterprise, connection_id, spoken)
    await report_spoken(unit, enterprise, spoken)
    for one in spoken:
        chat = kept.get(one.outbox_id)
        if chat is None:
            continue
        unit.ticks_changed(enterprise, connection_id, chat)
        if one.state == "maybe_sent":
            await unit.conversations.unclear(enterprise, one.outbox_id)
            unit.chat_changed(enterprise, connection_id, chat)
