"""Messengers: connected, checked, let go; what is wrong with one, and what to do about it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, Response

from kommutator.domain.tenancy import Permission
from kommutator.doors.console import outcome
from kommutator.doors.console.render import go, page, plain_page
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.doors.console.whatsapp import salons_of
from kommutator.flows.chats.channels import SECRETS
from kommutator.kit.errors import InvalidInput, VendorError

router = APIRouter(route_class=PageRoute)
Seen = Annotated[Visit, Depends(visit)]
_HERE = "/console/channels"


@router.get("/connections/telegram")
@router.get("/connections/avito")
@router.get("/connections/whatsapp")
@router.get("/connections/whatsapp_cloud")
async def from_connections() -> Response:
    """Where the list of all connections leads to."""
    return go(_HERE)


@router.get("/channels")
async def channels_page(see: Seen) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    found = await see.house.channels.list(enterprise)
    salons = await salons_of(see, enterprise)
    return await page(see, "channels.html", channels=found, kinds=SECRETS, salons=salons)


@router.post("/channels/connect")
async def connect(see: Seen, kind: Annotated[str, Form()]) -> Response:
    """The messenger is asked first; a refusal is told beside the form."""
    enterprise = see.demand(Permission.CONFIGURE)
    sent = await see.request.form()
    wanted = next((one for one in SECRETS if one.value == kind), None)
    if wanted is None:
        raise InvalidInput("channel_kind_unknown")
    secrets = {name: str(sent.get(name) or "") for name in SECRETS[wanted]}
    instead_of = _id(str(sent.get("connection_id") or ""))
    try:
        await see.house.channels.connect(
            see.actor, enterprise, wanted, secrets, instead_of=instead_of
        )
    except VendorError as error:
        return _refused(see, error)
    return Response(headers={"HX-Redirect": f"{_HERE}?done=channel_connected"})


@router.post("/channels/{connection_id}/check")
async def check(see: Seen, connection_id: UUID) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    try:
        await see.house.channels.check(see.actor, enterprise, connection_id)
    except VendorError as error:
        return _refused(see, error)
    return Response(headers={"HX-Redirect": f"{_HERE}?done=channel_checked"})


@router.post("/channels/{connection_id}/salon")
async def speak_for(see: Seen, connection_id: UUID, salon: Annotated[str, Form()] = "") -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    await see.house.channels.speak_for(see.actor, enterprise, connection_id, _id(salon))
    return go(_HERE, done="channel_salon")


@router.post("/channels/{connection_id}/disconnect")
async def disconnect(see: Seen, connection_id: UUID) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    await see.house.channels.disconnect(see.actor, enterprise, connection_id)
    return go(_HERE, done="channel_disconnected")


def _refused(see: Visit, error: VendorError) -> Response:
    return plain_page(see, "parts/result.html", result=outcome.of_refusal(see, error), state=None)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise InvalidInput("channel_kind_unknown") from None
