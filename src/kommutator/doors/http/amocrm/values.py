"""Values of custom fields by their kind: numbers as numbers, moments as ISO, choices as words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field

from kommutator.domain.crm_data import FieldType

_NUMBERS = (FieldType.NUMERIC, FieldType.MONETARY, FieldType.PRICE)
_DAYS = (FieldType.DATE, FieldType.BIRTHDAY)


class FieldValue(BaseModel):
    """One value. `enum_code` is that of phones and e-mails: WORK, MOB and others."""

    value: Any
    enum_id: int | None = None
    enum_code: str | None = None


class CustomField(BaseModel):
    field_id: int | None
    code: str | None
    name: str | None
    type: str | None = Field(description="In amoCRM's words.")
    values: list[FieldValue]


def custom_fields(raw: Sequence[Mapping[str, Any]]) -> list[CustomField]:
    return [
        CustomField(
            field_id=_number(field.get("field_id")),
            code=_text(field.get("field_code")),
            name=_text(field.get("field_name")),
            type=(kind := _text(field.get("field_type"))),
            values=[
                FieldValue(
                    value=typed(kind, value.get("value")),
                    enum_id=_number(value.get("enum_id")),
                    enum_code=_text(value.get("enum_code")),
                )
                for value in field.get("values") or ()
                if isinstance(value, dict)
            ],
        )
        for field in raw
    ]


def typed(kind: str | None, value: Any) -> Any:
    """As the field's kind wants it; what does not fit stays as the vendor has it."""
    if value is None or isinstance(value, bool):
        return value
    with suppress(ValueError, TypeError, OverflowError, OSError):
        if kind in _NUMBERS:
            number = float(value)
            return int(number) if number.is_integer() else number
        if kind in _DAYS:
            return datetime.fromtimestamp(int(value), UTC).date().isoformat()
        if kind == FieldType.DATE_TIME:
            return datetime.fromtimestamp(int(value), UTC).isoformat()
        if kind == FieldType.CHECKBOX:
            return str(value).lower() in ("1", "true", "y")
    return value


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
