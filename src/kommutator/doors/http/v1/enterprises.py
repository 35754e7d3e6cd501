"""Tenants; for platform staff, and each tenant sees itself."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission
from kommutator.doors.http.auth import actor, demand_platform, house_of, permitted_enterprise
from kommutator.doors.http.paging import Cursor, Limit, Page, page_of, read_cursor
from kommutator.doors.http.v1.words import Body, Line, Locale, Number, Shown, TimeZone
from kommutator.store.enterprises import Enterprise

router = APIRouter(prefix="/enterprises", tags=["enterprises"])
Platform = Annotated[Actor, Depends(demand_platform(Permission.ADMINISTER))]


class NewEnterprise(Body):
    number: Number
    name: Line
    time_zone: TimeZone = "Europe/Moscow"
    locale: Locale = "ru"


class EnterpriseChange(Body):
    name: Line | None = None
    time_zone: TimeZone | None = None
    locale: Locale | None = None
    active: bool | None = Field(None, description="Off: nobody signs in, nothing is delivered.")


class EnterpriseShown(Shown):
    number: str
    name: str
    time_zone: str
    locale: str
    active: bool
    created_at: datetime


@router.get("", summary="List tenants")
async def list_enterprises(
    request: Request, _: Platform, limit: Limit = 50, cursor: Cursor = None
) -> Page[EnterpriseShown]:
    """By number."""
    after = read_cursor(cursor, tuple[str])
    async with house_of(request).db.unit() as unit:
        rows = await unit.enterprises.page_everywhere(
            after=EnterpriseNumber(after[0]) if after else None, limit=limit + 1
        )
    return page_of(rows, limit, EnterpriseShown.model_validate, lambda row: [row.number])


@router.post("", summary="Add a tenant", status_code=201)
async def create_enterprise(
    request: Request, body: NewEnterprise, who: Platform
) -> EnterpriseShown:
    """The number is for good."""
    number = EnterpriseNumber(body.number)
    async with house_of(request).db.unit() as unit:
        row = await unit.enterprises.create(
            number, name=body.name, time_zone=body.time_zone, locale=body.locale
        )
        await unit.audit.add(
            number, actor=who.name, action="enterprise.create", target=number,
            detail=body.model_dump(),
        )  # fmt: skip
    return EnterpriseShown.model_validate(row)


@router.get("/{number}", summary="Show a tenant")
async def show_enterprise(
    request: Request, number: Number, who: Annotated[Actor, Depends(actor)]
) -> EnterpriseShown:
    """One's own, or any for platform staff."""
    enterprise = await permitted_enterprise(
        request, who, Permission.READ_CALLS, EnterpriseNumber(number)
    )
    async with house_of(request).db.unit() as unit:
        return EnterpriseShown.model_validate(await unit.enterprises.get(enterprise))


@router.patch("/{number}", summary="Change a tenant")
async def change_enterprise(
    request: Request, number: Number, body: EnterpriseChange, who: Platform
) -> EnterpriseShown:
    """Only what is given."""
    changes = body.model_dump(exclude_none=True)
    enterprise = EnterpriseNumber(number)
    async with house_of(request).db.unit() as unit:
        row: Enterprise = await unit.enterprises.update(enterprise, **changes)
        await unit.audit.add(
            enterprise, actor=who.name, action="enterprise.update", target=number, detail=changes
        )
        unit.config_changed(enterprise, "enterprise")
    house_of(request).directory.invalidate(enterprise)
    return EnterpriseShown.model_validate(row)
