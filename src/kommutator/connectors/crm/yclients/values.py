"""One value at a time, whatever type the vendor gave it.

Contract §1.2: ids as text, prices as "1000.00", phones as numbers, moments with and without a
zone, 0 for nothing.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final

from kommutator.kit.phones import to_e164
from kommutator.kit.plain_json import as_text

VENDOR_ZONE: Final = timezone(timedelta(hours=3), "Moscow")
"""Of moments that belong to no salon and carry no zone (marketplace). UNDOCUMENTED."""
_LONGEST_ID = 18
_LAST_S = 4_102_444_800  # the year 2100
_WHOLE = re.compile(r"-?\d{1,18}")
_MONEY = re.compile(r"(-?\d{1,15})(?:[.,](\d{1,6}))?")
_HIDDEN = re.compile(r"[*xXхХ]")
_LAST_MOMENT = time(23, 59, 59)


def as_int(value: object) -> int | None:
    """A whole number, also as text or as 1.0; true and false are none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 10**_LONGEST_ID else None
    text = as_text(value)
    return int(text) if text is not None and _WHOLE.fullmatch(text) else None


def as_id(value: object) -> int | None:
    """Above zero: 0 is the vendor's word for nothing."""
    number = as_int(value)
    return number if number is not None and number > 0 else None


def as_flag(value: object) -> bool:
    """true, 1, "1", "true"."""
    return value is True or as_text(value) in ("1", "true", "1.0")


def as_money(value: object) -> int:
    """Whole units, kopecks cut off; 0 for what is none."""
    found = _MONEY.fullmatch(as_text(value) or "")
    return int(found[1]) if found else 0


def as_wall(value: object) -> datetime | None:
    """A moment as the salon's clock shows it: without its zone, which is not to be trusted."""
    at = as_moment(value)
    return None if at is None else at.replace(tzinfo=None)


def as_moment(value: object) -> datetime | None:
    """ISO 8601 with or without a zone, or "2019-01-16 16:00:00"; as it came."""
    text = as_text(value)
    if text is None or not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def as_utc(value: object) -> datetime | None:
    """A moment of the vendor's clock as UTC; unix seconds too."""
    seconds = as_int(value)
    if seconds is not None:
        return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < _LAST_S else None
    at = as_moment(value)
    if at is None or not 1970 < at.year < 9999:  # noqa: PLR2004  -0001-11-30 and its like
        return None
    return (at if at.tzinfo is not None else at.replace(tzinfo=VENDOR_ZONE)).astimezone(UTC)


def as_day(value: object) -> date | None:
    """Of "2016-01-31", or of "31.01.2016" as licences have it."""
    text = as_text(value) or ""
    if found := re.fullmatch(r"(\d{2})\.(\d{2})\.(\d{4})", text):
        text = f"{found[3]}-{found[2]}-{found[1]}"
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def as_hour(value: object) -> time | None:
    """A time of day, "9:30" or "09:30:00"; "24:00" is the last second."""
    text = as_text(value) or ""
    if text.startswith("24:00"):
        return _LAST_MOMENT
    found = re.fullmatch(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", text)
    if found is None:
        return None
    try:
        return time(int(found[1]), int(found[2]), int(found[3] or 0))
    except ValueError:
        return None


def as_phone(value: object, region: str = "RU") -> str | None:
    """E.164; None for what is hidden from us ("+7916***12") or no number.

    The vendor keeps numbers internationally, mostly without a plus.
    """
    text = as_text(value)
    if text is None or _HIDDEN.search(text):
        return None
    if text.isdecimal() and not text.startswith("0") and (found := to_e164(f"+{text}", region)):
        return found
    return to_e164(text, region)


def moment(at: datetime) -> str:
    """As the vendor wants a visit's start: the salon's own time."""
    return at.replace(tzinfo=None).strftime("%Y-%m-%d %H:%M:%S")


def vendor_moment(at: datetime) -> str:
    """Likewise of what belongs to no salon."""
    return at.astimezone(VENDOR_ZONE).strftime("%Y-%m-%d %H:%M:%S")


def wire_phone(e164: str) -> str:
    """The number as the vendor's samples have it: digits only."""
    return e164.removeprefix("+")
