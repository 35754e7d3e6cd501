"""Calls, and everything that came of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field

from kommutator.domain.tenancy import Permission
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.paging import Cursor, Limit, Page, page_of, read_cursor
from kommutator.doors.http.v1.clicks import ClickShown, click_of
from kommutator.doors.http.v1.words import ExtensionNumber, Found, Moment, Shown
from kommutator.kit.errors import NotFound
from kommutator.store.views import CallFilter, CallLine, CallViews

router = APIRouter(prefix="/calls", tags=["calls"])
Reader = Annotated[Tenant, Depends(demand(Permission.READ_CALLS))]


class CallShown(Shown):
    id: str
    direction: str | None
    client: str | None
    client_name: str | None
    line: str | None
    phase: str
    result: str | None
    reason: str | None = Field(description="Why it was missed, slug.")
    rang: list[str]
    answered_by: list[str]
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    wait_s: int | None
    talk_s: int | None
    requested_by: str | None
    record_url: str | None = Field(
        description="Plays the recording without signing in, for as long as it is kept."
    )
    source: str
    transfers: list[str] = Field(description="How the client was handed on: blind:152, attended.")


class JournalShown(Shown):
    """What reached us."""

    id: int
    source: str
    kind: str
    key: str | None
    received_at: datetime
    state: str
    note: str | None
    decided_at: datetime | None


class CommandShown(Shown):
    """What we owed because of it."""

    id: int
    lane: str
    kind: str
    payload: dict[str, Any]
    state: str
    unsure: bool
    attempts: int
    run_at: datetime
    created_at: datetime
    finished_at: datetime | None
    error_kind: str | None
    error: str | None
    note: str | None
    connection_id: UUID


class AttemptShown(Shown):
    """One try on the wire."""

    id: int
    integration_type: str
    event_type: str
    outbox_id: int | None
    number: int
    at: datetime
    duration_ms: float
    request: dict[str, Any]
    response: dict[str, Any]
    status: str
    error_kind: str | None
    error_message: str | None


class CallStory(Shown):
    """Oldest first in each list."""

    call: CallShown
    click: ClickShown | None = Field(None, description="Only of calls that were placed here.")
    journal: list[JournalShown]
    commands: list[CommandShown]
    attempts: list[AttemptShown]


@router.get("", summary="List calls")
async def list_calls(
    request: Request,
    tenant: Reader,
    *,
    direction: Literal["in", "out", "internal"] | None = None,
    outcome: Annotated[
        Literal["missed", "answered", "no_answer", "busy", "cancelled", "failed", "not_allowed"]
        | None,
        Query(description="`missed` is every incoming call that nobody took."),
    ] = None,
    phone: Annotated[Found | None, Query(description="Digits anywhere in the number.")] = None,
    extension: ExtensionNumber | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[CallShown]:
    """Newest first."""
    wanted = CallFilter(direction, outcome, phone, extension, since, until)
    before = read_cursor(cursor, tuple[datetime, str])
    async with house_of(request).db.unit() as unit:
        rows = await CallViews(unit.connection).page(
            tenant.enterprise, wanted, before=before, limit=limit + 1
        )
    urls = await _urls(request, tenant, rows)

    def show(row: CallLine) -> CallShown:
        return _with_url(CallShown.model_validate(row), urls)

    return page_of(rows, limit, show, lambda row: [row.started_at, row.id])


@router.get("/{call_id}", summary="Show a call and all that came of it")
async def show_call(
    request: Request, tenant: Reader, call_id: Annotated[Found, Path(min_length=1)]
) -> CallStory:
    """What the PBX told, what we decided, each try at the CRM."""
    async with house_of(request).db.unit() as unit:
        story = await CallViews(unit.connection).story(tenant.enterprise, call_id)
        if story is None:
            raise NotFound("call_not_found")
        click = await click_of(request, unit, tenant, call_id)
    urls = await _urls(request, tenant, [story.call])
    told = CallStory.model_validate(story)
    return told.model_copy(update={"click": click, "call": _with_url(told.call, urls)})


async def _urls(request: Request, tenant: Tenant, rows: Iterable[CallLine]) -> Mapping[str, str]:
    started = {row.id: row.started_at for row in rows}
    return await house_of(request).recordings.links(tenant.enterprise, started)


def _with_url(call: CallShown, urls: Mapping[str, str]) -> CallShown:
    """Ours where the recording is here; else what the PBX told, if it told any."""
    return call.model_copy(update={"record_url": urls.get(call.id, call.record_url)})
