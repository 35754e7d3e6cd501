"""How the CRM compares phone numbers: digits only, the leading 8 of Russia read as 7."""

from __future__ import annotations

import re

_NOT_DIGITS = re.compile(r"\D+")
_PHONE_LIKE = re.compile(r"^[\d\s()+\-.]{4,}$")
RUSSIAN_LENGTH = 11


def digits(phone: str) -> str:
    """The comparable form of a number."""
    plain = _NOT_DIGITS.sub("", phone)
    if len(plain) == RUSSIAN_LENGTH and plain.startswith("8"):
        return "7" + plain[1:]
    return plain


def looks_like_phone(text: str) -> bool:
    """Whether a search text is meant as a number."""
    return _PHONE_LIKE.match(text.strip()) is not None


def phone_in(needle: str, numbers: list[str]) -> bool:
    """Whether a (part of a) number occurs among the numbers."""
    wanted = digits(needle)
    return bool(wanted) and any(wanted in digits(number) for number in numbers)


def same_phone(one: str, other: str) -> bool:
    """Whether two spellings mean one number."""
    return bool(digits(one)) and digits(one) == digits(other)
