"""What callers may write into cards: only the keys they give are sent on."""

from __future__ import annotations

from typing import Annotated, Any, Self

import msgspec
from pydantic import ConfigDict, Field, StringConstraints, model_validator

from kommutator.doors.http.paging import BIGGEST_ID
from kommutator.doors.http.v1.words import Body

Id = Annotated[int, Field(ge=1, le=BIGGEST_ID)]
Name = Annotated[str, StringConstraints(max_length=1000)]
Unix = Annotated[int, Field(ge=0, le=4_294_967_295, description="Unix seconds.")]


class Given(Body):
    """A body whose given keys, and no others, go to amoCRM."""

    @model_validator(mode="after")
    def _can_be_sent(self) -> Self:
        """Half a surrogate pair is no text, and a number may be too long for JSON's readers."""
        try:
            msgspec.json.encode(self.item())
        except (ValueError, OverflowError, RecursionError) as error:
            raise ValueError("has text or a number that cannot be sent") from error
        return self

    def item(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_unset=True, by_alias=True)


class FieldGiven(Given):
    """`field_id` or `field_code` names the field; `values` null clears it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "field_code": "PHONE",
                    "values": [{"value": "+375000000070", "enum_code": "WORK"}],
                }
            ]
        }
    )
    field_id: Id | None = None
    field_code: Annotated[str, StringConstraints(max_length=100)] | None = None
    values: list[dict[str, Any]] | None


class TagGiven(Given):
    """By id or by name; a new name makes a new tag."""

    id: Id | None = None
    name: Name | None = None


class LinkedGiven(Given):
    id: Id
    is_main: bool | None = None


class EmbeddedGiven(Given):
    """Of new leads: what they belong to from the start."""

    contacts: list[LinkedGiven] | None = None
    companies: list[LinkedGiven] | None = None
    tags: list[TagGiven] | None = None


class _Card(Given):
    name: Name | None = None
    responsible_user_id: Id | None = None
    custom_fields_values: list[FieldGiven] | None = None
    tags_to_add: list[TagGiven] | None = None


class LeadChange(_Card):
    """Keys that are left out stay as they are; a field is cleared with null values."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Обновленная сделка", "price": 100000, "status_id": 142}]
        }
    )
    price: Annotated[int, Field(ge=0, le=BIGGEST_ID)] | None = None
    status_id: Id | None = None
    pipeline_id: Id | None = None
    loss_reason_id: Id | None = None
    closed_at: Unix | None = None
    tags_to_delete: list[TagGiven] | None = None


class LeadNew(LeadChange):
    """`created_at` is ours unless it is given: a lead whose answer got lost is found by it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Новая сделка", "price": 5000}]}
    )
    created_at: Unix | None = None
    embedded: EmbeddedGiven | None = Field(None, alias="_embedded")


class ContactChange(_Card):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Иван Петров",
                    "custom_fields_values": [
                        {
                            "field_code": "PHONE",
                            "values": [{"value": "+375000000070", "enum_code": "WORK"}],
                        }
                    ],
                }
            ]
        }
    )
    first_name: Name | None = None
    last_name: Name | None = None
    tags_to_delete: list[TagGiven] | None = None


class ContactNew(ContactChange):
    created_at: Unix | None = None


class CompanyChange(_Card):
    tags_to_delete: list[TagGiven] | None = None


class CompanyNew(CompanyChange):
    created_at: Unix | None = None


class _Inside(Given):
    contacts: Annotated[list[ContactNew], Field(max_length=1)] | None = None
    companies: Annotated[list[CompanyNew], Field(max_length=1)] | None = None
    tags: list[TagGiven] | None = None


class LeadWhole(LeadChange):
    """A lead with at most one contact and one company, made in one step."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Новая сделка",
                    "price": 5000,
                    "_embedded": {"contacts": [{"first_name": "Иван", "last_name": "Петров"}]},
                }
            ]
        }
    )
    created_at: Unix | None = None
    inside: _Inside = Field(alias="_embedded")
