"""Chats of messengers, and what was said in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from kommutator.domain.chats import ChatNews, Spoken
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection


@dataclass(frozen=True, slots=True)
class Chat:
    """As `ChatNews`; `closed_reason` is a slug, None while somebody reads it."""

    connection_id: UUID
    chat_id: str
    grouped: bool
    title: str
    phone: str | None
    language: str | None
    opened_at: datetime
    heard_at: datetime | None
    closed_at: datetime | None
    closed_reason: str | None


_COLUMNS = ", ".join(field.name for field in fields(Chat))
# Whoever writes reads again: a message that comes in opens a closed chat.
_HEAR = """
INSERT INTO chats AS c (enterprise, connection_id, chat_id, grouped, title, phone, language,
                        heard_at, closed_at, closed_reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8,
        CASE WHEN $9::text IS NOT NULL THEN clock_timestamp() END, $9)
ON CONFLICT (enterprise, connection_id, chat_id) DO UPDATE SET
    grouped = c.grouped OR excluded.grouped, title = coalesce(nullif(excluded.title, ''), c.title),
    phone = coalesce(excluded.phone, c.phone), language = coalesce(excluded.language, c.language),
    heard_at = greatest(c.heard_at, excluded.heard_at),
    closed_at = excluded.closed_at, closed_reason = excluded.closed_reason"""
_MESSAGE = """
INSERT INTO chat_messages (enterprise, connection_id, chat_id, message_id, author, text, at, kind,
                           direction, state, said_by)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, CASE WHEN staff THEN 'out' ELSE 'in' END,
       CASE WHEN staff THEN 'sent' ELSE 'heard' END, CASE WHEN staff THEN 'staff' END
  FROM (SELECT $9::boolean AS staff) AS s
ON CONFLICT DO NOTHING RETURNING true"""
_CLOSE = """
UPDATE chats SET closed_at = clock_timestamp(), closed_reason = $4
 WHERE enterprise = $1 AND connection_id = $2 AND chat_id = $3 AND closed_reason IS NULL"""
_MOVE_CHAT = """
INSERT INTO chats (enterprise, connection_id, chat_id, grouped, title, phone, language)
SELECT enterprise, connection_id, $4, grouped, title, phone, language FROM chats
 WHERE enterprise = $1 AND connection_id = $2 AND chat_id = $3
ON CONFLICT DO NOTHING"""
_MOVE_RECEIVERS = """
UPDATE notice_receivers SET chat_id = $4
 WHERE enterprise = $1 AND connection_id = $2 AND chat_id = $3
   AND EXISTS (SELECT FROM chats WHERE enterprise = $1 AND connection_id = $2 AND chat_id = $4)"""
_OWE = """
INSERT INTO chat_messages (enterprise, connection_id, chat_id, direction, text, at, outbox_id,
                           state, said_by)
SELECT $1, connection_id, chat_id, 'out', text, clock_timestamp(), outbox_id, 'owed', said_by
  FROM unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[])
    AS m (connection_id, chat_id, text, outbox_id, said_by)
ON CONFLICT DO NOTHING"""
_SPOKEN = """
UPDATE chat_messages SET state = $3, message_id = coalesce($4, message_id)
 WHERE enterprise = $1 AND outbox_id = $2"""
_TOLD = """
UPDATE notices SET state = $3, message_id = coalesce($4, message_id), reason = $5, detail = $6,
       settled_at = CASE WHEN $3 = 'owed' THEN NULL ELSE clock_timestamp() END
 WHERE enterprise = $1 AND outbox_id = $2"""
_WIPE = (
    "DELETE FROM conversations WHERE enterprise = $1 AND connection_id = $2",
    "DELETE FROM chat_messages WHERE enterprise = $1 AND connection_id = $2",
    """
DELETE FROM chats c WHERE enterprise = $1 AND connection_id = $2 AND NOT EXISTS (
    SELECT FROM notice_receivers r WHERE r.enterprise = c.enterprise
       AND r.connection_id = c.connection_id AND r.chat_id = c.chat_id)""",
    """
