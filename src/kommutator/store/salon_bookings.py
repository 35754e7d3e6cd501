"""Wishes to book on their way to a salon, and the time each of them holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from kommutator.domain.salon.booking import BookingWish, Guest
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

BookingState = Literal["held", "asked", "unsure", "made", "refused", "dropped"]

# A made one holds its time until the copy has the visit; then the visit does.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('salon_hold:' || $1, 0))"
_TAKEN = """
SELECT EXISTS (
    SELECT FROM salon_bookings b
     WHERE b.enterprise = $1 AND b.connection_id = $2 AND b.staff_id = $3
       AND b.starts_at < $5 AND b.ends_at > $4 AND (
           b.state IN ('held', 'asked', 'unsure')
           OR b.state = 'made' AND NOT EXISTS (
              SELECT FROM salon_visits v WHERE v.enterprise = b.enterprise
                 AND v.connection_id = b.connection_id AND v.id = b.record_id)))
   OR EXISTS (
    SELECT FROM salon_visits v
     WHERE v.enterprise = $1 AND v.connection_id = $2 AND v.staff_id = $3 AND NOT v.deleted
       AND v.attendance <> -1 AND v.starts_at < $5
       AND v.starts_at >= $4 - interval '1 day'
       AND v.starts_at + make_interval(secs => v.seance_s) > $4)"""
_HOLD = """
INSERT INTO salon_bookings (id, enterprise, connection_id, api_id, staff_id, starts_at, ends_at,
       service_ids, guest, comment, made_by, due_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
        clock_timestamp() + make_interval(secs => $12))"""
_SETTLE = """
UPDATE salon_bookings SET state = $3, record_id = coalesce($4, record_id), reason = $5,
       settled_at = clock_timestamp(), due_at = NULL
 WHERE enterprise = $1 AND id = $2 AND state IN ('held', 'asked', 'unsure')"""
_MARK = """
UPDATE salon_bookings SET state = $3, due_at = clock_timestamp() + make_interval(secs => $4)
 WHERE enterprise = $1 AND id = $2 AND state IN ('held', 'asked', 'unsure')"""
_UNDONE = """
UPDATE salon_bookings SET state = 'dropped', settled_at = clock_timestamp()
 WHERE enterprise = $1 AND id = $2 AND state = 'made'"""
_COLUMNS = (
    "id, enterprise, connection_id, api_id, staff_id, starts_at, ends_at, service_ids, guest, "
    "comment, made_by, state, reason, record_id, looked, "
    "extract(epoch FROM clock_timestamp() - created_at)::float8 AS age_s"
)
_CLAIM = f"""
UPDATE salon_bookings SET looked = looked + 1,
       due_at = clock_timestamp() + make_interval(secs => least(30 * 2 ^ least(looked, 7), 3600))
 WHERE id IN (SELECT id FROM salon_bookings
               WHERE state IN ('held', 'asked', 'unsure') AND due_at <= clock_timestamp()
               ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING {_COLUMNS}"""
_HELD = """
SELECT staff_id, starts_at, ends_at FROM salon_bookings b
 WHERE enterprise = $1 AND connection_id = $2 AND starts_at < $4 AND ends_at > $3
   AND (state IN ('held', 'asked', 'unsure') OR state = 'made' AND NOT EXISTS (
        SELECT FROM salon_visits v WHERE v.enterprise = b.enterprise
           AND v.connection_id = b.connection_id AND v.id = b.record_id))"""

# What is not settled stays: somebody still looks for it. So does a visit that is yet to be.
_RETIRE = """
DELETE FROM salon_bookings WHERE id IN (
    SELECT id FROM salon_bookings
     WHERE created_at < now() - make_interval(days => $1) AND ends_at < now()
       AND state IN ('made', 'refused', 'dropped')
     ORDER BY created_at LIMIT $2)"""
KEPT_DAYS = 90


@dataclass(frozen=True, slots=True)
class Booking:
    """One wish as kept. Times are the salon's own. `age_s`: when it was read."""

    id: UUID
    enterprise: EnterpriseNumber
    connection_id: UUID
    api_id: str
    staff_id: int
    starts_at: datetime
    ends_at: datetime
    service_ids: tuple[int, ...]
    guest: Guest
    comment: str
    state: BookingState
    made_by: str = ""
    reason: str | None = None
    record_id: int | None = None
    looked: int = 0
    age_s: float = 0.0

    def is_of(self, wish: BookingWish) -> bool:
        """Whether this is what is wished for: the same services, then, with that employee."""
        mine = self.starts_at, self.service_ids, wish.staff_id and self.staff_id
        return mine == (wish.starts_at, tuple(wish.service_ids), wish.staff_id)

    @property
    def wish(self) -> BookingWish:
        return BookingWish(
            self.staff_id, self.service_ids, self.starts_at, self.guest, self.api_id, self.comment
        )


@dataclass(frozen=True, slots=True)
class Held:
    """Time of one employee that a wish on its way holds."""

    staff_id: int
    starts_at: datetime
    ends_at: datetime


class SalonBookingStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def hold(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        booking_id: UUID,
        wish: BookingWish,
        seance_s: int,
        *,
        made_by: str,
        lease_s: float,
    ) -> bool:
        """Take the time for this wish. False: a visit or another wish has it.

        To be called in a transaction of its own: others wait for the same employee meanwhile.
        After `lease_s` somebody else looks what became of it.
        """
        ends_at = wish.starts_at + timedelta(seconds=seance_s)
        await self._connection.execute(_LOCK, f"{connection_id}:{wish.staff_id}")
        taken = await self._connection.fetchval(
            _TAKEN, enterprise, connection_id, wish.staff_id, wish.starts_at, ends_at
        )
        if taken:
            return False
        guest = {"phone": wish.guest.phone, "name": wish.guest.name, "email": wish.guest.email}
        await self._connection.execute(
            _HOLD, booking_id, enterprise, connection_id, wish.api_id, wish.staff_id,
            wish.starts_at, ends_at, list(wish.service_ids), guest, wish.comment, made_by, lease_s,
        )  # fmt: skip
        return True

    async def asked(self, enterprise: EnterpriseNumber, booking_id: UUID, lease_s: float) -> None:
        """The request leaves now: from here on it may have been done."""
        await self._connection.execute(_MARK, enterprise, booking_id, "asked", lease_s)

    async def unsure(self, enterprise: EnterpriseNumber, booking_id: UUID, again_s: float) -> None:
        """No answer came; it is looked for again in so many seconds."""
        await self._connection.execute(_MARK, enterprise, booking_id, "unsure", again_s)

    async def made(self, enterprise: EnterpriseNumber, booking_id: UUID, record_id: int) -> None:
        await self._connection.execute(_SETTLE, enterprise, booking_id, "made", record_id, None)

    async def refused(self, enterprise: EnterpriseNumber, booking_id: UUID, reason: str) -> None:
        """The salon said no; the time is free for others."""
        await self._connection.execute(_SETTLE, enterprise, booking_id, "refused", None, reason)

    async def drop(self, enterprise: EnterpriseNumber, booking_id: UUID) -> None:
        """It surely came to nothing; the time is free for others."""
        await self._connection.execute(_SETTLE, enterprise, booking_id, "dropped", None, None)

    async def undone(self, enterprise: EnterpriseNumber, booking_id: UUID) -> None:
        """Its visit was cancelled again by us: whoever repeats the wish has it made anew."""
        await self._connection.execute(_UNDONE, enterprise, booking_id)

    async def held(
        self, enterprise: EnterpriseNumber, connection_id: UUID, first: datetime, last: datetime
    ) -> Sequence[Held]:
        """What is held between two moments and is not in the copy yet."""
        rows = await self._connection.fetch(_HELD, enterprise, connection_id, first, last)
        return [Held(**row) for row in rows]

    async def get(self, enterprise: EnterpriseNumber, booking_id: UUID) -> Booking | None:
        row = await self._connection.fetchrow(
            f"SELECT {_COLUMNS} FROM salon_bookings WHERE enterprise = $1 AND id = $2",
            enterprise, booking_id,
        )  # fmt: skip
        return _booking(row) if row else None

    async def by_mark(
        self, enterprise: EnterpriseNumber, connection_id: UUID, api_id: str
    ) -> Booking | None:
        """The newest wish with this mark."""
        row = await self._connection.fetchrow(
            f"SELECT {_COLUMNS} FROM salon_bookings WHERE enterprise = $1 AND connection_id = $2 "
            "AND api_id = $3 ORDER BY created_at DESC LIMIT 1",
            enterprise, connection_id, api_id,
        )  # fmt: skip
        return _booking(row) if row else None

    async def claim_everywhere(self, limit: int) -> Sequence[Booking]:
        """Those that nobody is at any more; asked for again later if they stay open."""
        rows = await self._connection.fetch(_CLAIM, limit)
        return [_booking(row) for row in rows]

    async def retire_everywhere(self, days: int = KEPT_DAYS, limit: int = 1000) -> int:
        """Delete settled wishes of visits long past; returns how many."""
        status = await self._connection.execute(_RETIRE, days, limit)
        return int(status.rpartition(" ")[2])


def _booking(row: Any) -> Booking:
    known = {**row, "guest": Guest(**row["guest"]), "service_ids": tuple(row["service_ids"])}
    return Booking(**known)
