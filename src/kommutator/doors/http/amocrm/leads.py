"""Leads: listed, shown, changed, created."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel

from kommutator.domain.crm_data import EntityKind
from kommutator.doors.http.amocrm.acting import ByAccount, Repeatable
from kommutator.doors.http.amocrm.bodies import LeadChange, LeadNew, LeadWhole
from kommutator.doors.http.amocrm.lists import Ids, Wanted
from kommutator.doors.http.amocrm.shown import Lead, Listed, lead_of
from kommutator.doors.http.auth import house_of
from kommutator.doors.http.v1.words import RowId

router = APIRouter(prefix="/api/v1/amocrm/leads", tags=["amoCRM: cards"])
_LEADS = EntityKind.LEADS


class WholeMade(BaseModel):
    """`merged`: amoCRM's control of duplicates put it into cards that were there."""

    id: int
    contact_id: int | None
    company_id: int | None
    merged: bool
    lead: Lead


@router.get("", summary="List leads")
async def list_leads(
    request: Request,
    by: ByAccount,
    wanted: Annotated[Wanted, Depends()],
    pipeline_id: Ids = None,
    status_id: Ids = None,
    neighbours: Annotated[
        Literal["contacts"] | None,
        Query(alias="with", description="Linked contacts are always there."),
    ] = None,
) -> Listed[Lead]:
    """As amoCRM has them now. `status_id` alone means this stage of any pipeline."""
    del neighbours
    found = await house_of(request).cards.page(
        by.account, _LEADS, wanted.ask(pipeline_id), status_id or ()
    )
    return Listed(data=[lead_of(lead) for lead in found.items], **wanted.around(found))


@router.get("/{entity_id}", summary="Show a lead")
async def show_lead(request: Request, by: ByAccount, entity_id: RowId) -> Lead:
    """404 for one that amoCRM does not have (there it is a 204)."""
    return lead_of(await house_of(request).cards.get(by.account, _LEADS, entity_id))


@router.put("/{entity_id}", summary="Change a lead")
async def change_lead(request: Request, by: ByAccount, entity_id: RowId, body: LeadChange) -> Lead:
    """Only the given keys are written (amoCRM's PATCH); the answer is the lead read again."""
    cards = house_of(request).cards
    return lead_of(await cards.change(by.account, _LEADS, entity_id, body.item()))


@router.patch("/{entity_id}", summary="Change a lead, the same as PUT")
async def patch_lead(request: Request, by: ByAccount, entity_id: RowId, body: LeadChange) -> Lead:
    """For clients that say what they mean."""
    return await change_lead(request, by, entity_id, body)


@router.post("", summary="Create a lead", status_code=201)
async def create_lead(request: Request, by: ByAccount, body: LeadNew, asked: Repeatable) -> Lead:
    """Repeat it with the same `Idempotency-Key` whenever the answer did not come."""
    return lead_of(await house_of(request).cards.create(by.account, _LEADS, body.item(), asked))


@router.post("/complex", summary="Create a lead with its contact and company", status_code=201)
async def create_whole_lead(
    request: Request, by: ByAccount, body: LeadWhole, asked: Repeatable
) -> WholeMade:
    """All or nothing. Repeat it with the same `Idempotency-Key` whenever no answer came."""
    whole, lead = await house_of(request).cards.create_whole(by.account, body.item(), asked)
    return WholeMade(
        id=whole.id,
        contact_id=whole.contact_id,
        company_id=whole.company_id,
        merged=whole.merged,
        lead=lead_of(lead),
    )
