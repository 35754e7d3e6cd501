"""Requirement 001's pages: what the integration is, and where its phone is linked."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from kommutator.doors.console.render import plain_page
from kommutator.doors.console.visit import Visit, stranger
from kommutator.doors.http import cookies
from kommutator.doors.http.linking.shown import whole
from kommutator.doors.http.yclients.limits import demand_patience, limits_of, note_wrong, take
from kommutator.doors.http.yclients.linking import begun, linking_of
from kommutator.doors.http.yclients.pages import CabinetRoute
from kommutator.flows.yclients.standing import state_of
from kommutator.flows.yclients.tickets import LIVES, PAGE, Ticket
from kommutator.kit.errors import Forbidden

_COOKIE = "linking"
router = APIRouter(route_class=CabinetRoute, prefix="/marketplace", include_in_schema=False)
Open = Annotated[Visit, Depends(stranger)]


@router.get("/")
async def marketplace_home(request: Request, see: Open) -> Response:
    """What it does, and how to begin."""
    take(request, limits_of(request).pages)
    ready = see.house.yclients.vendors.in_marketplace
    return plain_page(see, "marketplace.html", ready=ready, signed_in=see.session is not None)


@router.get("/connect")
async def marketplace_connect(
    request: Request, see: Open, token: str = "", company: str = "", salon: str = ""
) -> Response:
    """Opened once by the address that `register` gave out; again by the browser that opened it."""
    demand_patience(request)
    take(request, limits_of(request).pages)
    try:
        ticket, page_token = await _opened(request, see, token)
        _check_named(ticket, company, salon)
    except Forbidden:
        note_wrong(request)
        raise
    record, held = await see.house.yclients.standing.of_company(ticket.company_id)
    linking = await linking_of(see.house, ticket)
    shown = whole(see.house, see.locale, await begun(see.house, linking))
    response = plain_page(
        see,
        "marketplace_connect.html",
        record=record,
        held=held,
        state=state_of(record),
        page_token=page_token,
        shown=shown,
    )
    seconds = int(LIVES[PAGE].total_seconds())
    cookies.keep(see.house, response, _COOKIE, page_token, seconds)
    return response


async def _opened(request: Request, see: Visit, token: str) -> tuple[Ticket, str]:
    """Raises Forbidden: as `Tickets.exchange`."""
    tickets, kept = see.house.yclients.tickets, cookies.kept(request, _COOKIE)
    if kept and not token:  # after the language was changed
        return tickets.read(kept, PAGE), kept
    try:
        return await tickets.exchange(token)
    except Forbidden:
        if not kept:
            raise
    return tickets.resume(token, kept), kept


def _check_named(ticket: Ticket, company: str, salon: str) -> None:
    """An address that was put together of two shows neither. Raises Forbidden."""
    if company not in ("", str(ticket.company_id)) or salon not in ("", str(ticket.salon_id)):
        raise Forbidden("marketplace_token_invalid")
