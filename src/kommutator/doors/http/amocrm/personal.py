"""Requirement 004, literally: every signed-in person connects an amoCRM account of their own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from kommutator.domain.tenancy import Permission
from kommutator.doors.http.amocrm.bodies_of_grants import ExchangeGiven
from kommutator.doors.http.amocrm.connecting import for_whom
from kommutator.doors.http.amocrm.grant_words import domain_of, words
from kommutator.doors.http.amocrm.travel import traveller
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.errors import RESPONSES, for_machines, locale_of
from kommutator.flows.amocrm.adopt import Wish
from kommutator.flows.amocrm.apps import OwnApp
from kommutator.flows.amocrm.connect import Returned
from kommutator.flows.amocrm.standing import NOT_CONNECTED
from kommutator.kit.errors import InvalidInput

router = APIRouter(
    prefix="/api/amo-crm",
    tags=["amoCRM: one's own account"],
    responses=RESPONSES,
    dependencies=[Depends(for_machines)],
)
Person = Annotated[Tenant, Depends(demand(Permission.READ_CALLS))]


class OwnStatus(BaseModel):
    """Requirement 004's four, and why it is so."""

    connected: bool
    hasTokens: bool  # noqa: N815  the requirement's own name
    domain: str
    accountId: str  # noqa: N815  the requirement's own name
    state: str
    reason: str | None = None
    action: str | None = Field(None, description="The one thing that repairs it.")


class OwnStatusAnswer(BaseModel):
    success: bool = True
    data: OwnStatus


class Done(BaseModel):
    success: bool = True
    message: str


@router.get("/status", summary="Is my amoCRM connected?")
async def own_amocrm_status(request: Request, tenant: Person) -> OwnStatusAnswer:
    """The caller's own account and nobody else's. Never judged by the access token's age."""
    for_whom(tenant, personal=True)
    house = house_of(request)
    one = await house.amocrm.standing.mine(tenant.actor, tenant.enterprise)
    reason = NOT_CONNECTED if one is None else one.reason
    _, action = words(house.texts, locale_of(request), reason, personal=True)
    status = OwnStatus(
        connected=one is not None and one.connected,
        hasTokens=one is not None and one.state != NOT_CONNECTED,
        domain=domain_of(one.base_url) if one else "",
        accountId=one.account_id if one else "",
        state=one.state if one else NOT_CONNECTED,
        reason=reason,
        action=action,
    )
    return OwnStatusAnswer(data=status)


@router.post("/exchange-code", summary="Connect my amoCRM by a code")
async def exchange_amocrm_code(request: Request, tenant: Person, body: ExchangeGiven) -> Done:
    """The code of the consent screen. `referer` is the account's host as amoCRM gave it.

    Without it the account is the enterprise's, or that of the setting. With a `state` from
    `GET /api/v1/amocrm/auth` the code must be of that journey.
    """
    house = house_of(request)
    user_id = for_whom(tenant, personal=True)
    code = body.code.get_secret_value()
    if body.state:
        if not body.referer:
            raise InvalidInput("amocrm_domain_missing")
        back = Returned(state=body.state, code=code, referer=body.referer)
        await house.amocrm.connect.finish(traveller(request, tenant.actor), back)
    else:
        own = OwnApp(redirect_uri=body.redirect_uri)
        wish = Wish(tenant.actor, tenant.enterprise, user_id, own=own)
        await house.amocrm.ways_in.by_code(wish, code, body.referer)
    return Done(message="AMO CRM successfully connected")


@router.post("/disconnect", summary="Disconnect my amoCRM")
async def disconnect_own_amocrm(request: Request, tenant: Person) -> Done:
    """Wipes the caller's tokens; fine too when there were none."""
    for_whom(tenant, personal=True)
    leave = house_of(request).amocrm.leave
    record = await leave.own(tenant.actor, tenant.enterprise)
    if record is not None:
        await leave.disconnect(tenant.actor, tenant.enterprise, record, force=True)
    return Done(message="AMO CRM disconnected")
