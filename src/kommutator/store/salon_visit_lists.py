"""Lists of visits out of the copy, by day, employee, client or number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from kommutator.domain.salon.facts import Visit
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection
from kommutator.store.salon_visits import COLUMNS, visit_of

_WHERE = """
 WHERE enterprise = $1 AND connection_id = $2
   AND ($3::date IS NULL OR starts_at >= $3::date)
   AND ($4::date IS NULL OR starts_at < $4::date + 1)
   AND ($5::bigint IS NULL OR staff_id = $5)
   AND ($6::bigint IS NULL OR client_id = $6)
   AND ($7::text IS NULL OR client_phone = $7)
   AND (NOT deleted OR $8)"""


@dataclass(frozen=True, slots=True)
class VisitsWanted:
    """Which visits of the copy; everything given must hold. The newest day first.

    Attributes:
        days_from, days_to: days of the visit, both inclusive.
        phone: E.164.
        deleted: also those taken out of the journal.
        limit: at most 200.
    """

    page: int = 1
    limit: int = 100
    days_from: date | None = None
    days_to: date | None = None
    staff_id: int | None = None
    client_id: int | None = None
    phone: str | None = None
    deleted: bool = False


class SalonVisitListStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def page(
        self, enterprise: EnterpriseNumber, connection_id: UUID, wanted: VisitsWanted
    ) -> tuple[list[Visit], int]:
        """One page, and how many there are in all."""
        args = (
            enterprise, connection_id, wanted.days_from, wanted.days_to, wanted.staff_id,
            wanted.client_id, wanted.phone, wanted.deleted,
        )  # fmt: skip
        total: int = await self._connection.fetchval(
            f"SELECT count(*) FROM salon_visits {_WHERE}", *args
        )
        rows = await self._connection.fetch(
            f"SELECT {COLUMNS} FROM salon_visits {_WHERE} "
            "ORDER BY starts_at DESC, id DESC LIMIT $9 OFFSET $10",
            *args, wanted.limit, (wanted.page - 1) * wanted.limit,
        )  # fmt: skip
        return [visit_of(row) for row in rows], total
