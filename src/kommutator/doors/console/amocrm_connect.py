"""Connecting amoCRM: by its consent screen, by a code, by a long-lived token; and letting go."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from fastapi.responses import Response

from kommutator.domain.tenancy import Permission
from kommutator.doors.console import outcome
from kommutator.doors.console.render import go, plain_page
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.doors.http.amocrm.travel import traveller
from kommutator.flows.amocrm.adopt import Wish
from kommutator.flows.amocrm.connect import Departure
from kommutator.kit.errors import VendorError

router = APIRouter(route_class=PageRoute, prefix="/connections/amocrm")
Seen = Annotated[Visit, Depends(visit)]
_HERE = "/console/connections/amocrm"


@router.post("/connect")
async def connect(see: Seen, connection_id: Annotated[UUID | None, Form()] = None) -> Response:
    """To amoCRM's consent screen. With `connection_id` the same account must come back."""
    enterprise = see.demand(Permission.CONFIGURE)
    who = traveller(see.request, see.actor)
    departure = await see.house.amocrm.connect.start(who, enterprise, connection_id=connection_id)
    return depart(see, departure)


def depart(see: Visit, departure: Departure) -> Response:
    """Sends the browser off to amoCRM."""
    if "HX-Request" in see.request.headers:
        return Response(headers={"HX-Redirect": departure.url, "Cache-Control": "no-store"})
    # Our policy lets no form lead to another site, not even by a redirect: a link may.
    return plain_page(see, "amocrm_depart.html", url=departure.url)


@router.post("/code")
async def by_code(
    see: Seen, address: Annotated[str, Form()], code: Annotated[str, Form()]
) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    try:
        await see.house.amocrm.ways_in.by_code(Wish(see.actor, enterprise), code, address)
    except VendorError as error:
        return await _refused(see, error)
    return _connected()


@router.post("/token")
async def by_token(
    see: Seen, address: Annotated[str, Form()], token: Annotated[str, Form()]
) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    try:
        await see.house.amocrm.ways_in.by_token(Wish(see.actor, enterprise), token, address)
    except VendorError as error:
        return await _refused(see, error)
    return _connected()


@router.post("/disconnect")
async def disconnect(see: Seen, connection_id: Annotated[UUID, Form()]) -> Response:
    """Unsubscribe there, then wipe here; an amoCRM that is away does not hold us back."""
    enterprise = see.demand(Permission.CONFIGURE)
    leave = see.house.amocrm.leave
    record = await leave.named(enterprise, str(connection_id))
    await leave.disconnect(see.actor, enterprise, record, force=True)
    return go(_HERE, done="amocrm_disconnected")


async def _refused(see: Visit, error: VendorError) -> Response:
    return plain_page(see, "parts/result.html", result=outcome.of_refusal(see, error), state=None)


def _connected() -> Response:
    return Response(headers={"HX-Redirect": f"{_HERE}?done=amocrm_connected"})
