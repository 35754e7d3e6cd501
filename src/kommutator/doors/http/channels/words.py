"""Messengers and notices in the words of the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, SecretStr, StringConstraints

from kommutator.domain.connection import ConnectionStatus
from kommutator.domain.outreach.wanted import OutreachKind
from kommutator.domain.salon.changes import VisitNews
from kommutator.doors.http.paging import BIGGEST_ID
from kommutator.doors.http.v1.words import Body, Line, Locale, Shown, TimeZone

Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Id = Annotated[int, Field(ge=1, le=BIGGEST_ID)]
Ids = Annotated[list[Id], Field(max_length=500)]
Text = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00]*$")]
Kind = Literal["telegram", "avito", "whatsapp", "whatsapp_cloud"]
Template = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,512}$")]
State = Literal["held", "owed", "sent", "maybe_sent", "failed", "skipped"]


class QuietBody(Body):
    """Hours without messages; over midnight where `begin` is later than `end`."""

    begin: Clock = "22:00"
    end: Clock = "08:00"


class WishesBody(Body):
    """What a receiver wants to hear; an empty list filters nothing."""

    news: list[VisitNews] = Field(
        [VisitNews.CREATED, VisitNews.MOVED, VisitNews.CANCELLED, VisitNews.RESTORED],
        min_length=1,
        max_length=20,
    )
    salons: Ids = Field([], description="The vendor's ids of branches.")
    staff: Ids = Field([], description="The vendor's ids of employees.")
    services: Ids = Field([], description="The vendor's ids of services.")
    quiet: QuietBody | None = None
    time_zone: TimeZone | Literal[""] = Field(
        "", description="Of the quiet hours; empty: each salon's own."
    )
    language: Locale = "ru"
    edits: bool = Field(True, description="A change within minutes edits the message before.")

    def given(self) -> dict[str, Any]:
        """What was sent, in the shape of the stored wishes."""
        return self.model_dump(mode="json", exclude_unset=True)


class NewReceiver(Body):
    name: Line
    connection_id: UUID = Field(description="The messenger's connection.")
    chat_id: Line | None = Field(None, description="A chat that is known; else invite somebody.")
    wishes: WishesBody = WishesBody()


class ReceiverChange(Body):
    name: Line | None = None
    wishes: WishesBody | None = None
    active: bool | None = None


class ReceiverShown(BaseModel):
    id: UUID
    name: str
    channel: str = Field(description="The messenger.")
    connection_id: UUID
    chat_id: str | None
    chat_title: str | None
    active: bool
    invited_until: datetime | None
    why_not: str | None = Field(description="Why nothing reaches it now, slug.")
    why_not_text: str | None
    wishes: WishesBody
    created_at: datetime
    created_by: str


class InvitationShown(Shown):
    """Whoever opens a link first becomes the receiver; it works once, for a week."""

    person: str
    group: str


class TestSent(BaseModel):
    """In the log under this id."""

    notice_id: int


class TemplateBody(Body):
    text: Text


class TemplateShown(Shown):
    language: Locale
    news: VisitNews
    text: str
    own: bool = Field(description="Not the words it came with.")


class PreviewBody(Body):
    language: Locale = "ru"
    news: VisitNews = VisitNews.CREATED
    text: Text | None = Field(None, description="Empty: the template that is used.")


class PreviewShown(BaseModel):
    text: str


class NoticeShown(Shown):
    id: int
    receiver: UUID
    receiver_name: str
    salon: UUID | None
    salon_name: str | None
    record_id: int = Field(description="Of the visit; 0: a test.")
    news: str
    text: str
    state: State
    reason: str | None = Field(description="Why it was held, skipped or not sent, slug.")
    detail: str | None = Field(description="The messenger's words.")
    edited: bool
    due_at: datetime | None
    created_at: datetime
    settled_at: datetime | None


class ChatShown(Shown):
    connection_id: UUID
    chat_id: str
    grouped: bool
    title: str
    phone: str | None
    opened_at: datetime
    heard_at: datetime | None
    closed_at: datetime | None
    closed_reason: str | None


class TelegramBody(Body):
    token: SecretStr = Field(min_length=1, max_length=500, description="From @BotFather.")


class AvitoBody(Body):
    client_id: SecretStr = Field(min_length=1, max_length=500)
    client_secret: SecretStr = Field(min_length=1, max_length=500)


class WhatsAppCloudBody(Body):
    phone_number_id: SecretStr = Field(min_length=1, max_length=40)
    waba_id: SecretStr = Field(min_length=1, max_length=40)
    access_token: SecretStr = Field(min_length=1, max_length=1000)
    app_secret: SecretStr = Field(min_length=1, max_length=200)


class KindTemplateBody(Body):
    name: Template
    language: Template
    fills: list[Literal["client", "text"]] = Field(
        ["client", "text"], max_length=10, description="What stands in places 1, 2 and so on."
    )


class TemplatesBody(Body):
    """By kind of message; a kind that is left out is sent by another messenger."""

    chosen: dict[OutreachKind, KindTemplateBody]


class ApprovedShown(Shown):
    name: str
    language: str
    places: int
    text: str


class TemplatesShown(BaseModel):
    """What Meta approved, and what is sent with it once the client has not written for a day."""

    approved: list[ApprovedShown]
    chosen: dict[OutreachKind, KindTemplateBody]


class ChannelSalonBody(Body):
    salon: UUID | None = Field(description="Connection of a salon; null: the only one.")


class ChannelShown(BaseModel):
    """A connected messenger; secrets are never shown."""

    id: UUID
    kind: Kind
    name: str
    account: str | None = Field(description="The account's id at the messenger.")
    username: str | None
    status: ConnectionStatus
    reason: str | None = Field(description="Why it does not work, slug.")
    reason_text: str | None = Field(description="The same with what to do, for people.")
    way: str | None = Field(description="How news reach us: webhook or poll.")
    salon: UUID | None = Field(description="The salon it speaks for; null: the only one.")
    waiting: bool = Field(description="Messages wait until somebody repairs it.")
