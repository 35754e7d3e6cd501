"""Talks with clients as the inbox and the API show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection
from kommutator.store.views.rows import Where


@dataclass(frozen=True, slots=True)
class TalkWanted:
    """Which talks; everything given must hold.

    Attributes:
        waiting: for a person: True or False.
        text: part of the name or of the phone.
        before: time and id of the last line of the page before.
    """

    waiting: bool | None = None
    connection_id: UUID | None = None
    salon: UUID | None = None
    speaking: str | None = None
    text: str = ""
    before: tuple[datetime, int] | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class TalkLine:
    """A talk with a client.

    Attributes:
        kind, channel: of the messenger's connection, and its name.
        speaking: "bot", "staff" or "nobody", as of now.
        bot_paused_until: None: not paused, or until somebody gives the talk back.
        handed_over: HandOver, the last reason; summary: what the bot said of it.
        unread: messages of the client that no person has opened yet.
        typing: an answer of the bot is on its way.
        closed: why nobody reads the chat any more.
    """

    id: int
    connection_id: UUID
    chat_id: str
    kind: str
    channel: str
    salon: UUID | None
    title: str
    phone: str | None
    language: str | None
    speaking: str
    bot_paused_until: datetime | None
    handed_over: str | None
    handed_over_at: datetime | None
    summary: str
    needs_person: bool
    unread: int
    typing: bool
    last_text: str | None
    last_kind: str | None
    last_by: str | None
    last_at: datetime
    closed: str | None


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One message.

    Attributes:
        by: "client", "bot", "staff", or "notice": a reminder, a greeting and the like.
        state: "heard", "owed", "sent", "delivered", "read", "maybe_sent", "failed".
        turn_id: of the turn that it was part of.
        reason: slug of why it was not sent, or may not have been.
    """

    id: int
    by: str
    kind: str
    text: str
    author: str | None
    at: datetime
    state: str
    turn_id: int | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class TurnLine:
    """What was understood of some messages, and what came of them; JSON of `domain.assistant`."""

    id: int
    no: int
    at: datetime
    brain: str
    understood: Mapping[str, Any] | None
    act: Mapping[str, Any] | None
    acted: Mapping[str, Any] | None
    record_id: int | None
    said: Sequence[str]
    hand_over: str | None
    outcome: str
    ms: int


_BY = "CASE WHEN {0}.direction = 'in' THEN 'client' ELSE coalesce({0}.said_by, 'notice') END"
_STAFF = "c.speaking = 'staff' AND coalesce(c.bot_paused_until > clock_timestamp(), true)"
_SELECT = f"""
SELECT c.id, c.connection_id, c.chat_id, n.kind, n.name AS channel, c.salon, h.title, h.phone,
       h.language,
       CASE WHEN c.speaking = 'staff' AND NOT ({_STAFF}) THEN 'bot' ELSE c.speaking END AS speaking,
       CASE WHEN {_STAFF} THEN c.bot_paused_until END AS bot_paused_until,
       c.handed_over, c.handed_over_at, c.summary, c.needs_person,
       (SELECT count(*) FROM (
            SELECT FROM chat_messages u WHERE u.enterprise = c.enterprise
               AND u.connection_id = c.connection_id AND u.chat_id = c.chat_id
               AND u.direction = 'in' AND u.id > c.read_up_to LIMIT 100) AS unseen)::int AS unread,
       c.due_at IS NOT NULL AS typing,
       m.text AS last_text, m.kind AS last_kind, m.by AS last_by, c.last_at,
       h.closed_reason AS closed
  FROM conversations c
  JOIN chats h ON h.enterprise = c.enterprise AND h.connection_id = c.connection_id
              AND h.chat_id = c.chat_id
  JOIN connections n ON n.enterprise = c.enterprise AND n.id = c.connection_id
  LEFT JOIN LATERAL (
       SELECT l.text, l.kind, {_BY.format("l")} AS by FROM chat_messages l
        WHERE l.enterprise = c.enterprise AND l.connection_id = c.connection_id
          AND l.chat_id = c.chat_id ORDER BY l.id DESC LIMIT 1) AS m ON true
 WHERE c.enterprise = $1"""
