"""Which employee is named: in all cases, by diminutives, surnames, in Latin letters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from kommutator.assistant.rules import morphology
from kommutator.assistant.rules.clean import clean
from kommutator.assistant.rules.concepts import is_trade_word
from kommutator.assistant.rules.latin import to_latin
from kommutator.assistant.rules.name_forms import everyday_forms, fond_of, name_forms
from kommutator.assistant.rules.name_tables import NAMES
from kommutator.assistant.rules.tokens import Tokens
from kommutator.domain.assistant.frame import Named

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_RUSSIAN_LETTERS = str.maketrans("іїєыэ", "ииеие")  # "до Маріни", who is Марина on the list
_OTHERS_WORD = re.compile(r"[#@]|WD?\d|M\d")  # "мая" after a number is no Maya
# After a word that asks for one case: endings of names like Олег, and of names like Анна.
_OF_WHOM = (("а", "я"), ("ы", "и", "і", "ї"))
_ENDINGS_AFTER: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "K": (("у", "ю"), ("е", "и", "і")),
    "IN": _OF_WHOM,
    "UNTIL": _OF_WHOM,
    "FROM": (("ом", "ем", "єм"), ("ой", "ей", "ою", "ею", "єю")),
}
_TO_WHOM = frozenset({"K", "UNTIL"})
_LATIN_HABITS = (("ks", "x"), ("iya", "ia"), ("yu", "ju"), ("yu", "iu"), ("ya", "ia"))
_AS_WRITTEN, _SAME_NAME = 0, 1  # how near a form is to the name in the salon's list
# Before such a word "Вера" is a person and not faith; months and days have been read by then.
_TRADES_WORDS = "мастер парикмахер стилист барбер визажист бровист топ топ-мастер старший"
_TRADES = frozenset(_TRADES_WORDS.split())


@dataclass(frozen=True, slots=True)
class Mentioned:
    """One place that names somebody; `staff` None: several bear this name."""

    position: int
    staff: int | None
    positions: frozenset[int]


class Bearer(NamedTuple):
    """Whose form it is, how near to the name in the list; `soft`: of a name that ends in -а, -я."""

    distance: int
    staff: int
    soft: bool


@dataclass(frozen=True, slots=True)
class StaffIndex:
    """Form → who bears it, for all words of all names.

    `everyday`: forms that mean something else, where no word like "до" stands before.
    """

    forms: Mapping[str, frozenset[Bearer]]
    everyday: Mapping[str, frozenset[Bearer]]

    @classmethod
    def of(cls, staff: Sequence[Named]) -> StaffIndex:
        forms: dict[str, set[Bearer]] = {}
        for one in staff:
            for form, distance, soft in (*_all_forms(one.name), *_of_aliases(one.aliases)):
                forms.setdefault(form, set()).add(Bearer(distance, one.id, soft))
        everyday: dict[str, set[Bearer]] = {}
        for one in staff:
            for form, distance, soft in _everyday(one):
                everyday.setdefault(form, set()).add(Bearer(distance, one.id, soft))
        return cls(_frozen(forms), _frozen(everyday))

    def find(self, tokens: Tokens) -> list[Mentioned]:
        """Whom the message names, in order; words side by side ("Анна Петрова") are one name."""
        runs: list[list[int]] = []
        for index, token in enumerate(tokens.items):
            if _OTHERS_WORD.match(token.tag) or not self._bearers(index, tokens):
                continue
            if runs and runs[-1][-1] == index - 1:
                runs[-1].append(index)
            else:
                runs.append([index])
        return [mention for run in runs for mention in self._named(run, tokens)]

    def _named(self, run: list[int], tokens: Tokens) -> list[Mentioned]:
        together = [self._bearers(index, tokens) for index in run]
        common = frozenset.intersection(
            *(frozenset(one.staff for one in each) for each in together)
        )
        if len(run) > 1 and not common:
            return [self._one([index], tokens) for index in run]
        return [self._one(run, tokens)]

    def _one(self, run: list[int], tokens: Tokens) -> Mentioned:
        scores: dict[int, int] = {}
        words = [self._bearers(index, tokens) for index in run]
        for bearers in words:
            for staff, distance in _nearest(bearers).items():
                scores[staff] = scores.get(staff, 0) + 2 - distance
        best = [staff for staff, score in scores.items() if score == max(scores.values())]
        if len(best) > 1 and len(run) == 1:
            best = self._by_case(run[0], tokens, best)
        return Mentioned(run[0], best[0] if len(best) == 1 else None, frozenset(run))

    def _by_case(self, index: int, tokens: Tokens, best: list[int]) -> list[int]:
        """Of Александр and Александра "к Александру" means him and "к Александре" her."""
        before = tokens.items[index - 1].tag if index else ""
        hard, soft = _ENDINGS_AFTER.get(before, ((), ()))
        word = tokens.items[index].text
        fitting = {
            one.staff
            for one in self._bearers(index, tokens)
            if word.endswith(soft if one.soft else hard)
        }
        return [one for one in best if one in fitting] or best

    def _bearers(self, index: int, tokens: Tokens) -> frozenset[Bearer]:
        word = tokens.items[index].text
        if found := self.forms.get(word):
            return found
        if index and tokens.items[index - 1].tag in _TO_WHOM and word in self.everyday:
            return self.everyday[word]
        if not word.isalpha() or is_trade_word(word):
            return frozenset()
        if found := self.forms.get(word.translate(_RUSSIAN_LETTERS)):
            return found
        return self._fond(word)

    def _fond(self, word: str) -> frozenset[Bearer]:
        """Who is called so fondly; an ordinary word ("тётушка") is nobody."""
        if morphology.is_word(word) and not morphology.is_name(word):
            return frozenset()
        found = (self.forms.get(name) for name in fond_of(word))
        return next((bearers for bearers in found if bearers), frozenset())


def _nearest(bearers: frozenset[Bearer]) -> dict[int, int]:
    nearest: dict[int, int] = {}
    for one in bearers:
        nearest[one.staff] = min(one.distance, nearest.get(one.staff, one.distance))
    return nearest


def _all_forms(name: str) -> list[tuple[str, int, bool]]:
    forms: list[tuple[str, int, bool]] = []
    for word in _WORD.findall(clean(name)):
        if len(word) < 2 or word in _TRADES:  # noqa: PLR2004  initials name nobody
            continue
        forms += [(form, _AS_WRITTEN, _is_soft(word)) for form in _cases(word)]
        for other in _others(word):
            forms += [(form, _SAME_NAME, _is_soft(other)) for form in _cases(other)]
    return forms


def _frozen(forms: dict[str, set[Bearer]]) -> dict[str, frozenset[Bearer]]:
    return {form: frozenset(bearers) for form, bearers in forms.items()}


def _everyday(one: Named) -> list[tuple[str, int, bool]]:
    words = [word for name in (one.name, *one.aliases) for word in _WORD.findall(clean(name))]
    names = [(name, _AS_WRITTEN) for name in words]
    names += [(other, _SAME_NAME) for name in words for other in _others(name)]
    return [(form, near, _is_soft(name)) for name, near in names for form in everyday_forms(name)]


def _of_aliases(aliases: Sequence[str]) -> list[tuple[str, int, bool]]:
    """The salon's own words mean what is written: no other names of their bearers."""
    words = [word for alias in aliases for word in _WORD.findall(clean(alias))]
    return [(form, _AS_WRITTEN, _is_soft(word)) for word in words for form in _cases(word)]


def _is_soft(name: str) -> bool:
    return name.endswith(("а", "я"))


@lru_cache(maxsize=4096)
def _cases(word: str) -> frozenset[str]:
    return name_forms(word) | (_in_latin(word) if not word.isascii() else frozenset())


def _in_latin(word: str) -> frozenset[str]:
    """As passports write it, and as people do: "Oksana" and "Oxana", "Yulia" and "Julia"."""
    forms = {to_latin(word)}
    for written, instead in _LATIN_HABITS:
        forms |= {form.replace(written, instead) for form in forms}
    return frozenset(forms)


@lru_cache(maxsize=4096)
def _others(word: str) -> tuple[str, ...]:
    """What else a bearer of this name is called; of a diminutive: its full names, and theirs."""
    return tuple(
        dict.fromkeys(other for line in NAMES if word in line for other in line if other != word)
    )
