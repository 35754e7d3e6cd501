"""Notices of visits: who is told, in which words, what went out and what did not."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Query, Request

from kommutator.domain.salon.changes import VisitNews
from kommutator.domain.tenancy import Permission
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.channels.words import (
    Id,
    InvitationShown,
    NewReceiver,
    NoticeShown,
    PreviewBody,
    PreviewShown,
    ReceiverChange,
    ReceiverShown,
    State,
    TemplateBody,
    TemplateShown,
    TestSent,
    WishesBody,
)
from kommutator.doors.http.errors import RESPONSES, locale_of
from kommutator.doors.http.paging import Cursor, Limit, Page, page_of, read_cursor
from kommutator.doors.http.v1.words import Locale, RowId
from kommutator.flows.notices.keep import Receiver

router = APIRouter(prefix="/api/v1/notices", tags=["notices"], responses=RESPONSES)
Admin = Annotated[Tenant, Depends(demand(Permission.CONFIGURE))]
_BELOW = "/receivers/{receiver_id}"


@router.get("/receivers", summary="List receivers", operation_id="list_notice_receivers")
async def list_receivers(request: Request, tenant: Admin) -> Page[ReceiverShown]:
    """Always complete, oldest first."""
    found = await house_of(request).notices.receivers(tenant.enterprise)
    return Page(items=[_shown(request, one) for one in found], next_cursor=None)


@router.post(
    "/receivers", summary="Make a receiver", status_code=201, operation_id="create_notice_receiver"
)
async def create_receiver(request: Request, body: NewReceiver, tenant: Admin) -> ReceiverShown:
    """Without a chat nobody is told until somebody comes by a link; see invite."""
    made = await house_of(request).notices.create(
        tenant.actor,
        tenant.enterprise,
        name=body.name,
        connection_id=body.connection_id,
        chat_id=body.chat_id,
        wishes=body.wishes.given(),
    )
    return _shown(request, made)


@router.get(_BELOW, summary="Show a receiver", operation_id="show_notice_receiver")
async def show_receiver(request: Request, receiver_id: UUID, tenant: Admin) -> ReceiverShown:
    return _shown(request, await house_of(request).notices.get(tenant.enterprise, receiver_id))


@router.patch(_BELOW, summary="Change a receiver", operation_id="change_notice_receiver")
async def change_receiver(
    request: Request, receiver_id: UUID, body: ReceiverChange, tenant: Admin
) -> ReceiverShown:
    """Only what is given; the next change of a visit is told by it."""
    changed = await house_of(request).notices.change(
        tenant.actor,
        tenant.enterprise,
        receiver_id,
        name=body.name,
        wishes=None if body.wishes is None else body.wishes.given(),
        active=body.active,
    )
    return _shown(request, changed)


@router.delete(
    _BELOW, summary="Delete a receiver", status_code=204, operation_id="delete_notice_receiver"
)
async def delete_receiver(request: Request, receiver_id: UUID, tenant: Admin) -> None:
    """With its part of the log."""
    await house_of(request).notices.delete(tenant.actor, tenant.enterprise, receiver_id)


@router.post(
    f"{_BELOW}/invite", summary="Make links for a receiver", operation_id="invite_notice_receiver"
)
async def invite_receiver(request: Request, receiver_id: UUID, tenant: Admin) -> InvitationShown:
    """Former links end. Only for Telegram."""
    links = await house_of(request).notices.invite(tenant.actor, tenant.enterprise, receiver_id)
    return InvitationShown.model_validate(links)


@router.post(f"{_BELOW}/test", summary="Send a test", operation_id="test_notice_receiver")
async def test_receiver(request: Request, receiver_id: UUID, tenant: Admin) -> TestSent:
    """A sentence in its chat; the log says what became of it."""
    notice = await house_of(request).notices.test(tenant.actor, tenant.enterprise, receiver_id)
    return TestSent(notice_id=notice)


@router.get("/templates", summary="List templates", operation_id="list_notice_templates")
async def list_templates(request: Request, tenant: Admin) -> Page[TemplateShown]:
    """Of every language and kind of news."""
    found = await house_of(request).notices.templates(tenant.enterprise)
    return Page(items=[TemplateShown.model_validate(one) for one in found], next_cursor=None)


@router.put(
    "/templates/{language}/{news}", summary="Change a template", operation_id="put_notice_template"
)
async def put_template(
    request: Request, language: Locale, news: VisitNews, body: TemplateBody, tenant: Admin
) -> TemplateShown:
    """Places in braces are filled; a line whose places are all empty is left out."""
    kept = await house_of(request).notices.put_template(
        tenant.actor, tenant.enterprise, language, news, body.text
    )
    return TemplateShown.model_validate(kept)


@router.delete(
    "/templates/{language}/{news}", summary="Reset a template", operation_id="reset_notice_template"
)
async def reset_template(
    request: Request, language: Locale, news: VisitNews, tenant: Admin
) -> TemplateShown:
    """Back to the words it came with."""
    kept = await house_of(request).notices.reset_template(
        tenant.actor, tenant.enterprise, language, news
    )
    return TemplateShown.model_validate(kept)


@router.post("/preview", summary="Preview a notice", operation_id="preview_notice")
async def preview_notice(request: Request, body: PreviewBody, tenant: Admin) -> PreviewShown:
    """Of an invented visit; nothing is sent."""
    text = await house_of(request).notices.preview(
        tenant.enterprise, body.language, body.news, body.text
    )
    return PreviewShown(text=text)


@router.get("/log", summary="Show the log of notices", operation_id="list_notices")
async def list_notices(
    request: Request,
    tenant: Admin,
    *,
    receiver: UUID | None = None,
    state: Annotated[State | None, Query()] = None,
    record_id: Annotated[Id | None, Query(description="Of the visit.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[NoticeShown]:
    """Newest first: what went out, and what did not and why."""
    (before,) = read_cursor(cursor, tuple[int]) or (None,)
    found = await house_of(request).notices.log(
        tenant.enterprise,
        before=before,
        receiver=receiver,
        state=state,
        record_id=record_id,
        limit=limit + 1,
    )
    return page_of(found, limit, NoticeShown.model_validate, lambda one: [one.id])


@router.post(
    "/log/{notice_id}/again",
    summary="Send a notice that was given up",
    status_code=204,
    operation_id="repeat_notice",
)
async def repeat_notice(request: Request, notice_id: RowId, tenant: Admin) -> None:
    """Also one that may have arrived; the log says what became of it."""
    await house_of(request).notices.again(tenant.actor, tenant.enterprise, notice_id)


def _shown(request: Request, one: Receiver) -> ReceiverShown:
    row, texts, locale = one.row, house_of(request).texts, locale_of(request)
    why = texts.translate(locale, f"notice.reason.{one.why_not}") if one.why_not else None
    return ReceiverShown(
        id=row.id,
        name=row.name,
        channel=row.kind,
        connection_id=row.connection_id,
        chat_id=row.chat_id,
        chat_title=row.chat_title,
        active=row.active,
        invited_until=row.invited_until,
        why_not=one.why_not,
        why_not_text=why,
        wishes=WishesBody.model_validate(msgspec.to_builtins(one.wishes)),
        created_at=row.created_at,
        created_by=row.created_by,
    )
