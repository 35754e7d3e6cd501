"""Whether something that may have been created is there: looked up by what we sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from kommutator.domain.bulk import BulkItem, ItemState, found_creations
from kommutator.domain.connection import Account
from kommutator.domain.crm_data import EntityKind
from kommutator.domain.crm_ports import CrmReader, EntityQuery, Item, TaskQuery

_NOTES_LOOKED_AT = 4  # pages
_CLOCKS_DIFFER_S = 300  # the vendor's clock dates tasks


async def find_card(
    reader: CrmReader, account: Account, kind: EntityKind, body: Mapping[str, Any]
) -> int | None:
    at = datetime.fromtimestamp(body["created_at"], UTC)
    query = EntityQuery(created_from=at, created_to=at)
    page = await reader.entities(account, kind, query)
    item = BulkItem(1, None, body, stamp=body["created_at"])
    raws = [entity.raw for entity in page.items]
    (result,) = found_creations([item], raws, frozenset())
    return result.entity_id if result.state is ItemState.DONE else None


async def find_task(reader: CrmReader, account: Account, item: Item, stamp: int) -> int | None:
    ids = (item["entity_id"],) if item.get("entity_id") else ()
    since = datetime.fromtimestamp(stamp - _CLOCKS_DIFFER_S, UTC)
    page = await reader.tasks(account, TaskQuery(entity_ids=ids, updated_from=since))
    for task in page.items:
        due = int(task.due_at.timestamp()) == item.get("complete_till")
        if due and task.text == item.get("text") and task.entity_id == item.get("entity_id"):
            return task.id
    return None


async def find_note(
    reader: CrmReader, account: Account, kind: EntityKind, body: Mapping[str, Any]
) -> int | None:
    for number in range(1, _NOTES_LOOKED_AT + 1):
        page = await reader.notes(account, kind, body["entity_id"], page=number)
        for note in page.items:
            same = note.type == body["note_type"] and note.params.items() >= body["params"].items()
            if same and int(note.created_at.timestamp()) == body["created_at"]:
                return note.id
        if not page.more:
            break
    return None
