"""What a CRM tells about its cards: which news matter to a copy, and in which rounds it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.crm_data import EntityKind, VendorEvent

_CHANGES = ("_added", "_deleted", "_restored", "_changed", "_merged", "_linked", "_unlinked")
_BESIDE = ("note", "task", "call", "chat", "talk", "message", "sms", "mail", "conversation")
_FUTURE = timedelta(minutes=5)
HOOKS, EVENTS, REFERENCES = "hooks", "events", "references"
CHANGED = {f"changed:{kind.value}": kind for kind in EntityKind}
WHOLE = {kind.value: kind for kind in EntityKind}
COPIED = frozenset({ConnectionKind.AMOCRM})
"""CRMs of whose cards we keep a copy."""

TASKS = (HOOKS, REFERENCES, *CHANGED, *WHOLE, EVENTS)
"""Every round that is read of a connection, by name."""


@dataclass(frozen=True, slots=True)
class CardNews:
    """Somebody says that a card changed. `gone`: that it was deleted."""

    kind: EntityKind
    id: int
    gone: bool = False


@dataclass(frozen=True, slots=True)
class CopyPace:
    """How a connection is read; `connections.config`, key "copy".

    Attributes:
        on: whether there is a copy at all.
        owner: whose client a number is: "contact", the card's responsible, or "lead", that of
            the newest open lead if there is one.
        requests_per_second: the copy's own share of the account's allowance.
        every_s: between two looks for changed cards.
    """

    on: bool = True
    owner: str = "contact"
    requests_per_second: float = 2.0
    every_s: float | None = None

    def changes_every_s(self, *, hooks: bool) -> float:
        """Without notifications from the CRM, looking is the only way to hear."""
        return self.every_s or (60.0 if hooks else 15.0)


def read_pace(config: Mapping[str, Any]) -> CopyPace:
    """Tolerant: what is not understood counts as not said."""
    given = config.get("copy")
    words: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    return CopyPace(
        on=words.get("on") is not False,
        owner="lead" if words.get("owner") == "lead" else "contact",
        requests_per_second=_number(words.get("requests_per_second"), 0.1, 50.0) or 2.0,
        every_s=_number(words.get("every_s"), 5.0, 86_400.0),
    )


def changes_card(event: VendorEvent) -> bool:
    """Whether this line of the account's history means another card than before.

    Notes, tasks and calls hang on a card and leave it as it is; a deal's stage, a name, a field,
    a link change it. An unknown word that looks like a change counts as one: reading too much
    is cheap.
    """
    if event.kind is None or not event.type.endswith(_CHANGES):
        return False
    return not any(word in event.type for word in _BESIDE)


def reached(before: datetime | None, seen: datetime | None, now: datetime) -> datetime | None:
    """Up to where, by the vendor's clock, all has been read.

    Anybody may date a card into the future there: that must not make us blind until then.
    """
    if seen is None:
        return before
    seen = min(seen, now + _FUTURE)
    return seen if before is None else max(before, seen)


def _number(value: object, least: float, most: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return min(max(float(value), least), most)
