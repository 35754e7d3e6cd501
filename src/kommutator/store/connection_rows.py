"""The shape of a stored connection."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.tenancy import EnterpriseNumber

_COLUMNS = """
    c.enterprise, c.id, c.kind, c.name, c.base_url, c.account_key, c.status, c.status_reason,
    c.status_detail, c.status_since, c.config, c.secrets AS sealed,
    c.client_id_hash, c.entry_epoch, c.version, c.user_id, c.last_sync_at, c.created_at,
    c.updated_at,
    e.time_zone, e.active AS enterprise_active
"""
SELECT = f"SELECT {_COLUMNS} FROM connections c JOIN enterprises e ON e.number = c.enterprise"


@dataclass(frozen=True, slots=True)
class ConnectionRecord:
    """A connection as stored. `sealed` is field → envelope of the vault.

    `user_id`: the one person it belongs to; None: the whole enterprise.
    """

    enterprise: EnterpriseNumber
    id: UUID
    kind: ConnectionKind
    name: str
    base_url: str
    account_key: str | None
    status: ConnectionStatus
    status_reason: str | None
    status_detail: str | None
    status_since: datetime
    config: dict[str, Any]
    sealed: dict[str, Any] = field(repr=False)
    client_id_hash: bytes | None = field(repr=False)
    entry_epoch: int
    version: int
    user_id: UUID | None
    last_sync_at: datetime | None
    created_at: datetime
    updated_at: datetime
    time_zone: str
    enterprise_active: bool


def record_of(row: asyncpg.Record) -> ConnectionRecord:
    """From a row of `SELECT`."""
    return ConnectionRecord(
        **{
            **dict(row),
            "kind": ConnectionKind(row["kind"]),
            "status": ConnectionStatus(row["status"]),
        }
    )
