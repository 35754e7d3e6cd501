"""What the flows ask of the YClients connector; handed in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from kommutator.domain.connection import Account, ConnectionKind, ConnectionStatus
from kommutator.domain.salon.facts import Salon
from kommutator.domain.salon.marketplace import Installer, Marketplace
from kommutator.domain.salon.ports import SalonHooks, SalonReader
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.errors import Unavailable
from kommutator.kit.ids import Ids

KIND = ConnectionKind.YCLIENTS
MARKETPLACE, DIRECT = "marketplace", "direct"
ACTIVATING, FROZEN = "yclients_activating", "yclients_frozen"
DOUBTED = "yclients_uninstall_doubted"
LICENCE_OVER, RIGHTS_MISSING = "yclients_licence_over", "yclients_rights_missing"
TOKEN_REFUSED = "yclients_token_refused"  # noqa: S105 - a slug
CHANNEL = "whatsapp"
"""By which a salon's own reminders may leave through us."""
_NOBODY = EnterpriseNumber("0")


class LifecycleNews(Protocol):
    """The vendor's word that a salon removed, stopped paying for, or paid for our application."""

    @property
    def salon_id(self) -> int: ...
    @property
    def event(self) -> str:
        """uninstall, freeze, payment, or a word that is new to us."""
        ...


@dataclass(frozen=True, slots=True)
class YClientsVendor:
    """The connector's side, if this installation has a partner token.

    Attributes:
        application_id: 0: no application in the marketplace, salons connect directly.
        api_url: what a connection's address is.
        read_installer: (user_data, user_data_sign, partner token) → who pressed "Connect".
            Raises Unauthorized: `yclients_install_unsigned`.
        read_lifecycle: the body of the Callback Url, proven by the partner token in it and meant
            for our application. Raises Unauthorized: `yclients_lifecycle_unsigned`; InvalidInput.
        public: what anybody may read of a salon. Raises VendorError.
        user_token_of: (login, password) → a token of that person. Raises VendorError.
    """

    partner_token: str = field(repr=False)
    application_id: int
    api_url: str
    marketplace: Marketplace
    reader: SalonReader
    hooks: SalonHooks
    read_installer: Callable[[str, str, str], Installer]
    read_lifecycle: Callable[[bytes], LifecycleNews]
    public: Callable[[int], Awaitable[Salon]]
    user_token_of: Callable[[str, str], Awaitable[str]]

    def provisional(self, salon_id: int, ids: Ids, user_token: str) -> Account:
        """A salon that is nobody's yet, for looking at it by its own user's token."""
        return Account(
            enterprise=_NOBODY,
            connection_id=ids.uuid(),
            kind=KIND,
            name=str(salon_id),
            base_url=self.api_url,
            status=ConnectionStatus.DRAFT,
            config={"salon_id": salon_id},
            secrets={"user_token": user_token},
            account_key=str(salon_id),
        )


class Vendors:
    """The vendor, where there is one."""

    def __init__(self, vendor: YClientsVendor | None) -> None:
        self._vendor = vendor

    @property
    def ready(self) -> bool:
        """Salons can be connected at all."""
        return self._vendor is not None

    @property
    def in_marketplace(self) -> bool:
        """They can install us from the marketplace."""
        return self._vendor is not None and self._vendor.application_id > 0

    def get(self) -> YClientsVendor:
        """Raises Unavailable: `yclients_not_set_up`."""
        if self._vendor is None:
            raise Unavailable("yclients_not_set_up")
        return self._vendor

    def application(self) -> YClientsVendor:
        """Raises Unavailable: `yclients_not_set_up`, `yclients_application_missing`."""
        vendor = self.get()
        if vendor.application_id <= 0:
            raise Unavailable("yclients_application_missing")
        return vendor


def hook_address(public_url: str, hook_secret: str) -> str:
    """Where the vendor tells of one salon; the secret is what proves that it does."""
    return f"{public_url}/api/v1/webhooks/yclients/{hook_secret}"
