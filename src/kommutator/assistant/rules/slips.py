"""What a slip of the fingers costs: how far a word is from the one that was meant."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

_VOWELS = frozenset("аеёиоуыэюяіїєйьъ'aeiouy")
# Keys side by side, by rows of the Russian, the Ukrainian and the Latin keyboard.
_ROWS = (
    ("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"),
    ("йцукенгшщзхї", "фівапролджє", "ячсмитьбю"),
    ("qwertyuiop", "asdfghjkl", "zxcvbnm"),
)
# Letters that sound alike, or are one letter in two languages.
_ALIKE_LETTERS = "оа еи иі ыи еэ еє яа яе юу ьъ іе ії щш тд кг пб сз фв шж чщ ck sz vw ie ae ou iy"
_ALIKE = frozenset(frozenset(pair) for pair in _ALIKE_LETTERS.split())

_SWAPPED, _DOUBLED, _NO_VOWEL, _LIKE, _BESIDE = 0.6, 0.4, 0.4, 0.5, 0.7
_MISSING, _EXTRA, _OTHER = 0.8, 0.8, 1.0
_FIRST = 0.4  # more, for the first letter: people get it right
_BEARS = {2: 0.5, 3: 0.6, 4: 0.8, 5: 1.0, 6: 1.2, 7: 1.4}
_MOST = 2.0
_ALL_VOWELS_OUT = 0.6


def bears(word: str) -> float:
    """The price that a word of its length can bear; one without vowels left them out on purpose."""
    extra = 0.0 if has_vowels(word) else _ALL_VOWELS_OUT
    return min(_BEARS.get(len(word), _MOST) + extra, _MOST)


def has_vowels(word: str) -> bool:
    return not _VOWELS.isdisjoint(word)


def alike(one: str, other: str) -> bool:
    """Whether two letters sound the same, or nearly."""
    return frozenset((one, other)) in _ALIKE


def _neighbours() -> frozenset[frozenset[str]]:
    pairs: set[frozenset[str]] = set()
    for rows in _ROWS:
        for row in rows:
            pairs |= {frozenset(pair) for pair in pairwise(row)}
        for upper, lower in pairwise(rows):
            pairs |= {frozenset(pair) for pair in zip(upper, lower, strict=False)}
            pairs |= {frozenset(pair) for pair in zip(upper[1:], lower, strict=False)}
    return frozenset(pairs)


_NEIGHBOURS = _neighbours()


@lru_cache(maxsize=50_000)
def price(typed: str, meant: str) -> float:
    """What the slips between the two words cost together."""
    rows = [[0.0] * (len(meant) + 1) for _ in range(len(typed) + 1)]
    for at in range(1, len(typed) + 1):
        rows[at][0] = rows[at - 1][0] + _EXTRA + _FIRST * (at == 1)
    for to in range(1, len(meant) + 1):
        rows[0][to] = rows[0][to - 1] + _left_out(meant, to - 1) + _FIRST * (to == 1)
    for at in range(1, len(typed) + 1):
        for to in range(1, len(meant) + 1):
            rows[at][to] = min(
                rows[at - 1][to - 1] + _instead(typed[at - 1], meant[to - 1], first=at == to == 1),
                rows[at - 1][to] + _too_much(typed, at - 1),
                rows[at][to - 1] + _left_out(meant, to - 1),
            )
            if at > 1 and to > 1 and typed[at - 2 : at] == meant[to - 1] + meant[to - 2]:
                rows[at][to] = min(rows[at][to], rows[at - 2][to - 2] + _SWAPPED)
    return rows[-1][-1]


def _instead(typed: str, meant: str, *, first: bool) -> float:
    if typed == meant:
        return 0.0
    pair = frozenset((typed, meant))
    cost = _LIKE if pair in _ALIKE else _BESIDE if pair in _NEIGHBOURS else _OTHER
    return cost + (_FIRST if first else 0.0)


def _too_much(typed: str, at: int) -> float:
    if at and typed[at] == typed[at - 1]:
        return _DOUBLED
    beside = {typed[at - 1] if at else "", typed[at + 1] if at + 1 < len(typed) else ""}
    hit = any(frozenset((typed[at], one)) in _NEIGHBOURS for one in beside)
    return _BESIDE if hit else _EXTRA


def _left_out(meant: str, at: int) -> float:
    if at and meant[at] == meant[at - 1]:
        return _DOUBLED
    return _NO_VOWEL if meant[at] in _VOWELS else _MISSING
