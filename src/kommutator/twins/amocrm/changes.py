"""What happened to an entity: told to everybody who subscribed to the world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kommutator.twins.amocrm.account import Account

Json = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """One change of one entity, whoever made it.

    `entity`: leads, contacts, companies, tasks, notes, unsorted, links.
    `action`: add, update, delete, restore (unsorted: add, accept, decline, link; links: link,
    unlink, with `after` as `{"entity_id", "entity_type", "to_entity_id", "to_entity_type"}`).
    `before` and `after` are rows as they were and as they are (shallow copies; None where there
    is none). `keys` names what differs: `status_id`, `responsible_user_id`, `tags`,
    `custom_fields_values`… `by` is a user id (0 = a robot), `at` epoch seconds.
    """

    entity: str
    action: str
    before: Json | None
    after: Json | None
    by: int
    at: int
    keys: frozenset[str] = frozenset()

    @property
    def id(self) -> int:
        """The entity's id (0 for what has none)."""
        row = self.after or self.before or {}
        number = row.get("id", 0)
        return number if isinstance(number, int) else 0


Listener = Callable[["Account", Change], None]
