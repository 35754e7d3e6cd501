"""Booking a visit: one of many who want the same start gets it, and gets it once.

The wish holds its time in our store before the vendor is asked: the others hear "taken" at once,
with other times, and cost the vendor's small allowance nothing. The row is there before the
request leaves; if the answer is lost, here or by a crash, the visit is looked for by our mark
(`api_id`) before anything is sent again. The vendor's own refusal has the last word.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import structlog

from kommutator.domain.connection import Account
from kommutator.domain.salon.booking import BookingRefused, BookingWish, Made, Refused, Start
from kommutator.domain.salon.copy import CHANGED_VISITS
from kommutator.domain.salon.ports import SalonWriter
from kommutator.flows.salon.alternatives import LOOKED_DAYS, TIME_TAKEN, nearest, without_held
from kommutator.flows.salon.came import Came, Declined, Done, Unclear, outcome_of
from kommutator.flows.salon.shelf import SalonShelf
from kommutator.kit.clock import Clock
from kommutator.kit.errors import Conflict, ErrorKind, InvalidInput, Stage, VendorError
from kommutator.kit.ids import Ids
from kommutator.kit.metrics import Metrics
from kommutator.store.database import Database
from kommutator.store.driver import is_transient
from kommutator.store.salon_bookings import Booking, Held

_log = structlog.get_logger(__name__)
LEASE_S = 60.0  # longer than booking and looking for it take
_LOOK_S = (1.0, 3.0)  # a visit made a moment ago may not be in the vendor's list yet
_LOOK_LATER_S = 30.0
_GONE_S = 10.0
"""Whoever began so long ago and has not told what came of it is gone, or will be refused."""
GIVEN_UP_AFTER = 6
"""Looks for a visit in vain, after which it surely was never made."""


_Send = Callable[[Account, BookingWish], Awaitable[Made]]


class Book:
    def __init__(
        self,
        db: Database,
        writer: SalonWriter,
        shelf: SalonShelf,
        *,
        clock: Clock,
        ids: Ids,
        metrics: Metrics,
    ) -> None:
        self._db = db
        self._writer = writer
        self._shelf = shelf
        self._clock = clock
        self._ids = ids
        self._outcomes = metrics.bookings

    async def __call__(
        self, account: Account, wish: BookingWish, *, made_by: str, by_admin: bool = False
    ) -> Came:
        """Book; `by_admin`: into the journal directly, as the salon's administrator does.

        A wish whose mark was here before is not made twice: what became of it is told.

        Raises:
            InvalidInput: `booking_service_unknown`, `booking_staff_unknown`, `booking_past`.
            Conflict: `idempotency_key_reused`: that mark is on another wish.
            VendorError: the vendor could not be asked; nothing was made.
        """
        try:
            came = await self._come(account, wish, made_by, by_admin=by_admin)
        except VendorError:
            self._outcomes.labels("failed").inc()
            raise
        self._outcomes.labels(outcome_of(came)).inc()
        return came

    async def _come(
        self, account: Account, wish: BookingWish, made_by: str, *, by_admin: bool
    ) -> Came:
        before = await self._before(account, wish)
        if isinstance(before, Unclear) and before.booking.age_s >= _GONE_S:
            return await self._once_more(account, before.booking, self._way(by_admin=by_admin))
        if before is not None:
            return before
        await self._sensible(account, wish)
        held = await self._hold(account, wish, made_by)
        if held is None:
            return Declined(Refused.TAKEN, await self.alternatives(account, wish))
        mine = replace(wish, staff_id=held.staff_id)
        return await self._send(account, held, mine, by_admin=by_admin)

    async def alternatives(
        self, account: Account, wish: BookingWish, *, taken: Sequence[Held] = ()
    ) -> Sequence[Start]:
        """Other times near the wanted one; `taken`: what our copy does not know yet."""
        first = wish.starts_at.date()
        last = first + timedelta(days=LOOKED_DAYS)
        free = without_held(await self._free(account, wish, 0, first, last), taken)
        return nearest(
            (start for start in free if start.starts_at != wish.starts_at),
            wish.starts_at,
            wish.staff_id,
        )

    async def settle(self, account: Account, booking: Booking) -> None:
        """Whoever was at it is gone: find out what became of it. Raises VendorError."""
        if booking.state == "held":
            async with self._db.single() as unit:
                await unit.salon_bookings.drop(booking.enterprise, booking.id)
            return
        found = await self._writer.find(account, booking.wish)
        if found is not None:
            await self._made(account, booking, Made(found.id, found.token, found_again=True))
        elif booking.looked >= GIVEN_UP_AFTER:
            async with self._db.single() as unit:
                await unit.salon_bookings.drop(booking.enterprise, booking.id)

    async def _before(self, account: Account, wish: BookingWish) -> Came | None:
        async with self._db.single() as unit:
            booking = await unit.salon_bookings.by_mark(
                account.enterprise, account.connection_id, wish.api_id
            )
        if booking is None or booking.state in {"refused", "dropped"}:
            return None
        if not booking.is_of(wish):
            raise Conflict("idempotency_key_reused")
        if booking.record_id is not None:
            made = Made(booking.record_id, found_again=True)
            return Done(booking, made, visit_kept=True)
        if booking.state != "held":
            found = await self._writer.find(account, booking.wish)
            if found is not None:
                made = Made(found.id, found.token, found_again=True)
                return await self._made(account, booking, made)
        return Unclear(booking)

    async def _sensible(self, account: Account, wish: BookingWish) -> None:
        services = {one.id: one for one in await self._shelf.services(account) if one.active}
        if not wish.service_ids or any(one not in services for one in wish.service_ids):
            raise InvalidInput("booking_service_unknown")
        staff = {one.id for one in await self._shelf.staff(account) if not one.fired}
        if wish.staff_id and wish.staff_id not in staff:
            raise InvalidInput("booking_staff_unknown")
        if wish.starts_at < await self._shelf.now(account):
            raise InvalidInput("booking_past")

    async def _hold(self, account: Account, wish: BookingWish, made_by: str) -> Booking | None:
        """The first employee who is free then and whose time nobody else took meanwhile."""
        day = wish.starts_at.date()
        for start in await self._free(account, wish, wish.staff_id, day, day):
            if start.starts_at != wish.starts_at:
                continue
            mine = replace(wish, staff_id=start.staff_id)
            booking_id = self._ids.uuid()
            async with self._db.unit() as unit:
                got = await unit.salon_bookings.hold(
                    account.enterprise,
                    account.connection_id,
                    booking_id,
                    mine,
                    start.seance_s,
                    made_by=made_by,
                    lease_s=LEASE_S,
                )
            if got:
                async with self._db.single() as unit:
                    return await unit.salon_bookings.get(account.enterprise, booking_id)
        return None

    async def _free(
        self, account: Account, wish: BookingWish, staff_id: int, first: date, last: date
    ) -> Sequence[Start]:
        starts = await self._shelf.free(account, wish.service_ids, staff_id, first, last)
        async with self._db.single() as unit:
            held = await unit.salon_bookings.held(
                account.enterprise,
                account.connection_id,
                wish.starts_at - timedelta(days=1),
                wish.starts_at + timedelta(days=LOOKED_DAYS + 1),
            )
        return without_held(starts, held)

    async def _send(
        self, account: Account, booking: Booking, wish: BookingWish, *, by_admin: bool
    ) -> Came:
        send = self._way(by_admin=by_admin)
        async with self._db.single() as unit:
            await unit.salon_bookings.asked(booking.enterprise, booking.id, LEASE_S)
        try:
            made = await send(account, wish)
        except BookingRefused as refusal:
            return await self._refused(account, booking, refusal)
        except VendorError as error:
            if error.kind is ErrorKind.UNSURE or error.stage is Stage.SENT:
                return await self._look(account, booking, send)
            await self._drop(booking)
            raise
        return await self._made(account, booking, made)

    def _way(self, *, by_admin: bool) -> _Send:
        return self._writer.put if by_admin else self._writer.book

    async def _look(self, account: Account, booking: Booking, send: _Send) -> Came:
        """No answer came: look for the visit; if it is not there, ask once more."""
        for pause in _LOOK_S:
            await self._clock.sleep(pause)
            try:
                found = await self._writer.find(account, booking.wish)
            except VendorError:
                return await self._later(booking)
            if found is not None:
                made = Made(found.id, found.token, found_again=True)
                return await self._made(account, booking, made)
        return await self._once_more(account, booking, send)

    async def _once_more(self, account: Account, booking: Booking, send: _Send) -> Came:
        """The vendor has no such visit; if one is on its way, it takes no second for this time."""
        async with self._db.single() as unit:
            await unit.salon_bookings.asked(booking.enterprise, booking.id, LEASE_S)
        try:
            return await self._made(account, booking, await send(account, booking.wish))
        except BookingRefused as refusal:
            # "Taken" may be our own visit, which the vendor's list does not show yet.
            if refusal.reason in {Refused.TAKEN, Refused.OVERLAP}:
                return await self._later(booking)
            return await self._refused(account, booking, refusal)
        except VendorError:
            return await self._later(booking)

    async def _made(self, account: Account, booking: Booking, made: Made) -> Done:
        async with self._db.unit() as unit:
            await unit.salon_bookings.made(booking.enterprise, booking.id, made.record_id)
            await unit.audit.add(
                booking.enterprise, actor=booking.made_by, action="visit.book",
                target=str(made.record_id),
                detail={"salon": account.account_key, "at": booking.starts_at.isoformat()},
            )  # fmt: skip
        try:
            kept = await self._shelf.reread(account, made.record_id) is not None
        except Exception as error:  # noqa: BLE001  it is made, whatever becomes of our copy
            _log.info("booking.not_reread", booking=str(booking.id), reason=repr(error))
            kept = False
        return Done(replace(booking, state="made", record_id=made.record_id), made, kept)

    async def _refused(
        self, account: Account, booking: Booking, refusal: BookingRefused
    ) -> Declined:
        key = booking.enterprise, booking.connection_id
        missed = refusal.reason in TIME_TAKEN
        async with self._db.single() as unit:
            await unit.salon_bookings.refused(booking.enterprise, booking.id, refusal.reason.value)
            if missed:  # our copy held it free: something was not told of
                await unit.crm_reads.start(*key, CHANGED_VISITS)
        others: Sequence[Start] = ()
        if missed:
            span = Held(booking.staff_id, booking.starts_at, booking.ends_at)
            others = await self.alternatives(account, booking.wish, taken=[span])
        return Declined(refusal.reason, others, refusal.message)

    async def _later(self, booking: Booking) -> Unclear:
        async with self._db.single() as unit:
            await unit.salon_bookings.unsure(booking.enterprise, booking.id, _LOOK_LATER_S)
        return Unclear(booking)

    async def _drop(self, booking: Booking) -> None:
        """Nothing left, or it was surely turned away: the time is free again."""
        try:
            async with self._db.single() as unit:
                await unit.salon_bookings.drop(booking.enterprise, booking.id)
        except Exception as error:
            if not is_transient(error):
                raise
            _log.info("booking.hold_left", booking=str(booking.id))  # its lease ends by itself
