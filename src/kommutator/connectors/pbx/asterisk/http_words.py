"""Single values of HTTP event payloads, in the spellings that PBX scripts use."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from kommutator.domain.commands import CallResult, Direction
from kommutator.kit.errors import InvalidInput

_DIRECTIONS = {
    "in": Direction.IN, "incoming": Direction.IN, "inbound": Direction.IN, "0": Direction.IN,
    "out": Direction.OUT, "outgoing": Direction.OUT, "outbound": Direction.OUT,
    "1": Direction.OUT,
    "internal": Direction.INTERNAL, "2": Direction.INTERNAL,
}  # fmt: skip
_RESULTS = {
    "answered": CallResult.ANSWERED, "answer": CallResult.ANSWERED, "2": CallResult.ANSWERED,
    "success": CallResult.ANSWERED,
    "noanswer": CallResult.NO_ANSWER, "noanswered": CallResult.NO_ANSWER,
    "missed": CallResult.NO_ANSWER, "0": CallResult.NO_ANSWER,
    "busy": CallResult.BUSY,
    "cancel": CallResult.CANCELLED, "cancelled": CallResult.CANCELLED,
    "canceled": CallResult.CANCELLED,
    "failed": CallResult.FAILED, "congestion": CallResult.FAILED,
    "chanunavail": CallResult.FAILED,
    "notallowed": CallResult.NOT_ALLOWED,
}  # fmt: skip
_EXTENSION = re.compile(r"[0-9]{2,6}")
_NOT_LETTERS = re.compile(r"[^a-z0-9]")
_LONGEST_CALL_S = 7 * 24 * 3600
_YEARS = range(1970, 2200)


def read_direction(value: Any) -> Direction | None:
    """Raises InvalidInput: `payload_direction_invalid`."""
    if value is None:
        return None
    direction = _DIRECTIONS.get(str(value).strip().lower())
    if direction is None:
        raise InvalidInput("payload_direction_invalid")
    return direction


def read_result(value: Any) -> CallResult | None:
    """None for words we do not know: whether they talked is then told by the other messages."""
    if value is None:
        return None
    return _RESULTS.get(_NOT_LETTERS.sub("", str(value).lower()))


def extensions_in(value: Any) -> tuple[str, ...]:
    """Internal numbers from a list, or from text with commas; mobiles and trunks are left out."""
    parts = value if isinstance(value, list | tuple) else re.split(r"[,;\s]+", str(value or ""))
    found = [str(part).strip() for part in parts]
    return tuple(dict.fromkeys(part for part in found if _EXTENSION.fullmatch(part)))


def read_seconds(value: Any) -> int | None:
    """Whole seconds, or None for what is no duration."""
    if value is None:
        return None
    try:
        seconds = float(str(value))
    except ValueError:
        return None
    return round(seconds) if 0 <= seconds <= _LONGEST_CALL_S else None


def read_moment(value: Any, field: str) -> datetime | None:
    """ISO 8601, "2025-01-09 19:20:00" or epoch seconds; without a zone if none is told.

    Raises:
        InvalidInput: `payload_<field>_invalid`.
    """
    if value is None:
        return None
    text = str(value).strip()
    try:
        if re.fullmatch(r"[0-9]{9,10}(\.[0-9]+)?", text):
            return datetime.fromtimestamp(float(text), UTC)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise InvalidInput(f"payload_{field}_invalid") from None
    # At the calendar's ends the step to UTC leaves it; a PBX says 1970 when it has no clock.
    if moment.year not in _YEARS:
        raise InvalidInput(f"payload_{field}_invalid")
    return moment
