"""What a misspelt word was meant to be: slips of fingers, letters by ear, words run together.

Only what no dictionary knows is looked at. A slip has a price: a vowel left out or two letters
swapped cost less than a letter that is on the other side of the keyboard, and short words bear
less. What is dearer than its word can bear stays as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from kommutator.assistant.rules import lexicon, morphology
from kommutator.assistant.rules.concepts import is_trade_word
from kommutator.assistant.rules.day_spellings import day_spelt
from kommutator.assistant.rules.english_words import ENGLISH
from kommutator.assistant.rules.name_forms import fond_of
from kommutator.assistant.rules.slips import alike, bears, has_vowels, price
from kommutator.assistant.rules.written_words import GLUE, OFTEN, YES_AND_NO
from kommutator.domain.assistant.frame import Expecting

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_SHORTEST = 3  # letters
_SHORT = 5  # letters; shorter words are compared with the words that are written most often
_MOST_SLIPS = 2
_MOST_VOWELS_OUT = 3
_MISSED_BLANK = 0.5
_MISSED_VOWEL = 0.4
_RUN_TOGETHER = 9  # letters of a word that begins as one of ours and may go on as another
_SHORTEST_PART = 3  # letters of a part of what was run together
_MOST_PARTS = 4
_LONGEST = 40  # letters; nobody runs more together
_ALL_OF_AN_ANSWER = 2  # words
_IS_OFTEN = frozenset(OFTEN)
_ANSWERED = (Expecting.YES_OR_NO, Expecting.REMINDER)

Forms = Mapping[str, tuple[str, ...]]


def mended(text: str, names: frozenset[str], expecting: Expecting = Expecting.NOTHING) -> str:
    """The text with misspelt words of ours, and of the salon, put right.

    Args:
        text: cleaned.
        names: words of the salon.
        expecting: what we asked: two letters may be a yes where one was asked for.
    """
    words = _WORD.findall(text)
    asked = expecting in _ANSWERED and len(words) <= _ALL_OF_AN_ANSWER
    return _WORD.sub(lambda word: _meant(word[0], names, asked=asked), text)


def _meant(word: str, names: frozenset[str], *, asked: bool) -> str:
    if asked and (answer := _answered(word)):
        return answer
    if len(word) >= _RUN_TOGETHER and _is_by_its_beginning(word, names):
        return parts[1] if (parts := _apart(word, names)) else word
    if word in names or is_known(word) or len(word) > _LONGEST:
        return word
    if len(word) < _SHORTEST or any(name in names for name in fond_of(word)):
        return word
    if (day := day_spelt(word)) and not ((ours := _ours(word)) and ours[0] < _MISSED_BLANK):
        return day
    found = [one for one in (_ours(word), _named(word, names), _apart(word, names)) if one]
    return min(found, key=lambda one: one[0])[1] if found else word


def _is_by_its_beginning(word: str, names: Container[str]) -> bool:
    """Whether nothing but its first letters make it a word of ours: "запишитена"."""
    return len(word) <= _LONGEST and not (word in names or _is_whole(word))


@lru_cache(maxsize=20_000)
def _is_whole(word: str) -> bool:
    if word in ENGLISH or lexicon.LEXICON.exact(word) or morphology.is_word(word):
        return True
    return not (lexicon.tag_of(word) or is_trade_word(word))


@lru_cache(maxsize=2_000)
def _answered(word: str) -> str | None:
    """The yes or no of a few letters; a word of a language only where a vowel is missing."""
    if lexicon.tag_of(word) or is_trade_word(word):
        return None
    answer = _cheapest(word, YES_AND_NO, _MISSED_BLANK if is_known(word) else 1.0)
    return answer[1] if answer else None


@lru_cache(maxsize=20_000)
def is_known(word: str) -> bool:
    """Whether it is a word of ours or of a language, and needs no mending."""
    if word in ENGLISH or word.endswith("ish") or lexicon.tag_of(word) or is_trade_word(word):
        return True
    return morphology.is_word(word)


def is_slip(word: str) -> bool:
    """Whether it looks like a misspelt word of ours."""
    return len(word) >= _SHORT and _ours(word) is not None


@lru_cache(maxsize=20_000)
def _ours(word: str) -> tuple[float, str] | None:
    forms = _written()
    if len(word) < _SHORT:
        forms = _often()
    near = [*dict.fromkeys((*forms.get(word[0], ()), *forms.get(f"-{word[1]}", ())))]
    return _cheapest(word, near, bears(word))


def _named(word: str, names: Iterable[str]) -> tuple[float, str] | None:
    near = [name for name in names if name[0] == word[0] or alike(name[0], word[0])]
    return _cheapest(word, near, min(bears(word), 1.0) if len(word) >= _SHORT else _MISSED_VOWEL)


def _cheapest(word: str, forms: Collection[str], most: float) -> tuple[float, str] | None:
    """The form that costs least, and of equals the one that stands first."""
    slips = _MOST_SLIPS if has_vowels(word) else _MOST_VOWELS_OUT
    near = process.extract(
        word,
        forms,
        scorer=OSA.distance,
        score_cutoff=slips,
        limit=None,
    )
    priced = [(price(word, form), form) for form, _, _ in near]
    best = min(priced, key=lambda one: one[0], default=None)
    return best if best and best[0] <= most else None


@lru_cache(maxsize=1)
def _written() -> Forms:
    return _by_letter(_all_forms())


@lru_cache(maxsize=1)
def _often() -> Forms:
    return _by_letter(OFTEN)


def _by_letter(words: Iterable[str]) -> Forms:
    """Forms by their first letter, and as "-п" by any of their first two."""
    found: dict[str, dict[str, None]] = {}
    for word in words:
        found.setdefault(word[0], {})[word] = None
        for letter in word[:2]:
            found.setdefault(f"-{letter}", {})[word] = None
    return {letter: tuple(forms) for letter, forms in found.items()}


def _all_forms() -> Iterator[str]:
    yield from OFTEN
    for word in lexicon.LEXICON.words:
        if len(word) >= _SHORT - 1:
            yield word
            if not word.isascii():
                yield from morphology.all_forms(word)


def _apart(word: str, names: Container[str]) -> tuple[float, str] | None:
    """Words that were run together: "запишитена", "завтрав"."""
    tries = (_parts(word, names, most) for most in range(2, _MOST_PARTS + 1))
    parts = next((one for one in tries if one), None)
    if not parts or not any(len(part) > _SHORTEST_PART for part in parts):
        return None
    return _MISSED_BLANK, " ".join(parts)


def _parts(word: str, names: Container[str], most: int) -> list[str] | None:
    if _is_part(word, names):
        return [word]
    if most == 1:
        return None
    for end in range(len(word) - 1, 0, -1):
        if _is_part(word[:end], names) and (rest := _parts(word[end:], names, most - 1)):
            return [word[:end], *rest]
    return None


def _is_part(word: str, names: Container[str]) -> bool:
    if word in GLUE:
        return True
    if len(word) < _SHORTEST_PART:
        return False
    return word in names or _is_ours(word)


@lru_cache(maxsize=20_000)
def _is_ours(word: str) -> bool:
    if lexicon.LEXICON.exact(word) or word in _IS_OFTEN:
        return True
    if word.isascii() or not morphology.is_word(word):
        return False
    return lexicon.tag_of(word) is not None or is_trade_word(word)
