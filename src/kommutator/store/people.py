"""Those who sign in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg

from kommutator.domain.tenancy import EnterpriseNumber, Role
from kommutator.kit.errors import Conflict, NotFound
from kommutator.store.driver import Connection

_COLUMNS = (
    "id, enterprise, email, name, role, password_hash, locale, active, token_epoch, created_at"
)


@dataclass(frozen=True, slots=True)
class User:
    """A person. `token_epoch` grows with each password change, so that old tokens die."""

    id: UUID
    enterprise: EnterpriseNumber | None
    email: str
    name: str
    role: Role
    password_hash: str | None = field(repr=False)
    locale: str | None
    active: bool
    token_epoch: int
    created_at: datetime


class PeopleStore:
    """`enterprise` None means platform staff, who belong to no tenant."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(
        self,
        enterprise: EnterpriseNumber | None,
        *,
        user_id: UUID,
        email: str,
        name: str,
        role: Role,
        password_hash: str | None,
        locale: str | None = None,
    ) -> User:
        """Raises Conflict: `email_taken`."""
        row = await self._connection.fetchrow(
            f"INSERT INTO users (enterprise, id, email, name, role, password_hash, locale) "
            f"VALUES ($1, $2, $3, $4, $5, $6, $7) "
            f"ON CONFLICT (lower(email)) DO NOTHING RETURNING {_COLUMNS}",
            enterprise, user_id, email, name, role.value, password_hash, locale,
        )  # fmt: skip
        if row is None:
            raise Conflict("email_taken", email=email)
        return _user(row)

    async def get(self, enterprise: EnterpriseNumber | None, user_id: UUID) -> User:
        """Raises NotFound: `user_not_found`."""
        row = await self._connection.fetchrow(
            f"SELECT {_COLUMNS} FROM users "
            f"WHERE enterprise IS NOT DISTINCT FROM $1 AND id = $2",
            enterprise, user_id,
        )  # fmt: skip
        return _user(_found(row))

    async def page(
        self,
        enterprise: EnterpriseNumber | None,
        *,
        after: UUID | None = None,
        limit: int = 50,
    ) -> Sequence[User]:
        """People of one tenant by id, those after one of them."""
        rows = await self._connection.fetch(
            f"SELECT {_COLUMNS} FROM users WHERE enterprise IS NOT DISTINCT FROM $1 "
            f"AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3",
            enterprise, after, limit,
        )  # fmt: skip
        return [_user(row) for row in rows]

    async def update(
        self,
        enterprise: EnterpriseNumber | None,
        user_id: UUID,
        *,
        name: str | None = None,
        role: Role | None = None,
        locale: str | None = None,
        active: bool | None = None,
    ) -> User:
        """Change what is given. A new role or a switched-off account kills old tokens.

        Raises:
            NotFound: `user_not_found`.
        """
        row = await self._connection.fetchrow(
            f"""
            UPDATE users SET
                name = coalesce($3, name), role = coalesce($4, role),
                locale = coalesce($5, locale), active = coalesce($6, active),
                token_epoch = token_epoch + (coalesce($4, role) <> role
                                             OR coalesce($6, active) <> active)::int
            WHERE enterprise IS NOT DISTINCT FROM $1 AND id = $2 RETURNING {_COLUMNS}
            """,
            enterprise, user_id, name, None if role is None else role.value, locale, active,
        )  # fmt: skip
        return _user(_found(row))

    async def set_password(
        self, enterprise: EnterpriseNumber | None, user_id: UUID, password_hash: str
    ) -> User:
        """A new password; every token given out before is dead. Raises NotFound."""
        row = await self._connection.fetchrow(
            f"UPDATE users SET password_hash = $3, token_epoch = token_epoch + 1 "
            f"WHERE enterprise IS NOT DISTINCT FROM $1 AND id = $2 RETURNING {_COLUMNS}",
            enterprise, user_id, password_hash,
        )  # fmt: skip
        return _user(_found(row))

    async def rehash(
        self, enterprise: EnterpriseNumber | None, user_id: UUID, password_hash: str
    ) -> None:
        """The same password under stronger parameters; tokens live on."""
        await self._connection.execute(
            "UPDATE users SET password_hash = $3 "
            "WHERE enterprise IS NOT DISTINCT FROM $1 AND id = $2",
            enterprise, user_id, password_hash,
        )  # fmt: skip

    async def by_email_everywhere(self, email: str) -> User | None:
        """For signing in, before it is known whose person this is."""
        row = await self._connection.fetchrow(
            f"SELECT {_COLUMNS} FROM users WHERE lower(email) = lower($1)", email
        )
        return None if row is None else _user(row)

    async def by_id_everywhere(self, user_id: UUID) -> User | None:
        """For checking a token that names only the person."""
        row = await self._connection.fetchrow(
            f"SELECT {_COLUMNS} FROM users WHERE id = $1", user_id
        )
        return None if row is None else _user(row)

    async def forgive_everywhere(self, budget_key: str) -> None:
        """Give back the sign-in attempts counted under this budget."""
        await self._connection.execute("DELETE FROM budgets WHERE key = $1", budget_key)

    async def any_platform_admin_everywhere(self) -> bool:
        """Whether the first administrator was made."""
        found = await self._connection.fetchval(
            "SELECT EXISTS (SELECT FROM users WHERE role = 'platform_admin')"
        )
        return bool(found)


def _found(row: asyncpg.Record | None) -> asyncpg.Record:
    if row is None:
        raise NotFound("user_not_found")
    return row


def _user(row: asyncpg.Record) -> User:
    return User(**{**dict(row), "role": Role(row["role"])})
