"""Contacts: listed, found, shown, changed, created."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from kommutator.domain.crm_data import EntityKind
from kommutator.doors.http.amocrm.acting import ByAccount, Repeatable
from kommutator.doors.http.amocrm.bodies import ContactChange, ContactNew
from kommutator.doors.http.amocrm.lists import Wanted
from kommutator.doors.http.amocrm.shown import Contact, Listed, contact_of
from kommutator.doors.http.auth import house_of
from kommutator.doors.http.v1.words import RowId

router = APIRouter(prefix="/api/v1/amocrm/contacts", tags=["amoCRM: cards"])
_CONTACTS = EntityKind.CONTACTS


@router.get("", summary="List or search contacts")
async def list_contacts(
    request: Request, by: ByAccount, wanted: Annotated[Wanted, Depends()]
) -> Listed[Contact]:
    """`?query=` finds by name, phone, e-mail and other filled fields."""
    found = await house_of(request).cards.page(by.account, _CONTACTS, wanted.ask())
    return Listed(data=[contact_of(one) for one in found.items], **wanted.around(found))


@router.get("/{entity_id}", summary="Show a contact")
async def show_contact(request: Request, by: ByAccount, entity_id: RowId) -> Contact:
    """404 for one that amoCRM does not have."""
    return contact_of(await house_of(request).cards.get(by.account, _CONTACTS, entity_id))


@router.put("/{entity_id}", summary="Change a contact")
async def change_contact(
    request: Request, by: ByAccount, entity_id: RowId, body: ContactChange
) -> Contact:
    """Only the given keys are written; the answer is the contact read again."""
    cards = house_of(request).cards
    return contact_of(await cards.change(by.account, _CONTACTS, entity_id, body.item()))


@router.patch("/{entity_id}", summary="Change a contact, the same as PUT")
async def patch_contact(
    request: Request, by: ByAccount, entity_id: RowId, body: ContactChange
) -> Contact:
    """For clients that say what they mean."""
    return await change_contact(request, by, entity_id, body)


@router.post("", summary="Create a contact", status_code=201)
async def create_contact(
    request: Request, by: ByAccount, body: ContactNew, asked: Repeatable
) -> Contact:
    """Repeat it with the same `Idempotency-Key` whenever the answer did not come."""
    cards = house_of(request).cards
    return contact_of(await cards.create(by.account, _CONTACTS, body.item(), asked))
