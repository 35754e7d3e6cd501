"""Phones of an enterprise, linked by QR: for developers who bring their own page."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from kommutator.domain.tenancy import Permission
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.errors import RESPONSES, locale_of
from kommutator.doors.http.linking.shown import CodeShown, PhoneShown, code_shown, phone_shown
from kommutator.doors.http.linking.sockets import sockets_of
from kommutator.doors.http.paging import Page
from kommutator.flows.whatsapp.shown import SessionShown
from kommutator.kit.errors import TooMany

router = APIRouter(prefix="/api/v1/whatsapp", tags=["whatsapp"], responses=RESPONSES)
Admin = Annotated[Tenant, Depends(demand(Permission.CONFIGURE))]


class CreateBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    salon: UUID | None = Field(
        None, description="The salon's connection; without it the enterprise's only one."
    )


class LinkBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    method: Literal["qr", "code"] = "qr"
    phone: str | None = Field(None, max_length=30, description="For `code`: on which it is typed.")


class SessionAnswer(PhoneShown):
    id: UUID


class CodeAnswer(SessionAnswer, CodeShown):
    """The session, and what links the phone now."""


@router.get("", summary="List phones", operation_id="list_whatsapp")
async def list_whatsapp(request: Request, tenant: Admin) -> Page[SessionAnswer]:
    """Always complete."""
    found = await house_of(request).whatsapp.list(tenant.enterprise)
    return Page(items=[_shown(request, one) for one in found], next_cursor=None)


@router.post("", summary="Add a phone", status_code=201, operation_id="create_whatsapp")
async def create_whatsapp(request: Request, body: CreateBody, tenant: Admin) -> SessionAnswer:
    """Nothing happens until it is linked."""
    sessions = house_of(request).whatsapp
    made = await sessions.create(tenant.actor, tenant.enterprise, body.salon)
    return _shown(request, await sessions.state(tenant.enterprise, made.id))


@router.get("/{connection_id}", summary="How a phone stands", operation_id="get_whatsapp")
async def get_whatsapp(request: Request, connection_id: UUID, tenant: Admin) -> SessionAnswer:
    found = await house_of(request).whatsapp.state(tenant.enterprise, connection_id)
    return _shown(request, found)


@router.post("/{connection_id}/link", summary="Link a phone", operation_id="link_whatsapp")
async def link_whatsapp(
    request: Request, connection_id: UUID, body: LinkBody, tenant: Admin
) -> SessionAnswer:
    """Has WhatsApp give out codes, or goes on with a phone that was paused.

    The code itself comes a moment later: ask for it, or watch the WebSocket of the page.
    """
    sessions = house_of(request).whatsapp
    await sessions.state(tenant.enterprise, connection_id)
    if wait := sockets_of(request).words.take(str(connection_id)):
        raise TooMany("too_many_requests", retry_after=wait)
    found = await sessions.link(tenant.enterprise, connection_id, body.method, body.phone)
    return _shown(request, found)


@router.get("/{connection_id}/qr", summary="The code that links it", operation_id="get_whatsapp_qr")
async def get_whatsapp_qr(request: Request, connection_id: UUID, tenant: Admin) -> CodeAnswer:
    """The image is good for `expires_in` seconds; then ask again. Begins nothing by itself."""
    house = house_of(request)
    found = await house.whatsapp.state(tenant.enterprise, connection_id)
    said = _shown(request, found).model_dump()
    return CodeAnswer(**said, **code_shown(house.clock, found).model_dump())


@router.post("/{connection_id}/stop", summary="Pause a phone", operation_id="stop_whatsapp")
async def stop_whatsapp(request: Request, connection_id: UUID, tenant: Admin) -> SessionAnswer:
    """The phone stays linked; `link` goes on without a new scan."""
    sessions = house_of(request).whatsapp
    await sessions.stop(tenant.actor, tenant.enterprise, connection_id)
    return _shown(request, await sessions.state(tenant.enterprise, connection_id))


@router.post("/{connection_id}/logout", summary="Unlink a phone", operation_id="log_out_whatsapp")
async def log_out_whatsapp(request: Request, connection_id: UUID, tenant: Admin) -> SessionAnswer:
    """The phone forgets us and the keys are wiped; chats stay."""
    sessions = house_of(request).whatsapp
    await sessions.log_out(tenant.actor, tenant.enterprise, connection_id)
    return _shown(request, await sessions.state(tenant.enterprise, connection_id))


@router.delete(
    "/{connection_id}",
    summary="Remove a phone",
    status_code=204,
    operation_id="remove_whatsapp",
)
async def remove_whatsapp(request: Request, connection_id: UUID, tenant: Admin) -> None:
    """Unlinks it and wipes what was said."""
    await house_of(request).whatsapp.remove(tenant.actor, tenant.enterprise, connection_id)


def _shown(request: Request, found: SessionShown) -> SessionAnswer:
    said = phone_shown(house_of(request).texts, locale_of(request), found)
    return SessionAnswer(id=found.connection_id, **said.model_dump())