UPDATE chats SET phone = NULL, language = NULL, heard_at = NULL
 WHERE enterprise = $1 AND connection_id = $2""",
)
_PAGE = f"""
SELECT {_COLUMNS} FROM chats
 WHERE enterprise = $1 AND ($2::uuid IS NULL OR connection_id = $2)
 ORDER BY heard_at DESC NULLS LAST, opened_at DESC LIMIT $3"""
_GET = f"SELECT {_COLUMNS} FROM chats WHERE enterprise = $1 AND connection_id = $2 AND chat_id = $3"


@dataclass(frozen=True, slots=True)
class Owing:
    """A message of ours under way. `said_by`: "bot", "staff"; None: a notice and the like."""

    connection_id: UUID
    chat_id: str
    text: str
    outbox_id: int
    said_by: str | None = None


class ChatStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def hear(self, enterprise: EnterpriseNumber, connection_id: UUID, news: ChatNews) -> bool:
        """Keep what was told of a chat; False: that message is kept already."""
        said = news.said
        await self._connection.execute(
            _HEAR, enterprise, connection_id, news.chat_id, news.grouped, news.title[:200],
            news.phone, news.language, said.at if said else None, news.closed,
        )  # fmt: skip
        if news.moved_to is not None:
            await self.move(enterprise, connection_id, news.chat_id, news.moved_to)
        if said is None:
            return True
        kept = await self._connection.fetchval(
            _MESSAGE, enterprise, connection_id, news.chat_id, said.message_id, said.author,
            said.text, said.at, said.kind, said.from_me,
        )  # fmt: skip
        return bool(kept)

    async def get(
        self, enterprise: EnterpriseNumber, connection_id: UUID, chat_id: str
    ) -> Chat | None:
        row = await self._connection.fetchrow(_GET, enterprise, connection_id, chat_id)
        return None if row is None else Chat(**row)

    async def page(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID | None = None,
        *,
        limit: int = 200,
    ) -> Sequence[Chat]:
        """Whoever was heard last comes first; of one connection, or of all."""
        rows = await self._connection.fetch(_PAGE, enterprise, connection_id, limit)
        return [Chat(**row) for row in rows]

    async def close(
        self, enterprise: EnterpriseNumber, connection_id: UUID, chat_id: str, reason: str
    ) -> None:
        """Nobody reads it any more; the first reason stays."""
        await self._connection.execute(_CLOSE, enterprise, connection_id, chat_id, reason)

    async def move(
        self, enterprise: EnterpriseNumber, connection_id: UUID, chat_id: str, to: str
    ) -> None:
        """The chat goes on under another id, and so do those who are told there."""
        key = (enterprise, connection_id, chat_id)
        await self._connection.execute(_MOVE_CHAT, *key, to)
        await self._connection.execute(_MOVE_RECEIVERS, *key, to)
        await self._connection.execute(_CLOSE, *key, "moved")

    async def wipe(self, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        """What was said, and who said it; of a receiver's chat the title stays."""
        for statement in _WIPE:
            await self._connection.execute(statement, enterprise, connection_id)

    async def owe(self, enterprise: EnterpriseNumber, owing: Sequence[Owing]) -> None:
        """Note what we are about to say; the outbox has it already."""
        await self._connection.execute(
            _OWE,
            enterprise,
            [one.connection_id for one in owing],
            [one.chat_id for one in owing],
            [one.text for one in owing],
            [one.outbox_id for one in owing],
            [one.said_by for one in owing],
        )

    async def settle(
        self, enterprise: EnterpriseNumber, connection_id: UUID, spoken: Sequence[Spoken]
    ) -> None:
        """What became of messages, for the chat, for notices, and for the chat itself."""
        for one in spoken:
            key = (enterprise, one.outbox_id, one.state, one.message_id)
            await self._connection.execute(_SPOKEN, *key)
            await self._connection.execute(_TOLD, *key, one.reason, one.detail)
            if one.closed is not None:
                await self.close(enterprise, connection_id, one.chat_id, one.closed)
            if one.moved_to is not None:
                await self.move(enterprise, connection_id, one.chat_id, one.moved_to)
