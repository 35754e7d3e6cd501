"""Companies: listed, found, shown, changed, created."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from kommutator.domain.crm_data import EntityKind
from kommutator.doors.http.amocrm.acting import ByAccount, Repeatable
from kommutator.doors.http.amocrm.bodies import CompanyChange, CompanyNew
from kommutator.doors.http.amocrm.lists import Wanted
from kommutator.doors.http.amocrm.shown import Company, Listed, company_of
from kommutator.doors.http.auth import house_of
from kommutator.doors.http.v1.words import RowId

router = APIRouter(prefix="/api/v1/amocrm/companies", tags=["amoCRM: cards"])
_COMPANIES = EntityKind.COMPANIES


@router.get("", summary="List or search companies")
async def list_companies(
    request: Request, by: ByAccount, wanted: Annotated[Wanted, Depends()]
) -> Listed[Company]:
    """`?query=` finds by name, phone, e-mail and other filled fields."""
    found = await house_of(request).cards.page(by.account, _COMPANIES, wanted.ask())
    return Listed(data=[company_of(one) for one in found.items], **wanted.around(found))


@router.get("/{entity_id}", summary="Show a company")
async def show_company(request: Request, by: ByAccount, entity_id: RowId) -> Company:
    """404 for one that amoCRM does not have."""
    return company_of(await house_of(request).cards.get(by.account, _COMPANIES, entity_id))


@router.put("/{entity_id}", summary="Change a company")
async def change_company(
    request: Request, by: ByAccount, entity_id: RowId, body: CompanyChange
) -> Company:
    """Only the given keys are written; the answer is the company read again."""
    cards = house_of(request).cards
    return company_of(await cards.change(by.account, _COMPANIES, entity_id, body.item()))


@router.patch("/{entity_id}", summary="Change a company, the same as PUT")
async def patch_company(
    request: Request, by: ByAccount, entity_id: RowId, body: CompanyChange
) -> Company:
    """For clients that say what they mean."""
    return await change_company(request, by, entity_id, body)


@router.post("", summary="Create a company", status_code=201)
async def create_company(
    request: Request, by: ByAccount, body: CompanyNew, asked: Repeatable
) -> Company:
    """Repeat it with the same `Idempotency-Key` whenever the answer did not come."""
    cards = house_of(request).cards
    return company_of(await cards.create(by.account, _COMPANIES, body.item(), asked))
