"""Rules of reminders, previews of their messages, reviews."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Query, Request

from kommutator.domain.outreach.wanted import OutreachKind
from kommutator.domain.remind.rules import RemindSettings, checked_rules
from kommutator.domain.tenancy import Permission
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.errors import RESPONSES, locale_of
from kommutator.doors.http.paging import Cursor, Limit, Page, page_of, read_cursor
from kommutator.doors.http.reminders.words import (
    PreviewBody,
    PreviewShown,
    RemindBody,
    RemindShown,
    ReviewShown,
    WarningShown,
)
from kommutator.flows.remind.desk import RulesShown

router = APIRouter(prefix="/api/v1", tags=["reminders"], responses=RESPONSES)
Admin = Annotated[Tenant, Depends(demand(Permission.CONFIGURE))]
Reader = Annotated[Tenant, Depends(demand(Permission.READ_SALON))]


@router.get("/reminders/settings", summary="Show the rules", operation_id="show_remind_settings")
async def show_settings(request: Request, tenant: Admin) -> RemindShown:
    """What goes out by them is listed among the unasked messages, `/api/v1/outreach`."""
    return _shown(request, await house_of(request).reminders.settings(tenant.enterprise))


@router.put("/reminders/settings", summary="Change the rules", operation_id="put_remind_settings")
async def put_settings(request: Request, body: RemindBody, tenant: Admin) -> RemindShown:
    """What is not given becomes the default; visits to come are planned by the new rules."""
    reminders = house_of(request).reminders
    return _shown(request, await reminders.save(tenant.actor, tenant.enterprise, body.given()))


@router.post("/reminders/preview", summary="Preview a message", operation_id="preview_reminder")
async def preview(request: Request, body: PreviewBody, tenant: Admin) -> PreviewShown:
    """The very words; nothing is sent or stored."""
    rules = checked_rules({"rules": body.rules.model_dump(mode="json")}).rules
    text = await house_of(request).reminders.preview(
        tenant.enterprise, OutreachKind(body.kind), rules
    )
    return PreviewShown(text=text)


@router.get("/reviews", summary="List reviews", operation_id="list_reviews")
async def list_reviews(
    request: Request,
    tenant: Reader,
    *,
    salon: Annotated[UUID | None, Query(description="Connection of the salon.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ReviewShown]:
    """Newest first."""
    (before,) = read_cursor(cursor, tuple[int]) or (None,)
    found = await house_of(request).reminders.reviews(
        tenant.enterprise, before=before, salon=salon, limit=limit + 1
    )
    return page_of(found, limit, ReviewShown.model_validate, lambda one: [one.id])


def _shown(request: Request, found: RulesShown) -> RemindShown:
    texts, locale = house_of(request).texts, locale_of(request)
    return RemindShown(
        settings=RemindBody.model_validate(_whole(found.settings)),
        warnings=[
            WarningShown(code=one, message=texts.translate(locale, f"remind.warning.{one}"))
            for one in found.warnings
        ],
    )


def _whole(settings: RemindSettings) -> object:
    return msgspec.to_builtins(settings)
