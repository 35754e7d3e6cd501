"""What an answer of YClients holds, in whichever of its two shapes it came.

v2: `{"success": true, "data": …, "meta": …}`; of old partners the bare body. An empty `meta` is
`[]` or `{}`; a refusal may be nothing but `{"meta": {"message": …}}` (contract §1.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kommutator.kit.plain_json import as_list, as_map, as_text, read_json

_FIRST_CODE, _LAST_CODE = 431, 438


@dataclass(frozen=True, slots=True)
class Envelope:
    """`success` is None where the body does not say; `data` is the whole of a bare body."""

    success: bool | None
    data: Any = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None


def open_envelope(raw: bytes) -> Envelope | None:
    """None if it is not JSON, or neither an object nor a list. Nothing at all is an empty one."""
    if not raw.strip():
        return Envelope(None)
    try:
        body = read_json(raw)
    except ValueError:
        return None
    if not isinstance(body, dict | list):
        return None
    if isinstance(body, dict) and ("success" in body or _is_bare_meta(body)):
        said = body.get("success")
        success = said if isinstance(said, bool) else None
        return Envelope(success, body.get("data"), as_map(body.get("meta")), body)
    return Envelope(None, body, {}, body)


def _is_bare_meta(body: Mapping[str, Any]) -> bool:
    return "meta" in body and set(body) <= {"data", "meta"}


def sentence(envelope: Envelope) -> str:
    """The vendor's words: its message, then field by field what is wrong."""
    body = as_map(envelope.body)
    message = as_text(envelope.meta.get("message")) or as_text(body.get("message"))
    faults = as_map(envelope.meta.get("errors")) or as_map(body.get("errors"))
    named = [f"{name}: {text}" for name, value in faults.items() if (text := _fault(value))]
    return "; ".join(part for part in (message, *named) if part)


def _fault(value: object) -> str | None:
    if isinstance(value, list | dict):
        return "; ".join(filter(None, (_fault(item) for item in as_list(value)))) or None
    return as_text(value)


def booking_code(envelope: Envelope, status: int) -> tuple[int | None, int | None]:
    """431 to 438 and the appointment it is about, wherever they are (their place is not told)."""
    body = as_map(envelope.body)
    errors = (as_map(envelope.meta.get("errors")), as_map(body.get("errors")))
    places = (envelope.meta, *errors, *_first_maps(errors), body)
    for place in places:
        code = _code(place.get("code"))
        if code is not None:
            return code, _number(place.get("id")) or _number(place.get("appointment_id"))
    return _code(status), None


def _first_maps(errors: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
    """Of `errors: [{"code": 433, "id": 1}]` and the like, where the list became a map."""
    return [as_map(item) for found in errors for item in found.values()]


def _code(value: object) -> int | None:
    number = _number(value)
    return number if number is not None and _FIRST_CODE <= number <= _LAST_CODE else None


def _number(value: object) -> int | None:
    text = as_text(value)
    return int(text) if text and text.isdecimal() and len(text) < 12 else None  # noqa: PLR2004  an id
