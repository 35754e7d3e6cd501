"""Booking from the day's page: the form for a free start, clients found, what became of it.

A declined wish comes back as a sentence with other times to click, and with all that was typed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query
from fastapi.responses import HTMLResponse

from kommutator.domain.connection import Account
from kommutator.domain.salon.booking import BookingWish, Guest
from kommutator.domain.tenancy import Permission
from kommutator.doors.console.cabinet import IN_CABINET
from kommutator.doors.console.render import page
from kommutator.doors.console.salon_card import card, moment_of, names, words_of
from kommutator.doors.console.salon_day import account_of, desk_of, number_or
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.doors.http.salons.booking import phone_of
from kommutator.flows.salon.accounts import at_work
from kommutator.flows.salon.came import Declined
from kommutator.kit.errors import InvalidInput, NotFound
from kommutator.store.salon_bookings import Booking

router = APIRouter(
    route_class=PageRoute, prefix="/salons/{connection_id}/day", dependencies=[IN_CABINET]
)
Seen = Annotated[Visit, Depends(visit)]
_FOUND = 8


@dataclass(frozen=True, slots=True)
class BookingForm:
    """As the form sends it. `mark`: of the visit to be; one form sent twice makes one visit."""

    at: Annotated[str, Form()] = ""
    staff: Annotated[str, Form()] = ""
    service: Annotated[list[str], Form()] = field(default_factory=list)
    client: Annotated[str, Form()] = ""
    name: Annotated[str, Form(max_length=200)] = ""
    phone: Annotated[str, Form(max_length=40)] = ""
    comment: Annotated[str, Form(max_length=1000)] = ""
    mark: Annotated[str, Form(max_length=40, pattern=r"^[\w-]*$")] = ""

    def wish(self, fresh: str) -> BookingWish:
        """`fresh`: the mark of a form that has none.

        Raises InvalidInput `booking_phone_invalid`, `…_no_name`, `…_time_invalid`.
        """
        if not self.name.strip():
            raise InvalidInput("booking_no_name")
        return BookingWish(
            number_or(self.staff),
            tuple(dict.fromkeys(number_or(one) for one in self.service)),
            moment_of(self.at),
            Guest(phone_of(self.phone), self.name.strip()),
            f"kmt-{self.mark or fresh}",
            self.comment.strip(),
        )


@router.get("/form")
async def empty_form(
    see: Seen,
    connection_id: UUID,
    at: str,
    staff: str,
    service: Annotated[list[str], Query(max_length=10)],
) -> HTMLResponse:
    """For a free start that was clicked."""
    account = at_work(await account_of(see, connection_id, Permission.BOOK))
    return await _form(see, account, BookingForm(at=at, staff=staff, service=service))


@router.post("/form")
async def changed_form(
    see: Seen, connection_id: UUID, form: Annotated[BookingForm, Depends()]
) -> HTMLResponse:
    """The same with another time, or with a client who was found."""
    account = at_work(await account_of(see, connection_id, Permission.BOOK))
    return await _form(see, account, form)


@router.post("/clients")
async def found_clients(
    see: Seen, connection_id: UUID, q: Annotated[str, Form(max_length=200)] = ""
) -> HTMLResponse:
    """By phone or name; asked by POST, so that nobody's name stands in an address."""
    account = await account_of(see, connection_id, Permission.BOOK)
    text = q.strip().replace("\x00", "")
    found = (
        await see.house.salons.clients(
            account.enterprise, account.connection_id, text, limit=_FOUND
        )
        if len(text) > 1
        else ()
    )
    return await page(see, "parts/salon_found.html", account=account, clients=found, q=text)


@router.post("/book")
async def book(
    see: Seen, connection_id: UUID, form: Annotated[BookingForm, Depends()]
) -> HTMLResponse:
    """Into the journal, as the salon's administrator does."""
    account = at_work(await account_of(see, connection_id, Permission.BOOK))
    wish = form.wish(see.house.ids.token(12))
    came = await desk_of(see).book(account, wish, made_by=see.actor.name, by_admin=True)
    if isinstance(came, Declined):
        return await _form(see, account, form, came)
    return await _became(see, account, came.booking, done="visit_booked")


@router.get("/bookings/{booking_id}")
async def what_became(see: Seen, connection_id: UUID, booking_id: UUID) -> HTMLResponse:
    """Of a booking whose answer did not come."""
    account = await account_of(see, connection_id)
    async with see.house.db.single() as unit:
        booking = await unit.salon_bookings.get(account.enterprise, booking_id)
    if booking is None or booking.connection_id != connection_id:
        raise NotFound("booking_not_found")
    return await _became(see, account, booking)


async def _form(
    see: Visit, account: Account, form: BookingForm, declined: Declined | None = None
) -> HTMLResponse:
    at = moment_of(form.at)
    services = {one.id: one for one in await desk_of(see).shelf.services(account)}
    name, phone = form.name, form.phone
    if client_id := number_or(form.client):
        client = await see.house.salons.client(account.enterprise, account.connection_id, client_id)
        name, phone = client.name, client.phone or ""
    return await page(
        see,
        "parts/salon_book.html",
        account=account,
        at=at,
        staff_id=number_or(form.staff),
        chosen=[one for text in form.service if (one := services.get(number_or(text)))],
        name=name,
        phone=phone,
        comment=form.comment,
        mark=form.mark or see.house.ids.token(12),
        staff=await names(see, account),
        problem=None if declined is None else words_of(see, declined),
        alternatives=() if declined is None else declined.alternatives,
    )


async def _became(
    see: Visit, account: Account, booking: Booking, *, done: str = ""
) -> HTMLResponse:
    """The visit, as soon as our copy has it; until then that it is being looked for."""
    made = booking.record_id
    kept = None if made is None else await desk_of(see).shelf.visit(account, made)
    if kept is None:
        return await page(see, "parts/salon_unclear.html", account=account, booking=booking)
    return await card(see, account, kept, done=done)
