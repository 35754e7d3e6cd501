"""Recordings: which there are, which did not come, and what can be done about it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import Field

from kommutator.domain.tenancy import Permission
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.paging import Cursor, Limit, Page, page_of, read_cursor
from kommutator.doors.http.v1.words import Found, Shown
from kommutator.flows.house import House
from kommutator.kit.errors import NotFound
from kommutator.store.recording_rows import RecordingRow

router = APIRouter(tags=["recordings"])
Reader = Annotated[Tenant, Depends(demand(Permission.READ_CALLS))]
Keeper = Annotated[Tenant, Depends(demand(Permission.CONFIGURE))]
RecordingName = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,149}$")]


class RecordingShown(Shown):
    """One recording of a call."""

    name: str
    call_id: str | None
    state: Literal["expected", "stored", "ready", "missing", "expired"] = Field(
        description="`stored` plays as it came, `ready` is converted for browsers."
    )
    seconds: float | None = Field(description="Its length, known when it is ready.")
    url: str | None = Field(description="Plays for an hour without signing in; null: nothing to.")
    error: str | None = Field(description="Why it is not here, slug.")
    origin: Literal["upload", "pull", "download"] | None = Field(description="How it came.")
    expected_at: datetime
    stored_at: datetime | None
    next_try_at: datetime | None = Field(description="When it is looked for or converted next.")


@router.get("/calls/{call_id}/recordings", summary="List a call's recordings")
async def show_call_recordings(
    request: Request, tenant: Reader, call_id: Annotated[Found, Path(min_length=1)]
) -> list[RecordingShown]:
    """Oldest first; the call may be named by any of its ids."""
    house = house_of(request)
    async with house.db.unit() as unit:
        call = await unit.calls.get(tenant.enterprise, call_id)
        if call is None:
            raise NotFound("call_not_found")
        rows = await unit.recordings.of_call(tenant.enterprise, call.id)
    return [_shown(house, row) for row in rows]


@router.get("/recordings", summary="List recordings")
async def list_recordings(
    request: Request,
    tenant: Reader,
    *,
    state: Annotated[
        Literal["expected", "stored", "ready", "missing", "expired"] | None,
        Query(description="`missing` are those that somebody should look after."),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[RecordingShown]:
    """Newest first."""
    house = house_of(request)
    rows = await house.recordings.page(
        tenant.enterprise,
        state=state,
        before=read_cursor(cursor, tuple[datetime, str]),
        limit=limit + 1,
    )
    return page_of(
        rows, limit, lambda row: _shown(house, row), lambda row: [row.expected_at, row.name]
    )


@router.post("/recordings/{name}/retry", summary="Look for a recording again")
async def retry_recording(request: Request, tenant: Keeper, name: RecordingName) -> RecordingShown:
    """At once: fetch what did not come, or convert what could not be converted."""
    house = house_of(request)
    row = await house.recordings.retry(tenant.actor.name, tenant.enterprise, name)
    return _shown(house, row)


@router.delete("/recordings/{name}", summary="Delete a recording", status_code=204)
async def delete_recording(request: Request, tenant: Keeper, name: RecordingName) -> Response:
    """For good: every link to it is dead at once."""
    await house_of(request).recordings.delete(tenant.actor.name, tenant.enterprise, name)
    return Response(status_code=204)


def _shown(house: House, row: RecordingRow) -> RecordingShown:
    view = house.recordings.view(row)
    return RecordingShown(
        name=row.name,
        call_id=row.call_id,
        state=row.state,
        seconds=row.seconds,
        url=view.url,
        error=row.error,
        origin=row.origin,
        expected_at=row.expected_at,
        stored_at=row.stored_at,
        next_try_at=row.next_try_at,
    )
