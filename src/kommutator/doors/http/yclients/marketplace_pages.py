"""Requirement 001's pages: what the integration is, and where a messenger will be connected."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from kommutator.doors.console.render import plain_page
from kommutator.doors.console.visit import Visit, stranger
from kommutator.doors.http.yclients.limits import demand_patience, limits_of, note_wrong, take
from kommutator.doors.http.yclients.pages import CabinetRoute
from kommutator.flows.yclients.standing import state_of
from kommutator.kit.errors import Forbidden

router = APIRouter(route_class=CabinetRoute, prefix="/marketplace", include_in_schema=False)
Open = Annotated[Visit, Depends(stranger)]


@router.get("/")
async def marketplace_home(request: Request, see: Open) -> Response:
    """What it does, and how to begin."""
    take(request, limits_of(request).pages)
    ready = see.house.yclients.vendors.in_marketplace
    return plain_page(see, "marketplace.html", ready=ready, signed_in=see.session is not None)


@router.get("/connect")
async def marketplace_connect(request: Request, see: Open, token: str = "") -> Response:
    """Opened once by the address that `register` gave out."""
    demand_patience(request)
    take(request, limits_of(request).pages)
    flows = see.house.yclients
    try:
        ticket, page_token = await flows.tickets.exchange(token)
    except Forbidden:
        note_wrong(request)
        raise
    record, held = await flows.standing.of_company(ticket.company_id)
    return plain_page(
        see,
        "marketplace_connect.html",
        record=record,
        held=held,
        state=state_of(record),
        page_token=page_token,
    )
