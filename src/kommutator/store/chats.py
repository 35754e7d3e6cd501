"""Chats of messengers, and what was said in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from kommutator.domain.chats import ChatNews, Spoken, Told, ToldOf
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.chat_names import KNOWN_AS, ChatNames
from kommutator.store.conversations import ConversationStore
from kommutator.store.driver import Connection
from kommutator.store.message_locks import LOCKED, MessageLocks


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
# Whoever writes reads again: a message that comes in opens a closed chat. An answer goes to the
# name under which its person wrote last, which need not be the one that the chat has here.
_HEAR = f"""
INSERT INTO chats AS c (enterprise, connection_id, chat_id, grouped, title, phone, language,
                        heard_at, closed_at, closed_reason, reply_to)
VALUES ($1, $2, coalesce({KNOWN_AS.format(name="$3")}, {KNOWN_AS.format(name="$10::text")}, $3),
        $4, $5, $6, $7, $8, CASE WHEN $9::text IS NOT NULL THEN clock_timestamp() END, $9,
        CASE WHEN $8::timestamptz IS NOT NULL THEN $3 END)
ON CONFLICT (enterprise, connection_id, chat_id) DO UPDATE SET
    grouped = c.grouped OR excluded.grouped, title = coalesce(nullif(excluded.title, ''), c.title),
    phone = coalesce(excluded.phone, c.phone), language = coalesce(excluded.language, c.language),
    heard_at = greatest(c.heard_at, excluded.heard_at),
    reply_to = coalesce(excluded.reply_to, c.reply_to), composing_at = NULL,
    closed_at = excluded.closed_at, closed_reason = excluded.closed_reason
RETURNING c.chat_id, coalesce((
    SELECT b.phone IS DISTINCT FROM c.phone FROM chats b WHERE b.enterprise = c.enterprise
       AND b.connection_id = c.connection_id AND b.chat_id = c.chat_id), false) AS named"""
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
SELECT $1, m.connection_id, coalesce(a.chat_id, m.chat_id), 'out', m.text, clock_timestamp(),
       m.outbox_id, 'owed', m.said_by
  FROM unnest($2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[])
    AS m (connection_id, chat_id, text, outbox_id, said_by)
  LEFT JOIN chat_aliases a ON a.enterprise = $1 AND a.connection_id = m.connection_id
        AND a.alias = m.chat_id
ON CONFLICT DO NOTHING"""
# What the messenger told already is later than the end of our own sending.
_SPOKEN = """
UPDATE chat_messages SET message_id = coalesce($4, message_id),
       reason = CASE WHEN code IS NULL THEN $5::text ELSE coalesce($5, reason) END, state = CASE
       WHEN $3 IN ('sent', 'maybe_sent') AND (state IN ('delivered', 'read')
                                              OR state = 'failed' AND code IS NOT NULL)
       THEN state ELSE $3 END
 WHERE enterprise = $1 AND outbox_id = $2 RETURNING chat_id"""
# WhatsApp tells sooner than we have written down under which id a message went.
_TOLD_OF = """
UPDATE chat_messages m SET state = $4, code = coalesce($5, m.code), reason = coalesce($7, m.reason),
       message_id = coalesce(m.message_id, $3)
 WHERE m.enterprise = $1 AND m.outbox_id IS NOT NULL
   AND m.id = ANY (ARRAY(
        SELECT o.id FROM chat_messages o JOIN whatsapp_sent s
            ON s.enterprise = o.enterprise AND s.outbox_id = o.outbox_id
         WHERE s.enterprise = $1 AND s.connection_id = $2 AND s.message_id = $3
        UNION ALL SELECT o.id FROM chat_messages o
         WHERE o.enterprise = $1 AND o.connection_id = $2 AND o.direction = 'out'
           AND (o.message_id = $3 OR o.outbox_id = $6 AND o.message_id IS NULL)))
   AND array_position(ARRAY['owed', 'maybe_sent', 'sent', 'failed', 'delivered', 'read'], m.state)
     < array_position(ARRAY['owed', 'maybe_sent', 'sent', 'failed', 'delivered', 'read'], $4::text)
RETURNING m.outbox_id, m.chat_id"""
_COMPOSING = f"""
UPDATE chats SET composing_at = CASE WHEN $4 THEN clock_timestamp() END
 WHERE enterprise = $1 AND connection_id = $2 AND chat_id = {KNOWN_AS.format(name="$3")}
RETURNING chat_id"""
_TYPING_S = 5.0  # a messenger tells it again while it goes on
_TOLD = """
UPDATE notices SET state = $3, message_id = coalesce($4, message_id), reason = $5, detail = $6,
       settled_at = CASE WHEN $3 = 'owed' THEN NULL ELSE clock_timestamp() END
 WHERE enterprise = $1 AND outbox_id = $2"""
