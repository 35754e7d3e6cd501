"""Which services of the salon are meant: by concept, and by the salon's own words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from kommutator.assistant.rules import morphology
from kommutator.assistant.rules.concepts import (
    concept,
    concepts_of,
    is_concept,
    is_trade,
    words_of,
)
from kommutator.assistant.rules.ellipsis import left_out
from kommutator.assistant.rules.service_choice import is_left_alone, is_refused
from kommutator.assistant.rules.service_names import Phrase, phrases_of
from kommutator.assistant.rules.tokens import Tokens
from kommutator.assistant.rules.trade_words import (
    MODIFIERS,
    OBJECTS,
    OF_HAIR,
    SAID_ONLY,
    WISHED_ALONE,
)
from kommutator.domain.assistant.frame import Named

_SHORTEST_BEGINNING = 5  # letters that "ламинация" and "ламинирование" must share
_BREAKS = frozenset({",", ".", "|", ";", "?", "!", "AND", "OR", "THEN"})
_BREAK_SIGNS = frozenset({"+", "/", "плюс", "plus", "then", "потом", "потім", "затем"})
_MOST_SEGMENTS = 16  # nobody wishes more at once; each is tried with every service of the salon
# Words that other grammars own and that name no service, however a salon calls it.
_NEVER = re.compile(r"[#@DQ]|T[12]|E(?!VENINGLY)")

# Position → concept and base form of what may be a word of a service.
_Said = dict[int, tuple[str, str]]


class Hit(NamedTuple):
    """How a phrase fits: the positions it explains, and how much of it nobody said."""

    service: int
    positions: frozenset[int]
    missing: int
    things: frozenset[str]
    at_head: bool
    joined: bool
    named: bool


@dataclass(frozen=True, slots=True)
class Mention:
    """Services that one place of the message can mean; several: the client must say which."""

    position: int
    services: tuple[int, ...]
    positions: frozenset[int]
    things: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ServiceIndex:
    """The salon's services, made ready for looking up."""

    phrases: tuple[Phrase, ...]
    words: frozenset[str]

    @classmethod
    def of(cls, services: Sequence[Named]) -> ServiceIndex:
        texts = (text for one in services for text in (one.name, *one.aliases))
        words = frozenset(word for text in texts for word in words_of(text))
        return cls(phrases_of(services), words)

    def find(self, tokens: Tokens, *, asked: bool = False) -> list[Mention]:
        """The services a message names, in order.

        Args:
            tokens: of the message; marks of staff are passed over.
            asked: we asked which service: an adjective alone ("мужскую") is an answer.
        """
        said = self._said(tokens)
        others = _others(said, tokens)
        mentions: list[Mention] = []
        rejected: _Said = {}
        for _ in range(_MOST_SEGMENTS):
            hits = list(self._hits(said, rejected, tokens, asked=asked))
            if not hits:
                break
            group = _best(hits)
            mention = _mention(group)
            positions = mention.positions
            words = [said[at][0].lstrip("-") for at in positions]
            bare = group[0].missing > 0 and all(word in MODIFIERS for word in words)
            goes_on = _shares if OBJECTS.issuperset(words) else _narrows
            if (
                bare
                and not (asked or _is_wished(mention, words, tokens))
                and not any(goes_on(mention, one) for one in mentions)
            ):
                rejected |= {at: said.pop(at) for at in positions}
                continue
            if bare or not _beside(group, others):
                mentions.append(mention)
            else:
                rejected |= {at: said[at] for at in positions}
            said = {at: word for at, word in said.items() if at not in positions}
        found = [(one.positions, one.things) for one in mentions]
        mentions += [Mention(*one) for one in left_out(found, self.phrases, tokens)]
        mentions.sort(key=lambda mention: mention.position)
        return _narrowed(_without_refused(self._of_one_object(mentions), tokens))

    def _of_one_object(self, mentions: list[Mention]) -> list[Mention]:
        """In "коррекция бровей и окрашивание" both are of the brows."""
        objects = self._objects([one.services[0] for one in mentions if len(one.services) == 1])
        if not objects and any(one.things & OF_HAIR for one in mentions):
            return [self._of_hair(one) for one in mentions]
        return [
            replace(one, services=fitting)
            if len(one.services) > 1
            and len(fitting := tuple(s for s in one.services if self._objects([s]) & objects)) == 1
            else one
            for one in mentions
        ]

    def _of_hair(self, mention: Mention) -> Mention:
        """Beside a haircut a colour is of the hair, unless something else was named."""
        rest = tuple(one for one in mention.services if self._objects([one]) <= {"hair"})
        return replace(mention, services=rest) if rest else mention

    def _objects(self, services: list[int]) -> frozenset[str]:
        """What is worked on, where a name says so."""
        names = [phrase.concepts for phrase in self.phrases if phrase.service in services]
        return frozenset(one for name in names for one in name if one in OBJECTS)

    def _said(self, tokens: Tokens) -> _Said:
        words = ["" if _NEVER.match(token.tag) else token.text for token in tokens.items]
        return {
            index: (meaning, morphology.base_forms(words[index], "ru")[0])
            for index, meaning in concepts_of(words)
        }

    def _hits(self, said: _Said, rejected: _Said, tokens: Tokens, *, asked: bool) -> Iterator[Hit]:
        segments = _segments(said | rejected, tokens)
        for phrase in self.phrases:
            places = (tuple(said | rejected),) if phrase.joined else segments
            for segment in places:
                words = {at: said[at] for at in segment if at in said}
                beside = {rejected[at][0] for at in segment if at in rejected}
                hit = _hit(phrase, words, beside)
                if hit and (asked or not _only_beside(phrase, hit, words)):
                    yield hit


