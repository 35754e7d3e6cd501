"""Cyrillic in Latin letters and back, and words typed with the keyboard in the wrong language."""

from __future__ import annotations

import re
from collections.abc import Container
from functools import lru_cache

from kommutator.assistant.rules import lexicon, morphology, typos
from kommutator.assistant.rules.concepts import is_trade_word
from kommutator.assistant.rules.english_words import COMMON

_TO_LATIN = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "є": "ye", "ж": "zh",
        "з": "z", "и": "i", "і": "i", "ї": "yi", "й": "y", "к": "k", "л": "l", "м": "m", "н": "n",
        "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts",
        "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu",
        "я": "ya", "'": "",
    }
)  # fmt: skip
_TO_CYRILLIC = (
    ("shch", "щ"), ("sch", "щ"), ("zh", "ж"), ("kh", "х"), ("ts", "ц"), ("ch", "ч"), ("sh", "ш"),
    ("yu", "ю"), ("ju", "ю"), ("ya", "я"), ("ja", "я"), ("yo", "е"), ("a", "а"), ("b", "б"),
    ("v", "в"), ("w", "в"), ("g", "г"), ("d", "д"), ("e", "е"), ("z", "з"), ("i", "и"), ("j", "й"),
    ("y", "й"), ("k", "к"), ("l", "л"), ("m", "м"), ("n", "н"), ("o", "о"), ("p", "п"), ("r", "р"),
    ("s", "с"), ("t", "т"), ("u", "у"), ("f", "ф"), ("h", "х"), ("c", "ц"), ("'", "ь"), ("x", "х"),
    ("q", "к"),
)  # fmt: skip
_QWERTY = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
_RUSSIAN = "йцукенгшщзхъфывапролджэячсмитьбюе"
_UKRAINIAN = "йцукенгшщзхїфівапролджєячсмитьбюʼ"
_RUSSIAN_KEYS = str.maketrans(_QWERTY, _RUSSIAN)
_UKRAINIAN_KEYS = str.maketrans(_QWERTY, _UKRAINIAN)
_LATIN_KEYS = str.maketrans(_RUSSIAN + "іїє", _QWERTY + "s]'")
# Ukrainian passports: "и" is y, "і" is i.
_TO_UKRAINIAN = (
    ("ia", "я"), ("iu", "ю"), ("ie", "є"), ("ye", "є"), ("yi", "ї"), ("yj", "ий"),
    ("shch", "щ"), ("zh", "ж"), ("kh", "х"), ("ts", "ц"), ("ch", "ч"), ("sh", "ш"), ("yu", "ю"),
    ("ju", "ю"), ("ya", "я"), ("ja", "я"), ("h", "г"), ("i", "і"), ("y", "и"), *_TO_CYRILLIC,
)  # fmt: skip
# Latin letters that look like Cyrillic ones: "пiсля" with an English i.
_LOOKALIKES = str.maketrans("aeiocpxyk", "аеіосрхук")
_MIXED = re.compile(r"\b(?=[a-z]*[а-яіїєґ])(?=[а-яіїєґ']*[a-z])[a-zа-яіїєґ']+\b")
_CYRILLIC_WORD = re.compile(r"[а-яіїєґ]+(?:'[а-яіїєґ]+)*")
_LATIN_WORD = re.compile(r"(?<![\d'])[a-z][a-z']*")
_CHAT_WORDS = (
    "im ive ill u ur ya gonna wanna lol bro dont cant sorry hiya appt pls plz thx wrong chat"
)
_ENGLISH = COMMON | frozenset(_CHAT_WORDS.split())
_TYPED_WORD = re.compile(r"\S+")
_ENOUGH_WORDS = 0.6  # of the words must make sense before a whole message is read another way


def to_latin(word: str) -> str:
    """A name as passports write it; case as given in small letters."""
    return word.translate(_TO_LATIN)


def readable(text: str, kept: Container[str] = frozenset(), language: str | None = None) -> str:
    """The text, or what its writer meant to type.

    Latin letters that mean nothing in English are read as Russian on a wrong keyboard layout, or
    as Russian in Latin letters, when that makes known words of most of them.

    Args:
        text: cleaned.
        kept: words of the salon, in whatever letters: they are meant as they stand.
        language: of the talk, if known; in English, Latin letters are what they seem.
    """
    text = _MIXED.sub(lambda word: word[0].translate(_LOOKALIKES), text)
    latin = _LATIN_WORD.findall(text)
    if not latin:
        return _typed_in_cyrillic(text, kept)
    if len(latin) * 2 < len(text.split()):
        return _TYPED_WORD.sub(lambda word: _swapped_word(word[0], kept), text)
    if language == "en" or _sense(latin, kept) >= _ENOUGH_WORDS:
        return text
    guesses = [
        _TYPED_WORD.sub(lambda word: _swapped(word[0], _RUSSIAN_KEYS), text),
        _LATIN_WORD.sub(lambda word: _cyrillic(word[0], _TO_CYRILLIC), text),
        _TYPED_WORD.sub(lambda word: _swapped(word[0], _UKRAINIAN_KEYS), text),
        _LATIN_WORD.sub(lambda word: _cyrillic(word[0], _TO_UKRAINIAN), text),
    ]
    best = max(guesses, key=lambda guess: _sense(_words(guess), kept))
    return best if _sense(_words(best), kept) >= _ENOUGH_WORDS else text


def _typed_in_cyrillic(text: str, kept: Container[str]) -> str:
    """English that was typed on a Cyrillic keyboard, if it makes sense and the text does not."""
    written = _CYRILLIC_WORD.findall(text)
    if not written or _sense(written, kept) > 1 - _ENOUGH_WORDS:
        return text
    guess = text.translate(_LATIN_KEYS)
    return guess if _sense(_LATIN_WORD.findall(guess), kept) >= _ENOUGH_WORDS else text


def _swapped_word(word: str, kept: Container[str]) -> str:
    """A word that was begun before the keyboard was switched."""
    written = [one for one in _LATIN_WORD.findall(word) if len(one) > 1]
    if not written or _sense(written, kept) > 0:
        return word
    guess = _swapped(word, _RUSSIAN_KEYS)
    return guess if _sense(_words(guess), kept) == 1 else word


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text)


def _sense(words: list[str], kept: Container[str]) -> float:
    return sum(word in kept or _known(word) for word in words) / max(len(words), 1)


@lru_cache(maxsize=20_000)
def _known(word: str) -> bool:
    if word in _ENGLISH or lexicon.tag_of(word) or is_trade_word(word):
        return True
    return typos.is_slip(word) if word.isascii() else morphology.is_word(word)


def _swapped(word: str, keys: dict[int, int]) -> str:
    return word.translate(keys) if re.search("[a-z]", word) else word


def _cyrillic(word: str, table: tuple[tuple[str, str], ...]) -> str:
    for latin, cyrillic in table:
        word = word.replace(latin, cyrillic)
    return word.replace("йы", "ы")
