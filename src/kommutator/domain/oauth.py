"""OAuth grants: who lets us in, what became of it, and what a person can do about it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from kommutator.domain.connection import Account


class GrantState(StrEnum):
    """Of a pair of tokens. ACTIVE is renewed; UNPAID and BLOCKED are tried now and then.

    The others need the act their reason names.
    """

    ACTIVE = "active"
    LOST = "lost"  # the vendor rotated, its answer never came: the next refresh was refused
    REVOKED = "revoked"  # the vendor says so
    UNINSTALLED = "uninstalled"  # somebody removed the integration from the account
    UNPAID = "unpaid"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """Our integration as the vendor knows it. `redirect_uri` must match to the letter."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class TokenPair:
    """As the vendor issued it.

    Attributes:
        refresh: single use; None: there is none, the access token ends for good.
        expires_in: life of the access token, counted from the moment the answer came: the
            vendor's clock and ours need not agree.
        api_domain: where to ask for the account's new address, if the vendor said.
    """

    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    expires_in: timedelta
    api_domain: str | None = None


_LEARNT = ("time_zone", "is_unsorted_on", "drive_url", "country", "currency", "customers_mode")


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """Which account a token opens, in the vendor's words."""

    id: str
    name: str
    subdomain: str
    user_id: str | None = None
    details: Mapping[str, object] = field(default_factory=dict)

    @property
    def learnt(self) -> dict[str, object]:
        """What a connection's config takes over: the account may change it any day."""
        return {name: self.details[name] for name in _LEARNT if name in self.details}


@dataclass(frozen=True, slots=True)
class Access:
    """What one request needs. `generation` names the pair, so that one 401 renews it once."""

    token: str = field(repr=False)
    generation: int
    base_url: str


class AccessSource(Protocol):
    """Whoever holds the grants."""

    async def access(self, account: Account) -> Access:
        """A token that still lives a while, renewed first if need be.

        Raises:
            VendorError: ACCESS_REVOKED with the hint of what a person must do; TRANSIENT when
                the vendor did not answer and the old token is over.
        """
        ...

    async def renewed(self, account: Account, stale: Access) -> Access:
        """After the vendor refused `stale` (401): the next pair, fetched once whoever asks.

        Raises:
            VendorError: as `access`; ACCESS_REVOKED too when the pair is brand-new.
        """
        ...


class Authorizer(Protocol):
    """A vendor's token endpoint. Every method raises VendorError and retries nothing."""

    async def exchange(self, app: OAuthApp, base_url: str, code: str) -> TokenPair: ...

    async def refresh(self, app: OAuthApp, base_url: str, refresh: str) -> TokenPair:
        """One attempt; hint `refresh_revoked` when the vendor says the token is used or revoked."""
        ...

    async def moved_to(self, api_domain: str, refresh: str) -> str | None:
        """The account's present base URL, asked with the refresh token, which stays unused."""
        ...

    async def whose(self, base_url: str, access: str) -> AccountFacts:
        """Which account the token opens."""
        ...
