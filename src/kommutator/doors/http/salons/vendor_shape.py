"""`book_check` and `book_record` with the vendor's own bodies (contract YClients §1.4).

For programs that were written for YClients and shall book through us: the same shapes in and out,
with our holds, our finding-again and our alternatives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from kommutator.domain.salon.booking import BookingRefused, BookingWish, Guest, Refused
from kommutator.doors.http.auth import house_of
from kommutator.doors.http.salons.acting import Booking, InSalon, Key, ask_vendor, asked
from kommutator.doors.http.salons.booking import (
    BookingDeclined,
    LocalTime,
    Note,
    booked,
    phone_of,
    salon_of,
)
from kommutator.doors.http.salons.shown import declined_answer, with_more
from kommutator.doors.http.v1.words import Email, Line, RowId
from kommutator.flows.once import Plan
from kommutator.flows.salon.came import Declined
from kommutator.kit.errors import InvalidInput, UserError, VendorError
from kommutator.store.answered import Asked

router = APIRouter(prefix="/api/yclients", tags=["YClients: visits"])
_CODES = {
    Refused.BAD_PHONE: 431,
    Refused.BAD_CODE: 432,
    Refused.TAKEN: 433,
    Refused.BLACKLISTED: 434,
    Refused.NO_NAME: 435,
    Refused.NOBODY: 436,
    Refused.OVERLAP: 437,
    Refused.GONE: 438,
}
_MOST = 10
_log = structlog.get_logger(__name__)


class _Vendors(BaseModel):
    """Unknown fields are passed over, as the vendor does."""

    model_config = ConfigDict(extra="ignore")


class Appointment(_Vendors):
    id: int = Field(description="The caller's own; comes back in the answer.")
    services: list[Annotated[int, Field(ge=1)]] = Field(min_length=1, max_length=20)
    staff_id: int = Field(0, ge=0)
    datetime: LocalTime


class CheckWanted(_Vendors):
    appointments: list[Appointment] = Field(min_length=1, max_length=_MOST)


class RecordWanted(CheckWanted):
    phone: Line
    fullname: Line
    email: Email | None = None
    code: str | None = Field(None, pattern=r"^[0-9]{3,8}$")
    comment: Note = ""
    notify_by_sms: int = Field(0, ge=0, le=240)


class Recorded(BaseModel):
    id: int
    record_id: int | None
    record_hash: str | None


class RecordAnswer(BaseModel):
    success: bool = True
    data: list[Recorded]
    meta: list[Any] = []


class CheckAnswer(BaseModel):
    success: bool = True
    data: None = None
    meta: dict[str, str] = {"message": "Created"}


@router.post(
    "/book_check/{company_id}",
    summary="Would these be taken?",
    status_code=201,
    response_model=CheckAnswer,
)
async def book_check(
    request: Request, tenant: Booking, company_id: RowId, body: CheckWanted
) -> CheckAnswer | JSONResponse:
    """Asks the salon; a yes holds nothing."""
    by = await salon_of(request, tenant, company_id)
    _no_overlap(body.appointments)
    for one in body.appointments:
        ask_vendor(request, by.account)
        wish = _wish(by, one, Guest("", ""))
        try:
            await by.desk.writer.check(by.account, wish)
        except BookingRefused as refusal:
            others = await by.desk.book.alternatives(by.account, wish)
            declined = Declined(refusal.reason, others, refusal.message)
            return _refused(request, by, one, declined)
    return CheckAnswer()


@router.post(
    "/book_record/{company_id}",
    summary="Book, in the vendor's shape",
    status_code=201,
    response_model=RecordAnswer,
)
async def book_record(
    request: Request, tenant: Booking, company_id: RowId, body: RecordWanted, key: Key = None
) -> RecordAnswer | JSONResponse:
    """All appointments or none: if one is not made, those made before it are cancelled again."""
    by = await salon_of(request, tenant, company_id)
    _no_overlap(body.appointments)
    guest = Guest(phone_of(body.phone), body.fullname, body.email)
    marked = await asked(request, by, key)
    refused: list[Appointment] = []

    async def act(plan: Plan) -> list[dict[str, Any]]:  # noqa: ARG001  the marks say it all
        made: list[dict[str, Any]] = []
        for place, one in enumerate(body.appointments):
            wish = _wish(by, one, guest, body)
            try:
                came = await booked(request, by, wish, _each(marked, place))
            except (VendorError, UserError):
                refused.append(one)
                await _undo(request, by, made)
                raise
            made.append({**came, "id": one.id})
        return made

    try:
        made = await house_of(request).once(marked, act)
    except BookingDeclined as refusal:
        return _refused(request, by, refused[-1], refusal.declined)
    return RecordAnswer(data=[Recorded.model_validate(one) for one in made])


async def _undo(request: Request, by: InSalon, made: Sequence[Mapping[str, Any]]) -> None:
    """As if they had never been asked for; what cannot be cancelled now stays made."""
    for one in made:
        if one["record_id"] is None:
            continue
        try:
            await by.desk.change.cancel(by.account, one["record_id"], by=by.actor.name)
        except (VendorError, UserError) as error:
            _log.warning("booking.not_undone", booking=one["booking_id"], reason=str(error))
            continue
        async with house_of(request).db.single() as unit:
            await unit.salon_bookings.undone(by.account.enterprise, UUID(one["booking_id"]))


def _wish(
    by: InSalon, one: Appointment, guest: Guest, body: RecordWanted | None = None
) -> BookingWish:
    return BookingWish(
        staff_id=one.staff_id,
        service_ids=tuple(dict.fromkeys(one.services)),
        starts_at=by.local(one.datetime),
        guest=guest,
        api_id="",
        comment=body.comment if body else "",
        code=body.code if body else None,
        remind_hours=body.notify_by_sms if body else 0,
    )


def _no_overlap(appointments: list[Appointment]) -> None:
    """Two at one moment with one employee cannot be; longer overlaps the salon itself sees."""
    moments = [(one.staff_id, one.datetime) for one in appointments if one.staff_id]
    if len(set(moments)) < len(moments):
        raise InvalidInput("booking_overlap")


def _each(marked: Asked | None, place: int) -> Asked | None:
    """Each appointment of a marked request is marked by itself."""
    if marked is None:
        return None
    return Asked(marked.enterprise, f"{marked.scope} #{place}", marked.key, marked.body)


def _refused(request: Request, by: InSalon, one: Appointment, declined: Declined) -> JSONResponse:
    answer = declined_answer(request, by, declined)
    code = _CODES.get(declined.reason)
    message = declined.words or house_of(request).texts.translate(
        "ru", f"error.booking_{declined.reason.value}"
    )
    meta = {"message": message, "code": code, "errors": {"id": one.id, "code": code}}
    shown = with_more(answer, {"data": None, "meta": meta})
    shown.status_code = 403 if declined.reason is Refused.BLACKLISTED else 422
    return shown
