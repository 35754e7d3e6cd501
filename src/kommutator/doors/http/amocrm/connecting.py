"""Requirement 003's ways in: the consent screen, a code, a long-lived token, a claim."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import BaseModel, Field

from kommutator.domain.tenancy import Permission
from kommutator.doors.http.amocrm.bodies_of_grants import (
    ClaimGiven,
    CodeGiven,
    SecretsTold,
    TokenGiven,
)
from kommutator.doors.http.amocrm.grant_words import GrantShown, shown
from kommutator.doors.http.amocrm.travel import traveller
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.errors import RESPONSES, locale_of
from kommutator.flows.amocrm.adopt import Wish
from kommutator.flows.amocrm.apps import OwnApp
from kommutator.kit.errors import Forbidden, InvalidInput, NotFound, TooMany
from kommutator.store.connection_rows import ConnectionRecord

router = APIRouter(prefix="/api/v1/amocrm", tags=["amoCRM: connecting"], responses=RESPONSES)
Person = Annotated[Tenant, Depends(demand(Permission.READ_CALLS))]


class AuthAnswer(BaseModel):
    auth_url: str = Field(description="Open it in the browser of whoever is signed in here.")
    state_expires_in: int = Field(description="Seconds to come back in.")


class StatusAnswer(BaseModel):
    """Of the account that counts for the caller: the own one, else the enterprise's first."""

    connected: bool
    domain: str | None = None
    account_id: str | None = None
    state: str
    reason: str | None = None
    message: str | None = None
    action: str | None = None
    accounts: list[GrantShown] = Field(description="All that the caller may see.")


class Connected(BaseModel):
    success: bool = True
    account: GrantShown


class Heard(BaseModel):
    success: bool = True


def for_whom(tenant: Tenant, *, personal: bool) -> UUID | None:
    """The person an account will belong to; None: the enterprise.

    Raises:
        Forbidden: `not_allowed` to connect the enterprise, `not_a_person`.
    """
    if not personal:
        tenant.actor.demand(Permission.CONFIGURE, tenant.enterprise)
        return None
    if tenant.actor.user_id is None:
        raise Forbidden("not_a_person")
    return tenant.actor.user_id


@router.get("/auth", summary="Where to send the browser to connect amoCRM")
async def amocrm_auth(
    request: Request,
    tenant: Person,
    *,
    personal: Annotated[bool, Query(description="One's own account.")] = False,
    connection_id: Annotated[UUID | None, Query(description="Reconnect this one.")] = None,
) -> AuthAnswer:
    """Needs a sign-in, or a Bearer token of a person: who sets out must be who comes back.

    People without the right to configure connect their own account.
    """
    personal = personal or not tenant.actor.may(Permission.CONFIGURE)
    for_whom(tenant, personal=personal)
    departure = await house_of(request).amocrm.connect.start(
        traveller(request, tenant.actor),
        tenant.enterprise,
        personal=personal,
        connection_id=connection_id,
    )
    return AuthAnswer(auth_url=departure.url, state_expires_in=departure.expires_in)


@router.get("/status", summary="Is amoCRM connected?")
async def amocrm_status(request: Request, tenant: Person) -> StatusAnswer:
    """One's own account; the enterprise's too for those who may configure."""
    house, locale = house_of(request), locale_of(request)
    found = await house.amocrm.standing.all(tenant.actor, tenant.enterprise)
    accounts = [shown(house.texts, locale, one) for one in found]
    if not accounts:
        return StatusAnswer(connected=False, state="not_connected", accounts=[])
    first = accounts[0]
    return StatusAnswer(
        **first.model_dump(include=set(StatusAnswer.model_fields) - {"accounts"}),
        accounts=accounts,
    )


@router.post("/auth/code", summary="Connect by a code from the integration's card")
async def amocrm_code(request: Request, tenant: Person, body: CodeGiven) -> Connected:
    """20 minutes, once. Without `domain` the enterprise's account or the setting is meant."""
    house = house_of(request)
    wish = _wish(tenant, body.own(), personal=body.personal, named=body.connection_id)
    record = await house.amocrm.ways_in.by_code(wish, body.code.get_secret_value(), body.domain)
    return await _connected(request, record)