_MESSAGE = f"""
SELECT m.id, {_BY.format("m")} AS by, m.kind, m.text, m.author, m.at, m.state, m.turn_id,
       m.reason
  FROM chat_messages m"""
_OWED = f"{_MESSAGE} WHERE m.enterprise = $1 AND m.outbox_id = $2"
_MESSAGES = f"""{_MESSAGE}
 WHERE m.enterprise = $1 AND m.connection_id = $2 AND m.chat_id = $3
   AND m.id < coalesce($4, 9223372036854775807) ORDER BY m.id DESC LIMIT $5"""
_TURN = ", ".join(field.name for field in fields(TurnLine))
_TURNS = f"""
SELECT {_TURN} FROM turns WHERE enterprise = $1 AND conversation_id = $2
   AND ($3::timestamptz IS NULL OR at >= $3) ORDER BY id DESC LIMIT $4"""
_COUNT = """
SELECT count(*)::int FROM conversations WHERE enterprise = $1 AND needs_person"""


class InboxViews:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def page(self, enterprise: EnterpriseNumber, wanted: TalkWanted) -> list[TalkLine]:
        """Whoever said something last comes first."""
        where = Where(enterprise)
        if wanted.waiting is not None:
            where.add("c.needs_person = {}", wanted.waiting)
        if wanted.connection_id is not None:
            where.add("c.connection_id = {}", wanted.connection_id)
        if wanted.salon is not None:
            where.add("c.salon = {}", wanted.salon)
        if wanted.speaking is not None:
            effective = f"CASE WHEN {_STAFF} THEN 'staff' WHEN c.speaking = 'staff' THEN 'bot'"
            where.add(f"{effective} ELSE c.speaking END = {{}}", wanted.speaking)
        if wanted.text:
            digits = "".join(filter(str.isdigit, wanted.text)) or "\x01"
            where.add(
                "(strpos(lower(h.title), lower({})) > 0 OR strpos(h.phone, {}) > 0)",
                wanted.text, digits.removeprefix("8") if digits[:2] == "89" else digits,
            )  # fmt: skip
        if wanted.before is not None:
            where.add("(c.last_at, c.id) < ({}::timestamptz, {}::bigint)", *wanted.before)
        where.args.append(wanted.limit)
        rows = await self._connection.fetch(
            f"{_SELECT}{where.sql()} ORDER BY c.last_at DESC, c.id DESC LIMIT ${len(where.args)}",
            *where.args,
        )
        return [TalkLine(**row) for row in rows]

    async def get(self, enterprise: EnterpriseNumber, conversation_id: int) -> TalkLine | None:
        row = await self._connection.fetchrow(
            f"{_SELECT} AND c.id = $2", enterprise, conversation_id
        )
        return None if row is None else TalkLine(**row)

    async def messages(
        self,
        enterprise: EnterpriseNumber,
        talk: TalkLine,
        *,
        before: int | None = None,
        limit: int = 50,
    ) -> list[MessageLine]:
        """Newest first; `before`: the last id of the page before."""
        rows = await self._connection.fetch(
            _MESSAGES, enterprise, talk.connection_id, talk.chat_id, before, limit
        )
        return [MessageLine(**row) for row in rows]

    async def owed(self, enterprise: EnterpriseNumber, outbox_id: int) -> MessageLine:
        """The message that this command says."""
        row = await self._connection.fetchrow(_OWED, enterprise, outbox_id)
        return MessageLine(**row)

    async def turns(
        self,
        enterprise: EnterpriseNumber,
        conversation_id: int,
        *,
        since: datetime | None = None,
        limit: int = 100,
    ) -> list[TurnLine]:
        """Newest first."""
        rows = await self._connection.fetch(_TURNS, enterprise, conversation_id, since, limit)
        return [TurnLine(**row) for row in rows]

    async def waiting(self, enterprise: EnterpriseNumber) -> int:
        """Talks that wait for a person."""
        found: int = await self._connection.fetchval(_COUNT, enterprise)
        return found
