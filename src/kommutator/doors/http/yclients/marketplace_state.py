"""Requirement 001's states of one salon, and of the phone that speaks for it."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from kommutator.domain.connection import ConnectionStatus
from kommutator.domain.tenancy import Permission
from kommutator.domain.whatsapp.states import TALKS, SessionState
from kommutator.doors.http.auth import actor, house_of
from kommutator.doors.http.errors import RESPONSES
from kommutator.doors.http.paging import BIGGEST_ID
from kommutator.doors.http.v1.words import RowId
from kommutator.doors.http.yclients.limits import demand_patience, note_wrong
from kommutator.doors.http.yclients.origin import MarketplaceRoute
from kommutator.flows.yclients.standing import state_of
from kommutator.flows.yclients.tickets import PAGE
from kommutator.kit.errors import Forbidden, NotFound
from kommutator.store.connection_rows import ConnectionRecord
from kommutator.store.yclients_salons import SalonState

_KEY = "sk_"
router = APIRouter(
    prefix="/marketplace",
    tags=["YClients: marketplace"],
    responses=RESPONSES,
    route_class=MarketplaceRoute,
)


class StatusAnswer(BaseModel):
    success: bool = True
    company_id: int
    whatsapp_connected: bool = Field(description="Messages come and go now.")
    whatsapp_phone: str | None = Field(description="E.164, once one is linked.")
    integration_status: str = Field(
        description="pending, active, frozen, paused, broken or removed."
    )
    connected_at: datetime | None = Field(description="When the salon was.")
    whatsapp_state: str = Field(description="As the pushed states; `new`: nobody asked yet.")
    whatsapp_reason: str | None
    whatsapp_since: datetime | None
    whatsapp_linked_at: datetime | None


class CallbackBody(BaseModel):
    model_config = ConfigDict(extra="ignore")

    salon_id: int = Field(ge=1, le=BIGGEST_ID)
    company_id: int = Field(ge=1, le=BIGGEST_ID)
    api_key: str = Field(min_length=1, max_length=200)
    status: str = Field("", max_length=40)
    whatsapp_phone: str = Field("", max_length=64)


@router.get("/status/{company_id}", summary="How a salon stands")
async def marketplace_status(request: Request, company_id: RowId) -> StatusAnswer:
    """For the tenant, for the page of the salon, and for who holds the salon's key."""
    record, held = await _company(request, company_id)
    return await _status(request, record, held)


@router.post("/callback", summary="A messenger was connected")
async def marketplace_callback(request: Request, body: CallbackBody) -> StatusAnswer:
    """By the salon's own key. Tells the vendor once more, if it has not heard of us yet.

    That WhatsApp is connected is not believed: it is as `whatsapp_connected` says.
    """
    demand_patience(request)
    flows = house_of(request).yclients
    try:
        found = await flows.register.bearer(body.company_id, body.api_key)
    except Forbidden:
        note_wrong(request)
        raise
    if found.salon_id != body.salon_id:
        raise Forbidden("marketplace_key_wrong")
    record, held = await flows.standing.of_company(body.company_id)
    if record.status is ConnectionStatus.DRAFT:
        await flows.activate(record.enterprise, record.id)
        record, held = await flows.standing.of_company(body.company_id)
    return await _status(request, record, held)


async def _company(request: Request, company_id: int) -> tuple[ConnectionRecord, SalonState]:
    """The salon, if the caller may know of it.

    Raises:
        Unauthorized: nobody we know. NotFound: `marketplace_company_unknown`, also another's.
    """
    flows = house_of(request).yclients
    demand_patience(request)
    shown = request.headers.get("authorization", "").partition(" ")[2].strip()
    shown = shown or request.headers.get("x-api-key", "")
    if shown.startswith(_KEY):
        try:
            await flows.register.bearer(company_id, shown)
        except Forbidden:
            note_wrong(request)
            raise
        return await flows.standing.of_company(company_id)
    if _is_page(request, shown, company_id):
        return await flows.standing.of_company(company_id)
    who = await actor(request)
    record, held = await flows.standing.of_company(company_id)
    if who.enterprise not in (None, record.enterprise):
        raise NotFound("marketplace_company_unknown")
    who.demand(Permission.CONFIGURE, record.enterprise)
    return record, held


def _is_page(request: Request, token: str, company_id: int) -> bool:
    try:
        ticket = house_of(request).yclients.tickets.read(token, PAGE)
    except Forbidden:
        return False
    return ticket.company_id == company_id


async def _status(request: Request, record: ConnectionRecord, held: SalonState) -> StatusAnswer:
    sessions = house_of(request).whatsapp
    phone = await sessions.of_salon(record.enterprise, record.id)
    shown = None if phone is None else await sessions.state(record.enterprise, phone)
    talks = shown is not None and shown.state in TALKS
    return StatusAnswer(
        company_id=held.company_id,
        whatsapp_connected=talks,
        whatsapp_phone=None if shown is None else shown.phone,
        integration_status=state_of(record),
        connected_at=held.connected_at,
        whatsapp_state=SessionState.NEW.value if shown is None else shown.state.value,
        whatsapp_reason=None if shown is None else shown.reason,
        whatsapp_since=None if shown is None else shown.since,
        whatsapp_linked_at=None if shown is None else shown.linked_at,
    )
