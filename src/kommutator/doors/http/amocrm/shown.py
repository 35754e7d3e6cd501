"""Cards as our API shows them: moments are ISO in UTC, with the vendor's unix seconds beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field

from kommutator.domain.crm_data import Entity
from kommutator.doors.http.amocrm.values import CustomField, custom_fields

T = TypeVar("T")
_LATEST = 253_402_300_799


class Listed(BaseModel, Generic[T]):
    """A page. amoCRM tells no totals, only whether there is more."""

    data: list[T]
    page: int
    limit: int
    has_more: bool


class Tag(BaseModel):
    id: int | None = None
    name: str | None = None


class Linked(BaseModel):
    """A card that this one is linked with."""

    id: int
    is_main: bool | None = None


class Card(BaseModel):
    """What all kinds of cards have."""

    id: int
    name: str
    responsible_user_id: int | None
    created_at: datetime | None
    created_at_unix: int | None
    updated_at: datetime
    updated_at_unix: int
    is_deleted: bool
    tags: list[Tag]
    custom_fields: list[CustomField] = Field(description="Typed by the kind of the field.")
    custom_fields_values: list[dict[str, Any]] = Field(
        description="The same as amoCRM has it; may be sent back as it is."
    )


class Lead(Card):
    price: int | None
    pipeline_id: int | None
    status_id: int | None
    loss_reason_id: int | None
    closed_at: datetime | None
    closed_at_unix: int | None
    closed: bool = Field(description="Won or lost.")
    contacts: list[Linked]
    companies: list[Linked]


class Contact(Card):
    first_name: str | None
    last_name: str | None
    phones: list[str] = Field(description="In E.164, those that can be called.")
    emails: list[str]
    leads: list[Linked]
    companies: list[Linked]


class Company(Card):
    phones: list[str] = Field(description="In E.164, those that can be called.")
    emails: list[str]
    contacts: list[Linked]


def lead_of(entity: Entity) -> Lead:
    closed_at = moment(entity.raw.get("closed_at"))
    return Lead(
        **_card(entity),
        price=entity.price,
        pipeline_id=entity.pipeline_id,
        status_id=entity.status_id,
        loss_reason_id=_number(entity.raw.get("loss_reason_id")),
        closed_at=closed_at,
        closed_at_unix=_unix(closed_at),
        closed=entity.closed,
        contacts=_linked(entity, "contacts"),
        companies=_linked(entity, "companies"),
    )


def contact_of(entity: Entity) -> Contact:
    return Contact(
        **_card(entity),
        first_name=_text(entity.raw.get("first_name")),
        last_name=_text(entity.raw.get("last_name")),
        phones=list(entity.phones),
        emails=list(entity.emails),
        leads=_linked(entity, "leads"),
        companies=_linked(entity, "companies"),
    )


def company_of(entity: Entity) -> Company:
    return Company(
        **_card(entity),
        phones=list(entity.phones),
        emails=list(entity.emails),
        contacts=_linked(entity, "contacts"),
    )


def moment(unix: object) -> datetime | None:
    """Unix seconds of the vendor; what is none is no moment."""
    if not isinstance(unix, int) or isinstance(unix, bool) or not 0 < unix <= _LATEST:
        return None
    return datetime.fromtimestamp(unix, UTC)


def _unix(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp())


def _card(entity: Entity) -> dict[str, Any]:
    values = [value for value in _list(entity.raw.get("custom_fields_values")) if value]
    return {
        "id": entity.id,
        "name": entity.name,
        "responsible_user_id": entity.responsible_id,
        "created_at": entity.created_at,
        "created_at_unix": _unix(entity.created_at),
        "updated_at": entity.updated_at,
        "updated_at_unix": int(entity.updated_at.timestamp()),
        "is_deleted": entity.deleted,
        "tags": [
            Tag(id=_number(tag.get("id")), name=_text(tag.get("name")))
            for tag in _embedded(entity, "tags")
        ],
        "custom_fields": custom_fields(values),
        "custom_fields_values": values,
    }


def _linked(entity: Entity, name: str) -> list[Linked]:
    return [
        Linked(id=row["id"], is_main=main if isinstance(main := row.get("is_main"), bool) else None)
        for row in _embedded(entity, name)
        if _number(row.get("id")) is not None
    ]


def _embedded(entity: Entity, name: str) -> Sequence[Mapping[str, Any]]:
    embedded = entity.raw.get("_embedded")
    return _list(embedded.get(name)) if isinstance(embedded, dict) else []


def _list(value: object) -> list[dict[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
