"""Chats with clients: listed, read, taken over, answered, given back."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request

from kommutator.domain.tenancy import Permission
from kommutator.doors.http.auth import Tenant, demand, house_of
from kommutator.doors.http.chats.words import (
    ChatMessageShown,
    ConversationShown,
    NewChatMessage,
    Speaking,
    ThreadShown,
    TurnShown,
)
from kommutator.doors.http.errors import RESPONSES
from kommutator.doors.http.paging import Cursor, Limit, Page, page_of, read_cursor
from kommutator.doors.http.v1.words import Found, RowId
from kommutator.flows.once import Plan
from kommutator.store.answered import Asked
from kommutator.store.views.inbox import MessageLine, TalkLine, TalkWanted

router = APIRouter(prefix="/api/v1/chats", tags=["chats"], responses=RESPONSES)
Reading = Annotated[Tenant, Depends(demand(Permission.READ_CHATS))]
Writing = Annotated[Tenant, Depends(demand(Permission.WRITE_CHATS))]
_BELOW = "/{chat}"


@router.get("", summary="List chats with clients", operation_id="list_conversations")
async def list_conversations(
    request: Request,
    tenant: Reading,
    *,
    waiting: Annotated[bool | None, Query(description="For a person.")] = None,
    speaking: Speaking | None = None,
    connection_id: Annotated[UUID | None, Query(description="Of the messenger.")] = None,
    salon: Annotated[UUID | None, Query(description="Connection of the salon.")] = None,
    search: Annotated[Found, Query(description="Part of the name or the phone.")] = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ConversationShown]:
    """Whoever said something last comes first."""
    wanted = TalkWanted(
        waiting=waiting,
        connection_id=connection_id,
        salon=salon,
        speaking=speaking,
        text=search,
        before=read_cursor(cursor, tuple[datetime, int]),
        limit=limit + 1,
    )
    found = await house_of(request).inbox.list(tenant.enterprise, wanted)
    return page_of(found, limit, _shown, lambda one: [one.last_at, one.id])


@router.get(_BELOW, summary="Show a chat with a client", operation_id="show_conversation")
async def show_conversation(request: Request, chat: RowId, tenant: Reading) -> ConversationShown:
    return _shown(await house_of(request).inbox.get(tenant.enterprise, chat))


@router.get(
    f"{_BELOW}/messages",
    summary="Read a chat with a client",
    operation_id="read_conversation",
)
async def read_conversation(
    request: Request, chat: RowId, tenant: Reading, *, limit: Limit = 50, cursor: Cursor = None
) -> ThreadShown:
    """Newest first, with what was understood and done; nothing is marked as read."""
    (before,) = read_cursor(cursor, tuple[int]) or (None,)
    thread = await house_of(request).inbox.thread(
        tenant.enterprise, chat, before=before, limit=limit + 1
    )
    page = page_of(thread.messages, limit, _message, lambda one: [one.id])
    turns = {one.turn_id for one in page.items}
    return ThreadShown(
        items=page.items,
        turns=[TurnShown.model_validate(one) for one in thread.turns if one.id in turns],
        next_cursor=page.next_cursor,
    )


@router.post(
    f"{_BELOW}/messages",
    summary="Write to a client",
    status_code=201,
    operation_id="write_to_client",
)
async def write_to_client(
    request: Request,
    chat: RowId,
    body: NewChatMessage,
    tenant: Writing,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="Repeat the request with the same key: it is said once. Kept for a day.",
            min_length=1,
            max_length=200,
        ),
    ] = None,
) -> ChatMessageShown:
    """As the salon; whoever writes has taken the chat over. The state says how far it came."""
    house = house_of(request)
    who = str(tenant.actor.user_id or tenant.actor.name)
    once = house.ids.token(12)
    asked = None
    if key is not None:
        scope = f"{who} POST {request.url.path}"
        asked = Asked(tenant.enterprise, scope, key, await request.body())
        once = hashlib.sha256(f"{scope} {key}".encode()).hexdigest()

    async def act(plan: Plan) -> dict[str, Any]:  # noqa: ARG001  the mark says it all
        said = await house.inbox.say(tenant.actor, tenant.enterprise, chat, body.text, once=once)
        return _message(said).model_dump(mode="json")

    return ChatMessageShown.model_validate(await house.once(asked, act))


@router.post(
    f"{_BELOW}/take-over", summary="Take a chat over", operation_id="take_conversation_over"
)
async def take_conversation_over(
    request: Request, chat: RowId, tenant: Writing
) -> ConversationShown:
    """The bot is silent in it until `bot_paused_until`, or until it is given back."""
    inbox = house_of(request).inbox
    return _shown(await inbox.take_over(tenant.actor, tenant.enterprise, chat))


@router.post(
    f"{_BELOW}/give-back", summary="Give a chat back", operation_id="give_conversation_back"
)
async def give_conversation_back(
    request: Request, chat: RowId, tenant: Writing
) -> ConversationShown:
    """The bot answers again, from the client's next message on."""
    inbox = house_of(request).inbox
    return _shown(await inbox.give_back(tenant.actor, tenant.enterprise, chat))


def _shown(talk: TalkLine) -> ConversationShown:
    return ConversationShown.model_validate(talk)


def _message(line: MessageLine) -> ChatMessageShown:
    return ChatMessageShown.model_validate(line)
