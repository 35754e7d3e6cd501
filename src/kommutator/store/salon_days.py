"""Who works when, and when they are taken: one small row per employee and day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from kommutator.domain.salon.facts import WorkDay
from kommutator.domain.salon.slots import DayBook, OpenDay, pairs_of
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection
from kommutator.store.records import as_records

_SAVE = """
INSERT INTO salon_days AS d (enterprise, connection_id, day, staff_id, hours, events, read_at)
SELECT $1, $2, day, staff_id, hours, events, $4
  FROM jsonb_to_recordset($3::text::jsonb)
    AS n (day date, staff_id bigint, hours int[], events int[])
 ORDER BY day, staff_id
ON CONFLICT (enterprise, connection_id, day, staff_id) DO UPDATE
   SET hours = excluded.hours, events = excluded.events, read_at = excluded.read_at
 WHERE d.read_at IS NULL OR d.read_at <= excluded.read_at"""
_CLEAR = """
UPDATE salon_days d SET hours = '{}', events = '{}', read_at = $7
 WHERE d.enterprise = $1 AND d.connection_id = $2 AND d.day BETWEEN $3 AND $4
   AND d.hours <> '{}' AND (d.read_at IS NULL OR d.read_at <= $7)
   AND NOT EXISTS (SELECT FROM unnest($5::date[], $6::bigint[]) AS n (day, staff_id)
                    WHERE n.day = d.day AND n.staff_id = d.staff_id)"""
# Visits that reach over midnight count on both days.
_BUSY = """
INSERT INTO salon_days AS d (enterprise, connection_id, day, staff_id, busy)
SELECT $1, $2, t.day, t.staff_id, coalesce((
    SELECT array_agg(edge.at ORDER BY v.starts_at, v.id, edge.place)
      FROM salon_visits v
     CROSS JOIN LATERAL (VALUES
           (1, greatest(extract(epoch FROM v.starts_at - t.day)::int, 0)),
           (2, least(extract(epoch FROM v.starts_at - t.day)::int + v.seance_s + v.break_s, 86400))
           ) AS edge (place, at)
     WHERE v.enterprise = $1 AND v.connection_id = $2 AND v.staff_id = t.staff_id
       AND NOT v.deleted AND v.attendance <> -1 AND v.seance_s + v.break_s > 0
       AND v.starts_at >= t.day - interval '1 day' AND v.starts_at < t.day + interval '1 day'
       AND v.starts_at + make_interval(secs => v.seance_s + v.break_s) > t.day), '{}')
  FROM (SELECT DISTINCT day, staff_id FROM unnest($3::date[], $4::bigint[]) AS n (day, staff_id)
       ) AS t
 ORDER BY t.day, t.staff_id
ON CONFLICT (enterprise, connection_id, day, staff_id) DO UPDATE SET busy = excluded.busy"""
_BETWEEN = """
SELECT staff_id, day, hours, busy || events FROM salon_days
 WHERE enterprise = $1 AND connection_id = $2 AND day BETWEEN $3 AND $4 AND hours <> '{}'
 ORDER BY day, staff_id"""
_OPEN = """
SELECT staff_id, day, free FROM salon_days
 WHERE enterprise = $1 AND connection_id = $2 AND day BETWEEN $3 AND $4
   AND staff_id = ANY ($5::bigint[]) AND free <> '{}'
 ORDER BY day, array_position($5, staff_id)"""


class SalonDayStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def save(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        first: date,
        last: date,
        days: Sequence[WorkDay],
        *,
        read_at: datetime,
    ) -> None:
        """All hours from `first` to `last`, each day of each once; who is not named is off."""
        rows = {
            (one.day, one.staff_id): {
                "day": one.day.isoformat(),
                "staff_id": one.staff_id,
                "hours": pairs_of(one.hours),
                "events": pairs_of(one.events),
            }
            for one in days
            if first <= one.day <= last
        }
        named = [key[0] for key in rows], [key[1] for key in rows]
        await self._connection.execute(
            _CLEAR, enterprise, connection_id, first, last, *named, read_at
        )
        await self._connection.execute(
            _SAVE, enterprise, connection_id, as_records(list(rows.values())), read_at
        )

    async def recount(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        touched: Collection[tuple[date, int]],
    ) -> None:
        """Visits of these employees on these days changed, in this transaction."""
        if touched:
            days, staff = [one[0] for one in touched], [one[1] for one in touched]
            await self._connection.execute(_BUSY, enterprise, connection_id, days, staff)

    async def between(
        self, enterprise: EnterpriseNumber, connection_id: UUID, first: date, last: date
    ) -> list[DayBook]:
        """Working days, both ends inclusive, by day and employee."""
        rows = await self._connection.fetch(_BETWEEN, enterprise, connection_id, first, last)
        return list(map(DayBook._make, rows))

    async def open_between(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        first: date,
        last: date,
        staff: Collection[int],
    ) -> list[OpenDay]:
        """What is left of the days of these, in order of days and then theirs."""
        key = (enterprise, connection_id, first, last)
        rows = await self._connection.fetch(_OPEN, *key, list(staff))
        return list(map(OpenDay._make, rows))
