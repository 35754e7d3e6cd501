"""Names of days as thumbs write them: "птн", "срду", "вскр", "послезатра", "wensday"."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz.distance import OSA

from kommutator.assistant.rules import morphology

_CYRILLIC = (
    "понедельник понедельника понеділок понеділка вторник вторника вівторок вівторка среда среду "
    "среды середа середу четверг четверга четвер пятница пятницу пятницы п'ятниця п'ятницю "
    "суббота субботу субботы субота суботу воскресенье воскресенья воскресение неділя неділю "
    "сегодня сьогодні завтра выходные выходных вихідні вихідних"
)
_LATIN = (
    "monday tuesday wednesday thursday friday saturday sunday tomorrow weekend mondays fridays "
    "saturdays sundays"
)
_VOWELS = frozenset("аеиоуыэюяіїє'ьъй")
_SHORTEST = 3  # letters; shorter ones are in the vocabulary
_SHORTEST_SKELETON = 2
_SHORTEST_LATIN = 5
_TWO_SLIPS = 7  # letters of an English name in which two slips are forgiven: "wensday"


def _skeleton(word: str) -> str:
    """Its consonants, double ones once: what is left of a word that is typed in a hurry."""
    letters = [letter for letter in word if letter not in _VOWELS]
    return "".join(
        letter for at, letter in enumerate(letters) if at == 0 or letters[at - 1] != letter
    )


_SKELETONS = [(word, _skeleton(word)) for word in _CYRILLIC.split()]


def _within(short: str, word: str) -> bool:
    """Whether its letters stand in the word in this order."""
    letters = iter(word)
    return all(letter in letters for letter in short)


@lru_cache(maxsize=20_000)
def day_spelt(word: str) -> str | None:
    """The day that an unknown word means; None where it means none, or one of several."""
    return _latin(word) if word.isascii() else _cyrillic(word)


def _cyrillic(word: str) -> str | None:
    if len(word) < _SHORTEST or morphology.is_word(word):
        return None
    bones = _skeleton(word)
    if len(bones) < _SHORTEST_SKELETON:
        return None
    found = [
        name
        for name, skeleton in _SKELETONS
        if name[0] == word[0] and skeleton.startswith(bones) and _within(word, name)
    ]
    return found[0] if found and len({_day(name) for name in found}) == 1 else None


def _day(name: str) -> str:
    """What tells one day from another in both languages: "среда" and "середа" are one."""
    return _skeleton(name)[:2]


def _latin(word: str) -> str | None:
    if len(word) < _SHORTEST_LATIN:
        return None
    for name in _LATIN.split():
        slips = 2 if len(word) >= _TWO_SLIPS and len(name) > _TWO_SLIPS else 1
        if name[0] == word[0] and OSA.distance(word, name, score_cutoff=slips) <= slips:
            return name
    return None
