"""Console sessions, found by the SHA-256 of their cookie."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg

from kommutator.domain.tenancy import EnterpriseNumber, Role
from kommutator.store.driver import Connection

Origin = Literal["password", "retailcrm", "yclients"]
_SEEN_EVERY = "60 seconds"
_COLUMNS = (
    "s.user_id, s.enterprise, s.role, s.actor_name, s.origin, s.origin_ref, s.csrf, s.created_at, "
    "s.expires_at, u.locale AS user_locale"
)
# A session dies with what it stands on: its person, their role, its tenant, its connection.
_ALIVE = """
    s.expires_at > $2
    AND (s.user_id IS NULL OR (u.active AND u.role = s.role
                               AND u.enterprise IS NOT DISTINCT FROM s.enterprise))
    AND (s.enterprise IS NULL OR e.active)
    AND (s.origin_ref IS NULL OR c.status <> 'removed')
"""


@dataclass(frozen=True, slots=True)
class Session:
    """Someone at the console. `csrf` must come back with everything that changes something."""

    user_id: UUID | None
    enterprise: EnterpriseNumber | None
    role: Role
    actor_name: str
    origin: Origin
    origin_ref: str | None
    csrf: str = field(repr=False)
    created_at: datetime
    expires_at: datetime
    user_locale: str | None = None


class SessionStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(
        self,
        enterprise: EnterpriseNumber | None,
        *,
        token_hash: bytes,
        user_id: UUID | None,
        role: Role,
        actor_name: str,
        origin: Origin,
        origin_ref: str | None,
        csrf: str,
        expires_at: datetime,
    ) -> None:
        await self._connection.execute(
            "INSERT INTO sessions (enterprise, token_hash, user_id, role, actor_name, origin, "
            "origin_ref, csrf, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            enterprise, token_hash, user_id, role.value, actor_name, origin, origin_ref, csrf,
            expires_at,
        )  # fmt: skip

    async def by_hash_everywhere(self, token_hash: bytes, now: datetime) -> Session | None:
        """The living session of this cookie; notes that it was seen, at most once a minute."""
        row = await self._connection.fetchrow(
            f"""
            WITH seen AS (
                UPDATE sessions SET seen_at = $2
                WHERE token_hash = $1 AND seen_at < $2::timestamptz - interval '{_SEEN_EVERY}')
            SELECT {_COLUMNS} FROM sessions s
            LEFT JOIN users u ON u.id = s.user_id
            LEFT JOIN enterprises e ON e.number = s.enterprise
            LEFT JOIN connections c ON c.enterprise = s.enterprise AND c.id::text = s.origin_ref
            WHERE s.token_hash = $1 AND {_ALIVE}
            """,
            token_hash, now,
        )  # fmt: skip
        return None if row is None else _session(row)

    async def end_everywhere(self, token_hash: bytes) -> None:
        """Sign out; only the holder of the cookie knows the hash."""
        await self._connection.execute("DELETE FROM sessions WHERE token_hash = $1", token_hash)

    async def end_of_user(
        self,
        enterprise: EnterpriseNumber | None,
        user_id: UUID,
        *,
        keep: bytes | None = None,
    ) -> None:
        """All sessions of one person, but the one whose hash is `keep`."""
        await self._connection.execute(
            "DELETE FROM sessions WHERE enterprise IS NOT DISTINCT FROM $1 AND user_id = $2 "
            "AND ($3::bytea IS NULL OR token_hash <> $3)",
            enterprise, user_id, keep,
        )  # fmt: skip

    async def end_of_connection(self, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        """All sessions entered through one CRM connection."""
        await self._connection.execute(
            "DELETE FROM sessions WHERE enterprise = $1 AND origin_ref = $2",
            enterprise, str(connection_id),
        )  # fmt: skip


def _session(row: asyncpg.Record) -> Session:
    return Session(**{**dict(row), "role": Role(row["role"])})
