"""Words in the case that a sentence needs: "к Анне", "на мужскую стрижку". For ru and uk."""

from __future__ import annotations

from functools import lru_cache

from pymorphy3 import MorphAnalyzer
from pymorphy3.analyzer import Parse

_NAMES, _THINGS = frozenset({"Name", "Surn", "Patr"}), frozenset({"NOUN", "ADJF"})


@lru_cache(maxsize=2)
def _analyzer(language: str) -> MorphAnalyzer:
    return MorphAnalyzer(lang=language)


@lru_cache(maxsize=4096)
def to_whom(name: str, language: str) -> str:
    """A person's name after "к" (ru) or "до" (uk); as it is where no form is known."""
    case = {"ru": "datv", "uk": "gent"}.get(language)
    if case is None:
        return name
    return " ".join(_person(word, case, language) for word in name.split())


@lru_cache(maxsize=4096)
def for_what(title: str, language: str) -> str:
    """A service after "на": its adjectives and first noun in the accusative, the rest as it is."""
    words = plain(title).split()
    if language not in {"ru", "uk"}:
        return " ".join(words)
    bent: list[str] = []
    for place, word in enumerate(words):
        found = _parse(word, language, _THINGS)
        if found is None:
            return " ".join(words)
        bent.append(_bend(found, "accs", word))
        if found.tag.POS == "NOUN":
            return " ".join(bent + words[place + 1 :])
    return " ".join(words)


def plain(title: str) -> str:
    """A title inside a sentence: no capital, unless it is an abbreviation."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def _person(word: str, case: str, language: str) -> str:
    found = _parse(word, language, _NAMES)
    return word if found is None else _bend(found, case, word).capitalize()


def _parse(word: str, language: str, wanted: frozenset[str]) -> Parse | None:
    """The likeliest reading that is in the nominative and of a wanted kind."""
    for parse in _analyzer(language).parse(word):
        nominative = "nomn" in parse.tag and "plur" not in parse.tag
        if nominative and any(kind in parse.tag for kind in wanted):
            return parse
    return None


def _bend(parse: Parse, case: str, word: str) -> str:
    bent = parse.inflect({case})
    if bent is None or bent.word == word.lower():
        return word
    return str(bent.word)
