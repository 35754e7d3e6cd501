"""Numbers that no campaign of an enterprise may call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection


@dataclass(frozen=True, slots=True)
class Unwanted:
    """`phone` is E.164."""

    phone: str
    note: str | None
    added_by: str
    added_at: datetime


class DoNotCallStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(
        self, enterprise: EnterpriseNumber, phones: Sequence[str], *, note: str | None, by: str
    ) -> int:
        """Numbers that are on it stay as they are; returns how many are new."""
        rows = await self._connection.fetch(
            "INSERT INTO do_not_call (enterprise, phone, note, added_by) "
            "SELECT $1, phone, $3, $4 FROM unnest($2::text[]) AS p (phone) "
            "ON CONFLICT DO NOTHING RETURNING true",
            enterprise,
            list(phones),
            note,
            by,
        )
        return len(rows)

    async def remove(self, enterprise: EnterpriseNumber, phone: str) -> bool:
        """False: it was not on the list."""
        return bool(
            await self._connection.fetchval(
                "DELETE FROM do_not_call WHERE enterprise = $1 AND phone = $2 RETURNING true",
                enterprise,
                phone,
            )
        )

    async def page(
        self,
        enterprise: EnterpriseNumber,
        *,
        q: str = "",
        after: str | None = None,
        limit: int = 50,
    ) -> Sequence[Unwanted]:
        """By number. `q`: digits that it holds."""
        rows = await self._connection.fetch(
            "SELECT phone, note, added_by, added_at FROM do_not_call WHERE enterprise = $1 "
            "AND ($2 = '' OR strpos(phone, $2) > 0) AND ($3::text IS NULL OR phone > $3) "
            "ORDER BY phone LIMIT $4",
            enterprise,
            q,
            after,
            limit,
        )
        return [Unwanted(**row) for row in rows]

    async def count(self, enterprise: EnterpriseNumber) -> int:
        return int(
            await self._connection.fetchval(
                "SELECT count(*) FROM do_not_call WHERE enterprise = $1", enterprise
            )
        )
