"""Which tag a word has, in whatever form and however misspelt."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from kommutator.assistant.rules import morphology
from kommutator.assistant.rules.day_spellings import day_spelt
from kommutator.assistant.rules.feeling_words import FEELING_WORDS
from kommutator.assistant.rules.time_words import NUMBERS, ORDINALS, TIME_WORDS
from kommutator.assistant.rules.wish_words import WISH_WORDS

_SHORTEST_TYPO = 5  # letters; shorter words have too many neighbours
_SHORTEST_LATIN_TYPO = 7  # no dictionary tells English words from typos
_LONG_WORD = 8  # letters; two slips are forgiven from here on
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
    if word.isascii():
        return None
    for language in ("ru", "uk"):
        base = morphology.base_forms(word, language)[0]
        if tag := LEXICON.exact(base) or LEXICON.by_stem(base):
            return tag
    return None


def spelt(word: str, kept: Container[str] = frozenset()) -> str | None:
    """The word of ours that a misspelt one means; None where it is a word, or no neighbour.

    Args:
        word: one that has no tag.
        kept: words of the salon: never taken for a typo of ours.
    """
    if word in kept or morphology.is_word(word):
        return None
    shortest = _SHORTEST_LATIN_TYPO if word.isascii() else _SHORTEST_TYPO
    return day_spelt(word) or (_neighbour(word) if len(word) >= shortest else None)


@lru_cache(maxsize=20_000)
def _neighbour(word: str) -> str | None:
    slips = 2 if len(word) >= _LONG_WORD else 1
    near = _by_length(word.isascii())
    lengths = range(len(word) - slips, len(word) + slips + 1)
    forms = [form for length in lengths for form in near.get(length, ())]
    found = process.extractOne(word, forms, scorer=OSA.distance, score_cutoff=slips)
    return str(found[0]) if found else None


@lru_cache(maxsize=2)
def _by_length(latin: bool) -> dict[int, list[str]]:  # noqa: FBT001  the cache takes it by place
    found: dict[int, list[str]] = {}
    for form in _all_forms(latin):
        found.setdefault(len(form), []).append(form)
    return found


def _all_forms(latin: bool) -> tuple[str, ...]:  # noqa: FBT001  as above
    """All forms of the words that have a tag, for typos in an ending."""
    long_enough = (word for word in LEXICON.words if len(word) >= _SHORTEST_TYPO - 1)
    words = [word for word in long_enough if word.isascii() == latin]
    if latin:
        return tuple(words)
    forms = (form for word in words for form in (word, *morphology.all_forms(word)))
    return tuple(dict.fromkeys(forms))
