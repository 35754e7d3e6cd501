"""A tagged message that is read by rewriting: what was understood becomes one mark.

" ON TOMORROW IN #6 EVENING " → " ON Q0 IN P0 ": each mark is a letter and the number of its
value. Later grammars read marks as words, and none reads a word twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

V = TypeVar("V")


@dataclass(slots=True)
class Line:
    """The row of tags, with a blank at both ends."""

    text: str

    def rewrite(self, pattern: re.Pattern[str], instead: Callable[[re.Match[str]], str]) -> None:
        """Each match becomes what `instead` says; an empty answer leaves it as it is."""
        self.text = pattern.sub(lambda match: instead(match) or match[0], self.text)

    def rewrite_by(
        self,
        rules: Iterable[tuple[re.Pattern[str], V]],
        instead: Callable[[V, re.Match[str]], str],
    ) -> None:
        """The same for each rule in turn; `instead` is told which one matched."""
        for pattern, rule in rules:
            self.rewrite(pattern, partial(instead, rule))

    def drop(self, pattern: re.Pattern[str], mark: str = "_") -> bool:
        """Strike out what no grammar shall read; says whether there was any."""
        self.text, count = pattern.subn(mark, self.text)
        return count > 0

    def has(self, pattern: re.Pattern[str]) -> bool:
        return pattern.search(self.text) is not None


@dataclass(slots=True)
class Marks(Generic[V]):
    """Values of one kind by their mark's number, in the order they were understood."""

    letter: str
    values: list[V] = field(default_factory=list)

    def put(self, value: V) -> str:
        self.values.append(value)
        return f"{self.letter}{len(self.values) - 1}"

    def of(self, mark: str) -> V:
        return self.values[int(mark.lstrip(self.letter))]

    def in_order(self, text: str) -> list[tuple[int, V]]:
        """Those that stand on the line, with where they stand."""
        found = re.finditer(rf"(?<= ){self.letter}(\d+)(?= )", text)
        return [(match.start(), self.values[int(match[1])]) for match in found]
