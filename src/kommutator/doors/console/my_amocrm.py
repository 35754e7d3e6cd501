"""An employee's own amoCRM: connected by its consent screen, seen and let go by nobody else."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from kommutator.domain.tenancy import Permission
from kommutator.doors.console.amocrm_connect import depart
from kommutator.doors.console.render import go, page
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.doors.http.amocrm.grant_words import domain_of, words
from kommutator.doors.http.amocrm.travel import traveller

router = APIRouter(route_class=PageRoute, prefix="/my/amocrm")
Seen = Annotated[Visit, Depends(visit)]
_HERE = "/console/my/amocrm"


@router.get("")
async def my_page(see: Seen) -> HTMLResponse:
    enterprise = see.demand(Permission.READ_CALLS)
    amocrm = see.house.amocrm
    mine = await amocrm.standing.mine(see.actor, enterprise)
    reason = mine.reason if mine else None
    said, _ = words(see.house.texts, see.locale, reason, personal=True)
    domain = domain_of(mine.base_url) if mine else ""
    return await page(
        see, "my_amocrm.html", mine=mine, domain=domain, said=said, ready=amocrm.app.ready
    )


@router.post("/connect")
async def connect(see: Seen) -> Response:
    """To amoCRM's consent screen; whoever has an account must come back with the same one."""
    enterprise = see.demand(Permission.READ_CALLS)
    who = traveller(see.request, see.actor)
    return depart(see, await see.house.amocrm.connect.start(who, enterprise, personal=True))


@router.post("/disconnect")
async def disconnect(see: Seen) -> Response:
    """Fine too when there was none."""
    enterprise = see.demand(Permission.READ_CALLS)
    leave = see.house.amocrm.leave
    if (record := await leave.own(see.actor, enterprise)) is not None:
        await leave.disconnect(see.actor, enterprise, record, force=True)
    return go(_HERE, done="amocrm_disconnected")
