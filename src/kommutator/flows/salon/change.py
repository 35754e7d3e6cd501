"""Changing a visit: moved, cancelled, confirmed, came or not.

The visit is read at the vendor first, so that nobody changes what they have not seen, and again
afterwards, so that our copy and everybody who hears of visits know at once. A request whose answer
was lost is judged by that second reading; what is already as wished is not asked for again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from kommutator.domain.connection import Account
from kommutator.domain.salon.booking import BookingRefused
from kommutator.domain.salon.facts import Attendance, Visit
from kommutator.domain.salon.ports import SalonWriter
from kommutator.flows.salon.alternatives import LOOKED_DAYS, TIME_TAKEN, nearest, without_held
from kommutator.flows.salon.came import Declined
from kommutator.flows.salon.shelf import SalonShelf
from kommutator.kit.errors import Conflict, ErrorKind, InvalidInput, NotFound, VendorError
from kommutator.store.database import Database
from kommutator.store.salon_bookings import Held

Changed = Visit | Declined
_As = Callable[[Visit], bool]


@dataclass(frozen=True, slots=True)
class Move:
    """`staff_id`: None keeps the employee. `starts_at`: the salon's own time."""

    starts_at: datetime
    staff_id: int | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """A line of the audit log; `detail` names no client."""

    by: str
    action: str
    detail: Mapping[str, Any] = field(default_factory=dict)


class ChangeVisit:
    """Every method raises NotFound `visit_not_found`, Conflict `visit_cancelled`, VendorError.

    `by`: who, as the audit log names them.
    """

    def __init__(self, db: Database, writer: SalonWriter, shelf: SalonShelf) -> None:
        self._db = db
        self._writer = writer
        self._shelf = shelf

    async def move(self, account: Account, record_id: int, to: Move, *, by: str) -> Changed:
        """Raises InvalidInput `booking_past`. Declined: that time is taken, others are offered."""
        visit = await self._visit(account, record_id)
        staff_id = to.staff_id or visit.staff_id
        if to.starts_at < await self._shelf.now(account):
            raise InvalidInput("booking_past")

        def there(seen: Visit) -> bool:
            return (seen.starts_at, seen.staff_id) == (to.starts_at, staff_id)

        try:
            return await self._do(
                account,
                visit,
                there,
                lambda: self._writer.move(account, visit, to.starts_at, to.staff_id),
                Noted(by, "visit.move", {"to": to.starts_at.isoformat(), "staff": staff_id}),
            )
        except BookingRefused as refusal:
            return await self._declined(account, visit, to.starts_at, staff_id, refusal)

    async def cancel(self, account: Account, record_id: int, *, by: str) -> Visit:
        """Take it out of the journal; one that is out already is simply shown."""
        visit = await self._found(account, record_id)
        return await self._do(
            account,
            visit,
            lambda seen: seen.deleted,
            lambda: self._writer.cancel(account, visit),
            Noted(by, "visit.cancel"),
        )

    async def attend(
        self, account: Account, record_id: int, attendance: Attendance, *, by: str
    ) -> Visit:
        """Confirmed, came, did not come, or waiting again."""
        visit = await self._visit(account, record_id)
        return await self._do(
            account,
            visit,
            lambda seen: seen.attendance is attendance,
            lambda: self._writer.attend(account, visit, attendance),
            Noted(by, "visit.attend", {"attendance": attendance.name.lower()}),
        )

    # --- one change ----------------------------------------------------------------------------

    async def _do(
        self,
        account: Account,
        visit: Visit,
        done: _As,
        act: Callable[[], Awaitable[None]],
        noted: Noted,
    ) -> Visit:
        if done(visit):
            return visit
        try:
            await act()
        except VendorError as error:
            if error.kind is not ErrorKind.UNSURE:
                raise
            seen = await self._look(account, visit.id)
            if seen is None or not done(seen):
                raise
            await self._note(account, visit, noted)
            return seen
        await self._note(account, visit, noted)
        seen = await self._look(account, visit.id)
        if seen is None:
            raise NotFound("visit_not_found")
        return seen

    async def _note(self, account: Account, visit: Visit, noted: Noted) -> None:
        detail = {"salon": account.account_key, **noted.detail}
        async with self._db.single() as unit:
            await unit.audit.add(
                account.enterprise,
                actor=noted.by,
                action=noted.action,
                target=str(visit.id),
                detail=detail,
            )

    async def _visit(self, account: Account, record_id: int) -> Visit:
        visit = await self._found(account, record_id)
        if visit.deleted:
            raise Conflict("visit_cancelled")
        return visit

    async def _found(self, account: Account, record_id: int) -> Visit:
        visit = await self._look(account, record_id)
        if visit is None:
            raise NotFound("visit_not_found")
        return visit

    async def _look(self, account: Account, record_id: int) -> Visit | None:
        """At the vendor; one that it shows no longer, as our copy buried it."""
        seen = await self._shelf.reread(account, record_id)
        return seen or await self._shelf.visit(account, record_id)

    async def _declined(
        self,
        account: Account,
        visit: Visit,
        starts_at: datetime,
        staff_id: int,
        refusal: BookingRefused,
    ) -> Declined:
        if refusal.reason not in TIME_TAKEN:
            return Declined(refusal.reason, words=refusal.message)
        day = starts_at.date()
        last = day + timedelta(days=LOOKED_DAYS)
        free = await self._shelf.free_to_move(account, visit, day, last)
        span = Held(staff_id, starts_at, starts_at + timedelta(seconds=visit.seance_s))
        others = nearest(
            (start for start in without_held(free, [span]) if start.starts_at != starts_at),
            starts_at,
            staff_id,
        )
        return Declined(refusal.reason, others, refusal.message)
