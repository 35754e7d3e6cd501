"""Values of custom fields: what a client may send, and how they are kept (contract §1.4)."""

from __future__ import annotations

from typing import Any

from kommutator.twins.amocrm.account import Account
from kommutator.twins.amocrm.checks import Errors
from kommutator.twins.amocrm.replies import FIELD_MISSING, NOT_A_CHOICE, invalid_type

Json = dict[str, Any]

CHOICES = frozenset({"select", "multiselect", "radiobutton"})
DATES = frozenset({"date", "date_time", "birthday"})
WORDS = frozenset({"text", "textarea", "url", "streetaddress", "multitext"})
PATH = "custom_fields_values"


def take_values(account: Account, entity: str, sent: Any, errors: Errors) -> dict[int, Json | None]:
    """By field id: the field as it is kept, or None where the values are cleared."""
    if sent is None:
        return {}
    if not isinstance(sent, list):
        errors.add(invalid_type("array"), PATH)
        return {}
    taken: dict[int, Json | None] = {}
    for place, item in enumerate(sent):
        path = f"{PATH}.{place}"
        field = _field_of(account, entity, item, path, errors)
        if field is None:
            continue
        values = item.get("values")
        if values is not None and not isinstance(values, list):
            errors.add(invalid_type("array"), f"{path}.values")
        elif not values:
            taken[field["id"]] = None
        else:
            taken[field["id"]] = _kept(field, values, f"{path}.values", errors)
    return taken


def merged(old: list[Json] | None, new: dict[int, Json | None]) -> list[Json] | None:
    """The card's values after an update: fields not named keep theirs; null when none is left."""
    by_id: dict[int, Json | None] = {int(field["field_id"]): field for field in old or ()}
    by_id.update(new)
    return [field for field in by_id.values() if field is not None] or None


def _field_of(account: Account, entity: str, item: Any, path: str, errors: Errors) -> Json | None:
    if not isinstance(item, dict):
        errors.add(invalid_type("object"), path)
        return None
    fields = account.fields[entity]
    if item.get("field_id") is not None:
        field, name = fields.get(item["field_id"]), "field_id"
    elif item.get("field_code") is not None:
        code, name = str(item["field_code"]).upper(), "field_code"
        field = next((row for row in fields.values() if row["code"] == code), None)
    else:
        errors.add(FIELD_MISSING, f"{path}.field_id")
        return None
    if field is None:
        errors.add(NOT_A_CHOICE, f"{path}.{name}")
    return field


def _kept(field: Json, values: list[Any], path: str, errors: Errors) -> Json:
    kept = []
    for place, value in enumerate(values):
        if not isinstance(value, dict):
            errors.add(invalid_type("object"), f"{path}.{place}")
            continue
        one = _value(field, value, f"{path}.{place}", errors)
        if one is not None:
            kept.append(one)
    return {
        "field_id": field["id"],
        "field_name": field["name"],
        "field_code": field["code"],
        "field_type": field["type"],
        "values": kept,
    }


def _value(field: Json, value: Json, path: str, errors: Errors) -> Json | None:
    kind = field["type"]
    if kind in CHOICES:
        enum = _enum(field, value, path, errors)
        return enum and {"value": enum["value"], "enum_id": enum["id"], "enum_code": None}
    plain = value.get("value")
    if plain is None:
        errors.add(FIELD_MISSING, f"{path}.value")
        return None
    expected = _expected(kind, plain)
    if expected is not None:
        errors.add(invalid_type(expected), f"{path}.value")
        return None
    if kind == "multitext":
        enum = _enum(field, {**value, "value": None}, path, errors)
        return enum and {"value": plain, "enum_id": enum["id"], "enum_code": enum["value"]}
    return {"value": str(plain) if kind == "numeric" else plain}


def _expected(kind: str, value: Any) -> str | None:
    """The type's name when the value has another."""
    if kind in WORDS and not isinstance(value, str):
        return "string"
    if kind == "checkbox" and not isinstance(value, bool):
        return "bool"
    if kind in DATES and (isinstance(value, bool) or not isinstance(value, int)):
        return "int"
    if kind == "numeric" and (isinstance(value, bool) or not isinstance(value, int | float | str)):
        return "numeric"
    return None


def _enum(field: Json, value: Json, path: str, errors: Errors) -> Json | None:
    """The choice meant by id, code or word; a phone without one is a work phone."""
    enums: list[Json] = field["enums"] or []
    for key, own in (("enum_id", "id"), ("enum_code", "value"), ("enum", "value"),
                     ("value", "value")):  # fmt: skip
        wanted = value.get(key)
        if wanted is None:
            continue
        found = next((enum for enum in enums if enum[own] == wanted), None)
        if found is None:
            errors.add(NOT_A_CHOICE, f"{path}.{key}")
        return found
    if field["type"] == "multitext" and enums:
        return enums[0]
    errors.add(FIELD_MISSING, f"{path}.enum_id")
    return None
