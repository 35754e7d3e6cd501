"""What clients tell about themselves: their number and their name."""

# ruff: noqa: E501  a pattern is read as one line
from __future__ import annotations

import re

from kommutator.assistant.rules.clean import clean
from kommutator.assistant.rules.lexicon import tag_of
from kommutator.kit.phones import to_e164

_NUMBER = re.compile(r"(?<![\w+])\+?\(?\d[\d\s().-]{7,18}\d(?!\w)")
_DIGITS = (10, 11, 12, 13)
_UKRAINIAN_LENGTH = 10
_NAME = r"[^\W\d_]+(?:[-'’][^\W\d_]+)*(?: [A-ZА-ЯІЇЄҐ][^\W\d_]+(?:[-'’][^\W\d_]+)*){0,2}"
_SAYS_NAME = re.compile(
    r"(?i:меня зовут|мо[её] имя|зовут меня|мене звати|мене звуть|моє ім['’ʼ]я|my name is|my name's|name is"
    rf"|call me|на имя|на ім['’ʼ]я|мене звати)[\s:,-]+(?P<name>{_NAME})"
)
_IS = re.compile(
    r"(?i:\b(?:это|я|це|this is|it's|i am|i'm|i’m))\s+(?P<name>[A-ZА-ЯІЇЄҐ][^\W\d_]+(?: [A-ZА-ЯІЇЄҐ][^\W\d_]+)?)"
)
_NOT_A_NAME = re.compile(r"(?i)\b(?:мой|моя|мій)?\s*(?:тел(?:ефон)?|номер|phone|number)\b[.:]?")
_ANSWER = re.compile(
    r"(?i:^\s*(?:(?:меня|мене|зовут|звати|зовите|мо[её]|имя|ім['’ʼ]я|моє|это|це|я|my name is|i'm|i am|it's|name|запишите(?: на)?"
    r"|ну|просто|just|да|так)[\s,:-]+)*)(?P<name>[^\W\d_]+(?:[-'’][^\W\d_]+)*(?: [^\W\d_]+(?:[-'’][^\W\d_]+)*){0,2})[\s.!,)]*$"
)


def find_phone(text: str, language: str) -> tuple[str | None, str]:
    """The first phone number in a text, E.164, and the text without it.

    Ten digits that begin with 0 are Ukrainian, 8… and 7… of eleven Russian.
    """
    for match in _NUMBER.finditer(text):
        written = match[0]
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
    return said["name"] if said and _is_name(said["name"]) else None


def answered_name(text: str) -> str | None:
    """The name in an answer to "what is your name?"; None where the text is no bare name."""
    if said := find_name(text):
        return said
    answer = _ANSWER.match(_NOT_A_NAME.sub("", _NUMBER.sub("", text)).strip(" ,;:-\n"))
    return answer["name"] if answer and _is_name(answer["name"]) else None


def _is_name(words: str) -> bool:
    """Whether no word of it is one that other grammars read."""
    return all(tag_of(word) is None for word in clean(words).split())
