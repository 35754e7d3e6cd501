"""One customer's account at the vendor: its own host, keys, people and everything they hold."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kommutator.twins.retailcrm.checks import DATETIME

Json = dict[str, Any]


@dataclass(frozen=True)
class ApiKey:
    """A key with what it opens. `legacy_paths` is how keys older than scopes are described."""

    secret: str = field(repr=False)
    scopes: frozenset[str] = frozenset()
    sites: tuple[str, ...] | None = None  # None: all shops
    legacy_paths: tuple[str, ...] = ()


@dataclass
class Module:
    """A registered integration module as the CRM keeps it, clientId included."""

    code: str
    entity: Json
    simple_connection: bool = False

    @property
    def telephony(self) -> Json | None:
        """Its telephony part while the module works, else None."""
        if not self.entity.get("active") or self.entity.get("freeze"):
            return None
        integrations = self.entity.get("integrations") or {}
        part = integrations.get("telephony")
        return part if isinstance(part, dict) else None


@dataclass
class Account:
    """The data of one account. Entities are kept in the vendor's shape."""

    name: str
    base_url: str
    zone: ZoneInfo
    system_version: str = "8.9.12"
    users_at_start: int = 0
    keys: list[ApiKey] = field(default_factory=list)
    sites: dict[str, Json] = field(default_factory=dict)
    groups: list[Json] = field(default_factory=list)
    users: dict[int, Json] = field(default_factory=dict)
    customers: dict[int, Json] = field(default_factory=dict)
    corporate: dict[int, Json] = field(default_factory=dict)
    notes: dict[int, Json] = field(default_factory=dict)
    orders: dict[int, Json] = field(default_factory=dict)
    tasks: dict[int, Json] = field(default_factory=dict)
    modules: dict[str, Module] = field(default_factory=dict)
    events: list[Json] = field(default_factory=list)
    popups: list[Json] = field(default_factory=list)
    calls: list[Json] = field(default_factory=list)
    triggers: list[Json] = field(default_factory=list)
    callbacks: list[Json] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(5001))

    def next_id(self) -> int:
        """A new id, unique in the account."""
        return next(self._numbers)

    def local(self, moment: datetime) -> str:
        """A moment as the API writes it: account's zone, no zone in the text."""
        return moment.astimezone(self.zone).strftime(DATETIME)

    def epoch_of(self, local_text: str) -> float:
        """Epoch seconds of a zoneless text in the account's zone.

        Raises:
            ValueError: not `Y-m-d H:i:s`.
        """
        naive = datetime.strptime(local_text, DATETIME)  # noqa: DTZ007  the zone is the account's
        return (naive.replace(tzinfo=self.zone) - datetime.fromtimestamp(0, UTC)) / timedelta(
            seconds=1
        )

    def key(self, secret: str) -> ApiKey | None:
        """The key with this secret."""
        return next((key for key in self.keys if key.secret == secret), None)

    def telephony_parts(self) -> list[Json]:
        """Telephony parts of all working modules (whether several may work is not known)."""
        return [part for module in self.modules.values() if (part := module.telephony)]

    def codes(self) -> dict[str, int]:
        """Extension → user id, over all working telephony modules."""
        return {
            str(item["code"]): int(item["userId"])
            for part in self.telephony_parts()
            for item in part.get("additionalCodes") or []
        }

    def code_of(self, user_id: int) -> str | None:
        """The user's extension."""
        return next((code for code, owner in self.codes().items() if owner == user_id), None)

    def default_site(self) -> str | None:
        """The shop used when none is named."""
        marked = [code for code, site in self.sites.items() if site.get("defaultForCrm")]
        return next(iter(marked or self.sites), None)
