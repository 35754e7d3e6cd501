"""WhatsApp numbers: linked on a live page, paused, unlinked, removed."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, WebSocket
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from kommutator.domain.salon.copy import SALONS
from kommutator.domain.tenancy import EnterpriseNumber, Permission
from kommutator.domain.whatsapp.states import TALKS
from kommutator.doors.console.render import go, page
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.doors.console.whatsapp_socket import watch_by_session
from kommutator.doors.http.linking.shown import whole
from kommutator.doors.http.linking.sockets import sockets_of
from kommutator.flows.whatsapp.of_salon import salon_of
from kommutator.flows.whatsapp.shown import SessionShown
from kommutator.kit.errors import NotFound, TooMany
from kommutator.store.connection_rows import ConnectionRecord

router = APIRouter(route_class=PageRoute, prefix="/whatsapp")
Seen = Annotated[Visit, Depends(visit)]
_LIST = "/console/channels"
_HERE = "/console/whatsapp"


class Asked(BaseModel):
    """A wish of the page whose WebSocket is blocked."""

    method: str = Field("qr", max_length=10)
    phone: str | None = Field(None, max_length=30)


@router.post("")
async def add(see: Seen, salon: Annotated[str, Form()] = "") -> Response:
    """A number to be linked at once."""
    enterprise = see.demand(Permission.CONFIGURE)
    made = await see.house.whatsapp.create(see.actor, enterprise, _id(salon))
    await see.house.whatsapp.link(enterprise, made.id)
    return go(f"{_HERE}/{made.id}")


@router.get("/{connection_id}")
async def number_page(see: Seen, connection_id: UUID) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    found = await see.house.whatsapp.state(enterprise, connection_id)
    record, salon = await _known(see, enterprise, connection_id)
    numbers = (await see.house.outreach.standing(enterprise)).numbers
    return await page(
        see,
        "whatsapp.html",
        record=record,
        salon=salon,
        session=found,
        linked=found.linked_at is not None,
        working=found.state in TALKS,
        unasked=next((one for one in numbers if one.connection_id == connection_id), None),
        shown=whole(see.house, see.locale, found),
        link={
            "socket": f"{_HERE}/{connection_id}/ws",
            "ask": f"{_HERE}/{connection_id}/state",
            "token": "",
            "enterprise": enterprise,
            "salon": salon is not None,
        },
    )


@router.get("/{connection_id}/state")
async def state(see: Seen, connection_id: UUID) -> Response:
    """For the page whose WebSocket is blocked."""
    enterprise = see.demand(Permission.CONFIGURE)
    return _answer(see, await see.house.whatsapp.state(enterprise, connection_id))


@router.post("/{connection_id}/state")
async def wish(see: Seen, connection_id: UUID, asked: Asked) -> Response:
    """A new code, or one to type."""
    enterprise = see.demand(Permission.CONFIGURE)
    await see.house.whatsapp.state(enterprise, connection_id)
    if wait := sockets_of(see.request).words.take(str(connection_id)):
        raise TooMany("too_many_requests", retry_after=wait)
    found = await see.house.whatsapp.link(enterprise, connection_id, asked.method, asked.phone)
    return _answer(see, found)


@router.post("/{connection_id}/stop")
async def stop(see: Seen, connection_id: UUID) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    await see.house.whatsapp.stop(see.actor, enterprise, connection_id)
    return _to(see, f"{_HERE}/{connection_id}?done=whatsapp_stopped")


@router.post("/{connection_id}/log-out")
async def log_out(see: Seen, connection_id: UUID) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    await see.house.whatsapp.log_out(see.actor, enterprise, connection_id)
    return _to(see, f"{_HERE}/{connection_id}?done=whatsapp_logged_out")


@router.post("/{connection_id}/remove")
async def remove(see: Seen, connection_id: UUID) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    await see.house.whatsapp.remove(see.actor, enterprise, connection_id)
    return _to(see, f"{_LIST}?done=whatsapp_removed")


@router.websocket("/{connection_id}/ws")
async def number_socket(socket: WebSocket, connection_id: UUID) -> None:
    """What the page is told."""
    await watch_by_session(socket, connection_id)


async def salons_of(see: Visit, enterprise: EnterpriseNumber) -> list[ConnectionRecord]:
    """For whom a number may speak."""
    async with see.house.db.unit() as unit:
        return [one for one in await unit.connections.list(enterprise) if one.kind in SALONS]


async def _known(
    see: Visit, enterprise: EnterpriseNumber, connection_id: UUID
) -> tuple[ConnectionRecord, ConnectionRecord | None]:
    """The number, and the salon it speaks for. Raises NotFound: `connection_not_found`."""
    async with see.house.db.unit() as unit:
        records = {one.id: one for one in await unit.connections.list(enterprise)}
    record = records.get(connection_id)
    if record is None:
        raise NotFound("connection_not_found")
    salon = salon_of(record, list(records.values()))
    return record, None if salon is None else records[salon]


def _to(see: Visit, path: str) -> Response:
    """As a whole new page: a part of one would leave the old one's socket behind."""
    if "HX-Request" in see.request.headers:
        return Response(headers={"HX-Redirect": path})
    return go(path)


def _answer(see: Visit, found: SessionShown) -> Response:
    said: dict[str, Any] = whole(see.house, see.locale, found)
    return JSONResponse(said)


def _id(text: str) -> UUID | None:
    """Raises NotFound: `connection_not_found`."""
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotFound("connection_not_found") from None
