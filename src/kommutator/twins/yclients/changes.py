"""What happened to an entity of a branch: told to everybody who subscribed to the world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kommutator.twins.yclients.company import Company
from kommutator.twins.yclients.people import Partner, User

CREATE, UPDATE, DELETE = "create", "update", "delete"


@dataclass(frozen=True)
class Change:
    """One change.

    Attributes:
        resource: company, service_category, service, staff, client, record, schedule (with the
            employee's id), as the vendor's hooks name them.
        status: create, update, delete.
        user: who did it; None for a client at an online form.
        partner: through whose API it came; None for a hand in YClients itself.
        at: epoch seconds of the twin.
    """

    company: Company
    resource: str
    id: int
    status: str
    user: User | None
    partner: Partner | None
    at: float


Listener = Callable[[Change], None]


@dataclass(frozen=True)
class By:
    """Who makes a change: both None is a client at an online form, a user alone a hand."""

    user: User | None = None
    partner: Partner | None = None
