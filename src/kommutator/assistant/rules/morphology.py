"""Base forms of Russian and Ukrainian words, by pymorphy3's dictionaries.

Both dictionaries take about 30 MB and are read once per process, when the first word is asked.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import pymorphy3

# pymorphy3 raises on letters that Unicode has no name for.
_CYRILLIC = re.compile("[а-яіїєґ]+(?:['-][а-яіїєґ]+)*")
_WORDS_KEPT = 20_000
_OF_PEOPLE = frozenset({"Name", "Surn", "Patr"})
_PARSES = 3  # of one word; the less likely ones only add noise


@lru_cache(maxsize=2)
def analyzer(language: str) -> Any:
    """The analyzer of "ru" or "uk"; safe to share between threads for reading."""
    return pymorphy3.MorphAnalyzer(lang=language)


@lru_cache(maxsize=_WORDS_KEPT)
def base_forms(word: str, language: str) -> tuple[str, ...]:
    """The word's dictionary forms, the likeliest first; English words are their own."""
    if word.isascii():
        return (_english(word),)
    if not _CYRILLIC.fullmatch(word):
        return (word,)
    forms = dict.fromkeys(
        parse.normal_form.replace("ё", "е") for parse in analyzer(language).parse(word)[:_PARSES]
    )
    return tuple(forms)


@lru_cache(maxsize=_WORDS_KEPT)
def is_word(word: str) -> bool:
    """Whether Russian or Ukrainian has such a word; others may be typos or names."""
    if not _CYRILLIC.fullmatch(word):
        return False
    return any(bool(analyzer(language).word_is_known(word)) for language in ("ru", "uk"))


@lru_cache(maxsize=_WORDS_KEPT)
def is_of_you(word: str) -> bool:
    """Whether it is a verb that says what you do: "стрижёте", not "стригите"."""
    if not word.endswith(("те", "ш", "шь")) or not _CYRILLIC.fullmatch(word):
        return False
    parses = [analyzer(language).parse(word)[0] for language in ("ru", "uk")]
    return any(
        one.is_known and {"VERB", "2per"} in one.tag and "impr" not in one.tag for one in parses
    )


@lru_cache(maxsize=_WORDS_KEPT)
def is_of_once(word: str) -> bool:
    """Whether a verb tells of one time to come: "подстрижёте", not "стрижёте"."""
    parses = [analyzer(language).parse(word)[0] for language in ("ru", "uk")]
    return any(one.is_known and {"VERB", "2per", "perf"} in one.tag for one in parses)


@lru_cache(maxsize=_WORDS_KEPT)
def is_request(word: str) -> bool:
    """Whether it is a verb that asks somebody to do something: "подстригите"."""
    if not word.endswith("те") or not _CYRILLIC.fullmatch(word):
        return False
    parses = [analyzer(language).parse(word)[0] for language in ("ru", "uk")]
    return any(one.is_known and {"VERB", "impr", "perf"} in one.tag for one in parses)


@lru_cache(maxsize=_WORDS_KEPT)
def is_order(word: str) -> bool:
    """Whether it is a verb that tells one familiar person what to do: "купи", "забери"."""
    if not word.endswith(("и", "й", "ь")) or not _CYRILLIC.fullmatch(word):
        return False
    parse = analyzer("ru").parse(word)[0]
    return bool(parse.is_known and {"VERB", "impr", "sing"} in parse.tag)


@lru_cache(maxsize=_WORDS_KEPT)
def is_adjective(word: str) -> bool:
    """Whether it tells of what kind something is: "мужскую", "дитячу"."""
    if not _CYRILLIC.fullmatch(word):
        return False
    parses = [analyzer(language).parse(word)[0] for language in ("ru", "uk")]
    return any(one.is_known and "ADJF" in one.tag for one in parses)


@lru_cache(maxsize=_WORDS_KEPT)
def is_verb(word: str) -> bool:
    """Whether it says what somebody does or did: "приезжаю", "вийшла"."""
    if not _CYRILLIC.fullmatch(word):
        return False
    parses = [analyzer(language).parse(word)[0] for language in ("ru", "uk")]
    return any(one.is_known and "VERB" in one.tag and "impr" not in one.tag for one in parses)


@lru_cache(maxsize=_WORDS_KEPT)
def is_name(word: str) -> bool:
    """Whether it is a person's first name, surname or patronymic in Russian or Ukrainian."""
    if not _CYRILLIC.fullmatch(word):
        return False
    parses = [one for language in ("ru", "uk") for one in analyzer(language).parse(word)[:_PARSES]]
    return any(one.is_known and bool(_OF_PEOPLE & one.tag.grammemes) for one in parses)


def _english(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] not in "su" else word  # noqa: PLR2004  "is", "gas"


def all_forms(word: str) -> tuple[str, ...]:
    """All forms of a word, in the languages that have it."""
    return tuple(
        form.word.replace("ё", "е")
        for language in ("ru", "uk")
        if analyzer(language).word_is_known(word)
        for form in analyzer(language).parse(word)[0].lexeme
    )
