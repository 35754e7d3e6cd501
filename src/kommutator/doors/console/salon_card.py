"""A visit's card on the day's page: moved, cancelled, confirmed, attended.

What the salon declines comes back as a sentence with other times to click.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Path
from fastapi.responses import HTMLResponse

from kommutator.domain.connection import Account
from kommutator.domain.salon.booking import Start
from kommutator.domain.salon.facts import Attendance
from kommutator.domain.salon.facts import Visit as SalonVisit
from kommutator.domain.tenancy import Permission
from kommutator.doors.console.cabinet import IN_CABINET
from kommutator.doors.console.render import page
from kommutator.doors.console.salon_day import account_of, day_or, desk_of, number_or
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.doors.http.paging import BIGGEST_ID
from kommutator.doors.http.salons.shown import refusal_of
from kommutator.flows.salon.accounts import at_work
from kommutator.flows.salon.came import Declined
from kommutator.flows.salon.change import Changed, Move
from kommutator.kit.errors import InvalidInput, NotFound
from kommutator.kit.texts import ErrorText

router = APIRouter(
    route_class=PageRoute, prefix="/salons/{connection_id}/day/visits", dependencies=[IN_CABINET]
)
Seen = Annotated[Visit, Depends(visit)]
RecordId = Annotated[int, Path(ge=1, le=BIGGEST_ID)]
_EARLIEST, _LATEST = datetime(2000, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001  salons' own time


@router.get("/{record_id}")
async def visitcard(see: Seen, connection_id: UUID, record_id: RecordId) -> HTMLResponse:
    account = await account_of(see, connection_id)
    return await card(see, account, await kept_visit(see, account, record_id))


@router.get("/{record_id}/times")
async def times_to_move(
    see: Seen, connection_id: UUID, record_id: RecordId, day: str = ""
) -> HTMLResponse:
    """Free starts of one day for this visit."""
    account = at_work(await account_of(see, connection_id, Permission.BOOK))
    kept = await kept_visit(see, account, record_id)
    on = day_or(day, kept.starts_at.date())
    starts = await see.house.salons.free_to_move(account, kept, on, on)
    return await page(
        see,
        "parts/salon_times.html",
        account=account,
        v=kept,
        day=on,
        starts=[
            one
            for one in starts
            if (one.starts_at, one.staff_id) != (kept.starts_at, kept.staff_id)
        ],
        staff=await names(see, account),
    )


@router.post("/{record_id}/move")
async def move(
    see: Seen,
    connection_id: UUID,
    record_id: RecordId,
    at: Annotated[str, Form()],
    staff: Annotated[str, Form()] = "",
) -> HTMLResponse:
    account = at_work(await account_of(see, connection_id, Permission.BOOK))
    to = Move(moment_of(at), number_or(staff) or None)
    changed = await desk_of(see).change.move(account, record_id, to, by=see.actor.name)
    return await _changed(see, account, record_id, changed, "visit_moved")


@router.post("/{record_id}/cancel")
async def cancel(see: Seen, connection_id: UUID, record_id: RecordId) -> HTMLResponse:
    account = at_work(await account_of(see, connection_id, Permission.BOOK))
    changed = await desk_of(see).change.cancel(account, record_id, by=see.actor.name)
    return await _changed(see, account, record_id, changed, "visit_cancelled")


@router.post("/{record_id}/attend")
async def attend(
    see: Seen, connection_id: UUID, record_id: RecordId, attendance: Annotated[str, Form()]
) -> HTMLResponse:
    """`attendance`: a name of `Attendance`."""
    account = at_work(await account_of(see, connection_id, Permission.BOOK))
    if attendance.upper() not in Attendance.__members__:
        raise InvalidInput("visit_attendance_invalid")
    mark = Attendance[attendance.upper()]
    changed = await desk_of(see).change.attend(account, record_id, mark, by=see.actor.name)
    return await _changed(see, account, record_id, changed, "visit_marked")


def moment_of(text: str) -> datetime:
    """The salon's own time. Raises InvalidInput `booking_time_invalid`."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput("booking_time_invalid") from error
    if at.tzinfo is not None or not _EARLIEST <= at < _LATEST:
        raise InvalidInput("booking_time_invalid")
    return at


async def _changed(
    see: Visit, account: Account, record_id: int, changed: Changed, done: str
) -> HTMLResponse:
    if isinstance(changed, Declined):
        kept = await kept_visit(see, account, record_id)
        return await card(
            see, account, kept, problem=words_of(see, changed), alternatives=changed.alternatives
        )
    return await card(see, account, changed, done=done)


async def card(
    see: Visit,
    account: Account,
    kept: SalonVisit,
    *,
    done: str = "",
    problem: ErrorText | None = None,
    alternatives: Sequence[Start] = (),
) -> HTMLResponse:
    """The part of the page; `done` is the slug of what was done."""
    note = {"title": see.t(f"done.{done}"), "detail": "", "bad": False} if done else None
    return await page(
        see,
        "parts/salon_card.html",
        account=account,
        v=kept,
        ends_at=kept.starts_at + timedelta(seconds=kept.seance_s),
        total=sum(one.cost for one in kept.services),
        staff=await names(see, account),
        note=note,
        problem=problem,
        alternatives=alternatives,
    )


async def kept_visit(see: Visit, account: Account, record_id: int) -> SalonVisit:
    """Raises NotFound `visit_not_found`."""
    kept = await desk_of(see).shelf.visit(account, record_id)
    if kept is None:
        raise NotFound("visit_not_found")
    return kept


async def names(see: Visit, account: Account) -> dict[int, str]:
    """Of all who ever worked there."""
    async with see.house.db.single() as unit:
        people = await unit.salon_lists.staff(account.enterprise, account.connection_id, gone=True)
    return {one.id: one.name for one in people}


def words_of(see: Visit, declined: Declined) -> ErrorText:
    """Why, and what to do, in the visitor's language."""
    return see.house.texts.error(see.locale, refusal_of(declined))
