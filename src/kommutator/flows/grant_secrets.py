"""Tokens between the vault and the store, and the apps they were granted to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from kommutator.domain.oauth import Authorizer, OAuthApp, TokenPair
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.flows.secrets import place_of_secret
from kommutator.kit.crypto import Place, Vault
from kommutator.kit.redact import Redactor
from kommutator.store.grant_rows import GrantRecord
from kommutator.store.grants import NewPair
from kommutator.store.oauth_installs import Install

REFRESH_LIFE = timedelta(days=90)
"""Of a refresh token that is not used; three months in the vendors' words."""

_ACCESS, _REFRESH = "access", "refresh"
_TELLTALE = 43  # characters: enough to strike a token out, and no two of them alike


@dataclass(frozen=True, slots=True)
class OAuthVendor:
    """How one kind of vendor grants.

    Attributes:
        app: our integration as this connection's config and own secrets name it; raises
            InvalidInput if there is none.
        address: a host from outside → the account's base URL; raises InvalidInput for any host
            that is not the vendor's own.
    """

    authorizer: Authorizer
    app: Callable[[Mapping[str, Any], Mapping[str, str]], OAuthApp]
    address: Callable[[str], str]


def seal_pair(
    vault: Vault, enterprise: EnterpriseNumber, connection_id: UUID, pair: TokenPair
) -> NewPair:
    """Ready for `GrantStore.keep` and `put`."""

    def place(field: str) -> Place:
        return _grant_place(enterprise, connection_id, field)

    return _sealed(vault, pair, place)


def seal_install(
    vault: Vault, kind: str, client_id: str, account_id: str, pair: TokenPair
) -> NewPair:
    """Ready for `OAuthInstallStore.put_everywhere`."""

    def place(field: str) -> Place:
        return _install_place(kind, client_id, account_id, field)

    return _sealed(vault, pair, place)


def open_access(vault: Vault, record: GrantRecord) -> str:
    """Raises VaultError."""
    place = _grant_place(record.enterprise, record.connection_id, _ACCESS)
    return vault.open(record.sealed[_ACCESS], place)


def open_refresh(
    vault: Vault, enterprise: EnterpriseNumber, connection_id: UUID, sealed: Mapping[str, Any]
) -> str:
    """Raises VaultError."""
    return vault.open(sealed[_REFRESH], _grant_place(enterprise, connection_id, _REFRESH))


def open_app_secrets(vault: Vault, record: GrantRecord) -> dict[str, str]:
    """The connection's own secrets: an integration of its own may be among them."""
    return {
        field: vault.open(envelope, place_of_secret(record.enterprise, record.connection_id, field))
        for field, envelope in record.app_sealed.items()
    }


def open_install(vault: Vault, install: Install) -> TokenPair:
    """The pair with the life that is left. Raises VaultError."""

    def opened(field: str) -> str:
        place = _install_place(install.kind, install.client_id, install.account_id, field)
        return vault.open(install.sealed[field], place)

    return TokenPair(opened(_ACCESS), opened(_REFRESH), timedelta(seconds=max(0, install.left_s)))


def rewrap_grant(vault: Vault, record: GrantRecord) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Both pairs under the active master key. Raises VaultError."""

    def rewrapped(sealed: Mapping[str, Any]) -> dict[str, Any]:
        return {
            field: vault.rewrap(
                envelope, _grant_place(record.enterprise, record.connection_id, field)
            )
            for field, envelope in sealed.items()
        }

    return rewrapped(record.sealed), None if record.previous is None else rewrapped(record.previous)


def rewrap_install(vault: Vault, install: Install) -> dict[str, Any]:
    """Raises VaultError."""
    return {
        field: vault.rewrap(
            envelope, _install_place(install.kind, install.client_id, install.account_id, field)
        )
        for field, envelope in install.sealed.items()
    }


def strike_out(redactor: Redactor, pair: TokenPair) -> None:
    """Keep the pair out of logs, whatever quotes it."""
    redactor.register(pair.access[-_TELLTALE:], (pair.refresh or "")[-_TELLTALE:])


def _sealed(vault: Vault, pair: TokenPair, place: Callable[[str], Place]) -> NewPair:
    sealed = {_ACCESS: vault.seal(pair.access, place(_ACCESS))}
    if pair.refresh is not None:
        sealed[_REFRESH] = vault.seal(pair.refresh, place(_REFRESH))
    refresh_life = None if pair.refresh is None else REFRESH_LIFE
    return NewPair(sealed, pair.expires_in, refresh_life, pair.api_domain)


def _grant_place(enterprise: EnterpriseNumber, connection_id: UUID, field: str) -> Place:
    return Place(str(enterprise), "oauth_grants", str(connection_id), field)


def _install_place(kind: str, client_id: str, account_id: str, field: str) -> Place:
    return Place("", "oauth_installs", f"{kind}/{client_id}/{account_id}", field)
