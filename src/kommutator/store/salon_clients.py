"""Clients of salons, as last read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from kommutator.domain.salon.facts import SalonClient
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection
from kommutator.store.records import as_records

_TARGETS = (
    "name, phone, email, opted_out, visits, spent, comment, birthday, vendor_at, deleted, raw"
)
_SAVE = f"""
INSERT INTO salon_clients AS e (enterprise, connection_id, id, {_TARGETS}, read_at)
SELECT $1, $2, id, {_TARGETS}, $4
  FROM jsonb_to_recordset($3::text::jsonb) AS n (
       id bigint, name text, phone text, email text, opted_out boolean, visits int, spent bigint,
       comment text, birthday date, vendor_at timestamptz, deleted boolean, raw jsonb)
 ORDER BY id
ON CONFLICT (enterprise, connection_id, id) DO UPDATE SET
    ({_TARGETS}, read_at, changed_at) = ROW (
        excluded.name, excluded.phone, excluded.email, excluded.opted_out, excluded.visits,
        excluded.spent, excluded.comment, excluded.birthday, excluded.vendor_at, excluded.deleted,
        excluded.raw, excluded.read_at,
        CASE WHEN (e.name, e.phone, e.email, e.opted_out, e.comment, e.birthday, e.deleted)
                  IS NOT DISTINCT FROM
                  (excluded.name, excluded.phone, excluded.email, excluded.opted_out,
                   excluded.comment, excluded.birthday, excluded.deleted)
             THEN e.changed_at ELSE now() END)
 WHERE e.read_at <= excluded.read_at
RETURNING (changed_at = now())::int AS changed"""
_BURY = """
UPDATE salon_clients SET deleted = true, read_at = $4, changed_at = now()
 WHERE enterprise = $1 AND connection_id = $2 AND id = ANY ($3::bigint[]) AND NOT deleted
   AND read_at <= $4"""
_COLUMNS = (
    "id, name, phone, email, opted_out, visits, spent, comment, birthday, "
    "vendor_at AS changed_at, deleted"
)
_MINE = "enterprise = $1 AND connection_id = $2"


class SalonClientStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def save(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        clients: Sequence[SalonClient],
        *,
        read_at: datetime,
    ) -> int:
        """Put cards that were asked for at `read_at`; returns how many rows that changed."""
        unique = {client.id: client for client in clients}
        rows = [_row(client) for client in unique.values()]
        saved = await self._connection.fetch(
            _SAVE, enterprise, connection_id, as_records(rows), read_at
        )
        return sum(row["changed"] for row in saved)

    async def bury(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        ids: Collection[int],
        *,
        read_at: datetime,
    ) -> None:
        """These are gone, as of `read_at`."""
        if ids:
            await self._connection.execute(_BURY, enterprise, connection_id, sorted(ids), read_at)

    async def get(
        self, enterprise: EnterpriseNumber, connection_id: UUID, client_id: int
    ) -> SalonClient | None:
        """A deleted one too; None: never heard of. Without `raw`."""
        row = await self._connection.fetchrow(
            f"SELECT {_COLUMNS} FROM salon_clients WHERE {_MINE} AND id = $3",
            enterprise, connection_id, client_id,
        )  # fmt: skip
        return SalonClient(**row) if row else None

    async def by_phone(
        self, enterprise: EnterpriseNumber, phone: str
    ) -> Sequence[tuple[UUID, SalonClient]]:
        """Whose number is exactly this one (E.164), in any salon of the enterprise."""
        rows = await self._connection.fetch(
            f"SELECT connection_id, {_COLUMNS} FROM salon_clients "
            "WHERE enterprise = $1 AND phone = $2 AND NOT deleted ORDER BY connection_id, id",
            enterprise, phone,
        )  # fmt: skip
        return [_of_salon(row) for row in rows]

    async def search(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        *,
        text: str = "",
        digits: str = "",
        after: tuple[str, int] | None = None,
        limit: int = 50,
    ) -> Sequence[SalonClient]:
        """By name.

        Args:
            text: part of the name; `digits`: part of the phone, instead.
            after: name in lower case and id of the last line of the page before.
        """
        rows = await self._connection.fetch(
            f"SELECT {_COLUMNS} FROM salon_clients WHERE {_MINE} AND NOT deleted "
            "AND ($3 = '' OR strpos(lower(name), lower($3)) > 0) "
            "AND ($4 = '' OR strpos(phone, $4) > 0) "
            "AND ($5::text IS NULL OR (lower(name), id) > ($5, $6::bigint)) "
            "ORDER BY lower(name), id LIMIT $7",
            enterprise, connection_id, text, digits, *(after or (None, None)), limit,
        )  # fmt: skip
        return [SalonClient(**row) for row in rows]


def _of_salon(row: Any) -> tuple[UUID, SalonClient]:
    fields = dict(row)
    return fields.pop("connection_id"), SalonClient(**fields)


def _row(client: SalonClient) -> dict[str, Any]:
    return {
        "id": client.id,
        "name": client.name,
        "phone": client.phone,
        "email": client.email,
        "opted_out": client.opted_out,
        "visits": client.visits,
        "spent": client.spent,
        "comment": client.comment,
        "birthday": client.birthday,
        "vendor_at": client.changed_at,
        "deleted": client.deleted,
        "raw": client.raw,
    }
