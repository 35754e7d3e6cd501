"""Requirement 003's fields: `POST /fields/sync` and `GET /fields?entity_type=leads`."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from kommutator.domain.crm_data import EntityKind, FieldType
from kommutator.doors.http.amocrm.acting import ByAccount
from kommutator.doors.http.auth import house_of
from kommutator.doors.http.errors import RESPONSES

router = APIRouter(prefix="/api/v1/amocrm", tags=["amoCRM: fields"], responses=RESPONSES)


class FieldChoice(BaseModel):
    id: int
    value: str
    code: str | None = None
    sort: int = 0


class CustomField(BaseModel):
    """A custom field of one kind of card."""

    id: int
    name: str
    type: FieldType = Field(description="`other`: a kind that only amoCRM knows, see `type_name`.")
    type_name: str = Field(description="In amoCRM's word.")
    code: str | None = Field(None, description="Of predefined ones: `PHONE`, `EMAIL`.")
    sort: int
    choices: list[FieldChoice] = Field(description="Of lists; ids are those of `enum_id`.")
    required_at: list[tuple[int, int]] = Field(
        description="(pipeline, status) pairs that demand it."
    )
    api_only: bool
    predefined: bool


class FieldList(BaseModel):
    data: list[CustomField]
    entity_type: EntityKind
    read_at: datetime = Field(description="When amoCRM told them.")


class Synced(BaseModel):
    success: bool = True
    fields: dict[EntityKind, int] = Field(
        description="How many each kind of card has.",
        examples=[{"leads": 12, "contacts": 8, "companies": 5}],
    )


@router.post("/fields/sync", summary="Read the custom fields of all cards from amoCRM now")
async def sync_amocrm_fields(request: Request, by: ByAccount) -> Synced:
    """Otherwise they are read each hour."""
    return Synced(fields=dict(await house_of(request).amocrm_fields.sync(by.account)))


@router.get("/fields", summary="Custom fields of one kind of card")
async def list_amocrm_fields(
    request: Request,
    by: ByAccount,
    entity_type: EntityKind = EntityKind.LEADS,
) -> FieldList:
    """From our copy: amoCRM is asked only the first time."""
    held = await house_of(request).amocrm_fields.of(by.account, entity_type)
    fields = [CustomField.model_validate(row) for row in held.rows]
    return FieldList(data=fields, entity_type=entity_type, read_at=held.read_at)
