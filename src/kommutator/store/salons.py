"""Salons as last read, and how far the copy of each is.

Whoever changes the copy of a salon holds its lock first, in the same transaction: so two looks at
a visit are compared in order, and each difference is told once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kommutator.domain.salon.copy import SALONS, CopyState
from kommutator.domain.salon.facts import Category, Salon
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.crm_copy import WIPE_BOOK
from kommutator.store.driver import Connection

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('salon_copy:' || $1, 0))"
_FACTS = (
    "salon_id, title, time_zone, phone, address, slot_step_s, asks_code, notice_s, currency, raw"
)
_SAVE = f"""
INSERT INTO salons AS s (enterprise, connection_id, {_FACTS}, categories, read_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, coalesce($13::jsonb, '[]'::jsonb), $14)
ON CONFLICT (connection_id) DO UPDATE SET
    ({_FACTS}, categories, read_at) = ROW (
        excluded.salon_id, excluded.title, excluded.time_zone, excluded.phone, excluded.address,
        excluded.slot_step_s, excluded.asks_code, excluded.notice_s, excluded.currency,
        excluded.raw, coalesce($13::jsonb, s.categories), excluded.read_at)
 WHERE s.read_at <= excluded.read_at"""
_STATE = "read_at, began_at, copied_at, unheard, drift, drift_at"
_GET = f"""
SELECT {_FACTS.removesuffix(", raw")}, categories, {_STATE} FROM salons
 WHERE enterprise = $1 AND connection_id = $2"""
_OF = """
SELECT s.connection_id, s.salon_id, s.title, s.time_zone, s.phone, s.address, s.slot_step_s,
       s.asks_code, s.notice_s, s.currency, s.categories, s.read_at, s.began_at, s.copied_at,
       s.unheard, s.drift, s.drift_at
  FROM salons s JOIN connections c ON c.enterprise = s.enterprise AND c.id = s.connection_id
 WHERE s.enterprise = $1 AND c.status <> 'removed' ORDER BY s.title, s.connection_id"""
_MINE = "enterprise = $1 AND connection_id = $2"
_DRIFTED = f"""
UPDATE salons SET drift = drift_counting, drift_at = clock_timestamp(), drift_counting = 0
 WHERE {_MINE}"""
_RETIRE_VISITS = """
DELETE FROM salon_visits v USING (
    SELECT x.enterprise, x.connection_id, x.id FROM salons s
      JOIN enterprises e ON e.number = s.enterprise
     CROSS JOIN LATERAL (
        SELECT y.enterprise, y.connection_id, y.id FROM salon_visits y
         WHERE y.enterprise = s.enterprise AND y.connection_id = s.connection_id
           AND y.starts_at < localtimestamp - make_interval(days => coalesce(
               (e.settings -> 'retention_days' ->> 'salon_copy')::int, $2))
         ORDER BY y.starts_at LIMIT $1 FOR UPDATE SKIP LOCKED) AS x
     LIMIT $1) old
 WHERE v.enterprise = old.enterprise AND v.connection_id = old.connection_id AND v.id = old.id"""
_KEPT_DAYS = """
SELECT coalesce((settings -> 'retention_days' ->> 'salon_copy')::int, $2) FROM enterprises
 WHERE number = $1"""
_RETIRE_DAYS = """
DELETE FROM salon_days WHERE day < current_date - $2::int AND ctid IN (
    SELECT ctid FROM salon_days WHERE day < current_date - $2::int LIMIT $1)"""
_RETIRE_CLIENTS = """
DELETE FROM salon_clients c USING (
    SELECT ctid FROM salon_clients
     WHERE deleted AND changed_at < now() - make_interval(days => $2) LIMIT $1) old
 WHERE c.ctid = old.ctid"""
VISIT_DAYS, PAST_DAYS, BURIED_DAYS = 1095, 400, 30
"""How long visits stay (`retention_days.salon_copy` of the tenant), hours, deleted clients."""

# Looked for again and again, and mostly there is nothing: by an index, connection by connection.
_WIPE = """
DELETE FROM {table} WHERE ctid = ANY (ARRAY (
    SELECT rest.ctid FROM connections c CROSS JOIN LATERAL (
        SELECT x.ctid FROM {table} x
         WHERE x.enterprise = c.enterprise AND x.connection_id = c.id
         ORDER BY {key} LIMIT $1) AS rest
     WHERE c.status = 'removed' LIMIT $1))"""
_TABLES = {
    "salon_wanted": "x.part, x.id",
    "salon_bookings": "x.api_id",
    "salon_visits": "x.id",
    "salon_clients": "x.id",
    "salon_days": "x.day, x.staff_id",
    "salon_staff": "x.id",
    "salon_services": "x.id",
    "salons": "x.connection_id",
}
"""What a copy consists of, each in the order of an index that begins with the connection."""


@dataclass(frozen=True, slots=True)
class KeptSalon:
    """A salon as the copy has it, without `raw`.

    Attributes:
        unheard: changes found by looking since the vendor last told of any.
        drift: rows that the last nightly reading had to put right; None: there was none yet.
    """

    connection_id: UUID
    salon: Salon
    categories: Sequence[Category]
    read_at: datetime
    state: CopyState
    unheard: int
    drift: int | None
    drift_at: datetime | None


class SalonStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def lock(self, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        """Be the only one who changes this copy until the transaction ends."""
        await self._connection.execute(_LOCK, f"{enterprise}:{connection_id}")

    async def save(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        salon: Salon,
        *,
        categories: Sequence[Category] | None = None,
        read_at: datetime,
    ) -> None:
        """Keep what was asked for at `read_at`; `categories`: None leaves them."""
        kept = None if categories is None else [asdict(one) for one in categories]
        await self._connection.execute(
            _SAVE, enterprise, connection_id, salon.id, salon.title, salon.time_zone, salon.phone,
            salon.address, salon.slot_step_s, salon.asks_code, salon.notice_s, salon.currency,
            dict(salon.raw), kept, read_at,
        )  # fmt: skip

    async def get(self, enterprise: EnterpriseNumber, connection_id: UUID) -> KeptSalon | None:
        """None: never read."""
        row = await self._connection.fetchrow(_GET, enterprise, connection_id)
        return _kept(connection_id, row) if row else None

    async def of(self, enterprise: EnterpriseNumber) -> Sequence[KeptSalon]:
        """All of the enterprise, by title; removed ones are left out."""
        rows = await self._connection.fetch(_OF, enterprise)
        return [_kept(row["connection_id"], row) for row in rows]

    async def copied(self, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        """All visits are here, now for the first time or again."""
        await self._connection.execute(
            f"UPDATE salons SET copied_at = coalesce(copied_at, clock_timestamp()) WHERE {_MINE}",
            enterprise, connection_id,
        )  # fmt: skip

    async def unheard(self, enterprise: EnterpriseNumber, connection_id: UUID, count: int) -> None:
        """So many changes were found that nobody had told of; 0: the vendor spoke again."""
        await self._connection.execute(
            "UPDATE salons SET unheard = CASE WHEN $3 = 0 THEN 0 ELSE unheard + $3 END "
            f"WHERE {_MINE} AND (unheard <> 0 OR $3 <> 0)",
            enterprise, connection_id, count,
        )  # fmt: skip

    async def drifted(self, enterprise: EnterpriseNumber, connection_id: UUID, count: int) -> None:
        """A nightly reading put so many rows right."""
        if count:
            await self._connection.execute(
                f"UPDATE salons SET drift_counting = drift_counting + $3 WHERE {_MINE}",
                enterprise, connection_id, count,
            )  # fmt: skip

    async def count_drift(self, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        """The night's reading of visits is over: what was counted since the last one is shown."""
        await self._connection.execute(_DRIFTED, enterprise, connection_id)

    async def kept_days(self, enterprise: EnterpriseNumber) -> int:
        """How long this tenant keeps visits."""
        days: int = await self._connection.fetchval(_KEPT_DAYS, enterprise, VISIT_DAYS)
        return days

    async def working_everywhere(self, kinds: Sequence[str]) -> int:
        """How many salons share the allowance."""
        count: int = await self._connection.fetchval(
            "SELECT count(*) FROM connections WHERE kind = ANY ($1::text[]) AND status = 'active'",
            list(kinds),
        )
        return count

    async def retire_everywhere(self, limit: int = 1000) -> int:
        """Delete visits and hours over age, and clients deleted long ago; returns how many."""
        gone = 0
        for query, days in (
            (_RETIRE_VISITS, VISIT_DAYS),
            (_RETIRE_DAYS, PAST_DAYS),
            (_RETIRE_CLIENTS, BURIED_DAYS),
        ):
            status = await self._connection.execute(query, limit, days)
            gone += int(str(status).rpartition(" ")[2])
        return gone

    async def wipe_removed_everywhere(self, limit: int = 5000) -> int:
        """Delete copies of removed connections, and what the phone book knows by them.

        Returns how many rows.
        """
        status = await self._connection.execute(WIPE_BOOK, limit, sorted(SALONS))
        gone = int(str(status).rpartition(" ")[2])
        for table, key in _TABLES.items():
            query = _WIPE.format(table=table, key=key)
            status = await self._connection.execute(query, limit)
            gone += int(str(status).rpartition(" ")[2])
        return gone


def _kept(connection_id: UUID, row: Any) -> KeptSalon:
    salon = Salon(
        id=row["salon_id"], title=row["title"], time_zone=row["time_zone"], phone=row["phone"],
        address=row["address"], slot_step_s=row["slot_step_s"], asks_code=row["asks_code"],
        notice_s=row["notice_s"], currency=row["currency"],
    )  # fmt: skip
    return KeptSalon(
        connection_id=connection_id,
        salon=salon,
        categories=[Category(**one) for one in row["categories"]],
        read_at=row["read_at"],
        state=CopyState(row["began_at"], row["copied_at"]),
        unheard=row["unheard"],
        drift=row["drift"],
        drift_at=row["drift_at"],
    )
