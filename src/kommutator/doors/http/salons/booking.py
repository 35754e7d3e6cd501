"""Booking a visit: `POST /api/yclients/book` of requirement 000."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from kommutator.domain.salon.booking import BookingWish, Guest
from kommutator.doors.http.auth import Tenant, house_of
from kommutator.doors.http.paging import BIGGEST_ID
from kommutator.doors.http.salons.acting import (
    Booking,
    InSalon,
    Key,
    Reading,
    asked,
    desk_of,
    in_salon,
)
from kommutator.doors.http.salons.shown import WithOffset, declined_answer, refusal_of
from kommutator.doors.http.v1.words import Body, Email, Line, Shown
from kommutator.flows.once import Plan
from kommutator.flows.salon.came import Declined, Done
from kommutator.kit.errors import InvalidInput, NotFound, UserError
from kommutator.kit.phones import to_e164
from kommutator.store.answered import Asked

router = APIRouter(prefix="/api/yclients", tags=["YClients: visits"])
SalonNumber = Annotated[int, Field(ge=1, le=BIGGEST_ID)]


def _within_calendar(at: datetime) -> datetime:
    if not MINYEAR < at.year < MAXYEAR:
        raise ValueError("must lie within the calendar")
    return at


LocalTime = Annotated[
    datetime,
    AfterValidator(_within_calendar),
    Field(description="The salon's own time; with an offset, that moment."),
]
Note = Annotated[str, StringConstraints(max_length=1000)]


class BookingWanted(Body):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "company_id": 962302,
                    "staff_id": 0,
                    "service_ids": [101],
                    "datetime": "2026-12-01T15:00:00",
                    "name": "Анна",
                    "phone": "+79161234567",
                }
            ]
        },
    )
    company_id: SalonNumber | None = Field(None, description="Needed where there are several.")
    staff_id: int = Field(0, ge=0, le=BIGGEST_ID, description="0: anybody who can.")
    service_ids: list[SalonNumber] = Field(min_length=1, max_length=20)
    datetime: LocalTime
    name: Line
    phone: Line
    email: Email | None = None
    comment: Note = ""
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{3,8}$")] | None = Field(
        None, description="From the SMS, where the salon asks for it."
    )


class BookingMade(Shown):
    success: bool = True
    booking_id: UUID
    state: str = Field(description="`made`, or `unsure`: being looked for, ask again by its id.")
    company_id: int
    record_id: int | None = None
    record_hash: str | None = Field(None, description="Told once, in the first answer.")
    staff_id: int
    datetime: WithOffset


class BookingDeclined(UserError):
    """Carries a refusal through `Once`, which forgets the request then."""

    def __init__(self, declined: Declined) -> None:
        error = refusal_of(declined)
        super().__init__(error.code, **error.params)
        self.status = error.status
        self.declined = declined


@router.post(
    "/book",
    summary="Book a visit",
    status_code=201,
    response_model=BookingMade,
    responses={202: {"model": BookingMade, "description": "No answer came; being looked for."}},
)
async def book_visit(
    request: Request, tenant: Booking, body: BookingWanted, key: Key = None
) -> JSONResponse:
    """Of many who want one time one gets it; the others are told other times.

    Repeat it with the same `Idempotency-Key` whenever the answer did not come.
    """
    by = await salon_of(request, tenant, body.company_id)
    wish = BookingWish(
        staff_id=body.staff_id,
        service_ids=tuple(dict.fromkeys(body.service_ids)),
        starts_at=by.local(body.datetime),
        guest=Guest(phone_of(body.phone), body.name, body.email),
        api_id="",
        comment=body.comment,
        code=body.code,
    )
    try:
        made = await book_once(request, by, wish, await asked(request, by, key))
    except BookingDeclined as refusal:
        return declined_answer(request, by, refusal.declined)
    answer = BookingMade(**made)
    status = 201 if answer.record_id else 202
    return JSONResponse(answer.model_dump(mode="json"), status)


@router.get("/bookings/{booking_id}", summary="What became of a booking")
async def booking_state(request: Request, tenant: Reading, booking_id: UUID) -> BookingMade:
    """Of one that nobody was sure about."""
    house = house_of(request)
    async with house.db.single() as unit:
        booking = await unit.salon_bookings.get(tenant.enterprise, booking_id)
    if booking is None:
        raise NotFound("booking_not_found")
    desk = desk_of(request)
    for account in await desk.accounts.all(tenant.enterprise):
        if account.connection_id == booking.connection_id:
            by = await in_salon(tenant, account, desk)
            return BookingMade(
                success=booking.state == "made",
                booking_id=booking.id,
                state=booking.state,
                company_id=int(account.account_key or 0),
                record_id=booking.record_id,
                staff_id=booking.staff_id,
                datetime=by.shown(booking.starts_at),
            )
    raise NotFound("booking_not_found")


async def salon_of(request: Request, tenant: Tenant, company_id: int | None) -> InSalon:
    desk = desk_of(request)
    account = await desk.accounts.working(tenant.enterprise, company_id)
    return await in_salon(tenant, account, desk)


async def book_once(
    request: Request, by: InSalon, wish: BookingWish, marked: Asked | None
) -> dict[str, Any]:
    """As `booked`, and a request that is repeated is told the same."""

    async def act(plan: Plan) -> dict[str, Any]:  # noqa: ARG001  the mark says it all
        return await booked(request, by, wish, marked)

    made: dict[str, Any] = await house_of(request).once(marked, act)
    return made


async def booked(
    request: Request, by: InSalon, wish: BookingWish, marked: Asked | None
) -> dict[str, Any]:
    """What `BookingMade` is made of. Raises BookingDeclined."""
    mine = replace(wish, api_id=_mark(house_of(request).ids.token(12), marked))
    came = await by.desk.book(by.account, mine, made_by=by.actor.name)
    if isinstance(came, Declined):
        raise BookingDeclined(came)
    done = came if isinstance(came, Done) else None
    return {
        "booking_id": str(came.booking.id),
        "state": came.booking.state if done else "unsure",
        "company_id": int(by.account.account_key or 0),
        "record_id": done.made.record_id if done else None,
        "record_hash": done.made.token if done else None,
        "staff_id": came.booking.staff_id,
        "datetime": by.shown(came.booking.starts_at).isoformat(),
    }


def phone_of(text: str) -> str:
    """Raises InvalidInput `booking_phone_invalid`."""
    phone = to_e164(text)
    if phone is None:
        raise InvalidInput("booking_phone_invalid")
    return phone


def _mark(fresh: str, marked: Asked | None) -> str:
    """Ours on the visit; of one repeated request always the same."""
    if marked is None:
        return f"kmt-{fresh}"
    at = f"{marked.enterprise}\0{marked.scope}\0{marked.key}"
    return f"kmt-{hashlib.sha256(at.encode()).hexdigest()[:20]}"
