"""What the API of chats takes and shows."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from kommutator.doors.http.v1.words import Body, Shown

Speaking = Literal["bot", "staff", "nobody"]
Text = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=4096,
        pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$",
    ),
]


class ConversationShown(Shown):
    """A chat with one client."""

    id: int
    connection_id: UUID = Field(description="The messenger's connection.")
    channel: str = Field(description="Its name.")
    kind: str = Field(description="The messenger.")
    chat_id: str = Field(description="As the messenger names it.")
    salon: UUID | None = Field(description="Connection of the salon it speaks for.")
    title: str
    phone: str | None
    speaking: Speaking = Field(description="Who answers the client's next message.")
    bot_paused_until: datetime | None = Field(
        description="The bot is silent until then; null while it speaks."
    )
    handed_over: str | None = Field(description="Why a person was asked for last.")
    handed_over_at: datetime | None
    summary: str = Field(description="What the bot said of it then.")
    needs_person: bool = Field(description="Somebody of the salon should look.")
    unread: int = Field(description="Of the client's, up to 100.")
    last_text: str | None
    last_by: str | None
    last_at: datetime
    closed: str | None = Field(description="Why the client would not get a message.")


class ChatMessageShown(Shown):
    id: int
    by: Literal["client", "bot", "staff", "notice"] = Field(
        description="notice: a reminder, a greeting and the like."
    )
    kind: str = Field(description="text, or image, voice and so on.")
    text: str
    author: str | None
    at: datetime
    state: str = Field(description="heard; owed, sent, delivered, read, maybe_sent, failed.")
    turn_id: int | None = Field(description="Of the turn that it was part of.")


class TurnShown(Shown):
    """What the assistant made of some messages."""

    id: int
    no: int
    at: datetime
    brain: str
    understood: dict[str, Any] | None
    act: dict[str, Any] | None = Field(description="What was done at the salon.")
    acted: dict[str, Any] | None = Field(description="What came of it.")
    record_id: int | None = Field(description="Of the visit.")
    said: list[str]
    hand_over: str | None
    outcome: str
    ms: int = Field(description="From being due to the answer.")


class ThreadShown(Shown):
    """A page of a chat; newest first."""

    items: list[ChatMessageShown]
    turns: list[TurnShown] = Field(description="Those that these messages are part of.")
    next_cursor: str | None = Field(None, description="Ask with it for the next page; null: end.")


class NewChatMessage(Body):
    text: Text
