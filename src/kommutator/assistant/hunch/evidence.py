"""What the hunch is told of a turn, and what it looks at: pieces of words, marks, the question."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from kommutator.domain.assistant.frame import Expecting, Intent

_LONGEST: Final = 600
"""Of a long message its beginning tells enough, and costs no more than a short one."""
_PIECES: Final = (2, 3, 4)
_DIGITS: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One turn as the rules leave it.

    Attributes:
        text: as it was written.
        line: what the rules made of it: marks for what they understood, words for the rest.
        intent: what they take it for.
        certain: they know it by more than a guess.
    """

    text: str
    line: str
    expecting: Expecting
    intent: Intent
    certain: bool = False


def features(evidence: Evidence) -> tuple[AbstractSet[str], ...]:
    """Names of what stands in it, in blocks that weigh the same however long the message is."""
    return (
        frozenset(_pieces(evidence.text[:_LONGEST])),
        frozenset(_marks(evidence.line)),
        frozenset({f"?{evidence.expecting}"}),
    )


def _pieces(text: str) -> Iterator[str]:
    """Of each word with its edges: slips and endings leave most of them as they are."""
    for word in _DIGITS.sub("0", text.lower().replace("ё", "е")).split():
        edged = f" {word} "
        for length in _PIECES:
            for start in range(len(edged) - length + 1):
                yield edged[start : start + length]


def _marks(line: str) -> Iterator[str]:
    """Each mark, and each two that are neighbours; of which service or day is all the same."""
    marks = ["^", *_DIGITS.sub("", line[:_LONGEST]).split(), "$"]
    for mark, following in pairwise(marks):
        yield f"={mark}"
        yield f"={mark} {following}"
