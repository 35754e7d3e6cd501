"""A salon's services and employees: short lists, always read and replaced as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from kommutator.domain.salon.facts import Service, StaffMember
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection
from kommutator.store.records import as_records

_SERVICE = "title, category_id, price_min, price_max, duration_s, staff_s, active, weight, step_s"
_STAFF = "name, specialization, user_id, bookable, hidden, fired, weight"
_SERVICE_TYPES = (
    "id bigint, title text, category_id bigint, price_min bigint, price_max bigint, "
    "duration_s int, staff_s jsonb, active boolean, weight int, step_s int, raw jsonb"
)
_STAFF_TYPES = (
    "id bigint, name text, specialization text, user_id bigint, bookable boolean, "
    "hidden boolean, fired boolean, weight int, raw jsonb"
)


def _save(table: str, columns: str, types: str) -> str:
    """Put a whole list; what an earlier answer says changes nothing. Returns changed ids."""
    mine = ", ".join(f"e.{name}" for name in columns.split(", "))
    told = ", ".join(f"excluded.{name}" for name in columns.split(", "))
    return f"""
INSERT INTO {table} AS e (enterprise, connection_id, id, {columns}, raw, read_at)
SELECT $1, $2, id, {columns}, raw, $4 FROM jsonb_to_recordset($3::text::jsonb) AS n ({types})
 ORDER BY id
ON CONFLICT (enterprise, connection_id, id) DO UPDATE SET
    ({columns}, raw, deleted, read_at, changed_at) = ROW (
        {told}, excluded.raw, false, excluded.read_at,
        CASE WHEN ({mine}, e.deleted) IS NOT DISTINCT FROM ({told}, false)
             THEN e.changed_at ELSE now() END)
 WHERE e.read_at <= excluded.read_at
RETURNING (changed_at = now())::int AS changed"""


def _bury(table: str) -> str:
    """What a whole list does not name is gone."""
    return f"""
UPDATE {table} SET deleted = true, read_at = $4, changed_at = now()
 WHERE enterprise = $1 AND connection_id = $2 AND NOT deleted AND read_at <= $4
   AND id <> ALL ($3::bigint[]) RETURNING 1 AS changed"""


_SAVE_SERVICES = _save("salon_services", _SERVICE, _SERVICE_TYPES)
_SAVE_STAFF = _save("salon_staff", _STAFF, _STAFF_TYPES)
_BURY_SERVICES, _BURY_STAFF = _bury("salon_services"), _bury("salon_staff")


class SalonListStore:
    """Each row as in `Service` or `StaffMember`; deleted ones are kept for old visits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def save_services(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        services: Sequence[Service],
        *,
        read_at: datetime,
    ) -> int:
        """All services that there are; returns how many rows that changed."""
        rows = [asdict(one) for one in services]
        return await self._replace(
            _SAVE_SERVICES, _BURY_SERVICES, enterprise, connection_id, rows, read_at
        )

    async def save_staff(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        staff: Sequence[StaffMember],
        *,
        read_at: datetime,
    ) -> int:
        """All employees that there are; returns how many rows that changed."""
        rows = [asdict(one) for one in staff]
        return await self._replace(
            _SAVE_STAFF, _BURY_STAFF, enterprise, connection_id, rows, read_at
        )

    async def services(
        self, enterprise: EnterpriseNumber, connection_id: UUID, *, gone: bool = False
    ) -> Sequence[Service]:
        """In the salon's order; `gone`: also those that are no more. Without `raw`."""
        rows = await self._fetch("salon_services", _SERVICE, enterprise, connection_id, gone=gone)
        return [
            Service(**{**row, "staff_s": {int(k): v for k, v in row["staff_s"].items()}})
            for row in rows
        ]

    async def staff(
        self, enterprise: EnterpriseNumber, connection_id: UUID, *, gone: bool = False
    ) -> Sequence[StaffMember]:
        """In the salon's order; `gone`: also those who are no more. Without `raw`."""
        rows = await self._fetch("salon_staff", _STAFF, enterprise, connection_id, gone=gone)
        return [StaffMember(**row) for row in rows]

    async def _replace(
        self,
        save: str,
        bury: str,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        rows: Sequence[dict[str, Any]],
        read_at: datetime,
    ) -> int:
        unique = {row["id"]: row for row in rows}
        records = as_records(list(unique.values()))
        saved = await self._connection.fetch(save, enterprise, connection_id, records, read_at)
        gone = await self._connection.fetch(bury, enterprise, connection_id, list(unique), read_at)
        return sum(row["changed"] for row in (*saved, *gone))

    async def _fetch(
        self,
        table: str,
        columns: str,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        *,
        gone: bool,
    ) -> Sequence[Any]:
        found: Sequence[Any] = await self._connection.fetch(
            f"SELECT id, {columns} FROM {table} WHERE enterprise = $1 AND connection_id = $2 "
            "AND (NOT deleted OR $3) ORDER BY weight DESC, id",
            enterprise, connection_id, gone,
        )  # fmt: skip
        return found
