"""One amoCRM account: everything it holds."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from kommutator.twins.amocrm.hook_delivery import Subscription
from kommutator.twins.amocrm.linkbook import LinkBook
from kommutator.twins.amocrm.phones import PhoneIndex

Json = dict[str, Any]

CARD_KINDS = ("leads", "contacts", "companies")
WON, LOST = 142, 143


@dataclass
class Account:
    """Rows are dicts as API v4 shows them, without `_links` and `_embedded`.

    Cards keep `tags` (`[{"id", "name", "color"}]`) inside; links are in `links`. A pipeline keeps
    its statuses under `statuses` (by id). A deleted row stays with `is_deleted: true`.
    `address` is where it is served: "" (the root) or a name under `/a/`.
    """

    id: int
    name: str
    address: str
    root: str
    users_at_start: int = 0
    users: dict[int, Json] = field(default_factory=dict)
    groups: list[Json] = field(default_factory=list)
    pipelines: dict[int, Json] = field(default_factory=dict)
    fields: dict[str, dict[int, Json]] = field(default_factory=dict)
    cards: dict[str, dict[int, Json]] = field(
        default_factory=lambda: {kind: {} for kind in CARD_KINDS}
    )
    tasks: dict[int, Json] = field(default_factory=dict)
    tasks_of: dict[tuple[str, int], set[int]] = field(default_factory=dict)
    notes: dict[int, Json] = field(default_factory=dict)
    notes_of: dict[tuple[str, int], list[int]] = field(default_factory=dict)
    events: list[Json] = field(default_factory=list)
    tags: dict[tuple[str, str], Json] = field(default_factory=dict)
    links: LinkBook = field(default_factory=LinkBook)
    phones: PhoneIndex = field(default_factory=PhoneIndex)
    # Telephony and hooks.
    unsorted: dict[str, Json] = field(default_factory=dict)
    hooks: dict[int, Subscription] = field(default_factory=dict)
    popups: list[Json] = field(default_factory=list)
    # Trouble: blocked by the vendor; unpaid: "" | "writes" | "all"; blocked for its pace.
    blocked: bool = False
    unpaid: str = ""
    limit_blocked: bool = False
    is_unsorted_on: bool = True
    webhooks_in_tariff: bool = True

    def __post_init__(self) -> None:
        self._numbers = itertools.count(self.id * 10_000_000 % 1_000_000_000 + 1001)

    @property
    def base_url(self) -> str:
        """Where its API is: `http://host:port` or `http://host:port/a/<address>`."""
        return f"{self.root}/a/{self.address}" if self.address else self.root

    @property
    def domain(self) -> str:
        """What `referer` says: the base without its scheme."""
        return self.base_url.partition("://")[2]

    @property
    def subdomain(self) -> str:
        """The first part of the real thing's host name."""
        return self.address or self.name

    def next_id(self) -> int:
        """A fresh id, unique within the twin."""
        return next(self._numbers)

    def href(self, path: str) -> str:
        """The full address of a path such as `leads/12` of API v4."""
        return f"{self.base_url}/api/v4/{path}"

    def live(self, kind: str, number: Any) -> Json | None:
        """A card that exists and is not deleted."""
        row = self.cards[kind].get(number) if kind in self.cards else None
        return None if row is None or row.get("is_deleted") else row

    def admin_id(self) -> int:
        """The first active administrator."""
        return next(
            n for n, u in self.users.items() if u["rights"]["is_admin"] and u["rights"]["is_active"]
        )

    def is_admin(self, user_id: int) -> bool:
        """Whether the user has every right."""
        user = self.users.get(user_id)
        return user is not None and bool(user["rights"]["is_admin"])

    def group_of(self, user_id: int) -> int:
        """The user's group, 0 for none."""
        user = self.users.get(user_id)
        return int(user["rights"]["group_id"] or 0) if user else 0
