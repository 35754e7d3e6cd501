"""Checks of what a client sends, gathering the vendor's validation errors (contract §1.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kommutator.twins.amocrm.replies import FIELD_MISSING, NOT_A_CHOICE, NOT_NULLABLE, invalid_type

Json = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A type the vendor names in `InvalidType`, and whether null is fine."""

    name: str
    nullable: bool = False


INT, OPTIONAL_INT = Kind("int"), Kind("int", nullable=True)
TEXT, OPTIONAL_TEXT = Kind("string"), Kind("string", nullable=True)
LIST, OPTIONAL_LIST = Kind("array"), Kind("array", nullable=True)
BOOL, MAP = Kind("bool"), Kind("object")
_TYPES: dict[str, type | tuple[type, ...]] = {
    "int": int,
    "string": str,
    "array": list,
    "bool": bool,
    "object": dict,
}


@dataclass
class Errors:
    """What is wrong with one item of a request."""

    found: list[Json] = field(default_factory=list)

    def add(self, error: tuple[str, str], path: str) -> None:
        """Note one error: its code and words, and where."""
        code, detail = error
        self.found.append({"code": code, "path": path, "detail": detail})

    def __bool__(self) -> bool:
        return bool(self.found)


def typed(errors: Errors, item: Mapping[str, Any], kinds: Mapping[str, Kind]) -> Json:
    """The known keys of `item` with right values; unknown keys are ignored, as the vendor does."""
    clean: Json = {}
    for name, kind in kinds.items():
        if name not in item:
            continue
        value = item[name]
        if value is None and not kind.nullable:
            errors.add(NOT_NULLABLE, name)
        elif value is not None and not is_a(kind, value):
            errors.add(invalid_type(kind.name), name)
        else:
            clean[name] = value
    return clean


def is_a(kind: Kind, value: Any) -> bool:
    """Whether a value has the type; true is no number, unlike in Python."""
    if isinstance(value, bool) and kind.name != "bool":
        return False
    return isinstance(value, _TYPES[kind.name])


def required(errors: Errors, item: Mapping[str, Any], *names: str) -> None:
    """These keys must be there."""
    for name in names:
        if name not in item:
            errors.add(FIELD_MISSING, name)


def known_user(errors: Errors, clean: Mapping[str, Any], users: Mapping[int, Any]) -> None:
    """`responsible_user_id` must be a user; 0, a robot, may only create and update."""
    if "responsible_user_id" in clean and clean["responsible_user_id"] not in users:
        errors.add(NOT_A_CHOICE, "responsible_user_id")
    for name in ("created_by", "updated_by"):
        if clean.get(name) and clean[name] not in users:
            errors.add(NOT_A_CHOICE, name)
