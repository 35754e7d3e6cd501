"""What a word of the trade means, whoever writes it: "ноготки", "манікюр" and "nails" are one."""

from __future__ import annotations

import re
from functools import lru_cache

from kommutator.assistant.rules import morphology
from kommutator.assistant.rules.clean import clean
from kommutator.assistant.rules.lexicon import Lexicon
from kommutator.assistant.rules.trade_words import MODIFIERS, TRADE_WORDS

_TRADE = Lexicon.of(TRADE_WORDS)
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+|[+&]")
_JOIN = re.compile(r"[+&]|\b(?:и|та|і|and)\b")
# Words of names of services that tell nothing apart.
_EMPTY_WORDS = (
    "для на в во с со и или по от до за к из в "
    "оформление моделирование оформлення моделювання дизайн услуга процедура "
    "сеанс комплекс "
    "a an of with for and or та і з зі й у + & все всех полный full with при под над о об the "
    "весь всего всю вся всей всем up off out in on at by"
)
_EMPTY = frozenset(_EMPTY_WORDS.split())
_NEGATIONS = frozenset({"без", "without", "no"})


@lru_cache(maxsize=20_000)
def concept(word: str) -> str:
    """The concept of a cleaned word; its base form where the trade has no name for it."""
    base = morphology.base_forms(word, "ru")[0]
    return _named(word) or _TRADE.exact(base) or base


def _named(word: str) -> str | None:
    return _TRADE.exact(word) or _TRADE.by_stem(word)


@lru_cache(maxsize=20_000)
def is_trade_word(word: str) -> bool:
    return is_concept(concept(word))


def is_concept(meaning: str) -> bool:
    """Whether it is a concept of the trade, no other word's base form."""
    return meaning in TRADE_WORDS


def is_trade(word: str) -> bool:
    """Whether the word names a service somewhere, be it not in this salon."""
    return is_trade_word(word) and concept(word) not in MODIFIERS


def words_of(name: str) -> list[str]:
    return _WORD.findall(clean(name))


def concepts_of(words: list[str]) -> list[tuple[int, str]]:
    """Where in `words` which concept stands; "без покрытия" is "-coating".

    Empty words stand for what other grammars own. "Стрижка бороды" is of the beard alone.
    """
    found: list[tuple[int, str]] = []
    for index, word in enumerate(words):
        if not word or word in _EMPTY or word in _NEGATIONS or word.isdigit():
            continue
        meaning = concept(word)
        if meaning == "beard" and found and found[-1] == (index - 1, "haircut"):
            found.pop()
        before = words[index - 1] if index else ""
        negated = before in _NEGATIONS or (before == "не" and meaning == "coating")
        found.append((index, f"-{meaning}" if negated else meaning))
    return found


def joins(name: str) -> bool:
    """Whether a service is several in one: "Стрижка + борода"."""
    return _JOIN.search(clean(name)) is not None
