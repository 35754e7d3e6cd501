"""`/api/v1/yclients/salons`: the tenant's branches, for its own programs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from kommutator.domain.tenancy import Permission
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.errors import RESPONSES, locale_of
from kommutator.doors.http.paging import BIGGEST_ID, Page
from kommutator.doors.http.v1.words import Body
from kommutator.flows.yclients.direct import Pass
from kommutator.flows.yclients.standing import ShownSalon

router = APIRouter(prefix="/api/v1/yclients/salons", tags=["YClients: salons"], responses=RESPONSES)
Admin = Annotated[Tenant, Depends(demand(Permission.CONFIGURE))]


class SalonShown(BaseModel):
    """One branch and how it stands."""

    connection_id: UUID
    company_id: int | None
    salon_id: int
    title: str
    way: str = Field(description="marketplace or direct.")
    state: str = Field(description="pending, active, frozen, paused, broken or removed.")
    problem: str | None = Field(description="Slug of what a person must repair.")
    message: str | None = Field(description="The same in words.")
    licence_until: date | None
    rights_missing: list[str]
    sees_phones: bool | None
    connected_at: datetime | None
    checked_at: datetime | None


class DirectConnect(Body):
    """A salon by its own user. Login and password are used once and not kept."""

    salon_id: int = Field(ge=1, le=BIGGEST_ID)
    user_token: str = Field("", max_length=500)
    login: str = Field("", max_length=200)
    password: str = Field("", max_length=500)


@router.get("", summary="List salons")
async def list_salons(request: Request, tenant: Admin) -> Page[SalonShown]:
    """Always complete; those removed within a month are among them."""
    shown = await house_of(request).yclients.standing.all(tenant.enterprise)
    return Page(items=[_shown(request, one) for one in shown], next_cursor=None)


@router.post("", summary="Connect a salon by its own user's token", status_code=201)
async def connect_salon(request: Request, tenant: Admin, wish: DirectConnect) -> SalonShown:
    """The token is tried before it is kept."""
    given = Pass(wish.user_token, wish.login, wish.password)
    flows = house_of(request).yclients
    record = await flows.direct(tenant.actor, tenant.enterprise, wish.salon_id, given)
    return await _one(request, tenant, record.id)


@router.post("/{connection_id}/check", summary="Look at a salon now")
async def check_salon(request: Request, tenant: Admin, connection_id: UUID) -> SalonShown:
    """State at the vendor, licence and rights; connects what was not connected yet."""
    flows = house_of(request).yclients
    await flows.leave.record(tenant.enterprise, connection_id)
    await flows.reconcile.one(tenant.enterprise, connection_id)
    return await _one(request, tenant, connection_id)


@router.delete("/{connection_id}", summary="Remove a salon", status_code=204)
async def remove_salon(
    request: Request,
    tenant: Admin,
    connection_id: UUID,
    force: Annotated[bool, Query(description="Also where the vendor does not answer.")] = False,  # noqa: FBT002  a query has no positions
) -> None:
    """Uninstalls us at the vendor, then wipes."""
    flows = house_of(request).yclients
    await flows.leave(tenant.actor, tenant.enterprise, connection_id, force=force)


async def _one(request: Request, tenant: Tenant, connection_id: UUID) -> SalonShown:
    shown = await house_of(request).yclients.standing.all(tenant.enterprise)
    return _shown(request, next(one for one in shown if one.record.id == connection_id))


def _shown(request: Request, one: ShownSalon) -> SalonShown:
    held, record = one.held, one.record
    texts = house_of(request).texts
    locale = locale_of(request)
    message = None
    if one.problem is not None:
        reason = f"reason.{one.problem}"
        message = texts.first(locale, reason, f"hint.{one.problem}", "reason.other",
                              reason=one.problem)  # fmt: skip
    return SalonShown(
        connection_id=record.id,
        company_id=held.company_id if held else None,
        salon_id=one.salon_id,
        title=record.name,
        way=str(record.config.get("way")),
        state=one.state,
        problem=one.problem,
        message=message,
        licence_until=held.licence_until if held else None,
        rights_missing=list(held.rights_missing) if held else [],
        sees_phones=held.phones if held else None,
        connected_at=held.connected_at if held else None,
        checked_at=held.checked_at if held else None,
    )
