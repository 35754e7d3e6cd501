"""Templates of an official WhatsApp number: which message goes out in which approved words."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from kommutator.domain.outreach.wanted import OutreachKind
from kommutator.domain.tenancy import Permission
from kommutator.doors.console.render import go, page
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.doors.http.wording import person_error
from kommutator.kit.errors import InvalidInput, VendorError

router = APIRouter(route_class=PageRoute, prefix="/channels/{connection_id}/templates")
Seen = Annotated[Visit, Depends(visit)]
_FILLS: Final = {1: ["text"], 2: ["client", "text"]}
"""How many places an approved body has → what we put there."""


@router.get("")
async def templates_page(see: Seen, connection_id: UUID) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    try:
        found = await see.house.cloud.templates(enterprise, connection_id)
    except VendorError as error:
        raise person_error(error) from error
    chosen = {kind.value: f"{one.name}:{one.language}" for kind, one in found.chosen.items()}
    fitting = [one for one in found.approved if one.places in _FILLS]
    return await page(
        see,
        "message_templates.html",
        connection_id=connection_id,
        kinds=[kind.value for kind in OutreachKind],
        approved=fitting,
        chosen=chosen,
    )


@router.post("")
async def choose(see: Seen, connection_id: UUID) -> Response:
    """Every kind that is left without a template goes by another messenger."""
    enterprise = see.demand(Permission.CONFIGURE)
    sent = await see.request.form()
    wanted = {kind.value: str(sent.get(kind.value) or "") for kind in OutreachKind}
    try:
        found = await see.house.cloud.templates(enterprise, connection_id)
        places = {f"{one.name}:{one.language}": one.places for one in found.approved}
        given = {kind: _given(one, places) for kind, one in wanted.items() if one}
        await see.house.cloud.choose(see.actor, enterprise, connection_id, given)
    except VendorError as error:
        raise person_error(error) from error
    return go(f"/console/channels/{connection_id}/templates", done="templates_chosen")


def _given(chosen: str, places: dict[str, int]) -> dict[str, Any]:
    name, _, language = chosen.partition(":")
    fills = _FILLS.get(places.get(chosen, 0))
    if fills is None:
        raise InvalidInput("template_not_approved", name=f"{name} ({language})"[:100])
    return {"name": name, "language": language, "fills": fills}
