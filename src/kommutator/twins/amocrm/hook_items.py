"""One changed entity as a webhook tells of it: legacy names, never those of API v4 (§1.6).

Every function takes the entity as API v4 shows it and returns the item that stands under
`leads[add][0]` and the like; `None` values fall out when the form is encoded.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from kommutator.twins.amocrm.hook_fields import legacy_fields, legacy_tags

Json = dict[str, Any]

# What kinds of entities are called in legacy `element_type`.
ELEMENT_TYPES = {"contacts": 1, "leads": 2, "companies": 3, "customers": 12}
# Legacy numbers of notes (`note_type` in webhooks).
NOTE_TYPES = {"common": 4, "attachment": 5, "call_in": 10, "call_out": 11, "geolocation": 26}
NOTE_TYPE_OTHER = 25
PERSON_TYPES = {"contacts": "contact", "companies": "company"}


def lead(entity: Json, before: Json | None = None, *, bare: bool = False) -> Json:
    """A lead; `before` adds the former stage and the former owner where they differ."""
    item: Json = {"id": entity["id"], "name": entity.get("name")}
    item["status_id"] = entity.get("status_id")
    if before is not None and _moved(entity, before):
        item["old_status_id"] = before.get("status_id")
        item["old_pipeline_id"] = before.get("pipeline_id")
    item["price"] = entity.get("price")
    item["responsible_user_id"] = entity.get("responsible_user_id")
    if before is not None and _reassigned(entity, before):
        item["old_responsible_user_id"] = before.get("responsible_user_id")
    item |= _trace(entity)
    item["pipeline_id"] = entity.get("pipeline_id")
    item["account_id"] = entity.get("account_id")
    item["custom_fields"] = legacy_fields(entity.get("custom_fields_values"), bare=bare)
    item["tags"] = legacy_tags(entity.get("_embedded", {}).get("tags"))
    return item | _times(entity)


def person(
    entity: Json,
    kind: str,
    *,
    leads: Sequence[int] = (),
    company: Json | None = None,
    old_owner: int | None = None,
) -> Json:
    """A contact or a company (`kind`: contacts, companies), with its leads keyed by their ids."""
    item: Json = {"id": entity["id"], "name": entity.get("name")}
    item["responsible_user_id"] = entity.get("responsible_user_id")
    item["old_responsible_user_id"] = old_owner
    item |= _trace(entity)
    if company is not None:
        item |= {"company_name": company.get("name"), "linked_company_id": company["id"]}
    item["account_id"] = entity.get("account_id")
    item["custom_fields"] = legacy_fields(entity.get("custom_fields_values"))
    item["tags"] = legacy_tags(entity.get("_embedded", {}).get("tags"))
    item["linked_leads_id"] = {str(number): {"ID": number} for number in leads} or None
    return item | _times(entity) | {"type": PERSON_TYPES[kind]}


def deleted(entity: Json, kind: str) -> Json:
    """What is left of an entity: ids only."""
    item: Json = {"id": entity["id"]}
    if kind == "leads":
        return item | {
            "status_id": entity.get("status_id"),
            "pipeline_id": entity.get("pipeline_id"),
        }
    return item | ({"type": PERSON_TYPES[kind]} if kind in PERSON_TYPES else {})


def note(entity: Json, kind: str, zone: ZoneInfo) -> Json:
    """A note of any kind; what is not plain text travels as JSON inside `text`."""
    params = entity.get("params") or {}
    known = NOTE_TYPES.get(str(entity.get("note_type")), NOTE_TYPE_OTHER)
    told: Json = {"id": entity["id"], "note_type": known, "element_id": entity.get("entity_id")}
    told["element_type"] = ELEMENT_TYPES.get(kind)
    told["text"] = params.get("text") if "text" in params else _compact(params)
    told["attachement"] = params.get("file_name") or ""
    told["metadata"] = _compact({"note_type": entity.get("note_type"), "params": params})
    told["responsible_user_id"] = entity.get("responsible_user_id")
    told |= _local_trace(entity, zone)
    return {"note": told} | ({"type": PERSON_TYPES[kind]} if kind in PERSON_TYPES else {})


def task(entity: Json, zone: ZoneInfo, before: Json | None = None) -> Json:
    """A task: local-time strings beside unix seconds; closing adds `action_close` and `result`."""
    done = bool(entity.get("is_completed"))
    closing = done and before is not None and not before.get("is_completed")
    till = int(entity.get("complete_till") or 0)
    item: Json = {"id": entity["id"], "element_id": entity.get("entity_id") or 0}
    item["element_type"] = ELEMENT_TYPES.get(str(entity.get("entity_type")), 0)
    item["task_type"] = entity.get("task_type_id")
    item["text"] = entity.get("text")
    item["status"] = "1" if done else "0"
    item["responsible_user_id"] = entity.get("responsible_user_id")
    if before is not None and _reassigned(entity, before):
        item["old_responsible_user_id"] = before.get("responsible_user_id")
    item["complete_till"] = local(till, zone)
    item["complete_before"] = till
    item |= _local_trace(entity, zone)
    if closing:
        result = entity.get("result")
        text = result.get("text") if isinstance(result, dict) else ""
        item |= {"action_close": "1", "result": {"id": entity["id"], "text": text or ""}}
    return item | _times(entity)


def unsorted_added(entity: Json) -> Json:
    """An unsorted lead that came in."""
    parts = entity.get("_embedded", {})
    made = entity.get("created_at")
    robot = {"date_create": made, "created_user_id": 0, "modified_user_id": 0, "main_user_id": 0}
    data = {
        kind: [robot | {"id": one.get("id"), "name": one.get("name")} for one in parts[kind]]
        for kind in ("leads", "contacts", "companies")
        if parts.get(kind)
    }
    return _unsorted(entity) | {
        "account_id": entity.get("account_id"),
        "source": entity.get("source_name"),
        "pipeline_id": entity.get("pipeline_id"),
        "source_data": entity.get("metadata") or {},
        "data": data,
    }


def unsorted_gone(entity: Json, action: str) -> Json:
    """An unsorted lead taken or refused: both travel as `delete` (`action`: accept, decline)."""
    parts = entity.get("_embedded", {})
    result = {
        kind: [one["id"] for one in parts[kind]]
        for kind in ("leads", "contacts", "companies")
        if parts.get(kind)
    }
    told = {"action": action} | _unsorted(entity) | {"created_at": entity.get("created_at")}
    return told | {f"{action}_result": result}


def short(entity: Json, before: Json | None) -> Json:
    """The digital pipeline's hook of a stage: five numbers."""
    old = before or entity
    return {
        "id": entity["id"],
        "status_id": entity.get("status_id"),
        "pipeline_id": entity.get("pipeline_id"),
        "old_status_id": old.get("status_id"),
        "old_pipeline_id": old.get("pipeline_id"),
    }


