"""Unasked messages and consents in the words of the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from kommutator.domain.outreach.settings import (
    MOST_NEW_PER_DAY,
    MOST_PER_DAY,
    USUAL_ORDER,
)
from kommutator.domain.outreach.wanted import OutreachKind, OutreachState, TryState
from kommutator.doors.http.v1.words import Body, Shown

Moment = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Channel = Literal["whatsapp", "whatsapp_cloud", "telegram", "avito"]


class HoursBody(Body):
    """When people may be written to, by the salon's clock; both equal: at any time."""

    begin: Moment = "09:00"
    end: Moment = "21:00"


class CapsBody(Body):
    """Of one linked WhatsApp number; in its first two weeks less (see `docs/outreach.md`)."""

    per_day: int = Field(200, ge=0, le=MOST_PER_DAY)
    new_per_day: int = Field(
        12, ge=0, le=MOST_NEW_PER_DAY, description="Of these to people who never wrote."
    )


class OutreachRules(Body):
    on: bool = True
    hours: HoursBody = HoursBody()
    order: list[Channel] = Field(
        [one.value for one in USUAL_ORDER],
        min_length=1,
        max_length=4,
        description="Messengers as they are tried; one that is left out is never used.",
        validate_default=True,
    )
    caps: CapsBody = CapsBody()
    first_contact: bool = Field(
        False, description="Linked numbers may remind people of visits who never wrote to them."
    )
    off: list[OutreachKind] = Field(
        [], max_length=len(OutreachKind), description="Kinds of messages that are not sent."
    )

    def given(self) -> dict[str, Any]:
        """In the shape of the stored settings."""
        return self.model_dump(mode="json")


class PauseShown(Shown):
    """Nothing unasked leaves."""

    connection_id: UUID | None = Field(description="By this number; null: at all.")
    reason: str
    by: str
    since: datetime
    everybody: bool = Field(description="Whoever runs the service paused all enterprises.")
    text: str = Field(description="Why, for people.")
    action: str = Field(description="What to do about it.")


class NumberShown(Shown):
    """What a linked WhatsApp number may still write unasked today."""

    connection_id: UUID
    name: str
    phone: str | None = Field(description="None until a phone is linked.")
    linked_day: int = Field(description="Days since it was linked, from 0.")
    sent: int
    per_day: int
    new: int = Field(description="Of these to people who never wrote.")
    new_per_day: int


class StandingShown(BaseModel):
    rules: OutreachRules
    pauses: list[PauseShown]
    numbers: list[NumberShown]


class PauseBody(Body):
    connection_id: UUID | None = Field(None, description="One messenger; null: everything.")


class TryShown(Shown):
    connection_id: UUID
    channel: str
    state: TryState
    reason: str | None
    reason_text: str | None
    at: datetime
    settled_at: datetime | None


class OutreachShown(Shown):
    id: int
    salon: UUID
    phone: str
    client_name: str
    kind: OutreachKind
    text: str
    about: str
    service: bool = Field(description="About the client's own visit; else it is advertising.")
    due_at: datetime
    not_after: datetime
    state: OutreachState
    reason: str | None = Field(description="Why it waits or was not sent, slug.")
    reason_text: str | None
    created_at: datetime
    settled_at: datetime | None
    tries: list[TryShown] = Field(description="Every messenger that it was given to.")


class ConsentBody(Body):
    opted_out: bool


class SaidShown(Shown):
    opted_out: bool
    source: str = Field(description="chat, staff, api, or crm: a mark in the client's card there.")
    by: str
    at: datetime


class ConsentShown(BaseModel):
    phone: str
    opted_out: bool
    now: SaidShown | None = Field(description="What holds; null: nothing was ever said.")
    history: list[SaidShown] = Field(description="The latest first.")
