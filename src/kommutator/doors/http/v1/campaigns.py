"""Campaigns: the auto-dialer's lists, plans, states and results; and who must not be called."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from fastapi import APIRouter, Body, Depends, Path, Query, Request

from kommutator.domain.campaigns.numbers import Wanted
from kommutator.domain.tenancy import Permission
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.errors import locale_of
from kommutator.doors.http.paging import Cursor, Limit, Page, page_of, read_cursor
from kommutator.doors.http.v1.campaign_words import (
    AddedShown,
    AttemptShown,
    CampaignChange,
    CampaignShown,
    FiguresShown,
    ItemsBody,
    ItemShown,
    MarkedShown,
    NewCampaign,
    UnwantedBody,
    UnwantedShown,
)
from kommutator.doors.http.v1.words import Found
from kommutator.flows.campaigns.keep import Shown
from kommutator.kit.errors import InvalidInput
from kommutator.kit.uploaded import uploaded_text

router = APIRouter(tags=["campaigns"])
Reader = Annotated[Tenant, Depends(demand(Permission.READ_CALLS))]
Admin = Annotated[Tenant, Depends(demand(Permission.CONFIGURE))]
Outcome = Annotated[str | None, Query(pattern=r"^[a-z_]{1,40}$")]
Phone = Annotated[str, Path(pattern=r"^\+?[0-9]{5,15}$", description="With its country code.")]


@router.get("/campaigns", summary="List campaigns")
async def list_campaigns(
    request: Request, tenant: Reader, *, limit: Limit = 50, cursor: Cursor = None
) -> Page[CampaignShown]:
    """Newest first."""
    found = await house_of(request).campaigns.page(
        tenant.enterprise, after=read_cursor(cursor, tuple[datetime, UUID]), limit=limit + 1
    )
    return page_of(
        found, limit, lambda one: _shown(request, one), lambda one: (one.row.created_at, one.row.id)
    )


@router.post("/campaigns", summary="Make a campaign", status_code=201)
async def create_campaign(request: Request, body: NewCampaign, tenant: Admin) -> CampaignShown:
    """A draft: nobody is called until it is started."""
    made = await house_of(request).campaigns.create(
        tenant.actor, tenant.enterprise, body.name, body.plan.given()
    )
    return _shown(request, made)


@router.get("/campaigns/{campaign_id}", summary="Show a campaign")
async def show_campaign(request: Request, campaign_id: UUID, tenant: Reader) -> CampaignShown:
    """With its plan, how far it is, and why no call is placed right now."""
    return _shown(request, await house_of(request).campaigns.get(tenant.enterprise, campaign_id))


@router.patch("/campaigns/{campaign_id}", summary="Change a campaign")
async def change_campaign(
    request: Request, campaign_id: UUID, body: CampaignChange, tenant: Admin
) -> CampaignShown:
    """Also while it runs; the next call follows the new plan."""
    changed = await house_of(request).campaigns.change(
        tenant.actor,
        tenant.enterprise,
        campaign_id,
        name=body.name,
        plan=None if body.plan is None else body.plan.given(),
    )
    return _shown(request, changed)


@router.delete("/campaigns/{campaign_id}", summary="Delete a campaign", status_code=204)
async def delete_campaign(request: Request, campaign_id: UUID, tenant: Admin) -> None:
    """With its list and results; the calls stay in the history. A running one answers 409."""
    await house_of(request).campaigns.delete(tenant.actor, tenant.enterprise, campaign_id)


@router.post("/campaigns/{campaign_id}/start", summary="Start a campaign")
async def start_campaign(request: Request, campaign_id: UUID, tenant: Admin) -> CampaignShown:
    """Also one that was paused or done: numbers that still wait are called."""
    campaigns = house_of(request).campaigns
    return _shown(request, await campaigns.start(tenant.actor, tenant.enterprise, campaign_id))


@router.post("/campaigns/{campaign_id}/pause", summary="Pause a campaign")
async def pause_campaign(request: Request, campaign_id: UUID, tenant: Admin) -> CampaignShown:
    """No call is placed after the answer; calls under way go on."""
    campaigns = house_of(request).campaigns
    return _shown(request, await campaigns.pause(tenant.actor, tenant.enterprise, campaign_id))


@router.post("/campaigns/{campaign_id}/resume", summary="Go on with a paused campaign")
async def resume_campaign(request: Request, campaign_id: UUID, tenant: Admin) -> CampaignShown:
    """The same as start."""
    campaigns = house_of(request).campaigns
    return _shown(request, await campaigns.start(tenant.actor, tenant.enterprise, campaign_id))


@router.post("/campaigns/{campaign_id}/stop", summary="Stop a campaign")
async def stop_campaign(request: Request, campaign_id: UUID, tenant: Admin) -> CampaignShown:
    """As a pause, but it is done."""
    campaigns = house_of(request).campaigns
    return _shown(request, await campaigns.stop(tenant.actor, tenant.enterprise, campaign_id))


@router.post("/campaigns/{campaign_id}/items", summary="Add numbers to a campaign")
async def add_campaign_items(
    request: Request, campaign_id: UUID, body: ItemsBody, tenant: Admin
) -> AddedShown:
    """Numbers that it has already stay as they are."""
    given = [Wanted(one.phone, one.name, one.lead_id, one.time_zone) for one in body.items]
    added = await house_of(request).campaigns.add(
        tenant.actor, tenant.enterprise, campaign_id, given
    )
    return AddedShown.model_validate(added)


@router.post("/campaigns/{campaign_id}/items/csv", summary="Add numbers as text or CSV")
async def add_campaign_csv(
    request: Request,
    campaign_id: UUID,
    tenant: Admin,
    raw: Annotated[bytes, Body(media_type="text/csv", max_length=4_000_000)],
) -> AddedShown:
    """One number a line, or a table whose head names: phone, name, lead_id, time_zone.

    UTF-8 or Windows-1251.
    """
    try:
        text = uploaded_text(raw)
    except UnicodeDecodeError as error:
        raise InvalidInput("campaign_list_invalid") from error
    added = await house_of(request).campaigns.add_text(
        tenant.actor, tenant.enterprise, campaign_id, text
    )
    return AddedShown.model_validate(added)


@router.get("/campaigns/{campaign_id}/items", summary="Show a campaign's numbers")
async def show_campaign_items(
    request: Request,
    campaign_id: UUID,
    tenant: Reader,
    *,
    state: Literal["waiting", "calling", "done"] | None = None,
    outcome: Outcome = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ItemShown]:
    """In the order of adding."""
    (after,) = read_cursor(cursor, tuple[int]) or (0,)
    found = await house_of(request).campaigns.items(
        tenant.enterprise, campaign_id, after=after, state=state, outcome=outcome, limit=limit + 1
    )
    return page_of(found, limit, ItemShown.model_validate, lambda item: [item.id])


@router.get("/campaigns/{campaign_id}/calls", summary="Show a campaign's calls")
async def show_campaign_calls(
    request: Request, campaign_id: UUID, tenant: Reader, *, limit: Limit = 50, cursor: Cursor = None
) -> Page[AttemptShown]:
    """Newest first; `call_id` leads to the call itself."""
    found = await house_of(request).campaigns.attempts(
        tenant.enterprise,
        campaign_id,
        after=read_cursor(cursor, tuple[datetime, str]),
        limit=limit + 1,
    )
    return page_of(
        found, limit, AttemptShown.model_validate, lambda one: (one.placed_at, one.call_id)
    )


@router.get("/campaigns/{campaign_id}/results", summary="Show a campaign's results")
async def show_campaign_results(
    request: Request, campaign_id: UUID, tenant: Reader
) -> FiguresShown:
    """How many, and how they ended."""
    shown = await house_of(request).campaigns.get(tenant.enterprise, campaign_id)
    return FiguresShown.model_validate(shown.figures)


@router.get("/do-not-call", summary="List numbers that campaigns never call")
async def list_do_not_call(
    request: Request,
    tenant: Reader,
    *,
    q: Annotated[Found, Query(description="Digits of a number.")] = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[UnwantedShown]:
    """By number."""
    (after,) = read_cursor(cursor, tuple[str]) or (None,)
    found = await house_of(request).do_not_call.page(
        tenant.enterprise, q=q, after=after, limit=limit + 1
    )
    return page_of(found, limit, UnwantedShown.model_validate, lambda one: [one.phone])


@router.post("/do-not-call", summary="Never call these numbers")
async def add_do_not_call(request: Request, body: UnwantedBody, tenant: Admin) -> MarkedShown:
    """Counts at once, also for numbers that wait in a campaign. Clicks may still call them."""
    marked = await house_of(request).do_not_call.add(
        tenant.actor, tenant.enterprise, "\n".join(body.phones), body.note
    )
    return MarkedShown.model_validate(marked)


@router.delete("/do-not-call/{phone}", summary="Allow calls to a number again", status_code=204)
async def delete_do_not_call(request: Request, phone: Phone, tenant: Admin) -> None:
    """Campaigns that left it because of the list do not take it up again."""
    number = phone if phone.startswith("+") else f"+{phone}"
    await house_of(request).do_not_call.remove(tenant.actor, tenant.enterprise, number)


def _shown(request: Request, shown: Shown) -> CampaignShown:
    row, texts, locale = shown.row, house_of(request).texts, locale_of(request)

    def words(msgid: str) -> str | None:
        return None if msgid.endswith(".None") else texts.translate(locale, msgid)

    return CampaignShown(
        id=row.id,
        name=row.name,
        state=row.state,
        reason=row.reason,
        reason_text=words(f"campaign.reason.{row.reason}"),
        waits=row.waits,
        waits_text=words(f"campaign.wait.{row.waits}"),
        created_at=row.created_at,
        created_by=row.created_by,
        started_at=row.started_at,
        ended_at=row.ended_at,
        reading_leads=row.filling is not None,
        plan=msgspec.to_builtins(shown.plan),
        figures=FiguresShown.model_validate(shown.figures),
    )
