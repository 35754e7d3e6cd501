"""Who may do what: enterprises, people and their roles."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType
from uuid import UUID

from kommutator.kit.errors import Forbidden, InvalidInput, NotFound

EnterpriseNumber = NewType("EnterpriseNumber", str)
"""The tenant's number, such as "0367". Digits, 1 to 10 of them; leading zeros count."""

_NUMBER = re.compile(r"[0-9]{1,10}")


def enterprise_number(text: str) -> EnterpriseNumber:
    """Check a number from outside.

    Raises:
        InvalidInput: `enterprise_number_invalid`.
    """
    if not _NUMBER.fullmatch(text):
        raise InvalidInput("enterprise_number_invalid")
    return EnterpriseNumber(text)


class Role(StrEnum):
    PLATFORM_ADMIN = "platform_admin"  # every enterprise
    ENTERPRISE_ADMIN = "enterprise_admin"  # the own enterprise, everything
    EMPLOYEE = "employee"  # the own enterprise: calls, own extension, click-to-call


class Permission(StrEnum):
    READ_CALLS = "read_calls"
    PLACE_CALLS = "place_calls"
    SEND_EVENTS = "send_events"
    READ_SALON = "read_salon"  # visits, clients and free times of salons
    BOOK = "book"  # visits: made, moved, cancelled, attended
    READ_CHATS = "read_chats"  # what clients and the salon write to each other
    WRITE_CHATS = "write_chats"  # take a talk over, write in it, give it back
    CONFIGURE = "configure"  # connections, employees, extensions, keys, replay, logs
    ADMINISTER = "administer"  # enterprises, platform settings


_GRANTS: dict[Role, frozenset[Permission]] = {
    Role.PLATFORM_ADMIN: frozenset(Permission),
    Role.ENTERPRISE_ADMIN: frozenset(Permission) - {Permission.ADMINISTER},
    Role.EMPLOYEE: frozenset(
        {
            Permission.READ_CALLS,
            Permission.PLACE_CALLS,
            Permission.READ_SALON,
            Permission.BOOK,
            Permission.READ_CHATS,
            Permission.WRITE_CHATS,
        }
    ),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever asks: a signed-in person, an API key, or a CRM administrator who came by link.

    Attributes:
        name: what the audit log shows: e-mail, key name or "retailcrm:<connection>".
        enterprise: None only for platform staff and platform keys.
        scopes: an API key's own narrowing; None means all the role grants.
    """

    name: str
    role: Role
    enterprise: EnterpriseNumber | None
    user_id: UUID | None = None
    scopes: frozenset[Permission] | None = None

    def may(self, permission: Permission) -> bool:
        granted = permission in _GRANTS[self.role]
        return granted and (self.scopes is None or permission in self.scopes)

    def demand(
        self, permission: Permission, enterprise: EnterpriseNumber | None = None
    ) -> EnterpriseNumber:
        """Check the permission inside one enterprise and return that enterprise.

        Without `enterprise` the actor's own is meant.

        Raises:
            NotFound: another tenant's number; the same answer as for one that does not exist.
            Forbidden: the role or the key does not reach so far.
            InvalidInput: platform staff did not say which enterprise.
        """
        if self.enterprise is not None and enterprise not in (None, self.enterprise):
            raise NotFound("enterprise_not_found", enterprise=enterprise)
        target = enterprise or self.enterprise
        if not self.may(permission):
            raise Forbidden("not_allowed", permission=permission.value)
        if target is None:
            raise InvalidInput("enterprise_number_missing")
        return target
