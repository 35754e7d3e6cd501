"""Services of which only what tells them apart is said: "массаж спины и общий"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from kommutator.assistant.rules import morphology
from kommutator.assistant.rules.concepts import concept, is_concept
from kommutator.assistant.rules.service_names import Phrase
from kommutator.assistant.rules.tokens import Tokens
from kommutator.assistant.rules.trade_words import MODIFIERS

_JOINS = frozenset({"AND", "OR", ",", "+", "/"})
_BESIDE = frozenset({"ON", "FROM", "то", "full", "всего", "всього"})


def left_out(
    taken: Sequence[tuple[frozenset[int], frozenset[str]]],
    phrases: Sequence[Phrase],
    tokens: Tokens,
) -> Iterator[tuple[int, tuple[int, ...], frozenset[int], frozenset[str]]]:
    """Where a word joined to a service stands for another one of its kind.

    Args:
        taken: positions and things of what was found.
        phrases: of the salon.
        tokens: of the message.

    Yields:
        Position, service, positions and things.
    """
    seen = frozenset[int]().union(*(positions for positions, _ in taken))
    for at in range(1, len(tokens.items)):
        if at in seen or not _is_joined(at, seen, tokens):
            continue
        for things in {things for _, things in taken}:
            found = {
                one.service: frozenset(one.concepts) - MODIFIERS
                for one in phrases
                if _tells(one, things, tokens.items[at].text)
            }
            if len(found) == 1:
                ((service, kind),) = found.items()
                yield at, (service,), frozenset({at}), kind


def _is_joined(at: int, seen: frozenset[int], tokens: Tokens) -> bool:
    before = at - 1
    while before > 0 and (
        tokens.items[before].tag in _BESIDE or tokens.items[before].text in _BESIDE
    ):
        before -= 1
    joins = tokens.items[before].tag in _JOINS and before - 1 in seen
    return joins or (
        at + 2 < len(tokens.items) and tokens.items[at + 1].tag in _JOINS and at + 2 in seen
    )


def _tells(one: Phrase, things: frozenset[str], word: str) -> bool:
    """Whether the phrase is of these things and this word, and of nothing more."""
    rest = [part for part in one.concepts if part not in things]
    return len(rest) == 1 and len(rest) < len(one.concepts) and _is(rest[0], word)


@lru_cache(maxsize=4096)
def _is(part: str, word: str) -> bool:
    if is_concept(part):
        return concept(word) == part
    return part in (word, *morphology.base_forms(word, "ru"), *morphology.base_forms(word, "uk"))
