"""Tasks in the vendor's words, and what they are put upon."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kommutator.connectors.crm.amocrm.calls import call_back_text, unix
from kommutator.connectors.crm.amocrm.client import AmoCrmClient
from kommutator.connectors.crm.amocrm.config import AmoCrmConfig
from kommutator.connectors.crm.amocrm.look_up import Card, open_lead
from kommutator.connectors.crm.amocrm.manifest import TASK_CALL
from kommutator.connectors.crm.amocrm.schemas import as_int
from kommutator.domain.commands import CallRecord, CreateTask
from kommutator.domain.ports import Due


def call_back_of(config: AmoCrmConfig, due: Due, record: CallRecord) -> dict[str, Any]:
    """Instead of a card: a task upon nothing, with the number in its text."""
    owner = config.owner(extension=record.extension, rang=record.rang, of_client=None)
    until = due.created_at + timedelta(minutes=config.task_minutes)
    task: dict[str, Any] = {
        "task_type_id": TASK_CALL,
        "text": call_back_text(config, record.client),
        "complete_till": unix(until),
        "created_at": unix(due.created_at),
    }
    return task if owner is None else task | {"responsible_user_id": owner}


async def task_of(
    client: AmoCrmClient,
    config: AmoCrmConfig,
    due: Due,
    command: CreateTask,
    card: Card | None,
) -> dict[str, Any]:
    """On the lead that was named, else on the only open one, else on the card, else on nothing.

    Raises:
        AmoCrmError: the lead could not be looked up.
    """
    until = command.due_at or due.created_at + timedelta(minutes=config.task_minutes)
    task: dict[str, Any] = {
        "task_type_id": TASK_CALL,
        "text": command.text,
        "complete_till": unix(until),
        "created_at": unix(due.created_at),
    }
    if command.lead_id is not None:
        task |= {"entity_id": command.lead_id, "entity_type": "leads"}
    elif card is None:
        text = command.text
        task["text"] = text if command.client in text else f"{text} {command.client}".strip()
    elif lead := await open_lead(client, card):
        task |= {"entity_id": lead, "entity_type": "leads"}
    else:
        task |= {"entity_id": card.id, "entity_type": card.kind.value}
    performer = (
        config.user_at(command.performer)
        or config.owner(
            extension=None, rang=command.rang, of_client=card.responsible_id if card else None
        )
        or as_int(command.default_performer)
    )
    if performer is not None:
        task["responsible_user_id"] = performer
    task["text"] = task["text"] or call_back_text(config, command.client)
    return task
