"""Internal numbers."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from kommutator.domain.tenancy import Permission
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.paging import Cursor, Limit, Page, page_of, read_cursor
from kommutator.doors.http.v1.words import Body, ExtensionNumber, Line, Shown

router = APIRouter(prefix="/extensions", tags=["people"])
Reader = Annotated[Tenant, Depends(demand(Permission.READ_CALLS))]
Admin = Annotated[Tenant, Depends(demand(Permission.CONFIGURE))]


class ExtensionBody(Body):
    """Who sits there: a user of ours, or just a name."""

    user_id: UUID | None = None
    holder: Line | None = None


class ExtensionShown(Shown):
    phone_number: str
    user_id: UUID | None
    holder: str | None = Field(description="The user's name, or the one noted.")


@router.get("", summary="List internal numbers")
async def list_extensions(
    request: Request, tenant: Reader, limit: Limit = 50, cursor: Cursor = None
) -> Page[ExtensionShown]:
    """By number, as text."""
    after = read_cursor(cursor, tuple[str])
    async with house_of(request).db.unit() as unit:
        rows = await unit.extensions.page(
            tenant.enterprise, after=after[0] if after else None, limit=limit + 1
        )
    return page_of(rows, limit, ExtensionShown.model_validate, lambda row: [row.phone_number])


@router.get("/{phone_number}", summary="Show an internal number")
async def show_extension(
    request: Request, phone_number: ExtensionNumber, tenant: Reader
) -> ExtensionShown:
    """One number."""
    async with house_of(request).db.unit() as unit:
        row = await unit.extensions.get(tenant.enterprise, phone_number)
    return ExtensionShown.model_validate(row)


@router.put("/{phone_number}", summary="Add an internal number or give it to someone else")
async def put_extension(
    request: Request, phone_number: ExtensionNumber, body: ExtensionBody, tenant: Admin
) -> ExtensionShown:
    """The number is the tenant's own; two tenants may have the same."""
    async with house_of(request).db.unit() as unit:
        row = await unit.extensions.put(
            tenant.enterprise, phone_number, user_id=body.user_id, holder=body.holder
        )
        await unit.audit.add(
            tenant.enterprise, actor=tenant.actor.name, action="extension.put",
            target=phone_number, detail=body.model_dump(mode="json"),
        )  # fmt: skip
    return ExtensionShown.model_validate(row)


@router.delete("/{phone_number}", summary="Remove an internal number", status_code=204)
async def delete_extension(request: Request, phone_number: ExtensionNumber, tenant: Admin) -> None:
    """What the CRM holds for it stays until the next synchronisation."""
    async with house_of(request).db.unit() as unit:
        await unit.extensions.delete(tenant.enterprise, phone_number)
        await unit.audit.add(
            tenant.enterprise, actor=tenant.actor.name, action="extension.delete",
            target=phone_number,
        )  # fmt: skip
