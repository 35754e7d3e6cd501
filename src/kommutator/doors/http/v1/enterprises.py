"""Tenants; for platform staff, and each tenant sees itself."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from kommutator.domain.dialing import checked_dialing, read_dialing
from kommutator.domain.tenancy import Actor, EnterpriseNumber, Permission
from kommutator.doors.http.auth import actor, demand_platform, house_of, permitted_enterprise
from kommutator.doors.http.paging import Cursor, Limit, Page, page_of, read_cursor
from kommutator.doors.http.v1.words import Body, Line, Locale, Number, Shown, TimeZone
from kommutator.kit.errors import InvalidInput
from kommutator.store.enterprises import Enterprise

router = APIRouter(prefix="/enterprises", tags=["enterprises"])
Platform = Annotated[Actor, Depends(demand_platform(Permission.ADMINISTER))]


class NewEnterprise(Body):
    number: Number
    name: Line
    time_zone: TimeZone = "Europe/Moscow"
    locale: Locale = "ru"


class DialingShown(Shown):
    """What clicks may call, and how often."""

    countries: list[str] = Field(description="ISO 3166 codes.")
    allowed: list[str] = Field([], description="Beginnings of E.164 numbers, `+` included.")
    denied: list[str] = Field([], description="As `allowed`; these win over everything.")
    premium: bool = Field(False, description="Premium-rate, shared-cost and satellite numbers.")
    per_employee: int = Field(10, description="Clicks per minute.")
    per_enterprise: int = Field(60, description="Clicks per minute.")


class EnterpriseChange(Body):
    name: Line | None = None
    time_zone: TimeZone | None = None
    locale: Locale | None = None
    active: bool | None = Field(None, description="Off: nobody signs in, nothing is delivered.")
    dialing: DialingShown | None = Field(None, description="Replaces the whole policy.")


class EnterpriseShown(Shown):
    number: str
    name: str
    time_zone: str
    locale: str
    active: bool
    created_at: datetime
    dialing: DialingShown | None = Field(description="Null: unreadable, so clicks are refused.")


def _shown(row: Enterprise) -> EnterpriseShown:
    try:
        dialing = read_dialing(row.settings).stored()
    except InvalidInput:  # written by hand; one tenant's slip must not hide the others
        dialing = None
    known = {field.name: getattr(row, field.name) for field in fields(row)}
    return EnterpriseShown.model_validate({**known, "dialing": dialing})


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
    return page_of(rows, limit, _shown, lambda row: [row.number])


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
    return _shown(row)


@router.get("/{number}", summary="Show a tenant")
async def show_enterprise(
    request: Request, number: Number, who: Annotated[Actor, Depends(actor)]
) -> EnterpriseShown:
    """One's own, or any for platform staff."""
    enterprise = await permitted_enterprise(
        request, who, Permission.READ_CALLS, EnterpriseNumber(number)
    )
    async with house_of(request).db.unit() as unit:
        return _shown(await unit.enterprises.get(enterprise))


@router.patch("/{number}", summary="Change a tenant")
async def change_enterprise(
    request: Request, number: Number, body: EnterpriseChange, who: Platform
) -> EnterpriseShown:
    """Only what is given."""
    changes = body.model_dump(exclude_none=True, exclude={"dialing"})
    enterprise = EnterpriseNumber(number)
    async with house_of(request).db.unit() as unit:
        if body.dialing is not None:
            changes["settings"] = {"dialing": checked_dialing(body.dialing.model_dump()).stored()}
        row: Enterprise = await unit.enterprises.update(enterprise, **changes)
        await unit.audit.add(
            enterprise, actor=who.name, action="enterprise.update", target=number, detail=changes
        )
        unit.config_changed(enterprise, "enterprise")
    house_of(request).directory.invalidate(enterprise)
    return _shown(row)