def _segments(said: _Said, tokens: Tokens) -> list[tuple[int, ...]]:
    segments: list[list[int]] = [[]]
    for index, token in enumerate(tokens.items):
        if token.tag in _BREAKS or token.text in _BREAK_SIGNS:
            segments.append([])
        elif index in said:
            segments[-1].append(index)
    return [tuple(segment) for segment in segments if segment][:_MOST_SEGMENTS]


def _only_beside(phrase: Phrase, hit: Hit, said: _Said) -> bool:
    """Whether no word of the trade is said of a name that has some: "весь" of "всего тела"."""
    names_trade = any(is_concept(one) for one in phrase.concepts)
    return names_trade and not any(is_concept(said[at][0].lstrip("-")) for at in hit.positions)


def _hit(phrase: Phrase, said: _Said, beside: set[str]) -> Hit | None:
    which = 1 if phrase.literal else 0
    positions: set[int] = set()
    fitting: set[str] = set()
    for at, word in said.items():
        if same := next((one for one in phrase.concepts if _same(one, word[which])), None):
            positions.add(at)
            fitting.add(same)
    if not positions or _another(phrase, fitting, beside | {word for word, _ in said.values()}):
        return None
    missing = len(phrase.concepts) - len(fitting)
    things = frozenset(one for one in phrase.concepts if one not in MODIFIERS)
    where = frozenset(positions)
    return Hit(
        phrase.service,
        where,
        missing,
        things,
        phrase.concepts[0] in fitting,
        phrase.joined,
        phrase.named,
    )


def _another(phrase: Phrase, fitting: set[str], said: set[str]) -> bool:
    """Whether the words speak of another thing: hair where the service is for lashes."""
    if any(one in SAID_ONLY and one not in fitting for one in phrase.concepts):
        return True
    ours = {one for one in phrase.concepts if one in OBJECTS}
    theirs = {word for word in said if word in OBJECTS}
    return bool(ours and theirs) and not ours & theirs


def _same(one: str, other: str) -> bool:
    if one == other:
        return True
    if one.isascii() or other.isascii() or min(len(one), len(other)) < _SHORTEST_BEGINNING:
        return False
    return one[:_SHORTEST_BEGINNING] == other[:_SHORTEST_BEGINNING] and concept(one) == one


def _best(hits: list[Hit]) -> list[Hit]:
    """The hits that explain most; of these the exact ones, else those that begin with the word.

    A service that is several in one ("Стрижка + борода") is not meant by one of its words.
    """
    most = max(len(hit.positions) for hit in hits)
    best = [hit for hit in hits if len(hit.positions) == most]
    exact = [hit for hit in best if hit.missing == 0]
    single = [hit for hit in best if not hit.joined] or best
    chosen = exact or [hit for hit in single if hit.at_head] or single
    first = min(chosen, key=lambda hit: min(hit.positions)).positions
    return [hit for hit in chosen if hit.positions == first]


def _mention(group: list[Hit]) -> Mention:
    services = tuple(dict.fromkeys(hit.service for hit in group))
    positions = group[0].positions
    return Mention(
        min(positions), services, positions, frozenset[str]().union(*(hit.things for hit in group))
    )


def _is_wished(mention: Mention, words: list[str], tokens: Tokens) -> bool:
    """Whether it stands for what is done: "запишите на спину", "есть окна на мужскую?"."""
    before = {token.tag for token in tokens.items[max(0, mention.position - 2) : mention.position]}
    if "ON" not in before:
        return False
    return WISHED_ALONE.issuperset(words) or is_left_alone(mention.positions, tokens)


def _others(said: _Said, tokens: Tokens) -> dict[int, frozenset[int]]:
    """Position → where other things of the trade are said in the same breath."""
    others: dict[int, frozenset[int]] = {}
    for segment in _segments(said, tokens):
        things = frozenset(at for at in segment if is_trade(tokens.items[at].text))
        others |= dict.fromkeys(segment, things)
    return others


def _beside(group: list[Hit], others: dict[int, frozenset[int]]) -> bool:
    """Whether the words only tell more of another thing: of lashes in "наращивание ресниц"."""
    one = group[0]
    if one.named and (one.missing == 0 or one.at_head):
        return False
    return bool(frozenset[int]().union(*(others[at] for at in one.positions)) - one.positions)


def _narrows(mention: Mention, earlier: Mention) -> bool:
    """Whether an adjective alone goes on with what was named: "мужская стрижка и детская"."""
    return _shares(mention, earlier) or bool(mention.things & earlier.things)


def _shares(mention: Mention, earlier: Mention) -> bool:
    """Whether what is worked on tells more of what was named: "покраска ... волосы длинные"."""
    return bool(set(mention.services) & set(earlier.services))


def _without_refused(mentions: list[Mention], tokens: Tokens) -> list[Mention]:
    """Of "ресницы, но не наращивание" what the first word means beside the second."""
    refused = {one.position: one.services for one in mentions if is_refused(one.positions, tokens)}
    ruled_out = {service for services in refused.values() for service in services}
    return [
        replace(one, services=rest)
        if one.position not in refused
        and (rest := tuple(service for service in one.services if service not in ruled_out))
        else one
        for one in mentions
    ]


def _narrowed(mentions: list[Mention]) -> list[Mention]:
    """Of two unclear places that share services only the shared ones are meant."""
    narrowed: list[Mention] = []
    for mention in mentions:
        last = narrowed[-1] if narrowed else None
        both = tuple(one for one in mention.services if last and one in last.services)
        if last and both and max(len(last.services), len(mention.services)) > 1:
            narrowed[-1] = Mention(
                last.position, both, last.positions | mention.positions, last.things
            )
        else:
            narrowed.append(mention)
    return narrowed
