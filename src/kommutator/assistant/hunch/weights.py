"""How much each feature speaks for each intent: `weights.msgpack`, written by tools/train_hunch.py.

One map of MessagePack: `intents`, `features` (names, as `evidence` makes them), `bias` (one number
per intent), `scale`, and `rows`: one signed byte per feature and intent, feature by feature. A
byte times `scale` is the weight of a multinomial logistic regression.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import exp, sqrt
from operator import add

import msgspec

from kommutator.assistant.hunch.evidence import Evidence, features
from kommutator.domain.assistant.frame import Intent

FILE = "weights.msgpack"


class Stored(msgspec.Struct, frozen=True):
    """The file as it is."""

    intents: tuple[Intent, ...]
    features: tuple[str, ...]
    bias: tuple[float, ...]
    scale: float
    rows: bytes


@dataclass(frozen=True, slots=True)
class Weights:
    """The same, ready to be looked up."""

    intents: Sequence[Intent]
    bias: Sequence[float]
    scale: float
    rows: Mapping[str, Sequence[int]]

    @classmethod
    def of(cls, stored: Stored) -> Weights:
        bytes_, width = memoryview(stored.rows).cast("b"), len(stored.intents)
        rows = {
            name: bytes_[number * width : (number + 1) * width].tolist()
            for number, name in enumerate(stored.features)
        }
        return cls(stored.intents, stored.bias, stored.scale, rows)

    def probabilities(self, evidence: Evidence) -> Mapping[Intent, float]:
        """Of each intent; together 1."""
        scores = self.bias
        for block in features(evidence):
            scores = list(map(add, scores, self._block(block)))
        highest = max(scores)
        powers = [exp(score - highest) for score in scores]
        total = sum(powers)
        return {intent: power / total for intent, power in zip(self.intents, powers, strict=True)}

    def _block(self, names: AbstractSet[str]) -> Sequence[float]:
        """What is known of it, at the same length for every message."""
        known = [row for name in names if (row := self.rows.get(name)) is not None]
        if not known:
            return [0.0] * len(self.intents)
        share = self.scale / sqrt(len(known))
        return [share * sum(column) for column in zip(*known, strict=True)]


@lru_cache(maxsize=1)
def trained() -> Weights:
    """Read from the package at the first message."""
    raw = files(__package__).joinpath(FILE).read_bytes()
    return Weights.of(msgspec.msgpack.decode(raw, type=Stored))
