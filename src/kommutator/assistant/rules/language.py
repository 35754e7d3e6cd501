"""Which language a message is written in."""

from __future__ import annotations

import re

from kommutator.assistant.rules import morphology

_UKRAINIAN = re.compile("[іїєґ]")
_RUSSIAN = re.compile("[ыэъ]")
_CYRILLIC = re.compile("[а-яіїєґ]")
_LATIN = re.compile("[a-z]")
_WORD = re.compile(r"[а-яіїєґ]+(?:'[а-яіїєґ]+)*")
_ONLY_UKRAINIAN_WORDS = (
    "на_ мене запишить будь ласка дякую так ні та це чи як коли треба можна хочу_ о об у_ в_ "
    "перукаря добре гаразд зараз ранку потім скасуйте перенести_ завтра_ вранці ввечері вдень"
)
_ONLY_UKRAINIAN = frozenset(_ONLY_UKRAINIAN_WORDS.split())
_WORDS_READ = 30


def language_of(text: str) -> str:
    """Which of "ru", "uk" and "en" a cleaned text is in; Russian where nothing tells."""
    if len(_LATIN.findall(text)) > len(_CYRILLIC.findall(text)):
        return "en"
    ukrainian, russian = len(_UKRAINIAN.findall(text)), len(_RUSSIAN.findall(text))
    for word in _WORD.findall(text)[:_WORDS_READ]:
        ukrainian += 2 * (word in _ONLY_UKRAINIAN)
        known = [bool(morphology.analyzer(one).word_is_known(word)) for one in ("uk", "ru")]
        ukrainian += known[0] and not known[1]
        russian += known[1] and not known[0]
    return "uk" if ukrainian > russian else "ru"
