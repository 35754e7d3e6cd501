"""API keys of a tenant."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from kommutator.domain.tenancy import Permission
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.paging import Cursor, Limit, Page, page_of, read_cursor
from kommutator.doors.http.v1.words import Body, Line, Shown

router = APIRouter(prefix="/api-keys", tags=["keys"])
Admin = Annotated[Tenant, Depends(demand(Permission.CONFIGURE))]


class NewKeyBody(Body):
    name: Line
    scopes: list[Permission] = Field(
        [Permission.SEND_EVENTS], min_length=1, description="What the key may do."
    )


class KeyShown(Shown):
    id: UUID
    name: str
    prefix: str = Field(description="The beginning, to recognise it by.")
    scopes: list[Permission]
    created_by: str
    created_at: datetime
    revoked_at: datetime | None


class KeyOnce(KeyShown):
    secret: str = Field(description="The key. Shown now and never again.")


@router.get("", summary="List keys")
async def list_keys(
    request: Request, tenant: Admin, limit: Limit = 50, cursor: Cursor = None
) -> Page[KeyShown]:
    """Revoked ones too."""
    after = read_cursor(cursor, tuple[UUID])
    async with house_of(request).db.unit() as unit:
        rows = await unit.keys.page(
            tenant.enterprise, after=after[0] if after else None, limit=limit + 1
        )
    return page_of(rows, limit, KeyShown.model_validate, lambda row: [row.id])


@router.post("", summary="Make a key", status_code=201)
async def create_key(request: Request, body: NewKeyBody, tenant: Admin) -> KeyOnce:
    """Nobody can give a key more than they have themselves."""
    made = await house_of(request).keys.create(
        tenant.actor, tenant.enterprise, name=body.name, scopes=set(body.scopes)
    )
    shown = KeyShown.model_validate(made.key)
    return KeyOnce(**shown.model_dump(), secret=made.secret)


@router.delete("/{key_id}", summary="Revoke a key", status_code=204)
async def revoke_key(request: Request, key_id: UUID, tenant: Admin) -> None:
    """For good and at once."""
    await house_of(request).keys.revoke(tenant.actor, tenant.enterprise, key_id)
