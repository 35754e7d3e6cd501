"""A connection: one account at one vendor, owned by one enterprise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber


class ConnectionKind(StrEnum):
    RETAILCRM = "retailcrm"
    AMOCRM = "amocrm"
    YCLIENTS = "yclients"
    ASTERISK = "asterisk"
    TELEGRAM = "telegram"
    AVITO = "avito"
    WHATSAPP = "whatsapp"  # a phone linked by QR
    WHATSAPP_CLOUD = "whatsapp_cloud"  # Meta's official API


CRMS = frozenset({ConnectionKind.RETAILCRM, ConnectionKind.AMOCRM, ConnectionKind.YCLIENTS})
CHANNELS = frozenset(
    {
        ConnectionKind.TELEGRAM,
        ConnectionKind.AVITO,
        ConnectionKind.WHATSAPP,
        ConnectionKind.WHATSAPP_CLOUD,
    }
)
"""Messengers, each with chats that people read."""


VOIP_TOKEN = "voip_token"  # noqa: S105 - the name of a secret
"""The key of a chain's telephony, among the secrets of one of its salons."""


class ConnectionStatus(StrEnum):
    """What the console shows; every state but ACTIVE carries a reason and a repairing action."""

    DRAFT = "draft"  # saved, not yet tested and registered
    ACTIVE = "active"
    PAUSED = "paused"  # switched off by the tenant or frozen by the vendor; work waits
    BROKEN = "broken"  # access revoked; a person must reconnect
    REMOVED = "removed"  # secrets wiped, row kept for the history


@dataclass(frozen=True, slots=True)
class Account:
    """A connection opened for work: secrets decrypted, for the connector's eyes only.

    Attributes:
        base_url: scheme://host[:port][/prefix] of the vendor's account or PBX, no trailing slash.
        config: everything that is not secret, in the connector's own shape.
        secrets: field name → plaintext. Kept out of repr and so out of logs.
        version: grows with each saved change; lets caches and lane owners notice.
        account_key: what the account is at the vendor: an id, or its address.
    """

    enterprise: EnterpriseNumber
    connection_id: UUID
    kind: ConnectionKind
    name: str
    base_url: str
    status: ConnectionStatus
    config: dict[str, Any]
    secrets: dict[str, str] = field(repr=False)
    version: int = 1
    time_zone: str = "Europe/Moscow"
    account_key: str | None = None

    @property
    def host(self) -> str | None:
        """Of `base_url`; None if it names none."""
        base = self.base_url
        try:
            return urlsplit(base if "//" in base else f"//{base}").hostname
        except ValueError:
            return None

    @property
    def lane(self) -> str:
        return lane_of(self.kind, self.connection_id)


def by_ssh(account: Account) -> bool:
    """Whether this PBX takes commands by SSH: then it neither knows our ids nor tells events."""
    return account.config.get("link") == "ssh"


class _Connected(Protocol):
    @property
    def kind(self) -> ConnectionKind: ...
    @property
    def status(self) -> ConnectionStatus: ...


_AnyConnected = TypeVar("_AnyConnected", bound=_Connected)


def crm_of(accounts: Sequence[_AnyConnected]) -> _AnyConnected | None:
    """The CRM whose owners, mapping and rules count: the oldest that works, else the oldest."""
    crms = [account for account in accounts if account.kind in CRMS]
    working = [account for account in crms if account.status is ConnectionStatus.ACTIVE]
    return next(iter(working or crms), None)


def lane_of(kind: ConnectionKind, connection_id: UUID) -> str:
    """The lane that owns all commands of this connection: its room, a colon, its id.

    Rooms "pbx" and "wa" are links that somebody must hold, work or no work.
    """
    if kind is ConnectionKind.ASTERISK:
        return f"pbx:{connection_id}"
    if kind is ConnectionKind.WHATSAPP:
        return f"wa:{connection_id}"
    return f"{'chat' if kind in CHANNELS else 'crm'}:{connection_id}"


def decision_lane(enterprise: EnterpriseNumber) -> str:
    """The lane in which the journal of this enterprise is decided upon, in order."""
    return f"decide:{enterprise}"


def hears(account: Account) -> bool:
    """CRM connections that work; a paused or broken one gets its commands too, they wait.

    A salon takes calls where the key of its chain's telephony is kept, and nothing else of them.
    """
    if account.kind is ConnectionKind.YCLIENTS and not account.secrets.get(VOIP_TOKEN):
        return False
    return account.kind in CRMS and account.status in {
        ConnectionStatus.ACTIVE,
        ConnectionStatus.PAUSED,
        ConnectionStatus.BROKEN,
    }


def pbx_of(accounts: Sequence[Account], connection_id: UUID | None) -> Account | None:
    """The PBX that the row came from, else the tenant's only one."""
    pbxes = [account for account in accounts if account.kind is ConnectionKind.ASTERISK]
    named = [account for account in pbxes if account.connection_id == connection_id]
    return next(iter(named or pbxes), None)
