"""What clients tell about themselves: their number and their name."""

# ruff: noqa: E501  a pattern is read as one line
from __future__ import annotations

import re
from itertools import takewhile

from kommutator.assistant.rules import morphology
from kommutator.assistant.rules.clean import clean
from kommutator.assistant.rules.english_words import ENGLISH
from kommutator.assistant.rules.lexicon import tag_of
from kommutator.assistant.rules.name_tables import NAMES
from kommutator.kit.phones import to_e164

_NUMBER = re.compile(r"(?<![\w+])\+?\(?\d[\d\s().-]{7,18}\d(?!\w)")
_DATED = re.compile(r"\d{1,2}[./]\d{1,2}[./](?:20)?\d\d\b(?!\d)")
_DIGITS = (10, 11, 12, 13)
_UKRAINIAN_LENGTH = 10
_NAME = r"[^\W\d_]+(?:[-'’][^\W\d_]+)*(?: [A-ZА-ЯІЇЄҐ][^\W\d_]+(?:[-'’][^\W\d_]+)*){0,2}"
_SAYS_NAME = re.compile(
    r"(?i:фамили[яюи](?: \w+)?(?: на)?|прізвище(?: \w+)?(?: на)?|surname(?: is)?|last name(?: is)?|меня зовут|мое имя|зовут меня|мене звати|мене звуть|моє ім['’ʼ]я|my name is|my name's|name is"
    rf"|call me|на имя|на ім['’ʼ]я|мене звати)[\s:,-]+(?P<name>{_NAME})|\b(?i:меня|мене) (?P<between>[А-ЯІЇЄҐ][^\W\d_]+) (?i:зовут|звать|звати)\b"
)
_IS = re.compile(
    r"(?i:\b(?:это|я|це|имя|ім['’ʼ]я|this is|it['’]?s|i am|i['’]?m))\s+(?P<name>[A-ZА-ЯІЇЄҐ][^\W\d_]+(?: [A-ZА-ЯІЇЄҐ][^\W\d_]+)?)"
)
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_MOST_WORDS = 3  # of a name: Иванов Иван Иванович
# What people say around a name, and whose name it is.
_AROUND_WORDS = (
    "моя меня мене зовут звати звут имя ім'я мое моє это це я мы ми ну просто так да будет буде запишите запишіть запиши пиши пишите "
    "пишіть на для по как як можно можна зовите кличте называйте называй называть за здравствуйте здравствуй привет привіт вітаю "
    "добрый день вечер утро доброе добрий вечір доброго дня ранку ранок здрасте спасибо дякую пожалуйста ласка будь мой моего мою "
    "мой_ сына син сина дочку дочь дочка доньку мужа маму мама папу тата подругу подруга жену дружину чоловіка бабушку сестру брата "
    "ребенка дитину клиента телефон номер тел let me my name is name's i'm i am it's its this that call пусть хай just put it under for "
    "hi hello hey the a in daughter son husband wife mum mom friend sister please thanks would be and here speaking"
)
_AROUND = frozenset(_AROUND_WORDS.split())


def find_phone(text: str, language: str) -> tuple[str | None, str]:
    """The first phone number in a text, E.164, and the text without it.

    Ten digits that begin with 0 are Ukrainian, 8… and 7… of eleven Russian.
    """
    for match in _NUMBER.finditer(text):
        written = match[0]
        if _DATED.match(written):
            continue
        bare = re.sub(r"\D", "", written)
        if len(bare) not in _DIGITS:
            continue
        local = len(bare) == _UKRAINIAN_LENGTH and bare[0] == "0"
        number = to_e164(written, "UA" if local or language == "uk" else "RU")
        if number:
            return number, f"{text[: match.start()]} {text[match.end() :]}".strip()
    return None, text


def find_name(text: str) -> str | None:
    """The name a client gives unasked, as written: "меня зовут Олег", "это Анна"."""
    said = _SAYS_NAME.search(text) or _IS.search(text)
    name = (said["name"] or said.groupdict().get("between")) if said else None
    return name if name and _is_name(name) else None


def answered_name(text: str) -> str | None:
    """The name in an answer to "what is your name?"; None where the text is no bare name."""
    if said := find_name(text):
        return said
    parts = re.split(r"[,.;:!?()\n]|\s[-–—]\s", _NUMBER.sub("", text))
    bare = [_name_first(words) for part in parts if (words := _around_left_out(part))]
    named = [words for words in bare if len(words) <= _MOST_WORDS and _is_name(" ".join(words))]
    if not named or (len(bare) > 1 and not any(map(_known_name, named[0]))):
        named = [words for words in named if any(map(_known_name, words))]
    return " ".join(named[0]) if named else None


def name_with_number(text: str) -> str | None:
    """The name where a message is a number and a name, and no more: "Ирина, 8 916 ..."."""
    words = _around_left_out(_NUMBER.sub(" ", text))
    named = 0 < len(words) <= _MOST_WORDS and all(map(_known_name, words))
    named = named and any(map(_is_first_name, words))
    return " ".join(words) if named or (words and all(map(_is_english_name, words))) else None


def _is_english_name(word: str) -> bool:
    """Whether it may be one: a capital and no word that we know."""
    plain = clean(word)
    return word.isascii() and word.istitle() and plain not in ENGLISH and tag_of(plain) is None


def _is_first_name(word: str) -> bool:
    return word.istitle() or any(clean(word) in names for names in NAMES)


def _around_left_out(part: str) -> list[str]:
    return [word for word in _WORD.findall(part) if clean(word) not in _AROUND]


def _name_first(words: list[str]) -> list[str]:
    """Of "Дарья с двумя р" the name; a long answer that begins with one tells more."""
    if len(words) <= _MOST_WORDS or not _known_name(words[0]):
        return words
    return list(takewhile(_known_name, words))


def _known_name(word: str) -> bool:
    return morphology.is_name(clean(word)) or any(clean(word) in names for names in NAMES)


def _is_name(words: str) -> bool:
    """Whether no word of it is one that other grammars read; an initial is none."""
    bare = clean(words).split()
    initials = [word for word in bare if len(word) == 1]
    return len(initials) < len(bare) and all(
        word in initials or tag_of(word) is None for word in bare
    )
