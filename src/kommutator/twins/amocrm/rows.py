"""New rows with every key the API shows, in its order (contract §1.4, samples)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kommutator.twins.amocrm.account import Account

Json = dict[str, Any]

# entity in a path -> entity in events, tasks and hooks
SINGULAR = {"leads": "lead", "contacts": "contact", "companies": "company", "tasks": "task"}


def new_card(account: Account, kind: str, fields: Mapping[str, Any], *, by: int, at: int) -> Json:
    """A lead, contact or company of `fields`, entered into the account and its phone index."""
    make = {"leads": _lead, "contacts": _contact, "companies": _company}[kind]
    responsible = int(fields.get("responsible_user_id") or by or account.admin_id())
    row = make(account, fields, responsible)
    row |= {
        "created_by": by,
        "updated_by": by,
        "created_at": at,
        "updated_at": at,
        "closest_task_at": None,
        "is_deleted": False,
        "custom_fields_values": None,
        "account_id": account.id,
        "tags": [],
    }
    row |= {key: value for key, value in fields.items() if key in row}
    account.cards[kind][row["id"]] = row
    account.phones.put(kind, row)
    return row


def _lead(account: Account, fields: Mapping[str, Any], responsible: int) -> Json:
    pipeline = int(fields.get("pipeline_id") or main_pipeline(account))
    number = account.next_id()
    return {
        "id": number,
        "name": fields.get("name") or f"Сделка #{number}",
        "price": 0,
        "responsible_user_id": responsible,
        "group_id": account.group_of(responsible),
        "status_id": first_status(account, pipeline),
        "pipeline_id": pipeline,
        "loss_reason_id": None,
        "source_id": None,
        "closed_at": None,
        "score": None,
        "labor_cost": None,
        "is_price_modified_by_robot": False,
    }


def _contact(account: Account, fields: Mapping[str, Any], responsible: int) -> Json:
    first, last = str(fields.get("first_name") or ""), str(fields.get("last_name") or "")
    return {
        "id": account.next_id(),
        "name": fields.get("name") or f"{first} {last}".strip(),
        "first_name": first,
        "last_name": last,
        "responsible_user_id": responsible,
        "group_id": account.group_of(responsible),
        "is_unsorted": False,
    }


def _company(account: Account, fields: Mapping[str, Any], responsible: int) -> Json:
    return {
        "id": account.next_id(),
        "name": fields.get("name") or "",
        "responsible_user_id": responsible,
        "group_id": account.group_of(responsible),
    }


def new_note(
    account: Account, entity: str, entity_id: int, fields: Mapping[str, Any], *, by: int, at: int
) -> Json:
    """A note on a card, entered into the account. Internally it keeps `entity_type`."""
    row: Json = {
        "id": account.next_id(),
        "entity_id": entity_id,
        "created_by": by,
        "updated_by": by,
        "created_at": at,
        "updated_at": at,
        "responsible_user_id": int(fields.get("responsible_user_id") or by),
        "group_id": 0,
        "note_type": fields["note_type"],
        "params": fields.get("params") or {},
        "account_id": account.id,
        "entity_type": entity,
    }
    account.notes[row["id"]] = row
    account.notes_of.setdefault((entity, entity_id), []).append(row["id"])
    return row


def new_task(account: Account, fields: Mapping[str, Any], *, by: int, at: int) -> Json:
    """A task, entered into the account. `result` is `[]` while there is none."""
    responsible = int(fields.get("responsible_user_id") or by or account.admin_id())
    row: Json = {
        "id": account.next_id(),
        "created_by": by,
        "updated_by": by,
        "created_at": at,
        "updated_at": at,
        "responsible_user_id": responsible,
        "group_id": account.group_of(responsible),
        "entity_id": fields.get("entity_id"),
        "entity_type": fields.get("entity_type"),
        "duration": int(fields.get("duration") or 0),
        "is_completed": bool(fields.get("is_completed")),
        "task_type_id": int(fields.get("task_type_id") or 1),
        "text": fields["text"],
        "result": fields.get("result") or [],
        "complete_till": fields["complete_till"],
        "account_id": account.id,
    }
    account.tasks[row["id"]] = row
    place_task(account, row)
    return row


def place_task(account: Account, task: Json) -> None:
    """Enter a task under its card, and bring the card's `closest_task_at` up to date."""
    side = (str(task["entity_type"]), int(task["entity_id"] or 0))
    mine = account.tasks_of.setdefault(side, set())
    mine.add(task["id"])
    card = account.live(*side)
    if card is None:
        return
    rows = (account.tasks.get(number) for number in mine)
    due = (row["complete_till"] for row in rows
           if row and row["entity_id"] == card["id"] and not row["is_completed"])  # fmt: skip
    card["closest_task_at"] = min(due, default=None)


def main_pipeline(account: Account) -> int:
    """The pipeline a lead goes to when none is named."""
    return next(number for number, row in account.pipelines.items() if row["is_main"])


def first_status(account: Account, pipeline: int) -> int:
    """The first stage people work in: after «Неразобранное»."""
    statuses = account.pipelines[pipeline]["statuses"].values()
    return int(min((s for s in statuses if s["type"] == 0), key=lambda s: int(s["sort"]))["id"])


def tag_of(account: Account, kind: str, wanted: Mapping[str, Any]) -> Json | None:
    """A tag by id or name; a new name makes a new tag, an unknown id is None."""
    if wanted.get("id") is not None:
        tags = (tag for (k, _), tag in account.tags.items() if k == kind)
        return next((tag for tag in tags if tag["id"] == wanted["id"]), None)
    name = str(wanted.get("name") or "")
    if not name:
        return None
    key = (kind, name.casefold())
    if key not in account.tags:
        account.tags[key] = {"id": account.next_id(), "name": name, "color": None}
    return account.tags[key]
