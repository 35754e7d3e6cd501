"""One webhook on its way to one destination, and the twin's memory of all of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from kommutator.twins.amocrm.hook_ladder import BadAnswers

Json = dict[str, Any]

DELIVERIES_KEPT = 3000
BODY_KEPT = 20_000


@dataclass
class Subscription:
    """One row of `/api/v4/webhooks`."""

    id: int
    destination: str
    settings: list[str]
    sort: int
    created_at: int
    updated_at: int
    created_by: int
    disabled: bool = False
    # A digital pipeline's hook: the short form, no retries.
    short: bool = False
    bad: BadAnswers = field(default_factory=BadAnswers)

    def wants(self, setting: str) -> bool:
        """Whether it is told of this kind of change now."""
        return not self.disabled and setting in self.settings

    def dump(self, account_id: int) -> Json:
        """The row as the API shows it."""
        return {
            "id": self.id,
            "destination": self.destination,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "account_id": account_id,
            "created_by": self.created_by,
            "sort": self.sort,
            "disabled": self.disabled,
            "settings": list(self.settings),
        }


@dataclass
class Delivery:
    """One body with what became of it so far; `code` 0 means that nobody answered."""

    account: str
    subscription: Subscription
    body: str
    request_id: str
    attempt: int = 1
    code: int | None = None
    outcome: str = "waiting"
    took_ms: float = 0.0
    at: float = 0.0

    def next(self, request_id: str) -> Delivery:
        """The following attempt with the same body."""
        number = self.attempt + 1
        return Delivery(self.account, self.subscription, self.body, request_id, number)

    def dump(self) -> Json:
        """The delivery as JSON; `at` is the twin's epoch second of the last try."""
        return {
            "account": self.account,
            "destination": self.subscription.destination,
            "attempt": self.attempt,
            "request_id": self.request_id,
            "status": self.code,
            "outcome": self.outcome,
            "ms": round(self.took_ms, 2),
            "at": self.at,
            "body": self.body[:BODY_KEPT],
        }


class DeliveryLog:
    """The last deliveries, oldest first."""

    def __init__(self) -> None:
        self._rows: deque[Delivery] = deque(maxlen=DELIVERIES_KEPT)

    def add(self, delivery: Delivery) -> None:
        """Remember a delivery; its later fate shows by itself."""
        self._rows.append(delivery)

    def of(self, account: str | None) -> list[Delivery]:
        """All of one account, or all."""
        return [row for row in self._rows if account in (None, row.account)]

    def clear(self, account: str | None = None) -> None:
        """Forget one account's deliveries, or all."""
        kept = [] if account is None else [row for row in self._rows if row.account != account]
        self._rows = deque(kept, maxlen=DELIVERIES_KEPT)


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which `share` (0…1) of all lie; 0 of nothing."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] if ranked else 0.0
