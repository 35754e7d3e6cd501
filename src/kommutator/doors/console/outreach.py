"""Messages that nobody asked for: hours, messengers, limits, the switch, what became of each."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, Response

from kommutator.domain.outreach.settings import USUAL_ORDER
from kommutator.domain.outreach.wanted import OutreachKind, OutreachState
from kommutator.domain.tenancy import Permission
from kommutator.doors.console import outreach_form
from kommutator.doors.console.cabinet import IN_CABINET
from kommutator.doors.console.render import go, page
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.doors.http.paging import BIGGEST_ID
from kommutator.kit.errors import NotFound
from kommutator.kit.phones import to_e164

router = APIRouter(route_class=PageRoute, prefix="/assistant/outreach", dependencies=[IN_CABINET])
Seen = Annotated[Visit, Depends(visit)]
_HERE = "/console/assistant/outreach"
_PAGE = 50
_STATES = tuple(state.value for state in OutreachState)


@router.get("")
async def rules_page(see: Seen) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    standing = await see.house.outreach.standing(enterprise)
    order = standing.settings.order
    return await page(
        see,
        "outreach.html",
        standing=standing,
        settings=standing.settings,
        ways=[*order, *(one for one in USUAL_ORDER if one not in order)],
        kinds=list(OutreachKind),
        pauses={one.connection_id: one for one in standing.pauses},
    )


@router.post("")
async def save(see: Seen) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    given = outreach_form.read(await see.request.form())
    await see.house.outreach.save(see.actor, enterprise, given)
    return go(_HERE, done="saved")


@router.post("/pause")
async def pause(see: Seen, connection_id: Annotated[str, Form()] = "") -> Response:
    """All of it, or what leaves by one number; what is owed is taken back."""
    enterprise = see.demand(Permission.CONFIGURE)
    await see.house.outreach.pause(see.actor, enterprise, _number(connection_id))
    return go(_HERE, done="outreach_paused")


@router.post("/resume")
async def resume(see: Seen, connection_id: Annotated[str, Form()] = "") -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    await see.house.outreach.resume(see.actor, enterprise, _number(connection_id))
    return go(_HERE, done="outreach_resumed")


@router.get("/log")
async def log_page(see: Seen, state: str = "", phone: str = "", before: int = 0) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    chosen = state if state in _STATES else ""
    number = to_e164(phone) if phone.strip() else None
    found = await see.house.outreach.log(
        enterprise,
        before=before if 0 < before <= BIGGEST_ID else None,
        state=chosen or None,
        phone=number,
        limit=_PAGE + 1,
    )
    return await page(
        see,
        "outreach_log.html",
        rows=found[:_PAGE],
        more=found[_PAGE - 1].row.id if len(found) > _PAGE else 0,
        states=_STATES,
        state=chosen,
        phone=number or "",
    )


def _number(text: str) -> UUID | None:
    """Raises NotFound: `connection_not_found`."""
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotFound("connection_not_found") from None
