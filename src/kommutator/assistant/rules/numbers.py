"""Numbers as people write them: "15.06", "14-30", "5pm", "15-го", "двадцать пять"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kommutator.assistant.rules.tokens import Token

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_CLOCK = re.compile(r"(\d{1,2})[:-](\d{2})")
_DATE = re.compile(r"(\d{1,2})[./](\d{1,2})(?:[./](\d{2,4}))?")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})")
_DOTTED = re.compile(r"(\d{1,2})[.,](\d{2})")
_WITH_LETTERS = re.compile(r"(\d+)-?([^\W\d_]+)")
_OF_A_DATE = frozenset({"го", "ого", "ое", "е", "му", "ому", "st", "nd", "rd", "th"})
_OF_A_PLACE = frozenset({"й", "ый", "ой", "я", "ая", "ю", "ую"})  # "2-й вариант"
_ORDINAL_ENDS = _OF_A_DATE | _OF_A_PLACE
_CARDINAL_ENDS = frozenset({"ти", "х", "и", "м", "ми"})
_UNITS = {
    "pm": "PM", "am": "AM", "ч": "HOUR", "час": "HOUR", "часов": "HOUR", "часа": "HOUR",
    "год": "HOUR", "h": "HOUR", "дня": "DAY", "дней": "DAY", "мин": "MINUTE", "min": "MINUTE",
    "утра": "MORNING", "вечера": "EVENING",
}  # fmt: skip
_MONTHS, _DAYS, _HOURS, _MINUTES = 12, 31, 24, 60
_CENTURY = 2000
_BEFORE_MINUTES = ("MINUS", "MINUTE")  # "без двадцати три", "минут двадцать шестого"
_TENS = re.compile(r"#([2-5])0")
_ONES = re.compile(r"([#@])([1-9])([fg]?)")


def read_numeral(word: str) -> str:
    """The tag of a word that begins with a digit; signs it cannot make out stay as they are."""
    if iso := _ISO.fullmatch(word):
        return _dated(int(iso[3]), int(iso[2]), iso[1]) or word
    if (clock := _CLOCK.fullmatch(word)) and _is_clock(clock[1], clock[2]):
        return f"T{int(clock[1])}:{clock[2]}"
    if tag := _point(word):
        return tag
    if lettered := _WITH_LETTERS.fullmatch(word):
        return _lettered(lettered[1], lettered[2])
    return f"#{word}" if word.isdigit() else word


def _point(word: str) -> str | None:
    """Of "15.06" and "14.30": "X" where it can be both, decided by the words around."""
    date = _DATE.fullmatch(word)
    clock = _DOTTED.fullmatch(word)
    is_clock = clock is not None and _is_clock(clock[1], clock[2])
    dated = _dated(int(date[1]), int(date[2]), date[3]) if date else None
    if dated is None and (slashed := _SLASHED.fullmatch(word)):
        dated = _dated(int(slashed[2]), int(slashed[1]), None)
    if dated and is_clock and clock:
        return f"X{int(clock[1])}.{clock[2]}"
    if dated:
        return dated
    if is_clock and clock:
        return f"T{int(clock[1])}:{clock[2]}"
    return f"D{int(date[1])}.{int(date[2])}" if date else None


def _dated(day: int, month: int, year: str | None) -> str | None:
    if not (1 <= day <= _DAYS and 1 <= month <= _MONTHS):
        return None
    if year is None:
        return f"D{day}.{month}"
    return f"D{day}.{month}.{int(year) + (_CENTURY if len(year) == 2 else 0)}"  # noqa: PLR2004  two digits


def _is_clock(hour: str, minute: str) -> bool:
    return int(hour) <= _HOURS and int(minute) < _MINUTES


def _lettered(number: str, letters: str) -> str:
    if unit := _UNITS.get(letters):
        return f"#{number} {unit}"
    if letters in _ORDINAL_ENDS:
        return f"@{int(number)}{'' if letters in _OF_A_PLACE else 'g'}"
    if letters in _CARDINAL_ENDS:
        return f"#{number}"
    return f"#{number} {letters}"


def with_compounds(tokens: Sequence[Token]) -> list[Token]:
    """Join "двадцать" and "пять"; split "5pm" into its two tags."""
    joined: list[Token] = []
    apart = _split(tokens)
    for index, token in enumerate(apart):
        tens = _TENS.fullmatch(joined[-1].tag) if joined else None
        ones = _ONES.fullmatch(token.tag)
        alone = index > 1 and _minutes_alone(apart[index - 2], token, apart[index + 1 :])
        if (
            tens
            and ones
            and not alone
            and not joined[-1].text.isdigit()
            and not token.text.isdigit()
        ):
            last = joined.pop()
            tag = f"{ones[1]}{tens[1]}{ones[2]}{ones[3]}"
            joined.append(type(token)(f"{last.text} {token.text}", tag))
        else:
            joined.append(token)
    return joined


def _minutes_alone(before: Token, ones: Token, rest: Sequence[Token]) -> bool:
    """Whether tens are minutes and ones an hour: "без двадцати три", "за двадцять шоста"."""
    if before.tag == "ZA":
        return ones.tag.startswith("@") and ones.tag.endswith("f")
    return before.tag in _BEFORE_MINUTES and not _numbered(rest)


def _numbered(tokens: Sequence[Token]) -> bool:
    """Whether a number goes on: "без двадцати пяти шесть", but "без двадцати три"."""
    return bool(tokens) and tokens[0].tag[0] in "#@"


def _split(tokens: Sequence[Token]) -> list[Token]:
    apart: list[Token] = []
    for token in tokens:
        first, blank, second = token.tag.partition(" ")
        if blank:
            apart += (type(token)(token.text, first), type(token)(token.text, second))
        else:
            apart.append(token)
    return apart
