"""Who asks, and what they may. Every route that shows or changes anything depends on this."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Query, Request, Security
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPBearer

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission, enterprise_number
from kommutator.doors.http import cookies
from kommutator.doors.http.frame import allow_framing_by, allow_framing_by_cabinet
from kommutator.flows.api_keys import PREFIX
from kommutator.flows.house import House
from kommutator.flows.sign_in import actor_of_session, check_csrf
from kommutator.kit.errors import Forbidden, TooMany, Unauthorized
from kommutator.store.sessions import Session

CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf_token"
_SAFE = ("GET", "HEAD", "OPTIONS")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")

_key_scheme = APIKeyHeader(
    name="X-API-Key", scheme_name="ApiKey", description="`kmt_…`", auto_error=False
)
_token_scheme = HTTPBearer(
    scheme_name="Token", description="From `POST /api/v1/auth/login`.", auto_error=False
)
_cookie_scheme = APIKeyCookie(
    name="kommutator", scheme_name="Session", description="The console's cookie.", auto_error=False
)


@dataclass(frozen=True, slots=True)
class Tenant:
    """A permitted actor inside one enterprise; all that a route needs to scope its queries."""

    actor: Actor
    enterprise: EnterpriseNumber


def house_of(request: Request) -> House:
    house: House = request.app.state.house
    return house


async def actor(
    request: Request,
    _key: Annotated[str | None, Security(_key_scheme)] = None,
    _token: Annotated[object, Security(_token_scheme)] = None,
    _cookie: Annotated[str | None, Security(_cookie_scheme)] = None,
) -> Actor:
    """Whoever asks, by API key, token or session cookie, in this order.

    Raises:
        Unauthorized: nobody we know.
        Forbidden: `csrf_mismatch`.
        TooMany: `too_many_requests`.
    """
    found = await _recognise(request)
    throttle = request.app.state.api_throttle
    if wait := throttle.take(f"{found.enterprise}:{found.name}"):
        raise TooMany("too_many_requests", retry_after=wait)
    request.state.actor = found
    return found


def demand(permission: Permission) -> Callable[..., Awaitable[Tenant]]:
    """A dependency: the actor has this permission in the enterprise that is meant."""

    async def permitted(
        request: Request,
        who: Annotated[Actor, Depends(actor)],
        enterprise_number_: Annotated[
            str | None,
            Query(
                alias="enterprise_number",
                description="Platform staff say whose data is meant; others may leave it out.",
                pattern=r"^[0-9]{1,10}$",
            ),
        ] = None,
    ) -> Tenant:
        wanted = None if enterprise_number_ is None else enterprise_number(enterprise_number_)
        return Tenant(who, await permitted_enterprise(request, who, permission, wanted))

    return permitted


async def permitted_enterprise(
    request: Request,
    who: Actor,
    permission: Permission,
    wanted: EnterpriseNumber | None = None,
) -> EnterpriseNumber:
    """`Actor.demand`, and for platform staff a look whether that enterprise exists."""
    enterprise = who.demand(permission, wanted)
    if who.enterprise is None:
        async with house_of(request).db.unit() as unit:
            await unit.enterprises.get(enterprise)
    return enterprise


def demand_platform(permission: Permission) -> Callable[..., Awaitable[Actor]]:
    """A dependency for what belongs to no tenant."""

    async def permitted(who: Annotated[Actor, Depends(actor)]) -> Actor:
        if who.enterprise is not None or not who.may(permission):
            raise Forbidden("not_allowed", permission=permission.value)
        return who

    return permitted


async def session_of(request: Request) -> Session:
    """The console session of the cookie; also lets its CRM frame the page.

    Raises:
        Unauthorized: `sign_in_first`, `session_ended`.
    """
    token = cookies.read(request)
    if not token:
        raise Unauthorized("sign_in_first")
    house = house_of(request)
    session = await house.sign_in.session(token)
    request.state.locale = session.user_locale
    if session.enterprise is not None:
        crm = await house.directory.crm_of(session.enterprise)
        if crm is not None:
            allow_framing_by(request, crm.base_url)
        if await _has_salon(house, session.enterprise):
            allow_framing_by_cabinet(request, house.settings)
    return session


async def _has_salon(house: House, enterprise: EnterpriseNumber) -> bool:
    accounts = await house.directory.accounts(enterprise)
    return any(account.kind is ConnectionKind.YCLIENTS for account in accounts)


async def guard_change(request: Request, session: Session) -> None:
    """Whoever changes something with a cookie proves that the page was ours.

    Raises:
        Forbidden: `csrf_mismatch`.
    """
    if request.method in _SAFE:
        return
    require_same_origin(request)
    given = request.headers.get(CSRF_HEADER)
    if given is None and request.headers.get("content-type", "").startswith(_FORMS):
        field = (await request.form()).get(CSRF_FIELD)
        given = field if isinstance(field, str) else None
    check_csrf(session, given)


def require_same_origin(request: Request) -> None:
    """For forms that have no session yet, the sign-in form first of all.

    A browser always names the origin of a cross-site POST; other clients need not.

    Raises:
        Forbidden: `csrf_mismatch`.
    """
    origin = request.headers.get("origin")
    if origin is None:
        return
    public = urlsplit(house_of(request).settings.public_url)
    ours = {public.netloc, request.headers.get("host", "")} - {""}  # "null" has no host either
    try:
        named = urlsplit(origin).netloc
    except ValueError:  # no browser's
        named = None
    if named not in ours:
        raise Forbidden("csrf_mismatch")


async def _recognise(request: Request) -> Actor:
    house = house_of(request)
    if key := request.headers.get("x-api-key"):
        return await house.keys.actor(key)
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value:
        value = value.strip()
        return await (house.keys if value.startswith(PREFIX) else house.tokens).actor(value)
    session = await session_of(request)
    await guard_change(request, session)
    return actor_of_session(session)
