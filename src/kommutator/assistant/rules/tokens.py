"""A message as a row of tagged words: what all grammars read.

A tag is a canonical word in capitals ("TOMORROW", "BOOKV"), `#7` for a number, `@7` for an
ordinal (`@7f`: a Ukrainian feminine one, an hour; `@7g`: as of a date), `T15:30` for a clock, `D15.06` for a date, a
sign for itself, "|" for the end of a line; whatever else is the word itself, in small letters.
"""

# ruff: noqa: E501  a pattern is read as one line
from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from kommutator.assistant.rules import lexicon
from kommutator.assistant.rules.numbers import read_numeral, with_compounds
from kommutator.assistant.rules.spellings import spelt_out


@dataclass(frozen=True, slots=True)
class Token:
    text: str
    tag: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens and their tags as one line for regular expressions: " TAG TAG TAG "."""

    items: tuple[Token, ...]
    line: str
    starts: tuple[int, ...]

    @classmethod
    def of(cls, items: Sequence[Token]) -> Tokens:
        widths = [len(token.tag) + 1 for token in items]
        starts = tuple(accumulate(widths, initial=1))[: len(items)]
        line = "".join((" ", *(f"{token.tag} " for token in items)))
        return cls(tuple(items), line, starts)

    def index(self, position: int) -> int:
        """Which token lies at a position of `line`."""
        return max(0, bisect_right(self.starts, position) - 1)


def phrase(pattern: str) -> re.Pattern[str]:
    """A pattern of whole tags: blanks between tags as written, ends on a tag's edge."""
    return re.compile(rf"(?<= )(?:{pattern})(?= )")


_MONTHS = "(?:янв|фев|мар|апр|ма[йя]|ию[нл]|авг|сен|окт|ноя|дек|січ|лют|бер|кві|тра|чер|лип|сер|вер|жов|лис|гру|числ)"  # fmt: skip
_RAW = re.compile(
    r"\d{4}-\d{2}-\d{2}"
    r"|\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d{2})(?!\d)"
    r"|\d{1,2}[:.,/]\d{1,2}(?![\d])"
    rf"|\d{{1,2}}-(?:00|[1-5][05])(?!\d|-?(?:го|е|ое|th|й)\b|\s*{_MONTHS})"
    r"|\d+(?:-?[^\W\d_]+)?"
    r"|[^\W\d_]+(?:'[^\W\d_]+)*"
    r"|\n|\S"
)
_ARTICLES = frozenset(
    {"the", "a", "an", "of", "is", "are", "than"}
)  # Latin letters: "а" in Russian is a word


def tokens_of(text: str) -> Tokens:
    """Tag what `clean` gave."""
    raw = _RAW.findall(spelt_out(text))
    return Tokens.of(with_compounds([_token(word) for word in raw if word not in _ARTICLES]))


def _token(word: str) -> Token:
    if word == "\n":
        return Token(word, "|")
    if word[0].isdigit():
        return Token(word, read_numeral(word))
    if tag := lexicon.tag_of(word):
        return Token(word, _ordinal(word, tag))
    return Token(word, word)


_UKRAINIAN_FEMININE = re.compile(r"(?:[^аоуюь][аяую]|ій|ої|ою)$")
_OF_A_DATE = re.compile(r"(?:го|ое|ье|[^ьі]е|є)$")


def _ordinal(word: str, tag: str) -> str:
    """The tag with what the ending says: "f" an hour in Ukrainian, "g" a day of the month."""
    if tag[0] != "@":
        return tag
    if _UKRAINIAN_FEMININE.search(word):
        return f"{tag}f"
    return f"{tag}g" if _OF_A_DATE.search(word) else tag
