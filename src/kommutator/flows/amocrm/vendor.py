"""What the flows ask of the amoCRM connector about addresses and signatures; handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from kommutator.domain.oauth import Authorizer, OAuthApp
from kommutator.domain.outcome import Budget


class Visitor(Protocol):
    """Who looks at a page of the CRM, as its disposable token says."""

    @property
    def client_id(self) -> str: ...
    @property
    def account_id(self) -> str: ...
    @property
    def user_id(self) -> str: ...


class Uninstalled(Protocol):
    """Somebody removed the integration; true only if `proven`."""

    @property
    def client_id(self) -> str: ...
    @property
    def account_id(self) -> str: ...
    def proven(self, client_secret: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class AmoCrmVendor:
    """The connector's side.

    Attributes:
        address: a host from outside → the account's base URL. Raises InvalidInput.
        consent: (base URL or None, client_id, state) → where to send the browser.
        read_visitor: (token, app, now) → verified. Raises Unauthorized.
        read_uninstalled: the hook's query. Raises InvalidInput.
        budgets: what one request of this integration to this account draws from.
    """

    authorizer: Authorizer
    address: Callable[[str], str]
    consent: Callable[[str | None, str, str], str]
    read_visitor: Callable[[str, OAuthApp, datetime], Visitor]
    read_uninstalled: Callable[[Mapping[str, str]], Uninstalled]
    budgets: Callable[[OAuthApp, str], Sequence[Budget]]
