"""Requirement 001's registration and news, in its shapes: but nothing for an unproven salon."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from kommutator.connectors.crm.yclients.hooks import read_notice
from kommutator.domain.connection import Account
from kommutator.domain.journal import Arrival
from kommutator.domain.tenancy import Actor, Permission
from kommutator.doors.http.auth import actor, demand_platform, house_of
from kommutator.doors.http.errors import RESPONSES, locale_of
from kommutator.doors.http.paging import BIGGEST_ID
from kommutator.doors.http.v1.words import RowId
from kommutator.doors.http.yclients.hooks import SOURCE, dedupe_key
from kommutator.doors.http.yclients.limits import (
    address_of,
    demand_patience,
    limits_of,
    note_wrong,
    take,
)
from kommutator.doors.http.yclients.linking import connect_address
from kommutator.doors.http.yclients.origin import PREFLIGHT, MarketplaceRoute
from kommutator.flows.house import House
from kommutator.flows.refusals import HOOK
from kommutator.flows.yclients.arrive import Said
from kommutator.flows.yclients.register import Registered
from kommutator.flows.yclients.tickets import Ticket
from kommutator.kit.errors import Forbidden, Unauthorized

SECRET_HEADER = "X-Kommutator-Secret"  # noqa: S105 - its name
router = APIRouter(
    prefix="/marketplace",
    tags=["YClients: marketplace"],
    responses=RESPONSES,
    route_class=MarketplaceRoute,
)


class Wanted(BaseModel):
    """Requirement 001's body, and what the vendor signed."""

    model_config = ConfigDict(extra="ignore")

    salon_id: int = Field(ge=1, le=BIGGEST_ID)
    phone: str = Field("", max_length=64, description="Taken from what was signed instead.")
    email: str = Field("", max_length=254, description="Taken from what was signed instead.")
    user_data: str = Field("", max_length=16_384, description="As the vendor's redirect brought.")
    user_data_sign: str = Field("", max_length=200)


class RegisteredAnswer(BaseModel):
    success: bool = True
    company_id: int
    salon_id: int
    api_key: str = Field(description="Shown to who proved the salon; the vendor has it, too.")
    connect_url: str = Field(description="Opens once, within ten minutes.")
    password_url: str | None = Field(
        None, description="Of a new enterprise: where its first person chooses a password, once."
    )


class Accepted(BaseModel):
    success: bool = True


class Counts(BaseModel):
    total: int
    connected: int


class CompaniesAnswer(BaseModel):
    success: bool = True
    stats: Counts


class TestAnswer(BaseModel):
    success: bool = True
    status: str = Field(description="`ok`, or `not_configured` without an application of ours.")
    endpoints: dict[str, str]
    message: str


ENDPOINTS = {
    "home": "GET /marketplace/",
    "connect": "GET /marketplace/connect",
    "test": "GET /marketplace/test",
    "register": "POST /marketplace/register",
    "qr": "GET /marketplace/qr/{token}",
    "status": "GET /marketplace/status/{companyId}",
    "socket": "WebSocket /marketplace",
    "callback": "POST /marketplace/callback",
    "webhook": "POST /marketplace/webhook/{companyId}",
    "companies": "GET /marketplace/companies",
}


@router.options("/{path:path}", include_in_schema=False)
async def marketplace_preflight(path: str) -> Response:  # noqa: ARG001  any of the paths
    """The browser asks before it sends what no form could."""
    return Response(status_code=204, headers=PREFLIGHT)


@router.get("/test", summary="Is the marketplace integration there?")
async def marketplace_test(request: Request) -> TestAnswer:
    """Asks nobody and shows nothing of anybody."""
    ready = house_of(request).yclients.vendors.in_marketplace
    return TestAnswer(
        status="ok" if ready else "not_configured",
        endpoints=ENDPOINTS,
        message="Marketplace integration endpoints are ready"
        if ready
        else "Set the partner token and the application id first",
    )


@router.post(
    "/register", summary="Register a salon that was proved", response_model_exclude_none=True
)
async def register_salon(request: Request, wanted: Wanted) -> RegisteredAnswer:
    """Proved by `user_data` with its signature, or by a signed-in administrator of ours.

    The salon must have pressed "Connect" at YClients. It is connected there before this answers;
    if the vendor is away, it is tried again aside.
    """
    take(request, limits_of(request).arrivals)
    flows = house_of(request).yclients
    said = Said([wanted.salon_id], wanted.user_data, wanted.user_data_sign)
    who = await _maybe_actor(request)
    if wanted.user_data:
        made = await flows.register.signed(said, who, locale=locale_of(request))
    elif who is not None:
        enterprise = who.demand(Permission.CONFIGURE)
        made = await flows.register.by_administrator(who, enterprise, wanted.salon_id)
    else:
        raise Forbidden("marketplace_unproven")
    return _registered(made)


@router.post(
    "/webhook/{company_id}",
    summary="Take news of a salon",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
    },
)
async def marketplace_webhook(
    request: Request,
    company_id: RowId,
    secret: Annotated[str, Query(max_length=200)] = "",
) -> Accepted:
    """Journalled before this answers, judged later.

    The secret of the connection proves the sender: in the header `X-Kommutator-Secret`, or as
    `secret` in the address.
    """
    demand_patience(request)
    house = house_of(request)
    try:
        account = await _sender(house, company_id, request.headers.get(SECRET_HEADER) or secret)
    except Unauthorized as error:
        note_wrong(request)
        await house.refusals.note(None, error.code, actor=address_of(request), action=HOOK)
        raise
    raw = await request.body()
    notice = read_notice(raw)
    if str(notice.salon_id) != account.account_key:
        raise Forbidden("yclients_hook_foreign")
    await house.intake.accept(
        Arrival(
            enterprise=account.enterprise,
            source=SOURCE,
            kind=notice.kind,
            key=None,
            dedupe_key=dedupe_key(account, raw, notice, house.ids),
            body=raw,
            connection_id=account.connection_id,
        )
    )
    return Accepted()


@router.get("/companies", summary="How many salons are connected")
async def marketplace_companies(
    request: Request, _: Annotated[Actor, Depends(demand_platform(Permission.ADMINISTER))]
) -> CompaniesAnswer:
    """For platform administrators, by `X-API-Key`."""
    total, working = await house_of(request).yclients.standing.count()
    return CompaniesAnswer(stats=Counts(total=total, connected=working))


async def _sender(house: House, company_id: int, secret: str) -> Account:
    """Raises Unauthorized: `yclients_hook_secret_unknown`; the same for another company's."""
    account = await house.yclients.hooks.sender(secret)
    async with house.db.single() as unit:
        held = await unit.yclients_salons.of(account.enterprise, account.connection_id)
    if held is None or held.company_id != company_id:
        raise Unauthorized("yclients_hook_secret_unknown")
    return account


async def _maybe_actor(request: Request) -> Actor | None:
    """Whoever asks, if they say who they are. Raises as `actor`, if they say it wrongly."""
    named = request.headers.get("authorization") or request.headers.get("x-api-key")
    if named:
        return await actor(request)
    try:
        return await actor(request)
    except Unauthorized:
        return None


def _registered(made: Registered) -> RegisteredAnswer:
    return RegisteredAnswer(
        company_id=made.company_id,
        salon_id=made.salon_id,
        api_key=made.key,
        connect_url=connect_address(Ticket(made.company_id, made.salon_id), made.token),
        password_url=f"/yclients/first-password/{made.link}" if made.link else None,
    )
