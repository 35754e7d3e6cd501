"""Visits of salons, as last read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from kommutator.domain.salon.facts import Attendance, Booked, Visit
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection
from kommutator.store.records import as_records

_TARGETS = (
    "staff_id, starts_at, seance_s, break_s, services, visit_id, client_id, client_name, "
    "client_phone, attendance, confirmed, deleted, online, comment, api_id, activity_id, "
    "created_at, vendor_at, raw"
)
_TOLD = ", ".join(f"excluded.{name}" for name in _TARGETS.split(", "))
_SAVE = f"""
INSERT INTO salon_visits AS e (enterprise, connection_id, id, {_TARGETS}, read_at)
SELECT $1, $2, id, {_TARGETS}, $4
  FROM jsonb_to_recordset($3::text::jsonb) AS n (
       id bigint, staff_id bigint, starts_at timestamp, seance_s int, break_s int, services jsonb,
       visit_id bigint, client_id bigint, client_name text, client_phone text, attendance smallint,
       confirmed boolean, deleted boolean, online boolean, comment text, api_id text,
       activity_id bigint, created_at timestamptz, vendor_at timestamptz, raw jsonb)
 ORDER BY id
ON CONFLICT (enterprise, connection_id, id) DO UPDATE SET
    ({_TARGETS}, read_at, changed_at) = ROW ({_TOLD}, excluded.read_at,
        CASE WHEN e.raw = excluded.raw AND e.deleted = excluded.deleted
             THEN e.changed_at ELSE now() END)
 WHERE e.read_at <= excluded.read_at"""
COLUMNS = (
    "id, staff_id, starts_at, seance_s, break_s, services, visit_id, client_id, client_name, "
    "client_phone, attendance, confirmed, deleted, online, comment, api_id, activity_id, "
    "created_at, vendor_at AS changed_at"
)
_MINE = "enterprise = $1 AND connection_id = $2"


@dataclass(frozen=True, slots=True)
class KeptVisit:
    """A visit as the copy has it, without `raw`. `read_at`: when it was asked for."""

    visit: Visit
    read_at: datetime


class SalonVisitStore:
    """Whoever writes holds the salon's lock, and has `SalonDayStore.recount` follow."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def save(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        visits: Sequence[Visit],
        *,
        read_at: datetime,
    ) -> None:
        """Put visits that were asked for at `read_at`; older answers change nothing."""
        unique = {visit.id: visit for visit in visits}
        rows = as_records([_row(visit) for visit in unique.values()])
        await self._connection.execute(_SAVE, enterprise, connection_id, rows, read_at)

    async def some(
        self, enterprise: EnterpriseNumber, connection_id: UUID, ids: Collection[int]
    ) -> dict[int, KeptVisit]:
        """Those of these that the copy has, deleted ones too."""
        rows = await self._connection.fetch(
            f"SELECT {COLUMNS}, read_at FROM salon_visits WHERE {_MINE} "
            "AND id = ANY ($3::bigint[])",
            enterprise, connection_id, list(ids),
        )  # fmt: skip
        return {row["id"]: KeptVisit(visit_of(row), row["read_at"]) for row in rows}

    async def get(
        self, enterprise: EnterpriseNumber, connection_id: UUID, record_id: int
    ) -> Visit | None:
        """A deleted one too; None: never heard of."""
        found = await self.some(enterprise, connection_id, [record_id])
        return found[record_id].visit if found else None

    async def by_api_id(
        self, enterprise: EnterpriseNumber, connection_id: UUID, api_id: str
    ) -> Sequence[Visit]:
        """Those that carry our mark."""
        return await self._fetch(
            f"{_MINE} AND api_id = $3 ORDER BY id", enterprise, connection_id, api_id
        )

    async def between(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        first: date,
        last: date,
        *,
        deleted: bool = False,
    ) -> Sequence[Visit]:
        """Visits that begin on these days, both inclusive, in order of time."""
        begin, end = (
            datetime.combine(first, time.min),
            datetime.combine(last + timedelta(days=1), time.min),
        )
        return await self._fetch(
            f"{_MINE} AND starts_at >= $3 AND starts_at < $4 AND (NOT deleted OR $5) "
            "ORDER BY starts_at, id",
            enterprise, connection_id, begin, end, deleted,
        )  # fmt: skip

    async def of_client(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        client_id: int,
        *,
        before: tuple[datetime, int] | None = None,
        limit: int = 100,
    ) -> Sequence[Visit]:
        """A client's visits, deleted ones too, the latest first.

        `before`: start and id of the last line of the page before.
        """
        return await self._fetch(
            f"{_MINE} AND client_id = $3 "
            "AND ($4::timestamp IS NULL OR (starts_at, id) < ($4, $5::bigint)) "
            "ORDER BY starts_at DESC, id DESC LIMIT $6",
            enterprise, connection_id, client_id, *(before or (None, None)), limit,
        )  # fmt: skip

    async def of_phone(
        self, enterprise: EnterpriseNumber, connection_id: UUID, phone: str, *, limit: int = 100
    ) -> Sequence[Visit]:
        """Visits under a number (E.164), whoever's card they are on, the latest first."""
        return await self._fetch(
            f"{_MINE} AND client_phone = $3 AND NOT deleted "
            "ORDER BY starts_at DESC, id DESC LIMIT $4",
            enterprise, connection_id, phone, limit,
        )  # fmt: skip

    async def next_of_phone(
        self, enterprise: EnterpriseNumber, connection_id: UUID, phone: str, since: datetime
    ) -> Visit | None:
        """The next visit of a number (E.164) from `since` on, the salon's time."""
        found = await self._fetch(
            f"{_MINE} AND client_phone = $3 AND NOT deleted AND starts_at >= $4 "
            "ORDER BY starts_at, id LIMIT 1",
            enterprise, connection_id, phone, since,
        )  # fmt: skip
        return found[0] if found else None

    async def _fetch(self, where: str, *args: Any) -> Sequence[Visit]:
        rows = await self._connection.fetch(
            f"SELECT {COLUMNS} FROM salon_visits WHERE {where}", *args
        )
        return [visit_of(row) for row in rows]


def visit_of(row: Any) -> Visit:
    fields = {name: row[name] for name in _NAMES}
    fields["services"] = tuple(Booked(**one) for one in row["services"])
    fields["attendance"] = Attendance(row["attendance"])
    return Visit(**fields)


_NAMES = tuple(name.rpartition(" ")[2] for name in COLUMNS.split(", "))


def _row(visit: Visit) -> dict[str, Any]:
    """Without the token: who has it may cancel the visit."""
    return {
        "id": visit.id,
        "staff_id": visit.staff_id,
        "starts_at": visit.starts_at.replace(tzinfo=None),
        "seance_s": visit.seance_s,
        "break_s": visit.break_s,
        "services": visit.services,
        "visit_id": visit.visit_id,
        "client_id": visit.client_id,
        "client_name": visit.client_name,
        "client_phone": visit.client_phone,
        "attendance": int(visit.attendance),
        "confirmed": visit.confirmed,
        "deleted": visit.deleted,
        "online": visit.online,
        "comment": visit.comment,
        "api_id": visit.api_id,
        "activity_id": visit.activity_id,
        "created_at": visit.created_at,
        "vendor_at": visit.changed_at,
        "raw": visit.raw,
    }