_WIPE = (
    "DELETE FROM conversations WHERE enterprise = $1 AND connection_id = $2",
    f"""
DELETE FROM chat_messages WHERE id = ANY (ARRAY(
    SELECT id FROM chat_messages WHERE enterprise = $1 AND connection_id = $2 {LOCKED}))""",
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
_GET = f"""
SELECT {_COLUMNS} FROM chats
 WHERE enterprise = $1 AND connection_id = $2 AND chat_id = {KNOWN_AS.format(name="$3")}"""


@dataclass(frozen=True, slots=True)
class Kept:
    """What was told of a chat, on disk.

    Attributes:
        is_new: its message was not here yet.
        met: we learnt whose this chat is: a number, or another chat.
    """

    chat_id: str
    is_new: bool
    met: bool


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
        """As `keep`; False: that message is kept already."""
        return (await self.keep(enterprise, connection_id, news)).is_new

    async def keep(self, enterprise: EnterpriseNumber, connection_id: UUID, news: ChatNews) -> Kept:
        """Keep what was told of a chat.

        Two chats that turn out to be one person's become one, see `get`.
        """
        said = news.said
        heard_at = said.at if said is not None and not said.from_me else None
        row = await self._connection.fetchrow(
            _HEAR, enterprise, connection_id, news.chat_id, news.grouped, news.title[:200],
            news.phone, news.language, heard_at, news.closed, news.alias,
        )  # fmt: skip
        chat_id, met = row["chat_id"], row["named"]
        for name in () if news.alias is None else (news.chat_id, news.alias):
            met |= await ChatNames(self._connection).join(enterprise, connection_id, name, chat_id)
        if news.moved_to is not None:
            await self.move(enterprise, connection_id, chat_id, news.moved_to)
        if said is None:
            return Kept(chat_id, is_new=True, met=met)
        kept = await self._connection.fetchval(
            _MESSAGE, enterprise, connection_id, chat_id, said.message_id, said.author,
            said.text, said.at, said.kind, said.from_me,
        )  # fmt: skip
        return Kept(chat_id, is_new=bool(kept), met=met)

    async def told(
        self, enterprise: EnterpriseNumber, connection_id: UUID, told: Told
    ) -> ToldOf | None:
        """What the messenger tells of a message of ours; None: that is known, or not ours."""
        row = await self._connection.fetchrow(
            _TOLD_OF, enterprise, connection_id, told.message_id, told.state, told.code,
            told.outbox_id, told.hint,
        )  # fmt: skip
        return None if row is None else ToldOf(row["outbox_id"], row["chat_id"], told)

    async def composing(
        self, enterprise: EnterpriseNumber, connection_id: UUID, chat_id: str, *, typing: bool
    ) -> None:
        """The chat's person types (then the assistant waits for what it becomes), or stopped."""
        known = await self._connection.fetchval(
            _COMPOSING, enterprise, connection_id, chat_id, typing
        )
        if known is not None and typing:
            talks = ConversationStore(self._connection)
            await talks.typing(enterprise, connection_id, known, _TYPING_S)

    async def get(
        self, enterprise: EnterpriseNumber, connection_id: UUID, chat_id: str
    ) -> Chat | None:
        """By any of its names; `Chat.chat_id` is the one that it has here."""
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
    ) -> Mapping[int, str]:
        """What became of messages, for the chat, for notices, and for the chat itself.

        Returns the chats in which they are kept, by the outbox row.
        """
        kept: dict[int, str] = {}
        in_order = sorted(spoken, key=lambda one: one.outbox_id)
        locks = MessageLocks(self._connection)
        await locks.of_commands(enterprise, [one.outbox_id for one in in_order])
        for one in in_order:
            key = (enterprise, one.outbox_id, one.state, one.message_id)
            chat: str | None = await self._connection.fetchval(_SPOKEN, *key, one.reason)
            kept |= {} if chat is None else {one.outbox_id: chat}
            await self._connection.execute(_TOLD, *key, one.reason, one.detail)
            if one.closed is not None:
                await self.close(enterprise, connection_id, one.chat_id, one.closed)
            if one.moved_to is not None:
                await self.move(enterprise, connection_id, one.chat_id, one.moved_to)
        return kept
