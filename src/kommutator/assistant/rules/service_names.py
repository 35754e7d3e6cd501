"""The names of a salon's services as concepts of the trade, ready to be compared with messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kommutator.assistant.rules import morphology
from kommutator.assistant.rules.concepts import concepts_of, joins, words_of
from kommutator.domain.assistant.frame import Named


class Phrase(NamedTuple):
    """One name of a service as concepts.

    `literal`: an alias that only fits word by word. `named`: the title itself, no alias.
    """

    service: int
    concepts: tuple[str, ...]
    joined: bool
    literal: bool
    named: bool


def phrases_of(services: Sequence[Named]) -> tuple[Phrase, ...]:
    """All names of all services; those without a word that tells anything are left out."""
    named = [
        Phrase(one.id, _concepts(one.name), joins(one.name), literal=False, named=True)
        for one in services
    ]
    shared = _shared(named)
    aliases = [_alias(one.id, alias, shared) for one in services for alias in one.aliases]
    return tuple(phrase for phrase in (*named, *aliases) if phrase.concepts)


def _concepts(name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(meaning for _, meaning in concepts_of(words_of(name))))


def _shared(phrases: Sequence[Phrase]) -> frozenset[str]:
    """Concepts that several services have in their names."""
    seen: set[str] = set()
    twice: set[str] = set()
    for phrase in phrases:
        twice |= seen & set(phrase.concepts)
        seen |= set(phrase.concepts)
    return frozenset(twice)


def _alias(service: int, alias: str, shared: frozenset[str]) -> Phrase:
    """An alias of one word that would catch other services' words fits only as it is written."""
    concepts = _concepts(alias)
    if len(concepts) == 1 and concepts[0] in shared:
        word = words_of(alias)[-1]
        return Phrase(
            service,
            (morphology.base_forms(word, "ru")[0],),
            joined=False,
            literal=True,
            named=False,
        )
    return Phrase(service, concepts, joins(alias), literal=False, named=False)
