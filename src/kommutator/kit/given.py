"""What people write into settings and forms: addresses, numbers, moments, names with a slip."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any
from urllib.parse import urlsplit

_LIKE_A_TYPO = 0.84
_LONGEST_NUMBER = 9


def whole(text: str) -> int | None:
    """Up to nine of the digits 0 to 9 as a number; None for anything else.

    `str.isdigit` also knows "²", at which `int` stumbles, and any length.
    """
    bare = text.strip()
    fits = bare.isascii() and bare.isdigit() and len(bare) <= _LONGEST_NUMBER
    return int(bare) if fits else None


def on_calendar(at: datetime) -> datetime:
    """A moment that exists in every time zone, as databases want it.

    Raises:
        ValueError: it names no zone, or lies at an edge of the calendar.
    """
    if at.tzinfo is None or not MINYEAR < at.year < MAXYEAR:
        raise ValueError("must name its time zone and lie within the calendar")
    return at


def by_comma(value: Any) -> Any:
    """A list written as text; what is no text stays as it is."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def public_address(value: str) -> str:
    """An absolute http(s) address without a trailing slash. Raises ValueError."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an absolute http or https address")
    if parts.query or parts.fragment or parts.username is not None:
        raise ValueError("must not have a login, a query or a fragment")
    return value.rstrip("/")


def optional_address(value: str) -> str:
    """The same, or nothing. Raises ValueError."""
    return public_address(value) if value else value


def storage_place(value: str) -> str:
    """A folder's path, or `s3://bucket/prefix`. Raises ValueError."""
    parts = urlsplit(value)
    if not parts.scheme:
        return value
    if parts.query or parts.fragment or parts.username is not None:
        raise ValueError("must not have a login, a query or a fragment")
    if parts.scheme != "s3" or not parts.hostname:
        raise ValueError("must be a folder's path or s3://bucket/prefix")
    return value.rstrip("/")


def misspelt(names: Iterable[str], known: Collection[str]) -> Mapping[str, str]:
    """Unknown name → the known one that was probably meant, for those that look like a slip."""
    near = {
        name: difflib.get_close_matches(name, known, n=1, cutoff=_LIKE_A_TYPO) for name in names
    }
    return {name: meant[0] for name, meant in near.items() if meant}
