"""Items of a bulk from a file: JSON as amoCRM takes it, or a table out of a spreadsheet. Pure.

The table's first row names the columns: `id`, `name`, `price`, other plain fields,
`tags_to_add` (by commas), and `field:PHONE` or `field:123` for a custom field. An empty cell
leaves the field as it is.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from kommutator.kit.errors import InvalidInput
from kommutator.kit.uploaded import uploaded_text

_NUMBERS = frozenset({
    "id", "price", "status_id", "pipeline_id", "responsible_user_id", "loss_reason_id",
    "created_at", "closed_at",
})  # fmt: skip
_TEXTS = frozenset({"name", "first_name", "last_name"})
_TAGS = frozenset({"tags_to_add", "tags_to_delete"})
_FIELD = "field:"
_ENUMS = {"PHONE": "WORK", "EMAIL": "WORK"}
_LONGEST_NUMBER = 18


def read_sheet(raw: bytes) -> list[dict[str, Any]]:
    """Rows as items, in order; what they are worth is judged by `domain.bulk.read_items`.

    Raises:
        InvalidInput: `bulk_sheet_unreadable`; `bulk_sheet_column`, `bulk_sheet_column_twice` with
            its name; `bulk_sheet_row` with more cells than columns; `bulk_sheet_number` with column
            and row.
    """
    try:
        text = uploaded_text(raw)
    except UnicodeDecodeError as error:
        raise InvalidInput("bulk_sheet_unreadable") from error
    if text.lstrip()[:1] in ("[", "{"):
        return _read_json(text)
    return _read_table(text)


def _read_json(text: str) -> list[dict[str, Any]]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("bulk_sheet_unreadable") from error
    items = given.get("items") if isinstance(given, dict) else given
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise InvalidInput("bulk_sheet_unreadable")
    return items


def _read_table(text: str) -> list[dict[str, Any]]:
    head = text.partition("\n")[0]
    separator = max(";,\t", key=head.count)
    try:
        # strict: a quote that never closes would swallow all rows after it
        table = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
        rows = [row for row in table if any(row)]
    except csv.Error as error:
        raise InvalidInput("bulk_sheet_unreadable") from error
    if not rows:
        return []
    columns = [name.strip() for name in rows[0]]
    for name in columns:
        if name not in _NUMBERS | _TEXTS | _TAGS and not _is_field(name):
            raise InvalidInput("bulk_sheet_column", column=name[:60])
        if columns.count(name) > 1:
            raise InvalidInput("bulk_sheet_column_twice", column=name[:60])
    return [_item(columns, row, number) for number, row in enumerate(rows[1:], start=2)]


def _is_field(name: str) -> bool:
    return name.startswith(_FIELD) and name.removeprefix(_FIELD).isalnum()


def _item(columns: Sequence[str], row: Sequence[str], number: int) -> dict[str, Any]:
    item: dict[str, Any] = {}
    fields: list[Mapping[str, Any]] = []
    if any(cell.strip() for cell in row[len(columns) :]):
        raise InvalidInput("bulk_sheet_row", row=number)
    for name, cell in zip(columns, row, strict=False):
        value = cell.strip().removeprefix("'")  # what keeps spreadsheets from counting
        if not value:
            continue
        if name in _NUMBERS:
            item[name] = _number(value, name, number)
        elif name in _TAGS:
            item[name] = [{"name": tag.strip()} for tag in value.split(",") if tag.strip()]
        elif name in _TEXTS:
            item[name] = value
        else:
            fields.append(_field(name.removeprefix(_FIELD), value))
    if fields:
        item["custom_fields_values"] = fields
    return item


def _number(value: str, column: str, row: int) -> int:
    bare = value.replace(" ", "").replace("\u00a0", "")
    if not (bare.isascii() and bare.isdigit() and len(bare) <= _LONGEST_NUMBER):
        raise InvalidInput("bulk_sheet_number", column=column, row=row)
    return int(bare)


def _field(name: str, value: str) -> Mapping[str, Any]:
    if name.isdigit():
        return {"field_id": int(name), "values": [{"value": value}]}
    enum = _ENUMS.get(name)
    known = {"value": value} if enum is None else {"value": value, "enum_code": enum}
    return {"field_code": name, "values": [known]}
