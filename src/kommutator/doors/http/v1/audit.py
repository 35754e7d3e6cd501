"""Who changed what."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from kommutator.domain.tenancy import Permission
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.paging import Cursor, Limit, Page, page_of, read_cursor
from kommutator.doors.http.v1.words import Shown

router = APIRouter(prefix="/audit", tags=["audit"])


class AuditShown(Shown):
    id: int
    at: datetime
    actor: str
    action: str
    target: str | None
    detail: dict[str, Any]


@router.get("", summary="List changes")
async def list_audit(
    request: Request,
    tenant: Annotated[Tenant, Depends(demand(Permission.CONFIGURE))],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AuditShown]:
    """Newest first."""
    before = read_cursor(cursor, tuple[int])
    async with house_of(request).db.unit() as unit:
        rows = await unit.audit.page(
            tenant.enterprise, before=before[0] if before else None, limit=limit + 1
        )
    return page_of(rows, limit, AuditShown.model_validate, lambda row: [row.id])