def local(second: int, zone: ZoneInfo) -> str:
    """Unix seconds as the account's wall time."""
    return datetime.fromtimestamp(second, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def _unsorted(entity: Json) -> Json:
    return {"uid": entity["uid"], "category": entity.get("category")}


def _moved(entity: Json, before: Json) -> bool:
    return any(entity.get(key) != before.get(key) for key in ("status_id", "pipeline_id"))


def _reassigned(entity: Json, before: Json) -> bool:
    return entity.get("responsible_user_id") != before.get("responsible_user_id")


def _trace(entity: Json) -> Json:
    return {
        "last_modified": entity.get("updated_at"),
        "modified_user_id": entity.get("updated_by"),
        "created_user_id": entity.get("created_by"),
        "date_create": entity.get("created_at"),
    }


def _local_trace(entity: Json, zone: ZoneInfo) -> Json:
    return {
        "account_id": entity.get("account_id"),
        "created_user_id": entity.get("created_by"),
        "modified_user_id": entity.get("updated_by"),
        "date_create": local(int(entity.get("created_at") or 0), zone),
        "last_modified": local(int(entity.get("updated_at") or 0), zone),
    }


def _times(entity: Json) -> Json:
    return {"created_at": entity.get("created_at"), "updated_at": entity.get("updated_at")}


def _compact(what: Json) -> str:
    return json.dumps(what, ensure_ascii=False, separators=(",", ":"))
