"""Bodies on their way from YClients to a partner, and the twin's memory of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

LETTERS_KEPT = 3000
ANSWER_KEPT = 2000

HOOK, LIFECYCLE = "hook", "lifecycle"
# What becomes of a letter.
WAITING, GOOD, BAD, LOST, WITHDRAWN = "waiting", "good", "bad", "lost", "withdrawn"


def _always() -> bool:
    return True


@dataclass
class Letter:
    """One body for one address; `status` 0 means that nobody answered, None not yet sent.

    `at` is the twin's epoch second of the last try, `ms` how long its answer took in real time.
    `stands` tells at the moment of sending whether it is still to go.
    """

    kind: str
    company_id: int
    url: str
    body: Json
    attempt: int = 1
    status: int | None = None
    answer: str = ""
    outcome: str = WAITING
    ms: float = 0.0
    at: float = 0.0
    stands: Callable[[], bool] = field(default=_always, repr=False)

    def again(self, *, attempt: int) -> Letter:
        """The same body once more."""
        return Letter(self.kind, self.company_id, self.url, self.body, attempt, stands=self.stands)

    def dump(self) -> Json:
        """The letter as JSON."""
        return {
            "kind": self.kind,
            "company_id": self.company_id,
            "url": self.url,
            "body": self.body,
            "attempt": self.attempt,
            "status": self.status,
            "answer": self.answer[:ANSWER_KEPT],
            "outcome": self.outcome,
            "ms": round(self.ms, 2),
            "at": self.at,
        }


@dataclass(frozen=True)
class Manner:
    """How one kind of letters travels.

    `delay` and `retry_after` are the twin's seconds, `patience` real ones; `loss`, `duplicate` and
    `reorder` are shares 0…1.
    """

    delay: float = 0.0
    patience: float = 15.0
    retries: int = 0
    retry_after: float = 0.0
    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0


class LetterBook:
    """The last letters, oldest first."""

    def __init__(self) -> None:
        self._rows: deque[Letter] = deque(maxlen=LETTERS_KEPT)

    def add(self, letter: Letter) -> None:
        """Remember a letter; its later fate shows by itself."""
        self._rows.append(letter)

    def find(self, kind: str | None = None, company_id: int | None = None) -> list[Letter]:
        """All of one kind and one salon; None is any."""
        return [
            row
            for row in self._rows
            if kind in (None, row.kind) and company_id in (None, row.company_id)
        ]

    def clear(self) -> None:
        """Forget all."""
        self._rows.clear()
