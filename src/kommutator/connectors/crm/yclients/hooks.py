"""What YClients sends when something of a salon changed: raw body → notice. Trusts nothing.

There is no signature and no id of the event: a secret in the address proves the sender, and a
notice is a hint to read the thing again, for notices come late, doubled, out of order or not at
all (contract §1.10).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from kommutator.connectors.crm.yclients.values import as_id, as_utc
from kommutator.kit.errors import InvalidInput
from kommutator.kit.plain_json import as_map, as_text, read_json

RECORD: Final = "record"
CLIENT: Final = "client"
STAFF: Final = "staff"  # subscribed as `master`
SERVICE: Final = "service"
CATEGORY: Final = "service_category"
SALON: Final = "company"  # subscribed as `salon`
SCHEDULE: Final = "schedule"  # Altegio; its id is the employee's
KNOWN: Final = frozenset({RECORD, CLIENT, STAFF, SERVICE, CATEGORY, SALON, SCHEDULE})
_NAMES: Final = {"salon": SALON, "master": STAFF}
_LONGEST_WORD = 60


@dataclass(frozen=True, slots=True)
class Notice:
    """Something happened to one thing of a salon.

    Attributes:
        kind: one of the constants above; unknown ones as they came.
        id: None where the body tells none.
        status: "create", "update", "delete"; others as they came.
        changed_at: by the vendor's clock, UTC, if the body tells.
        raw: the thing as it was then; a mere hint.
    """

    salon_id: int
    kind: str
    id: int | None
    status: str
    changed_at: datetime | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def known(self) -> bool:
        return self.kind in KNOWN

    @property
    def deleted(self) -> bool:
        return self.status == "delete"


def read_notice(body: bytes) -> Notice:
    """The one notice of a body.

    Raises:
        InvalidInput: `yclients_hook_malformed`: nothing that names a salon and a kind.
    """
    try:
        told = as_map(read_json(body))
    except ValueError as error:
        raise InvalidInput("yclients_hook_malformed") from error
    salon, word = as_id(told.get("company_id")), as_text(told.get("resource"))
    if salon is None or word is None or len(word) > _LONGEST_WORD:
        raise InvalidInput("yclients_hook_malformed")
    thing = as_map(told.get("data"))
    return Notice(
        salon_id=salon,
        kind=_NAMES.get(word, word),
        id=as_id(told.get("resource_id")) or as_id(thing.get("id")),
        status=(as_text(told.get("status")) or "")[:_LONGEST_WORD],
        changed_at=as_utc(thing.get("last_change_date")),
        raw=thing,
    )
