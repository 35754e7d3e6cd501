"""People of a tenant."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from kommutator.domain.tenancy import Permission, Role
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.paging import Cursor, Limit, Page, page_of, read_cursor
from kommutator.doors.http.v1.words import Body, Email, Line, Locale, NewPassword, Shown

router = APIRouter(prefix="/users", tags=["people"])
Admin = Annotated[Tenant, Depends(demand(Permission.CONFIGURE))]


class NewUser(Body):
    """Without a password the person cannot sign in yet."""

    email: Email
    name: Line
    role: Role = Role.EMPLOYEE
    password: NewPassword | None = None
    locale: Locale | None = None


class UserChange(Body):
    name: Line | None = None
    role: Role | None = None
    locale: Locale | None = None
    active: bool | None = None


class Password(Body):
    password: NewPassword


class UserShown(Shown):
    id: UUID
    email: str
    name: str
    role: Role
    locale: str | None
    active: bool
    created_at: datetime


@router.get("", summary="List people")
async def list_users(
    request: Request, tenant: Admin, limit: Limit = 50, cursor: Cursor = None
) -> Page[UserShown]:
    """In a fixed order of no meaning."""
    after = read_cursor(cursor, tuple[UUID])
    async with house_of(request).db.unit() as unit:
        rows = await unit.people.page(
            tenant.enterprise, after=after[0] if after else None, limit=limit + 1
        )
    return page_of(rows, limit, UserShown.model_validate, lambda row: [row.id])


@router.post("", summary="Add a person", status_code=201)
async def create_user(request: Request, body: NewUser, tenant: Admin) -> UserShown:
    """E-mail addresses are unique over all tenants."""
    user = await house_of(request).people.create(
        tenant.actor.name,
        tenant.enterprise,
        email=body.email,
        name=body.name,
        role=body.role,
        password=body.password,
        locale=body.locale,
    )
    return UserShown.model_validate(user)


@router.get("/{user_id}", summary="Show a person")
async def show_user(request: Request, user_id: UUID, tenant: Admin) -> UserShown:
    """One person."""
    async with house_of(request).db.unit() as unit:
        return UserShown.model_validate(await unit.people.get(tenant.enterprise, user_id))


@router.patch("/{user_id}", summary="Change a person")
async def change_user(
    request: Request, user_id: UUID, body: UserChange, tenant: Admin
) -> UserShown:
    """Another role or switching off ends their sessions and tokens."""
    user = await house_of(request).people.update(
        tenant.actor,
        tenant.enterprise,
        user_id,
        name=body.name,
        role=body.role,
        locale=body.locale,
        active=body.active,
    )
    return UserShown.model_validate(user)


@router.put("/{user_id}/password", summary="Give a person another password", status_code=204)
async def set_user_password(request: Request, user_id: UUID, body: Password, tenant: Admin) -> None:
    """Ends their sessions and tokens."""
    await house_of(request).people.set_password(
        tenant.actor.name, tenant.enterprise, user_id, body.password
    )
