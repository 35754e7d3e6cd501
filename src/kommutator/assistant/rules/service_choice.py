"""Of several services that are named: which are not wanted, or not now."""

from __future__ import annotations

import re

from kommutator.assistant.rules import morphology
from kommutator.assistant.rules.tokens import Tokens

_REFUSED_BEFORE = re.compile(r" (?:NOT|INSTEAD|EXCEPT)(?: (?:ON|IN|WANT|NEED|BE|DO|просто|I))* $")
_REFUSED_AFTER = re.compile(r"^ (?:I )?NOT (?:NEED|WANT|BE) ")
_ANOTHER_DAY = re.compile(
    r" (?:(?:ON )?(?:потом|потім)|LATER|IN OTHERONE (?:раз|#1)|another time|OTHERONE #1)"
    r"(?= (?:[,.!?|] | ?$))"
)


def is_refused(positions: frozenset[int], tokens: Tokens) -> bool:
    """Of "не стрижку, а укладку", "педикюр не нужен" the other alone is wanted."""
    return (
        _REFUSED_BEFORE.search(_tags(tokens, 0, min(positions))) is not None
        or _REFUSED_AFTER.match(_tags(tokens, max(positions) + 1)) is not None
    )


def is_left_alone(positions: frozenset[int], tokens: Tokens) -> bool:
    """Whether an adjective has no noun after it: not that of "на детскую площадку"."""
    last, *after = tokens.items[max(positions) :][:2]
    goes_on = any(token.tag == token.text and token.text.isalpha() for token in after)
    return morphology.is_adjective(last.text) and not goes_on


def is_put_off(positions: frozenset[int], tokens: Tokens) -> bool:
    """Of "чистку на пятницу, а массаж потом" only the first is for now."""
    return _ANOTHER_DAY.match(_tags(tokens, max(positions) + 1)) is not None


def _tags(tokens: Tokens, start: int, end: int | None = None) -> str:
    return f" {' '.join(token.tag for token in tokens.items[start:end])} "
