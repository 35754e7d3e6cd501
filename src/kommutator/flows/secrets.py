"""Secrets of connections between the vault and the store."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from kommutator.domain.connection import Account, ConnectionStatus
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.crypto import Place, Vault
from kommutator.store.connection_rows import ConnectionRecord


def digest(client_id: str) -> bytes:
    """What is stored to find a connection by the clientId a hook brings: SHA-256."""
    return hashlib.sha256(client_id.encode("utf-8", "replace")).digest()


def seal_secrets(
    vault: Vault, enterprise: EnterpriseNumber, connection_id: UUID, secrets: Mapping[str, str]
) -> dict[str, Any]:
    """Field → envelope, for `ConnectionStore.create` and `save`."""
    return {
        field: vault.seal(value, place_of_secret(enterprise, connection_id, field))
        for field, value in secrets.items()
    }


def open_secrets(vault: Vault, record: ConnectionRecord) -> dict[str, str]:
    """Field → plaintext. Raises VaultError."""
    return {
        field: vault.open(envelope, place_of_secret(record.enterprise, record.id, field))
        for field, envelope in record.sealed.items()
    }


def open_account(vault: Vault, record: ConnectionRecord) -> Account:
    """The connection ready for work.

    A suspended tenant's connection counts as paused. Raises VaultError.
    """
    return account_without_secrets(record, open_secrets(vault, record))


def account_without_secrets(
    record: ConnectionRecord, secrets: dict[str, str] | None = None
) -> Account:
    """What is left if the vault refuses, unless `secrets` are given."""
    suspended = record.status is ConnectionStatus.ACTIVE and not record.enterprise_active
    return Account(
        enterprise=record.enterprise,
        connection_id=record.id,
        kind=record.kind,
        name=record.name,
        base_url=record.base_url,
        status=ConnectionStatus.PAUSED if suspended else record.status,
        config=record.config,
        secrets=secrets or {},
        version=record.version,
        time_zone=record.config.get("time_zone") or record.time_zone,
        account_key=record.account_key,
    )


def place_of_secret(enterprise: EnterpriseNumber, connection_id: UUID, field: str) -> Place:
    """The one place where this secret of a connection opens."""
    return Place(str(enterprise), "connections", str(connection_id), field)
