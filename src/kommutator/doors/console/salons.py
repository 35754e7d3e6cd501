"""Salons at YClients: how each stands, what is amiss and the one action that repairs it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from kommutator.domain.tenancy import Permission
from kommutator.doors.console import outcome
from kommutator.doors.console.cabinet import IN_CABINET
from kommutator.doors.console.render import go, page, plain_page
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.doors.http.yclients.asked import salon_id as read_salon_id
from kommutator.flows.yclients.direct import Pass
from kommutator.kit.errors import VendorError

router = APIRouter(route_class=PageRoute, dependencies=[IN_CABINET])
Seen = Annotated[Visit, Depends(visit)]
_HERE = "/console/salons"


@router.get("/connections/yclients")
async def connection_page() -> Response:
    """Under the name that all connections have."""
    return RedirectResponse(_HERE, 303)


@router.get("/salons")
async def salons_page(see: Seen) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    flows = see.house.yclients
    salons = await flows.standing.all(enterprise)
    synced = {
        one.record.id: (await see.house.salons.sync(enterprise, one.record.id)).synced_at
        for one in salons
        if one.state != "removed"
    }
    return await page(
        see,
        "salons.html",
        salons=salons,
        synced=synced,
        ready=flows.vendors.ready,
        in_marketplace=flows.vendors.in_marketplace,
        public_url=see.house.settings.public_url,
    )


@router.post("/salons/check")
async def check(see: Seen, connection_id: Annotated[UUID, Form()]) -> Response:
    """Ask the vendor now; what was not connected yet is connected."""
    enterprise = see.demand(Permission.CONFIGURE)
    flows = see.house.yclients
    await flows.leave.record(enterprise, connection_id)
    await flows.reconcile.one(enterprise, connection_id)
    see.house.directory.invalidate(enterprise)
    return go(_HERE, done="salon_checked")


@router.post("/salons/remove")
async def remove(see: Seen, connection_id: Annotated[UUID, Form()]) -> Response:
    """Uninstall there, wipe here; a vendor that is away is told at night."""
    enterprise = see.demand(Permission.CONFIGURE)
    await see.house.yclients.leave(see.actor, enterprise, connection_id, force=True)
    see.house.directory.invalidate(enterprise)
    return go(_HERE, done="salon_removed")


@router.post("/salons/direct")
async def connect_directly(
    see: Seen,
    salon_id: Annotated[str, Form()],
    user_token: Annotated[str, Form()] = "",
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    given = Pass(user_token, login, password)
    try:
        await see.house.yclients.direct(see.actor, enterprise, read_salon_id(salon_id), given)
    except VendorError as error:
        refused = outcome.of_refusal(see, error)
        return plain_page(see, "parts/result.html", result=refused, state=None)
    see.house.directory.invalidate(enterprise)
    if "HX-Request" not in see.request.headers:
        return go(_HERE, done="salon_connected")
    return Response(headers={"HX-Redirect": f"{_HERE}?done=salon_connected"})
