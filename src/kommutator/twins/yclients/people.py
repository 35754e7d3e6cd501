"""Who may ask: partners, users with their rights, chains of branches."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass
class Partner:
    """A developer with a partner token ("Bearer")."""

    id: int
    name: str
    token: str


@dataclass
class User:
    """Somebody with a user token.

    Attributes:
        access: company id -> tree of rights there (see `permissions.tree`); a branch that is
            missing is closed to this user. Installing an application puts its system user's tree
            here, uninstalling takes it away.
    """

    id: int
    name: str
    login: str
    password: str
    token: str
    phone: str = ""
    email: str = ""
    is_system: bool = False
    access: dict[int, Json] = field(default_factory=dict)

    def may(self, company_id: int, right: str) -> bool:
        """Whether the user holds a right such as `clients.clients_access` in a branch."""
        room, _, name = right.partition(".")
        return bool(self.access.get(company_id, {}).get(room, {}).get(name))


@dataclass
class Group:
    """A chain ("сеть"). `crm_token`: what its Telephony → Integration page shows."""

    id: int
    title: str
    crm_token: str
    company_ids: list[int] = field(default_factory=list)
