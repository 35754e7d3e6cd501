"""What hangs on a card: its notes and its links to other cards."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, StringConstraints

from kommutator.domain.crm_data import CrmNote, Entity, EntityKind
from kommutator.domain.crm_ports import Link
from kommutator.doors.http.amocrm.acting import ByAccount, Repeatable
from kommutator.doors.http.amocrm.bodies import Given, Id
from kommutator.doors.http.amocrm.lists import PageNumber
from kommutator.doors.http.amocrm.shown import (
    Company,
    Contact,
    Lead,
    Listed,
    company_of,
    contact_of,
    lead_of,
)
from kommutator.doors.http.auth import house_of
from kommutator.doors.http.v1.words import RowId

router = APIRouter(prefix="/api/v1/amocrm/{kind}/{entity_id}", tags=["amoCRM: cards"])
Kind = Annotated[EntityKind, Path(description="What the card is.")]
_PAGE = 250


class Note(BaseModel):
    id: int
    note_type: str
    params: dict[str, Any]
    created_at: datetime
    created_by: int | None
    responsible_user_id: int | None


class NoteNew(Given):
    """Plain text; calls are written into cards by themselves."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "Клиент просит перезвонить после обеда"}]}
    )
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20000)]


class NoteMade(BaseModel):
    id: int


class LinkGiven(Given):
    """To which card. `is_main`: of a lead's contacts the first one."""

    to_type: EntityKind
    to_id: Id
    is_main: bool | None = None


@router.get("/notes", summary="List a card's notes")
async def list_notes(
    request: Request, by: ByAccount, kind: Kind, entity_id: RowId, page: PageNumber = 1
) -> Listed[Note]:
    """Notes, calls and messages, in amoCRM's order, 250 a page."""
    found = await house_of(request).cards.notes(by.account, kind, entity_id, page)
    shown = [_note(note) for note in found.items]
    return Listed(data=shown, page=page, limit=_PAGE, has_more=found.more)


@router.post("/notes", summary="Add a note to a card", status_code=201)
async def create_note(
    request: Request, by: ByAccount, kind: Kind, entity_id: RowId, body: NoteNew, asked: Repeatable
) -> NoteMade:
    """Repeat it with the same `Idempotency-Key` whenever the answer did not come."""
    item = {"note_type": "common", "params": {"text": body.text}}
    made = await house_of(request).cards.create_note(by.account, kind, entity_id, item, asked)
    return NoteMade(id=made)


@router.post("/link", summary="Link a card with another")
async def link_card(
    request: Request, by: ByAccount, kind: Kind, entity_id: RowId, body: LinkGiven
) -> Lead | Contact | Company:
    """Twice does no harm; the answer is the card read again."""
    cards = house_of(request).cards
    return _card(await cards.link(by.account, kind, entity_id, [_link(body)]))


@router.post("/unlink", summary="Undo a link between cards")
async def unlink_card(
    request: Request, by: ByAccount, kind: Kind, entity_id: RowId, body: LinkGiven
) -> Lead | Contact | Company:
    """Twice does no harm; the answer is the card read again."""
    cards = house_of(request).cards
    return _card(await cards.unlink(by.account, kind, entity_id, [_link(body)]))


def _link(body: LinkGiven) -> Link:
    return Link(body.to_type, body.to_id, body.is_main)


def _card(entity: Entity) -> Lead | Contact | Company:
    if entity.kind is EntityKind.LEADS:
        return lead_of(entity)
    return contact_of(entity) if entity.kind is EntityKind.CONTACTS else company_of(entity)


def _note(note: CrmNote) -> Note:
    return Note(
        id=note.id,
        note_type=note.type,
        params=dict(note.params),
        created_at=note.created_at,
        created_by=note.created_by,
        responsible_user_id=note.responsible_id,
    )
