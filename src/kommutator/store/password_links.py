"""One-time links by which somebody without a password sets the first one."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

Holder = tuple[EnterpriseNumber, UUID]
_ALIVE = "token_hash = $1 AND expires_at > clock_timestamp()"


class PasswordLinkStore:
    """A link is known by its SHA-256 only."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(
        self, enterprise: EnterpriseNumber, user_id: UUID, token_hash: bytes, life: timedelta
    ) -> None:
        """The person's earlier links are over."""
        await self.end_of_user(enterprise, user_id)
        await self._connection.execute(
            "INSERT INTO password_links (enterprise, user_id, token_hash, expires_at) "
            "VALUES ($1, $2, $3, clock_timestamp() + $4)",
            enterprise, user_id, token_hash, life,
        )  # fmt: skip

    async def end_of_user(self, enterprise: EnterpriseNumber, user_id: UUID) -> None:
        """They have a password, or may not have one: no link of theirs works any more."""
        await self._connection.execute(
            "DELETE FROM password_links WHERE enterprise = $1 AND user_id = $2",
            enterprise, user_id,
        )  # fmt: skip

    async def look_everywhere(self, token_hash: bytes) -> Holder | None:
        """Whose it is; None: unknown, used or over."""
        row = await self._connection.fetchrow(
            f"SELECT enterprise, user_id FROM password_links WHERE {_ALIVE}", token_hash
        )
        return None if row is None else (EnterpriseNumber(row["enterprise"]), row["user_id"])

    async def use_everywhere(self, token_hash: bytes) -> Holder | None:
        """The same, and never again; of two at once one gets it."""
        row = await self._connection.fetchrow(
            f"DELETE FROM password_links WHERE {_ALIVE} RETURNING enterprise, user_id", token_hash
        )
        return None if row is None else (EnterpriseNumber(row["enterprise"]), row["user_id"])
