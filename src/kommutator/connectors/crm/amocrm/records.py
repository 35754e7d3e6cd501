"""Users, events, tasks, notes, hooks and the account, read as tolerantly as cards are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kommutator.connectors.crm.amocrm.schemas import (
    EPOCH,
    as_int,
    as_time,
    kind_of,
    without_links,
)
from kommutator.domain.crm_data import CrmNote, CrmTask, CrmUser, EntityKind, Hook, VendorEvent
from kommutator.domain.oauth import AccountFacts
from kommutator.kit.plain_json import as_map, as_text, maps_in, texts_in


def read_user(item: Mapping[str, Any]) -> CrmUser | None:
    user_id = as_int(item.get("id"))
    if user_id is None:
        return None
    rights = as_map(item.get("rights"))
    return CrmUser(
        id=user_id,
        name=as_text(item.get("name")) or str(user_id),
        email=as_text(item.get("email")),
        active=rights.get("is_active") is not False,
        admin=rights.get("is_admin") is True,
        group_id=as_int(rights.get("group_id")),
        phone=as_text(item.get("phone_number")),
    )


def read_event(item: Mapping[str, Any]) -> VendorEvent | None:
    event_id, entity_id = as_text(item.get("id")), as_int(item.get("entity_id"))
    if event_id is None or entity_id is None:
        return None
    entity_type = as_text(item.get("entity_type")) or ""
    return VendorEvent(
        id=event_id,
        type=as_text(item.get("type")) or "",
        entity_id=entity_id,
        entity_type=entity_type,
        kind=kind_of(entity_type),
        created_at=as_time(item.get("created_at")) or EPOCH,
        created_by=as_int(item.get("created_by")),
        before=list(maps_in(item.get("value_before"))),
        after=list(maps_in(item.get("value_after"))),
    )


def read_task(item: Mapping[str, Any]) -> CrmTask | None:
    task_id = as_int(item.get("id"))
    if task_id is None:
        return None
    return CrmTask(
        id=task_id,
        text=as_text(item.get("text")) or "",
        due_at=as_time(item.get("complete_till")) or EPOCH,
        updated_at=as_time(item.get("updated_at")) or EPOCH,
        completed=item.get("is_completed") is True,
        type_id=as_int(item.get("task_type_id")),
        responsible_id=as_int(item.get("responsible_user_id")) or None,
        kind=kind_of(item.get("entity_type")),
        entity_id=as_int(item.get("entity_id")) or None,
        result=as_text(as_map(item.get("result")).get("text")),
        raw=without_links(item),
    )


def read_note(kind: EntityKind, item: Mapping[str, Any]) -> CrmNote | None:
    note_id, entity_id = as_int(item.get("id")), as_int(item.get("entity_id"))
    if note_id is None or entity_id is None:
        return None
    return CrmNote(
        id=note_id,
        kind=kind,
        entity_id=entity_id,
        type=as_text(item.get("note_type")) or "",
        created_at=as_time(item.get("created_at")) or EPOCH,
        params=as_map(item.get("params")),
        created_by=as_int(item.get("created_by")),
        responsible_id=as_int(item.get("responsible_user_id")) or None,
        raw=without_links(item),
    )


def read_hook(item: Mapping[str, Any]) -> Hook | None:
    hook_id, destination = as_int(item.get("id")), as_text(item.get("destination"))
    if hook_id is None or destination is None:
        return None
    return Hook(hook_id, destination, texts_in(item.get("settings")), item.get("disabled") is True)


def read_account(body: Mapping[str, Any]) -> AccountFacts | None:
    """`details`: what the desk and the hooks want to know besides; names in the vendor's words."""
    account_id = as_int(body.get("id"))
    if account_id is None:
        return None
    named = ("country", "currency", "is_unsorted_on", "customers_mode", "drive_url", "version",
             "is_api_filter_enabled", "is_technical_account")  # fmt: skip
    details: dict[str, object] = {key: body[key] for key in named if body.get(key) is not None}
    embedded = as_map(body.get("_embedded"))
    times = as_map(embedded.get("datetime_settings") or body.get("datetime_settings"))
    if zone := as_text(times.get("timezone")):
        details["time_zone"] = zone
    return AccountFacts(
        id=str(account_id),
        name=as_text(body.get("name")) or str(account_id),
        subdomain=as_text(body.get("subdomain")) or "",
        user_id=as_text(body.get("current_user_id")),
        details=details,
    )
