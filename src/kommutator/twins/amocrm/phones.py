"""How amoCRM finds a card by a number: the last ten digits decide (contract §1.5)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]
Key = tuple[str, int]  # ("contacts" | "companies" | "leads", id)

LAST_DIGITS = 10
_NOT_DIGITS = re.compile(r"\D+")
_PHONE_LIKE = re.compile(r"^[\d\s()+\-.]{4,}$")


def digits(phone: str) -> str:
    """Digits only."""
    return _NOT_DIGITS.sub("", phone)


def tail(phone: str) -> str:
    """What two spellings of one number share."""
    return digits(phone)[-LAST_DIGITS:]


def looks_like_phone(text: str) -> bool:
    """Whether a search text is meant as a number."""
    return _PHONE_LIKE.match(text.strip()) is not None


def phones_of(row: Json) -> list[str]:
    """Every number in the field PHONE of a card."""
    fields: Iterable[Json] = row.get("custom_fields_values") or ()
    return [
        str(value.get("value") or "")
        for field in fields
        if field.get("field_code") == "PHONE"
        for value in field.get("values") or ()
    ]


class PhoneIndex:
    """Cards by the last ten digits of their numbers, in the order they were entered."""

    def __init__(self) -> None:
        self._cards: dict[str, dict[Key, None]] = {}
        self._tails: dict[Key, frozenset[str]] = {}

    def put(self, kind: str, row: Json) -> None:
        """Enter a card, or bring it up to date; a deleted one is forgotten."""
        key = (kind, int(row["id"]))
        new: frozenset[str] = frozenset()
        if not row.get("is_deleted"):
            new = frozenset(t for phone in phones_of(row) if (t := tail(phone)))
        old = self._tails.get(key, frozenset())
        for gone in old - new:
            self._cards[gone].pop(key, None)
        for come in new - old:
            self._cards.setdefault(come, {})[key] = None
        self._tails[key] = new

    def find(self, phone: str, *kinds: str) -> list[Key]:
        """Cards that have this number, of the kinds asked for (all by default)."""
        wanted = tail(phone)
        found = self._cards.get(wanted, ()) if wanted else ()
        return [key for key in found if not kinds or key[0] in kinds]

    def containing(self, part: str) -> list[Key]:
        """Cards with a number that contains these digits (slow: looks at every number)."""
        wanted = digits(part)
        if len(wanted) >= LAST_DIGITS:
            return self.find(wanted)
        return list({key: None for t, keys in self._cards.items() if wanted in t for key in keys})
