"""Phone numbers as the twin keeps them (digits) and shows them, or hides them."""

from __future__ import annotations

from typing import Any

# "Телефон должен содержать от 9 до 15 цифр".
FEWEST_DIGITS, MOST_DIGITS = 9, 15
_RUSSIAN_DIGITS = 11
DIGITS = frozenset("0123456789")


def digits_of(value: Any) -> str:
    """Digits alone; a Russian 8… begins with 7."""
    digits = "".join(letter for letter in str(value or "") if letter in DIGITS)
    if len(digits) == _RUSSIAN_DIGITS and digits.startswith("8"):
        return "7" + digits[1:]
    return digits


def is_valid(value: Any) -> bool:
    """Whether it may be a phone."""
    return FEWEST_DIGITS <= len(digits_of(value)) <= MOST_DIGITS


def hidden(digits: str, how: str) -> str | None:
    """What somebody without the right sees: "" (empty), stars in it (masked), None (absent)."""
    if how == "absent":
        return None
    if how == "masked" and digits:
        return f"+{digits[:4]}{'*' * max(0, len(digits) - 6)}{digits[-2:]}"
    return ""
