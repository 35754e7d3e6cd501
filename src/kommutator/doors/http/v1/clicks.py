"""Calls that were placed by a click: how far each has come, and how to stop it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, Field

from kommutator.domain.calls.memory import load
from kommutator.domain.calls.read import read_call
from kommutator.domain.click_story import ClickState, Placing, click_story
from kommutator.domain.commands import OriginateCall
from kommutator.domain.tenancy import Permission
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.errors import locale_of
from kommutator.doors.http.v1.words import Found
from kommutator.store.unit import Unit

router = APIRouter(prefix="/calls", tags=["calls"])
Placer = Annotated[Tenant, Depends(demand(Permission.PLACE_CALLS))]


class ClickShown(BaseModel):
    """How far a clicked call has come."""

    state: ClickState
    message: str = Field(description="The same for people, with the reason if it failed.")
    extension: str
    can_cancel: bool


class Cancelled(BaseModel):
    """The PBX is being told to hang up."""

    call_id: str
    success: bool = True


async def click_of(request: Request, unit: Unit, tenant: Tenant, call_id: str) -> ClickShown | None:
    """The story of a clicked call; None for calls that were not placed here."""
    rows = await unit.outbox.page(tenant.enterprise, call_id=call_id, kind="originate_call")
    fold = await unit.calls.fold(tenant.enterprise, call_id) if rows else None
    if fold is None:
        return None
    command = rows[0].command()
    assert isinstance(command, OriginateCall)
    cancelled = await unit.outbox.page(
        tenant.enterprise, call_id=call_id, kind="cancel_call", limit=1
    )
    placing = Placing(
        state=rows[0].state,
        extension=command.extension,
        attempts=rows[0].attempts,
        error_kind=rows[0].error_kind,
        error=rows[0].error,
        cancelled=bool(cancelled),
    )
    call = read_call(load(fold), fallback=rows[0].created_at.timestamp())
    story = click_story(call, placing)
    return ClickShown(
        state=story.state,
        message=house_of(request).texts.translate(locale_of(request), story.said, **story.params),
        extension=command.extension,
        can_cancel=story.state is not ClickState.ENDED and not cancelled,
    )


@router.post("/{call_id}/cancel", summary="Cancel a call placed by a click", status_code=202)
async def cancel_call(
    request: Request, tenant: Placer, call_id: Annotated[Found, Path(min_length=1)]
) -> Cancelled:
    """Before or after the employee has picked up: whoever rings stops, whoever talks is cut off.

    One's own clicks, and those for one's own phone; all for whoever may configure. Twice does no
    harm; a call that is over answers 409.
    """
    house = house_of(request)
    await house.clicks.cancel(tenant.actor, tenant.enterprise, call_id)
    return Cancelled(call_id=call_id)
