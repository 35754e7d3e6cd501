"""Rules, log and kill switch of unasked messages."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Request

from kommutator.domain.outreach.wanted import OutreachState
from kommutator.domain.tenancy import Permission
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.errors import RESPONSES, locale_of
from kommutator.doors.http.outreach.words import (
    NumberShown,
    OutreachRules,
    OutreachShown,
    PauseBody,
    PauseShown,
    StandingShown,
    TryShown,
)
from kommutator.doors.http.paging import Cursor, Limit, Page, page_of, read_cursor
from kommutator.doors.http.v1.words import Found
from kommutator.flows.outreach.desk import Logged, Standing
from kommutator.store.outreach_pauses import Pause
from kommutator.store.outreach_tries import TryRow

router = APIRouter(prefix="/api/v1/outreach", tags=["outreach"], responses=RESPONSES)
Admin = Annotated[Tenant, Depends(demand(Permission.CONFIGURE))]


@router.get("/settings", summary="Show the rules", operation_id="show_outreach_settings")
async def show_settings(request: Request, tenant: Admin) -> StandingShown:
    """With what is paused now, and what each linked number may still send today."""
    desk = house_of(request).outreach
    return _standing(request, await desk.standing(tenant.enterprise))


@router.put("/settings", summary="Change the rules", operation_id="put_outreach_settings")
async def put_settings(request: Request, body: OutreachRules, tenant: Admin) -> StandingShown:
    """What is not given becomes the default. What waits follows the new rules."""
    desk = house_of(request).outreach
    return _standing(request, await desk.save(tenant.actor, tenant.enterprise, body.given()))


@router.post("/pause", summary="Stop unasked messages", operation_id="pause_outreach")
async def pause(request: Request, body: PauseBody, tenant: Admin) -> StandingShown:
    """At once; what is owed and has not left is taken back. Replies to clients go on."""
    desk = house_of(request).outreach
    found = await desk.pause(tenant.actor, tenant.enterprise, body.connection_id)
    return _standing(request, found)


@router.post("/resume", summary="Send unasked messages again", operation_id="resume_outreach")
async def resume(request: Request, body: PauseBody, tenant: Admin) -> StandingShown:
    """What waited is sent if it is still worth something."""
    desk = house_of(request).outreach
    found = await desk.resume(tenant.actor, tenant.enterprise, body.connection_id)
    return _standing(request, found)


@router.get("", summary="List unasked messages", operation_id="list_outreach")
async def list_messages(
    request: Request,
    tenant: Admin,
    *,
    state: Annotated[OutreachState | None, Query()] = None,
    phone: Annotated[Found | None, Query(description="Exactly, as +375…")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[OutreachShown]:
    """Newest first: what waits, what went out and by which messenger, what did not and why."""
    (before,) = read_cursor(cursor, tuple[int]) or (None,)
    found = await house_of(request).outreach.log(
        tenant.enterprise, before=before, state=state, phone=phone, limit=limit + 1
    )
    return page_of(found, limit, lambda one: _message(request, one), lambda one: [one.row.id])


def _standing(request: Request, found: Standing) -> StandingShown:
    return StandingShown(
        rules=OutreachRules.model_validate(msgspec.to_builtins(_whole(found))),
        pauses=[_pause(request, one) for one in found.pauses],
        numbers=[NumberShown.model_validate(one) for one in found.numbers],
    )


def _whole(found: Standing) -> dict[str, object]:
    settings = found.settings
    return {field: getattr(settings, field) for field in settings.__struct_fields__}


def _pause(request: Request, one: Pause) -> PauseShown:
    texts, locale = house_of(request).texts, locale_of(request)
    return PauseShown(
        connection_id=one.connection_id,
        reason=one.reason,
        by=one.by,
        since=one.since,
        everybody=one.everybody,
        text=texts.translate(locale, f"outreach.pause.{one.reason}"),
        action=texts.translate(locale, f"outreach.pause.{one.reason}.action"),
    )


def _message(request: Request, one: Logged) -> OutreachShown:
    row = one.row
    return OutreachShown(
        id=row.id,
        salon=row.salon,
        phone=row.phone,
        client_name=row.client_name,
        kind=row.kind,
        text=row.text,
        about=row.about,
        service=row.service,
        due_at=row.due_at,
        not_after=row.not_after,
        state=row.state,
        reason=row.reason,
        reason_text=_reason(request, row.reason),
        created_at=row.created_at,
        settled_at=row.settled_at,
        tries=[_try(request, tried) for tried in one.tries],
    )


def _try(request: Request, one: TryRow) -> TryShown:
    return TryShown(
        connection_id=one.connection_id,
        channel=one.kind,
        state=one.state,
        reason=one.reason,
        reason_text=_reason(request, one.reason),
        at=one.at,
        settled_at=one.settled_at,
    )


def _reason(request: Request, slug: str | None) -> str | None:
    """None for a slug of a messenger's that nobody has put into words."""
    if slug is None:
        return None
    texts, locale = house_of(request).texts, locale_of(request)
    known = (one for one in (f"outreach.reason.{slug}", f"hint.{slug}") if texts.has(locale, one))
    msgid = next(known, None)
    return None if msgid is None else texts.translate(locale, msgid)
