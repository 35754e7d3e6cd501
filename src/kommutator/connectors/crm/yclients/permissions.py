"""What our user may do in a branch, of the vendor's tree of rights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kommutator.connectors.crm.yclients.values import as_flag
from kommutator.domain.salon.ports import Rights
from kommutator.kit.plain_json import as_map

NEEDED: Final[Mapping[str, tuple[str, str]]] = {
    "timetable": ("timetable", "timetable_access"),
    "record_form": ("record_form", "record_form_access"),
    "create_records": ("record_form", "create_records_access"),
    "edit_records": ("record_form", "edit_records_access"),
    "attendance": ("record_form", "edit_records_attendance_access"),
    "delete_records": ("record_form", "delete_records_access"),
    "clients": ("clients", "clients_access"),
    "services": ("settings", "settings_services_access"),
    "webhooks": ("settings", "webhook_read_access"),
}
"""Slug `salon_right.<slug>` → where it stands in the tree."""
WORTH_LESS: Final = frozenset({"delete_records", "webhooks", "phones"})
"""Without these a salon still works: visits are marked, changes looked for, numbers unknown."""
_PHONES: Final = (("clients", "client_phones_access"), ("timetable", "timetable_phones_access"))


def read_rights(tree: Mapping[str, Any]) -> Rights:
    """A right that the vendor does not speak of is taken as given: its refusal will tell."""
    phones = all(_given(tree, room, name) for room, name in _PHONES)
    missing = tuple(slug for slug, place in NEEDED.items() if not _given(tree, *place))
    return Rights(phones=phones, missing=missing if phones else (*missing, "phones"))


def _given(tree: Mapping[str, Any], room: str, name: str) -> bool:
    held = as_map(tree.get(room))
    return as_flag(held[name]) if name in held else True
