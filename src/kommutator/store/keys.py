"""API keys. The key itself is shown once and stored nowhere; its SHA-256 finds it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from kommutator.domain.tenancy import EnterpriseNumber, Permission
from kommutator.kit.errors import NotFound
from kommutator.store.driver import Connection

_COLUMNS = "id, enterprise, name, prefix, scopes, created_by, created_at, revoked_at"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key. `enterprise` None: a platform key."""

    id: UUID
    enterprise: EnterpriseNumber | None
    name: str
    prefix: str
    scopes: frozenset[Permission]
    created_by: str
    created_at: datetime
    revoked_at: datetime | None


class KeyStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(
        self,
        enterprise: EnterpriseNumber | None,
        *,
        key_id: UUID,
        name: str,
        prefix: str,
        key_hash: bytes,
        scopes: Collection[Permission],
        created_by: str,
    ) -> ApiKey:
        row = await self._connection.fetchrow(
            f"INSERT INTO api_keys (enterprise, id, name, prefix, key_hash, scopes, created_by) "
            f"VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING {_COLUMNS}",
            enterprise, key_id, name, prefix, key_hash,
            sorted(scope.value for scope in scopes), created_by,
        )  # fmt: skip
        return _key(row)

    async def page(
        self, enterprise: EnterpriseNumber | None, *, after: UUID | None = None, limit: int = 50
    ) -> Sequence[ApiKey]:
        """Keys of one tenant by id, revoked ones too; None lists the platform's."""
        rows = await self._connection.fetch(
            f"SELECT {_COLUMNS} FROM api_keys WHERE enterprise IS NOT DISTINCT FROM $1 "
            f"AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3",
            enterprise, after, limit,
        )  # fmt: skip
        return [_key(row) for row in rows]

    async def revoke(self, enterprise: EnterpriseNumber | None, key_id: UUID) -> ApiKey:
        """For good. Revoking twice keeps the first moment. Raises NotFound: `key_not_found`."""
        row = await self._connection.fetchrow(
            f"UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) "
            f"WHERE enterprise IS NOT DISTINCT FROM $1 AND id = $2 RETURNING {_COLUMNS}",
            enterprise, key_id,
        )  # fmt: skip
        if row is None:
            raise NotFound("key_not_found")
        return _key(row)

    async def by_hash_everywhere(self, key_hash: bytes) -> ApiKey | None:
        """The key that a request brought: not revoked, its tenant active."""
        row = await self._connection.fetchrow(
            f"SELECT {_COLUMNS} FROM api_keys k WHERE key_hash = $1 AND revoked_at IS NULL "
            f"AND NOT EXISTS (SELECT FROM enterprises e "
            f"WHERE e.number = k.enterprise AND NOT e.active)",
            key_hash,
        )
        return None if row is None else _key(row)


def _key(row: asyncpg.Record) -> ApiKey:
    known = {permission.value: permission for permission in Permission}
    scopes = frozenset(known[scope] for scope in row["scopes"] if scope in known)
    return ApiKey(**{**dict(row), "scopes": scopes})
