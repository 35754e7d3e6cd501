"""What Meta's documentation leaves open about the Cloud API, and what tests want otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from kommutator.twins.switchboard import SwitchBoard


@dataclass
class Switches(SwitchBoard):
    """All of them.

    Attributes:
        per_second: messages of one number; more is error 130429.
        pair_seconds: between messages to one person, on average.
        pair_burst: how many of them may go at once before that counts; more is error 131056.
        window: free text outside the 24 hours is refused by a `failed` status after it was taken
            ("later"), or in the answer ("now").
        duplicates: each webhook comes twice.
        shuffled: statuses come latest first.
        batched: the statuses of a message come in one body.
        deliver: messages reach the phone; off: its owner is away.
    """

    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {"window": ("later", "now")}

    per_second: int = 80
    pair_seconds: float = 6.0
    pair_burst: int = 45
    window: str = "later"
    duplicates: bool = False
    shuffled: bool = False
    batched: bool = False
    deliver: bool = True
