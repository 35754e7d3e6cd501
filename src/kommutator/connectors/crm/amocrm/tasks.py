"""Tasks in the vendor's words, and what they are put upon."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kommutator.connectors.crm.amocrm.calls import call_back_text, unix
from kommutator.connectors.crm.amocrm.client import AmoCrmClient
from kommutator.connectors.crm.amocrm.config import AmoCrmConfig
from kommutator.connectors.crm.amocrm.look_up import Card, open_lead, owner_of_lead
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

    Args:
        card: of the client's number; not looked at where a lead was named.

    Raises:
        AmoCrmError: the lead could not be looked up.
    """
    until = command.due_at or due.created_at + timedelta(minutes=config.task_minutes)
    task: dict[str, Any] = {
        "task_type_id": TASK_CALL,
        "text": command.text or call_back_text(config, command.client),
        "complete_till": unix(until),
        "created_at": unix(due.created_at),
    }
    performer, of_client = config.user_at(command.performer), None
    if command.lead_id is not None:
        task |= {"entity_id": command.lead_id, "entity_type": "leads"}
        of_client = None if performer else await owner_of_lead(client, command.lead_id)
    elif card is None:
        if command.client not in task["text"]:
            task["text"] = f"{task['text']} {command.client}"
    else:
        of_client = card.responsible_id
        lead = await open_lead(client, card)
        task["entity_id"] = lead or card.id
        task["entity_type"] = "leads" if lead else card.kind.value
    performer = (
        performer
        or config.owner(extension=None, rang=command.rang, of_client=of_client)
        or as_int(command.default_performer)
    )
    return task if performer is None else task | {"responsible_user_id": performer}
