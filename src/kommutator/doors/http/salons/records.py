"""Visits: listed, moved, cancelled, confirmed, attended."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from kommutator.domain.salon.facts import Attendance, Visit
from kommutator.domain.salon.ports import VisitQuery
from kommutator.doors.http.paging import BIGGEST_ID
from kommutator.doors.http.salons.acting import AtSalon, BySalon, ask_vendor
from kommutator.doors.http.salons.booking import LocalTime, phone_of
from kommutator.doors.http.salons.shown import VisitShown, declined_answer, visit_shown
from kommutator.doors.http.v1.words import Body, RowId
from kommutator.flows.salon.came import Declined
from kommutator.flows.salon.change import Move
from kommutator.kit.errors import NotFound
from kommutator.store.salon_visit_lists import VisitsWanted

router = APIRouter(prefix="/api/yclients", tags=["YClients: visits"])
Id = Annotated[int | None, Query(ge=1, le=BIGGEST_ID)]
Page = Annotated[int, Query(ge=1, le=100_000)]
Limit = Annotated[int, Query(ge=1, le=200)]


class VisitList(BaseModel):
    """As requirement 000 lists records."""

    success: bool = True
    data: list[VisitShown]
    page: int
    limit: int
    total: int
    has_more: bool


class VisitAnswer(BaseModel):
    success: bool = True
    data: VisitShown


class MoveWanted(Body):
    datetime: LocalTime
    staff_id: int | None = Field(None, ge=1, le=BIGGEST_ID)


class AttendanceWanted(Body):
    attendance: Literal[-1, 0, 1, 2] = Field(
        description="2 confirmed, 1 came, 0 waiting, -1 did not come."
    )


@router.get("/records", summary="List visits")
async def list_visits(
    request: Request,
    by: BySalon,
    *,
    date_from: date | None = None,
    date_to: date | None = None,
    limit: Limit = 100,
    page: Page = 1,
    staff_id: Id = None,
    client_id: Id = None,
    phone: Annotated[str | None, Query(max_length=40)] = None,
    with_deleted: bool = False,
    fresh: Annotated[
        bool, Query(description="Ask YClients itself; all salons share its small allowance.")
    ] = False,
) -> VisitList:
    """Days of the visit, both inclusive. From our copy, which follows the salon by seconds.

    With `fresh`, `phone` is not taken: YClients cannot look for it.
    """
    if fresh:
        ask_vendor(request, by.account)
        found = await by.desk.reader.visits(
            by.account,
            VisitQuery(
                page=page, limit=limit, days_from=date_from, days_to=date_to,
                staff_id=staff_id, client_id=client_id, deleted=with_deleted,
            ),
        )  # fmt: skip
    else:
        found = await by.desk.listed(
            by.account,
            VisitsWanted(
                page=page, limit=limit, days_from=date_from, days_to=date_to,
                staff_id=staff_id, client_id=client_id, deleted=with_deleted,
                phone=phone_of(phone) if phone else None,
            ),
        )  # fmt: skip
    return VisitList(
        data=[visit_shown(by, visit) for visit in found.items],
        page=page,
        limit=limit,
        total=found.total,
        has_more=found.more,
    )


@router.get("/clients/{client_id}/records", summary="A client's visits")
async def client_history(
    by: BySalon, client_id: RowId, *, page: Page = 1, limit: Limit = 100
) -> VisitList:
    """All of them, cancelled ones too, the newest first; from our copy."""
    wanted = VisitsWanted(page=page, limit=limit, client_id=client_id, deleted=True)
    found = await by.desk.listed(by.account, wanted)
    return VisitList(
        data=[visit_shown(by, visit) for visit in found.items],
        page=page,
        limit=limit,
        total=found.total,
        has_more=found.more,
    )


@router.get("/records/{record_id}", summary="One visit")
async def one_visit(by: BySalon, record_id: RowId) -> VisitAnswer:
    """As our copy has it."""
    visit = await by.desk.shelf.visit(by.account, record_id)
    if visit is None:
        raise NotFound("visit_not_found")
    return VisitAnswer(data=visit_shown(by, visit))


@router.post("/records/{record_id}/move", summary="Move a visit", response_model=VisitAnswer)
async def move_visit(
    request: Request, by: AtSalon, record_id: RowId, body: MoveWanted
) -> VisitAnswer | JSONResponse:
    """To another time, or another employee. Twice does no harm."""
    to = Move(by.local(body.datetime), body.staff_id)
    changed = await by.desk.change.move(by.account, record_id, to, by=by.actor.name)
    if isinstance(changed, Declined):
        return declined_answer(request, by, changed)
    return _answer(by, changed)


@router.post("/records/{record_id}/cancel", summary="Cancel a visit")
async def cancel_visit(by: AtSalon, record_id: RowId) -> VisitAnswer:
    """Taken out of the journal. Twice does no harm."""
    return _answer(by, await by.desk.change.cancel(by.account, record_id, by=by.actor.name))


@router.post("/records/{record_id}/confirm", summary="Confirm a visit")
async def confirm_visit(by: AtSalon, record_id: RowId) -> VisitAnswer:
    """The client said that they come."""
    return await _attend(by, record_id, Attendance.CONFIRMED)


@router.post("/records/{record_id}/attendance", summary="Say whether the client came")
async def attend_visit(by: AtSalon, record_id: RowId, body: AttendanceWanted) -> VisitAnswer:
    """Twice does no harm."""
    return await _attend(by, record_id, Attendance(body.attendance))


async def _attend(by: AtSalon, record_id: int, attendance: Attendance) -> VisitAnswer:
    change = by.desk.change
    return _answer(by, await change.attend(by.account, record_id, attendance, by=by.actor.name))


def _answer(by: BySalon, visit: Visit) -> VisitAnswer:
    return VisitAnswer(data=visit_shown(by, visit))