@router.post("/auth/token", summary="Connect by a long-lived token")
async def amocrm_token(request: Request, tenant: Person, body: TokenGiven) -> Connected:
    """Never renewed; it is checked against the account before it is kept."""
    house = house_of(request)
    wish = _wish(tenant, body.own(), personal=body.personal, named=body.connection_id)
    record = await house.amocrm.ways_in.by_token(wish, body.token.get_secret_value(), body.domain)
    return await _connected(request, record)


@router.post("/claim", summary="Claim an installation from the market")
async def amocrm_claim(
    request: Request,
    tenant: Annotated[Tenant, Depends(demand(Permission.CONFIGURE))],
    body: ClaimGiven,
    x_auth_token: Annotated[str | None, Header(description="amoCRM's disposable token.")] = None,
) -> Connected:
    """By the widget's token, which proves the account; platform staff by the account's number."""
    ways_in = house_of(request).amocrm.ways_in
    wish = Wish(tenant.actor, tenant.enterprise)
    token = body.widget_token.get_secret_value() if body.widget_token else x_auth_token
    if token:
        record = await ways_in.claim_by_widget(wish, token)
    elif body.account_id:
        record = await ways_in.claim_by_platform(wish, body.account_id)
    else:
        raise InvalidInput("amocrm_claim_unproven")
    return await _connected(request, record)


@router.post("/disconnect", summary="Disconnect one of the enterprise's accounts")
async def amocrm_disconnect(
    request: Request,
    tenant: Annotated[Tenant, Depends(demand(Permission.CONFIGURE))],
    *,
    account: Annotated[str | None, Query(max_length=64)] = None,
    force: Annotated[bool, Query(description="Though hooks cannot be taken off.")] = False,
) -> Heard:
    """Takes our hooks off, then wipes every token."""
    leave = house_of(request).amocrm.leave
    record = await leave.named(tenant.enterprise, account)
    await leave.disconnect(tenant.actor, tenant.enterprise, record, force=force)
    return Heard()


@router.post("/secrets", summary="amoCRM tells the secret of an integration it just made")
async def amocrm_secrets(request: Request, body: SecretsTold) -> Heard:
    """`secrets_uri` of the external-integration button; proven by the state, taken once."""
    _slow_down(request)
    known = await house_of(request).amocrm.connect.learn_app(
        body.state, body.client_id, body.client_secret.get_secret_value()
    )
    if not known:
        raise InvalidInput("amocrm_state_unknown")
    return Heard()


@router.get("/uninstalled", summary="amoCRM says that the integration was removed")
async def amocrm_uninstalled(request: Request) -> Heard:
    """Signed with the integration's secret: hex HMAC-SHA256 of `client_uuid|account_id`."""
    _slow_down(request)
    await house_of(request).amocrm.leave.hear_uninstalled(dict(request.query_params))
    return Heard()


def _wish(tenant: Tenant, own: OwnApp, *, personal: bool, named: str | None) -> Wish:
    try:
        connection_id = UUID(named) if named else None
    except ValueError:
        raise NotFound("connection_not_found") from None
    user_id = for_whom(tenant, personal=personal)
    return Wish(tenant.actor, tenant.enterprise, user_id, connection_id, own)


async def _connected(request: Request, record: ConnectionRecord) -> Connected:
    house = house_of(request)
    one = await house.amocrm.standing.of(record)
    return Connected(account=shown(house.texts, locale_of(request), one))


def _slow_down(request: Request) -> None:
    """Open to strangers: as fast as one signed-in caller, by address."""
    address = request.state.client.neighbourhood
    if wait := request.app.state.api_throttle.take(f"stranger:{address}"):
        raise TooMany("too_many_requests", retry_after=wait)
