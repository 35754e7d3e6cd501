"""Where the hunch may speak: over what the rules only guess, and never into what binds a client."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from kommutator.assistant.hunch.evidence import Evidence
from kommutator.assistant.hunch.weights import Weights, trained
from kommutator.domain.assistant.frame import Expecting, Intent

Opinion = Callable[[Evidence], Intent]
"""What a turn is for, the rules' own word in its hand."""

_SURE: Final = 0.5
_CHOSEN: Final = re.compile(r"(?<!\S)CHOSEN(?!\S)").search

_QUESTIONS: Final = frozenset(
    {Intent.PRICE, Intent.HOURS, Intent.ADDRESS, Intent.SERVICES, Intent.STAFF, Intent.MY_VISIT}
)
_MANNERS: Final = frozenset({Intent.THANKS, Intent.GREETING})
# What asks, answers or proposes: a mistake costs a turn, no visit. Whatever agrees, cancels,
# moves, calls a person or ends a talk stays with the rules, in both directions.
_HARMLESS: Final = (
    frozenset({Intent.BOOK, Intent.FREE, Intent.INFORM, Intent.OTHER, Intent.CHOICE})
    | _QUESTIONS
    | _MANNERS
)
# A question that the rules heard is one, if not always that one: "сколько стоит маникюр завтра"
# has all that a wish has, and is none. A wish stays one, unless it is a question or thanks.
_ASKED: Final = _QUESTIONS | _MANNERS
INSTEAD: Final[Mapping[Intent, AbstractSet[Intent]]] = {
    **dict.fromkeys((Intent.INFORM, Intent.OTHER), _HARMLESS),
    **dict.fromkeys((Intent.BOOK, Intent.FREE, *_QUESTIONS - {Intent.MY_VISIT}), _ASKED),
    # "Нет, всё слишком поздно" is no "latest": to take nothing is on the safe side.
    Intent.CHOICE: frozenset({Intent.NO}),
}
"""What an intent of the rules may become."""

# Under our question its answer is likelier than one of theirs: "в семь, вы же закрываетесь".
_ANSWERS: Final = frozenset({Intent.INFORM, Intent.CHOICE})
_OF_PARTS: Final = frozenset(
    {Expecting.SERVICE, Expecting.STAFF, Expecting.DAY, Expecting.TIME, Expecting.CHOICE}
)
_OF_THEMSELVES: Final = frozenset({Expecting.NAME, Expecting.PHONE})
_MAY_ANSWER: Final = (_QUESTIONS - {Intent.MY_VISIT}) | {Intent.FREE}

# A reminder is answered by confirming, moving or cancelling, and a rating by a number.
_SILENT_UNDER: Final = frozenset({Expecting.REMINDER, Expecting.STARS})


def rules_alone(evidence: Evidence) -> Intent:
    """No hunch at all."""
    return evidence.intent


def second_opinion(evidence: Evidence) -> Intent:
    """The rules' intent, or a much likelier one of those it may become."""
    return judged(evidence, trained)


def judged(evidence: Evidence, weights: Callable[[], Weights]) -> Intent:
    """The same by any weights, which are asked for only where they count."""
    allowed = _allowed(evidence)
    if not allowed:
        return evidence.intent
    likely = weights().probabilities(evidence)
    intent = max(likely, key=likely.__getitem__)
    return intent if intent in allowed and likely[intent] > _SURE else evidence.intent


def _allowed(evidence: Evidence) -> AbstractSet[Intent]:
    """What it may become here; nothing where the rules know."""
    if evidence.certain or evidence.expecting in _SILENT_UNDER:
        return frozenset()
    allowed = INSTEAD.get(evidence.intent, frozenset())
    if evidence.intent in _MAY_ANSWER and evidence.expecting in _OF_PARTS:
        allowed |= _ANSWERS
    # Neither a name nor a number is told, and nothing chosen, that the rules have not found.
    if evidence.expecting in _OF_THEMSELVES:
        allowed -= {Intent.INFORM}
    return allowed if _CHOSEN(evidence.line) else allowed - {Intent.CHOICE}
