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

# What the rules take for want of better, or by a single word.
_GUESSED: Final = frozenset(
    {
        Intent.INFORM,
        Intent.OTHER,
        Intent.FREE,
        Intent.PRICE,
        Intent.HOURS,
        Intent.BOOK,
        Intent.ADDRESS,
        Intent.SERVICES,
        Intent.STAFF,
    }
)
# These ask, answer or propose: a mistake costs a turn, no visit. Whatever agrees, cancels, moves,
# calls a person or ends a talk stays with the rules, in both directions.
_HARMLESS: Final = _GUESSED | {Intent.MY_VISIT, Intent.THANKS, Intent.GREETING, Intent.CHOICE}
INSTEAD: Final[Mapping[Intent, AbstractSet[Intent]]] = {
    **dict.fromkeys(_GUESSED, _HARMLESS),
    # "Нет, всё слишком поздно" is no "latest": to take nothing is on the safe side.
    Intent.CHOICE: frozenset({Intent.NO}),
}
"""What an intent of the rules may become."""

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
    allowed = INSTEAD.get(evidence.intent)
    if evidence.certain or allowed is None or evidence.expecting in _SILENT_UNDER:
        return evidence.intent
    likely = weights().probabilities(evidence)
    intent = max(likely, key=likely.__getitem__)
    if intent not in allowed or likely[intent] <= _SURE:
        return evidence.intent
    # Nothing is chosen where the rules found no position.
    return evidence.intent if intent is Intent.CHOICE and not _CHOSEN(evidence.line) else intent
