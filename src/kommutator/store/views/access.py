"""People, extensions, keys and enterprises as pages list them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.views.rows import Connection, document


class AccessViews:
    """Reads of tenancy tables; never password or key hashes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def users(self, enterprise: EnterpriseNumber) -> list[dict[str, Any]]:
        rows = await self._connection.fetch(
            """SELECT u.id, u.name, u.email, u.role, u.active, u.created_at,
                      (SELECT min(p.phone_number) FROM user_internal_phones p
                       WHERE p.enterprise = u.enterprise AND p.user_id = u.id) AS extension
               FROM users u WHERE u.enterprise = $1 ORDER BY u.active DESC, u.name""",
            enterprise,
        )
        return [dict(row) for row in rows]

    async def extension_of(self, enterprise: EnterpriseNumber, user_id: UUID) -> str | None:
        """The internal number from which this person calls."""
        found = await self._connection.fetchval(
            """SELECT min(phone_number) FROM user_internal_phones
               WHERE enterprise = $1 AND user_id = $2""",
            enterprise,
            user_id,
        )
        return None if found is None else str(found)

    async def extensions(self, enterprise: EnterpriseNumber) -> list[dict[str, Any]]:
        """Internal numbers with the name of whoever holds them."""
        rows = await self._connection.fetch(
            """SELECT p.phone_number, p.user_id, COALESCE(u.name, p.holder) AS holder
               FROM user_internal_phones p
               LEFT JOIN users u ON u.id = p.user_id AND u.enterprise = p.enterprise
               WHERE p.enterprise = $1 ORDER BY length(p.phone_number), p.phone_number""",
            enterprise,
        )
        return [dict(row) for row in rows]

    async def keys(self, enterprise: EnterpriseNumber) -> list[dict[str, Any]]:
        rows = await self._connection.fetch(
            """SELECT id, name, prefix, scopes, created_by, created_at, revoked_at
               FROM api_keys WHERE enterprise = $1 ORDER BY created_at DESC""",
            enterprise,
        )
        return [dict(row) for row in rows]

    async def enterprise(self, enterprise: EnterpriseNumber) -> dict[str, Any] | None:
        row = await self._connection.fetchrow(
            """SELECT number, name, time_zone, locale, active, settings
               FROM enterprises WHERE number = $1""",
            enterprise,
        )
        return None if row is None else {**dict(row), "settings": document(row["settings"])}

    async def enterprises_everywhere(self) -> list[dict[str, Any]]:
        rows = await self._connection.fetch(
            """SELECT e.number, e.name, e.time_zone, e.active, e.created_at,
                      (SELECT count(*) FROM connections c WHERE c.enterprise = e.number
                       AND c.status = 'active') AS connections,
                      (SELECT count(*) FROM users u WHERE u.enterprise = e.number) AS users
               FROM enterprises e ORDER BY e.number"""
        )
        return [dict(row) for row in rows]
