"""Saying something in a chat: owed in the caller's transaction, and noted as said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kommutator.domain.commands import SendMessage
from kommutator.domain.connection import ConnectionKind, lane_of
from kommutator.domain.template_message import MessageTemplate
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.chats import Owing
from kommutator.store.outbox import Owed
from kommutator.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Saying:
    """One message; the chat must be known.

    `once`: as in `Owed`; `said_by`: as in `Owing`; the rest as in `SendMessage`.
    """

    connection_id: UUID
    kind: ConnectionKind
    chat_id: str
    text: str
    once: str
    about: str = ""
    not_after: datetime | None = None
    edits: str | None = None
    said_by: str | None = None
    template: MessageTemplate | None = None


async def speak(
    unit: Unit,
    enterprise: EnterpriseNumber,
    sayings: Sequence[Saying],
    *,
    journal_id: int | None = None,
) -> Sequence[int]:
    """Owe these, in order inside each chat; returns their outbox rows. None may be owed already."""
    if not sayings:
        return []
    rows = await unit.outbox.add(enterprise, [_owed(one) for one in sayings], journal_id=journal_id)
    owing = [
        Owing(one.connection_id, one.chat_id, one.text, row, one.said_by)
        for one, row in zip(sayings, rows, strict=True)
    ]
    await unit.chats.owe(enterprise, owing)
    return rows


def _owed(saying: Saying) -> Owed:
    message = SendMessage(
        chat_id=saying.chat_id,
        text=saying.text,
        about=saying.about,
        not_after=saying.not_after,
        edits=saying.edits,
        template=saying.template,
    )
    lane = lane_of(saying.kind, saying.connection_id)
    return Owed(lane, saying.connection_id, saying.chat_id, message, saying.once)
