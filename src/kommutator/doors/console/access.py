"""People who sign in, API keys, and the enterprises of the platform."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from kommutator.domain.tenancy import EnterpriseNumber, Permission, Role, enterprise_number
from kommutator.doors.console.cookies import ENTERPRISE_COOKIE, remember
from kommutator.doors.console.render import go, page
from kommutator.doors.console.visit import PageRoute, Visit, visit
from kommutator.kit.errors import InvalidInput
from kommutator.kit.zones import is_zone, zone_names
from kommutator.store.views import AccessViews

router = APIRouter(route_class=PageRoute)
Seen = Annotated[Visit, Depends(visit)]
_PAGE = "/console/access"
_ROLES = (Role.EMPLOYEE.value, Role.ENTERPRISE_ADMIN.value)
_SCOPES = tuple(p.value for p in Permission if p is not Permission.ADMINISTER)
_REGIONS = ("Europe/", "Asia/")


@router.get("/access")
async def access_page(see: Seen) -> HTMLResponse:
    return await _access(see, see.demand(Permission.CONFIGURE))


@router.post("/access/users")
async def add_user(
    see: Seen,
    name: Annotated[str, Form()],
    email: Annotated[str, Form()],
    role: Annotated[str, Form()],
    password: Annotated[str, Form()],
) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    if role not in _ROLES:
        raise InvalidInput("role_not_here", role=role[:30])
    await see.house.people.create(
        see.actor.name,
        enterprise,
        email=email.strip(),
        name=name.strip(),
        role=Role(role),
        password=password,
    )
    return go(_PAGE, done="user_added")


@router.post("/access/users/{user_id}/password")
async def set_password(see: Seen, user_id: UUID, password: Annotated[str, Form()]) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    await see.house.people.set_password(see.actor.name, enterprise, user_id, password)
    return go(_PAGE, done="password_set")


@router.post("/access/users/{user_id}/active")
async def switch_user(see: Seen, user_id: UUID, active: Annotated[str, Form()] = "") -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    await see.house.people.update(see.actor, enterprise, user_id, active=bool(active))
    return go(_PAGE, done="saved")


@router.post("/access/keys")
async def add_key(
    see: Seen,
    key_name: Annotated[str, Form()],
    scopes: Annotated[list[str] | None, Form()] = None,
) -> HTMLResponse:
    enterprise = see.demand(Permission.CONFIGURE)
    wanted = {Permission(scope) for scope in scopes or () if scope in _SCOPES}
    new = await see.house.keys.create(see.actor, enterprise, name=key_name.strip(), scopes=wanted)
    return await _access(see, enterprise, new_key=new.secret)


@router.post("/access/keys/{key_id}/revoke")
async def revoke_key(see: Seen, key_id: UUID) -> Response:
    enterprise = see.demand(Permission.CONFIGURE)
    await see.house.keys.revoke(see.actor, enterprise, key_id)
    return go(_PAGE, done="key_revoked")


@router.get("/enterprises")
async def enterprises_page(see: Seen) -> HTMLResponse:
    see.actor.demand(Permission.ADMINISTER, see.enterprise or EnterpriseNumber("0"))
    return await page(see, "enterprises.html", zones=_zones())


@router.post("/enterprises")
async def add_enterprise(
    see: Seen,
    new_number: Annotated[str, Form()],
    name: Annotated[str, Form()],
    time_zone: Annotated[str, Form()],
) -> Response:
    number = see.actor.demand(Permission.ADMINISTER, enterprise_number(new_number))
    if not is_zone(time_zone):
        raise InvalidInput("time_zone_invalid", time_zone=time_zone[:50])
    async with see.house.db.unit() as unit:
        await unit.enterprises.create(number, name=name.strip(), time_zone=time_zone)
        await unit.audit.add(
            number, actor=see.actor.name, action="enterprise.create", target=number
        )
    response = RedirectResponse("/console/?done=enterprise_added", 303)
    remember(response, see.house.settings, ENTERPRISE_COOKIE, number)
    return response


async def _access(
    see: Visit, enterprise: EnterpriseNumber, *, new_key: str | None = None
) -> HTMLResponse:
    async with see.house.db.unit() as unit:
        views = AccessViews(unit.connection)
        users, keys = await views.users(enterprise), await views.keys(enterprise)
    return await page(
        see,
        "access.html",
        users=users,
        keys=keys,
        new_key=new_key,
        roles=_ROLES,
        scopes=[scope for scope in _SCOPES if see.actor.may(Permission(scope))],
    )


def _zones() -> list[str]:
    return sorted(zone for zone in zone_names() if zone.startswith(_REGIONS))
