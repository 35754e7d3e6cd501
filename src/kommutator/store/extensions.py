"""Internal numbers (`user_internal_phones`) and who sits at them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.errors import NotFound
from kommutator.store.driver import Connection

_SELECT = """
    SELECT p.enterprise, p.phone_number, p.user_id, coalesce(u.name, p.holder) AS holder,
           p.created_at
    FROM user_internal_phones p
    LEFT JOIN users u ON u.id = p.user_id AND u.enterprise = p.enterprise
    WHERE p.enterprise = $1
"""


@dataclass(frozen=True, slots=True)
class Extension:
    """An internal number. `holder` is the user's name, or the name noted where there is none."""

    enterprise: EnterpriseNumber
    phone_number: str
    user_id: UUID | None
    holder: str | None
    created_at: datetime


class ExtensionStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def page(
        self, enterprise: EnterpriseNumber, *, after: str | None = None, limit: int = 200
    ) -> Sequence[Extension]:
        """In text order of the number, those after one of them."""
        rows = await self._connection.fetch(
            f"{_SELECT} AND p.phone_number > $2 ORDER BY p.phone_number LIMIT $3",
            enterprise, after or "", limit,
        )  # fmt: skip
        return [Extension(**dict(row)) for row in rows]

    async def numbers(self, enterprise: EnterpriseNumber) -> frozenset[str]:
        """All of the tenant's internal numbers."""
        rows = await self._connection.fetch(
            "SELECT phone_number FROM user_internal_phones WHERE enterprise = $1", enterprise
        )
        return frozenset(row["phone_number"] for row in rows)

    async def of_user(self, enterprise: EnterpriseNumber, user_id: UUID | None) -> str | None:
        """The user's own number; the first, should there be more."""
        number: str | None = await self._connection.fetchval(
            "SELECT min(phone_number) FROM user_internal_phones "
            "WHERE enterprise = $1 AND user_id = $2",
            enterprise, user_id,
        )  # fmt: skip
        return number

    async def get(self, enterprise: EnterpriseNumber, phone_number: str) -> Extension:
        """Raises NotFound: `extension_not_found`."""
        row = await self._connection.fetchrow(
            f"{_SELECT} AND p.phone_number = $2", enterprise, phone_number
        )
        if row is None:
            raise NotFound("extension_not_found", extension=phone_number)
        return Extension(**dict(row))

    async def put(
        self,
        enterprise: EnterpriseNumber,
        phone_number: str,
        *,
        user_id: UUID | None = None,
        holder: str | None = None,
    ) -> Extension:
        """Add the number or give it to someone else.

        Raises:
            NotFound: `user_not_found` in this tenant.
        """
        if user_id is not None:
            await self._check_user(enterprise, user_id)
        await self._connection.execute(
            "INSERT INTO user_internal_phones (enterprise, phone_number, user_id, holder) "
            "VALUES ($1, $2, $3, $4) ON CONFLICT (enterprise, phone_number) "
            "DO UPDATE SET user_id = excluded.user_id, holder = excluded.holder",
            enterprise, phone_number, user_id, holder,
        )  # fmt: skip
        return await self.get(enterprise, phone_number)

    async def delete(self, enterprise: EnterpriseNumber, phone_number: str) -> None:
        """Raises NotFound: `extension_not_found`."""
        deleted = await self._connection.fetchval(
            "DELETE FROM user_internal_phones WHERE enterprise = $1 AND phone_number = $2 "
            "RETURNING true",
            enterprise, phone_number,
        )  # fmt: skip
        if not deleted:
            raise NotFound("extension_not_found", extension=phone_number)

    async def _check_user(self, enterprise: EnterpriseNumber, user_id: UUID) -> None:
        known = await self._connection.fetchval(
            "SELECT EXISTS (SELECT FROM users WHERE enterprise = $1 AND id = $2)",
            enterprise, user_id,
        )  # fmt: skip
        if not known:
            raise NotFound("user_not_found")
