"""JSON from strangers: whatever cannot be read is one error, however it was broken.

The readers below take what vendors who speak PHP send: an empty map arrives as `[]`, a list with
holes as an object, ids as numbers or strings, and fields without a value are often missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec


def read_json(raw: bytes | str) -> Any:
    """The value that the text means.

    Raises:
        ValueError: no JSON, no UTF-8, or nested deeper than the parser goes.
    """
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError("not readable as JSON") from error


def as_map(value: object) -> dict[str, Any]:
    """An object; `[]`, null and anything else are an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """A list; of an object (a PHP list with holes) its values."""
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def as_text(value: object) -> str | None:
    """A non-empty string; numbers are written out."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str | int | float):
        return str(value).strip() or None
    return None


def maps_in(value: object) -> Iterator[dict[str, Any]]:
    return (item for item in as_list(value) if isinstance(item, dict))


def texts_in(value: object) -> tuple[str, ...]:
    return tuple(text for item in as_list(value) if (text := as_text(item)) is not None)
