"""Taking a ringing call over."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, Field

from kommutator.domain.tenancy import Permission
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.v1.words import Body, ExtensionNumber, Found

router = APIRouter(prefix="/calls", tags=["calls"])
Placer = Annotated[Tenant, Depends(demand(Permission.PLACE_CALLS))]


class Take(Body):
    extension: ExtensionNumber | None = Field(None, description="Left out: your own phone.")


class Taken(BaseModel):
    """The PBX is being told; it still may have been answered by somebody else meanwhile."""

    call_id: str
    extension: str
    success: bool = True


@router.post("/{call_id}/take", summary="Take a ringing call over", status_code=202)
async def take_call(
    request: Request,
    tenant: Placer,
    call_id: Annotated[Found, Path(min_length=1)],
    body: Take | None = None,
) -> Taken:
    """Only incoming calls, and only while they ring; whoever rings stops ringing.

    To another phone than one's own only for whoever may configure. Answers 409 when the call has
    been answered or is over.
    """
    extension = await house_of(request).take_over.take(
        tenant.actor, tenant.enterprise, call_id, body.extension if body else None
    )
    return Taken(call_id=call_id, extension=extension)
