"""Exchanges with vendors under the requirement's names, given-up commands, replay."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field, model_validator

from kommutator.domain.tenancy import Permission
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.paging import (
    BIGGEST_ID,
    Cursor,
    Limit,
    Page,
    page_of,
    read_cursor,
)
from kommutator.doors.http.v1.words import Body, Found, Moment, RowId, Shown
from kommutator.kit.errors import NotFound, Unavailable
from kommutator.store.views import LogFilter, LogLine, LogViews

router = APIRouter(tags=["log"])
Admin = Annotated[Tenant, Depends(demand(Permission.CONFIGURE))]


class LogShown(Shown):
    id: int
    enterprise_number: str
    integration_type: str
    event_type: str
    status: Literal["success", "error"]
    error_message: str | None
    created_at: datetime
    error_kind: str | None
    duration_ms: float
    number: int = Field(description="Which try of its command.")
    call_id: str | None
    outbox_id: int | None
    actor: str | None


class LogEntry(Shown):
    """The two bodies, redacted and cut before they were stored."""

    id: int
    request_data: dict[str, Any]
    response_data: dict[str, Any]


class DeadShown(Shown):
    """A command given up; `error_kind` and `error` say why."""

    id: int
    kind: str
    call_id: str | None
    attempts: int
    created_at: datetime
    finished_at: datetime | None
    error_kind: str | None
    error: str | None
    connection_id: UUID


class ReplayOrder(Body):
    """Either ids of given-up commands, or the span in which they were made."""

    ids: list[Annotated[int, Field(ge=1, le=BIGGEST_ID)]] | None = Field(
        None, min_length=1, max_length=1000
    )
    since: Moment | None = None
    until: Moment | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        span = self.since is not None and self.until is not None
        if (self.ids is not None) == span or (self.since is None) != (self.until is None):
            raise ValueError("give either ids, or both since and until")
        return self


class ReplayShown(Shown):
    replayed: int = Field(description="How many commands are due again.")


@router.get("/log", summary="List exchanges with vendors")
async def list_log(
    request: Request,
    tenant: Admin,
    *,
    integration_type: Annotated[Found | None, Query()] = None,
    event_type: Annotated[Found | None, Query()] = None,
    status: Literal["success", "error"] | None = None,
    words: Annotated[Found | None, Query(description="In the error, or the call's id.")] = None,
    since: Moment | None = None,
    until: Moment | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[LogShown]:
    """Newest first; the bodies are shown one by one."""
    wanted = LogFilter(integration_type, event_type, status, words, since, until)
    before = read_cursor(cursor, tuple[int])
    async with house_of(request).db.unit() as unit:
        rows = await LogViews(unit.connection).page(
            tenant.enterprise, wanted, before=before[0] if before else None, limit=limit + 1
        )

    def show(line: LogLine) -> LogShown:
        fields = {
            name: getattr(line, name)
            for name in LogShown.model_fields
            if name != "enterprise_number"
        }
        return LogShown(enterprise_number=tenant.enterprise, **fields)

    return page_of(rows, limit, show, lambda row: [row.id])


@router.get("/log/{entry_id}", summary="Show what was sent and what came back")
async def show_log(request: Request, entry_id: RowId, tenant: Admin) -> LogEntry:
    """One exchange."""
    async with house_of(request).db.unit() as unit:
        bodies = await LogViews(unit.connection).bodies(tenant.enterprise, entry_id)
    if bodies is None:
        raise NotFound("log_entry_not_found")
    return LogEntry(id=entry_id, request_data=bodies[0], response_data=bodies[1])


@router.get("/dead-letters", summary="List commands that were given up")
async def list_dead_letters(
    request: Request, tenant: Admin, limit: Limit = 50, cursor: Cursor = None
) -> Page[DeadShown]:
    """Newest first."""
    before = read_cursor(cursor, tuple[int])
    async with house_of(request).db.unit() as unit:
        rows = await LogViews(unit.connection).dead(
            tenant.enterprise, before=before[0] if before else None, limit=limit + 1
        )
    return page_of(rows, limit, DeadShown.model_validate, lambda row: [row["id"]])


@router.post("/replay", summary="Try given-up commands again")
async def replay(request: Request, body: ReplayOrder, tenant: Admin) -> ReplayShown:
    """Ids of other tenants count as unknown. Each try is a new attempt; history stays."""
    service = house_of(request).replay
    if service is None:
        raise Unavailable("replay_not_here")
    by = tenant.actor.name
    if body.ids is not None:
        count = await service.commands(tenant.enterprise, body.ids, actor=by)
    else:
        assert body.since is not None
        assert body.until is not None
        count = await service.span(tenant.enterprise, body.since, body.until, actor=by)
    return ReplayShown(replayed=count)
