"""Custom fields and tags as webhooks write them: legacy names and four shapes of a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]

DATES = frozenset({"date", "date_time", "birthday"})


def legacy_fields(values: Sequence[Json] | None, *, bare: bool = False) -> list[Json] | None:
    """`custom_fields_values` of API v4 in the shape of webhooks; None when there are none.

    Dates are a bare list, a radio button is one object, everything else a list of
    `{value, enum}`. With `bare` every single value is bare, as in the papers' oldest example.
    """
    if not values:
        return None
    return [_field(value, bare=bare) for value in values]


def _field(field: Json, *, bare: bool) -> Json:
    kind = str(field.get("field_type") or "text")
    values = [v for v in field.get("values") or [] if isinstance(v, dict)]
    shaped: Any
    if kind == "radiobutton" and values:
        shaped = _value(values[0])
    elif kind in DATES or (bare and kind != "multitext"):
        shaped = [value.get("value") for value in values]
    else:
        shaped = [_value(value) for value in values]
    item = {"id": field.get("field_id"), "name": field.get("field_name"), "values": shaped}
    return item | ({"code": field["field_code"]} if field.get("field_code") else {})


def _value(value: Json) -> Json:
    return {"value": value.get("value"), "enum": value.get("enum_id")}


def legacy_tags(tags: Sequence[Json] | None) -> list[Json] | None:
    """Tags with id and name; None when there are none."""
    return [{"id": tag.get("id"), "name": tag.get("name")} for tag in tags or []] or None
