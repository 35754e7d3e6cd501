"""Which employee is named: in all cases, by diminutives, surnames, in Latin letters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from kommutator.assistant.rules import morphology
from kommutator.assistant.rules.clean import clean
from kommutator.assistant.rules.latin import to_latin
from kommutator.assistant.rules.name_forms import name_forms
from kommutator.assistant.rules.name_tables import NAMES
from kommutator.assistant.rules.tokens import Tokens
from kommutator.domain.assistant.frame import Named

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_OTHERS_WORD = re.compile(r"[#@]|WD?\d|M\d")  # "мая" after a number is no Maya
_SHORTEST_TYPO = 5  # letters
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


@dataclass(frozen=True, slots=True)
class StaffIndex:
    """Form → (how near, employee), for all words of all names."""

    forms: Mapping[str, frozenset[tuple[int, int]]]

    @classmethod
    def of(cls, staff: Sequence[Named]) -> StaffIndex:
        forms: dict[str, set[tuple[int, int]]] = {}
        for one in staff:
            for name in (one.name, *one.aliases):
                for form, distance in _all_forms(name):
                    forms.setdefault(form, set()).add((distance, one.id))
        return cls({form: frozenset(bearers) for form, bearers in forms.items()})

    def find(self, tokens: Tokens) -> list[Mentioned]:
        """Whom the message names, in order; words side by side ("Анна Петрова") are one name."""
        runs: list[list[int]] = []
        for index, token in enumerate(tokens.items):
            if _OTHERS_WORD.match(token.tag) or not self._bearers(token.text):
                continue
            if runs and runs[-1][-1] == index - 1:
                runs[-1].append(index)
            else:
                runs.append([index])
        return [mention for run in runs for mention in self._named(run, tokens)]

    def _named(self, run: list[int], tokens: Tokens) -> list[Mentioned]:
        together = [self._bearers(tokens.items[index].text) for index in run]
        common = frozenset.intersection(*(frozenset(one for _, one in each) for each in together))
        if len(run) > 1 and not common:
            return [self._one([index], tokens) for index in run]
        return [self._one(run, tokens)]

    def _one(self, run: list[int], tokens: Tokens) -> Mentioned:
        scores: dict[int, int] = {}
        words = [self._bearers(tokens.items[index].text) for index in run]
        for bearers in words:
            for staff, distance in _nearest(bearers).items():
                scores[staff] = scores.get(staff, 0) + 2 - distance
        best = [staff for staff, score in scores.items() if score == max(scores.values())]
        return Mentioned(run[0], best[0] if len(best) == 1 else None, frozenset(run))

    def _bearers(self, word: str) -> frozenset[tuple[int, int]]:
        if found := self.forms.get(word):
            return found
        if len(word) < _SHORTEST_TYPO or not word.isalpha() or morphology.is_word(word):
            return frozenset()
        near = process.extractOne(word, self.forms.keys(), scorer=OSA.distance, score_cutoff=1)
        return self.forms[str(near[0])] if near and near[0][0] == word[0] else frozenset()


def _nearest(bearers: frozenset[tuple[int, int]]) -> dict[int, int]:
    nearest: dict[int, int] = {}
    for distance, staff in bearers:
        nearest[staff] = min(distance, nearest.get(staff, distance))
    return nearest


def _all_forms(name: str) -> list[tuple[str, int]]:
    forms: list[tuple[str, int]] = []
    for word in _WORD.findall(clean(name)):
        if len(word) < 2 or word in _TRADES:  # noqa: PLR2004  initials name nobody
            continue
        forms += [(form, _AS_WRITTEN) for form in _cases(word)]
        forms += [(form, _SAME_NAME) for other in _others(word) for form in _cases(other)]
    return forms


@lru_cache(maxsize=4096)
def _cases(word: str) -> frozenset[str]:
    return name_forms(word) | ({to_latin(word)} if not word.isascii() else frozenset())


@lru_cache(maxsize=4096)
def _others(word: str) -> tuple[str, ...]:
    """What else a bearer of this name is called; of a diminutive: its full names, and theirs."""
    return tuple(
        dict.fromkeys(other for line in NAMES if word in line for other in line if other != word)
    )
