"""Which tag a word has, in whatever form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from kommutator.assistant.rules import morphology
from kommutator.assistant.rules.feeling_words import FEELING_WORDS
from kommutator.assistant.rules.time_words import NUMBERS, ORDINALS, TIME_WORDS
from kommutator.assistant.rules.wish_words import WISH_WORDS

_SHORTEST_STEM = 2


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words, and beginnings of words, by tag."""

    words: Mapping[str, str]
    stems: Mapping[str, str]
    longest_stem: int

    @classmethod
    def of(cls, *tables: Mapping[str, str]) -> Lexicon:
        """The first table that has a word decides its tag."""
        words: dict[str, str] = {}
        stems: dict[str, str] = {}
        for tag, word in _entries(tables):
            place = stems if word.endswith("*") else words
            place.setdefault(word.rstrip("*"), tag)
        return cls(words, stems, max(map(len, stems), default=0))

    def exact(self, word: str) -> str | None:
        return self.words.get(word)

    def by_stem(self, word: str) -> str | None:
        for length in range(min(len(word), self.longest_stem), _SHORTEST_STEM - 1, -1):
            if tag := self.stems.get(word[:length]):
                return tag
        return None


def _entries(tables: tuple[Mapping[str, str], ...]) -> Iterator[tuple[str, str]]:
    for table in tables:
        for tag, words in table.items():
            for word in words.split():
                yield tag, word


LEXICON = Lexicon.of(
    TIME_WORDS,
    {f"#{number}": words for number, words in NUMBERS.items()},
    {f"@{number}": words for number, words in ORDINALS.items()},
    FEELING_WORDS,
    WISH_WORDS,
)


@lru_cache(maxsize=20_000)
def tag_of(word: str) -> str | None:
    """The word's tag by its form, its beginning or its base form; typos are not looked through."""
    if tag := LEXICON.exact(word) or LEXICON.by_stem(word):
        return tag
    if word.isascii() or len(word) == 1:
        return None
    for language in ("ru", "uk"):
        base = morphology.base_forms(word, language)[0]
        if tag := LEXICON.exact(base) or LEXICON.by_stem(base):
            return tag
    return None
