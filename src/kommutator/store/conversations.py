"""Talks with clients: who speaks, what waits for an answer, and until when it may wait.

Whoever answers takes turns: `store/turns.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

_KEY = "enterprise = $1 AND connection_id = $2 AND chat_id = $3"
# A person who was silent long enough lets the bot speak again, from the next message on.
_HEAR = """
INSERT INTO conversations AS c (enterprise, connection_id, chat_id, salon, speaking, heard,
                                needs_person)
VALUES ($1, $2, $3, $4, CASE WHEN $5 THEN 'bot' ELSE 'nobody' END, 1, $6 OR NOT $5)
ON CONFLICT (enterprise, connection_id, chat_id) DO UPDATE SET
    salon = excluded.salon, heard = c.heard + 1, last_at = clock_timestamp(),
    (speaking, needs_person) = (
        SELECT w.speaking, c.needs_person OR $6 OR w.speaking <> 'bot'
          FROM (SELECT CASE WHEN c.speaking = 'staff' AND
                                 coalesce(c.bot_paused_until > clock_timestamp(), true)
                            THEN 'staff' ELSE excluded.speaking END AS speaking) AS w)
RETURNING id, speaking, coalesce(talk ->> 'expecting', 'nothing') AS expecting"""
_WAITS = (
    f"UPDATE chat_messages SET waits = true WHERE {_KEY} AND direction = 'in' AND message_id = $4"
)
_DUE = f"""
UPDATE conversations c SET waits_since = w.since, latest_at = w.latest_at,
       tries = CASE WHEN c.act IS NULL THEN 0 ELSE c.tries END,
       due_at = least(clock_timestamp() + make_interval(secs => $4), w.latest_at)
  FROM (SELECT id, coalesce(waits_since, clock_timestamp()) AS since,
               coalesce(waits_since, clock_timestamp()) + make_interval(secs => $5) AS latest_at
          FROM conversations WHERE {_KEY} FOR UPDATE) AS w
 WHERE c.id = w.id"""
_TYPING = f"""
UPDATE conversations
   SET due_at = least(clock_timestamp() + make_interval(secs => $4), latest_at)
 WHERE {_KEY} AND due_at > clock_timestamp() AND act IS NULL"""
# A turn whose act may have been done is brought to its end, whoever speaks.
_SILENCED = """
    speaking = 'staff', needs_person = false, waits_since = NULL,
    due_at = CASE WHEN c.act IS NULL THEN NULL ELSE c.due_at END,
    bot_paused_until = clock_timestamp() + make_interval(secs => $4),
    handed_over = coalesce($5, c.handed_over),
    handed_over_at = CASE WHEN $5::text IS NULL THEN c.handed_over_at ELSE clock_timestamp() END,
    last_at = clock_timestamp()"""
_STAFF = f"""
INSERT INTO conversations AS c (enterprise, connection_id, chat_id, salon, speaking,
                                bot_paused_until, handed_over, handed_over_at)
VALUES ($1, $2, $3, $6, 'staff', clock_timestamp() + make_interval(secs => $4), $5,
        clock_timestamp())
ON CONFLICT (enterprise, connection_id, chat_id) DO UPDATE SET {_SILENCED}"""
_UNWAIT = f"UPDATE chat_messages SET waits = false WHERE {_KEY} AND waits"
_GIVE_BACK = f"""
UPDATE conversations SET speaking = 'bot', bot_paused_until = NULL, needs_person = false
 WHERE {_KEY} AND speaking = 'staff'"""
# A client who never wrote has no talk yet; whom we told of visits is no client.
_UNCLEAR = """
INSERT INTO conversations AS c (enterprise, connection_id, chat_id, salon, needs_person)
SELECT m.enterprise, m.connection_id, m.chat_id, o.salon, true
  FROM chat_messages m
  LEFT JOIN outreach_tries t ON t.enterprise = m.enterprise AND t.outbox_id = m.outbox_id
  LEFT JOIN outreach o ON o.id = t.outreach
 WHERE m.enterprise = $1 AND m.outbox_id = $2 AND m.state = 'maybe_sent'
   AND (t.id IS NOT NULL OR EXISTS (
        SELECT FROM conversations k WHERE k.enterprise = m.enterprise
           AND k.connection_id = m.connection_id AND k.chat_id = m.chat_id))
ON CONFLICT (enterprise, connection_id, chat_id) DO UPDATE SET needs_person = true"""
_HAND_OVER = f"""
UPDATE conversations SET speaking = 'staff', needs_person = true, handed_over = $4,
       handed_over_at = clock_timestamp(), summary = $5, due_at = NULL, waits_since = NULL,
       bot_paused_until = clock_timestamp() + make_interval(secs => $6)
 WHERE {_KEY}"""
_SEEN = """
UPDATE conversations SET read_up_to = $3
 WHERE enterprise = $1 AND id = $2 AND read_up_to < $3 RETURNING true"""
# Whoever says the same at the same time waits for the row of the talk first.
_SAID = "SELECT id FROM outbox WHERE enterprise = $1 AND lane = $2 AND once = $3"
_MOVE = f"UPDATE conversations SET chat_id = $4 WHERE {_KEY}"
_MERGE = """
WITH w AS (
    SELECT o.*, c.id AS kept, o.staff OR c.staff AS by_staff,
           CASE WHEN (o.staff AND o.bot_paused_until IS NULL)
                  OR (c.staff AND c.bot_paused_until IS NULL) THEN NULL
                ELSE greatest(o.bot_paused_until, c.bot_paused_until) END AS paused_until
      FROM (SELECT *, speaking = 'staff' AND coalesce(bot_paused_until > clock_timestamp(), true)
                   AS staff FROM conversations) AS o
      JOIN (SELECT *, speaking = 'staff' AND coalesce(bot_paused_until > clock_timestamp(), true)
                   AS staff FROM conversations) AS c
        ON (c.enterprise, c.connection_id, c.chat_id) = ($1, $2, $4)
     WHERE (o.enterprise, o.connection_id, o.chat_id) = ($1, $2, $3)),
moved AS (
    UPDATE turns t SET conversation_id = w.kept FROM w
     WHERE t.enterprise = $1 AND t.conversation_id = w.id)
UPDATE conversations c SET
       speaking = CASE WHEN w.by_staff THEN 'staff'
                       WHEN w.speaking = 'bot' THEN 'bot' ELSE c.speaking END,
       bot_paused_until = w.paused_until,
       handed_over = coalesce(c.handed_over, w.handed_over),
       handed_over_at = coalesce(c.handed_over_at, w.handed_over_at),
       summary = coalesce(nullif(c.summary, ''), w.summary),
       needs_person = c.needs_person OR w.needs_person
                      OR w.by_staff AND coalesce(c.waits_since, w.waits_since) IS NOT NULL,
       heard = c.heard + w.heard, last_at = greatest(c.last_at, w.last_at),
       due_at = CASE WHEN w.by_staff AND c.act IS NULL THEN NULL ELSE least(c.due_at, w.due_at) END,
       waits_since = CASE WHEN NOT w.by_staff THEN least(c.waits_since, w.waits_since) END
  FROM w WHERE c.id = w.kept
RETURNING w.by_staff"""
# Its booking is found again by the talk's own id: the talk must not go while one may be under way.
_ACTING = f"SELECT act IS NOT NULL FROM conversations WHERE {_KEY} FOR UPDATE"
_DROP = f"DELETE FROM conversations WHERE {_KEY}"


@dataclass(frozen=True, slots=True)
class Heard:
    """How a talk stands after a message. `speaking`: "bot", "staff", "nobody"."""

    id: int
    speaking: str
    expecting: str


class ConversationStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def hear(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        chat_id: str,
        *,
        salon: UUID | None,
        by_bot: bool,
        late: bool,
    ) -> Heard:
        """A client wrote.

        Args:
            by_bot: the assistant works for this salon; it answers unless a person does.
            late: nobody should answer it by itself any more.
        """
        row = await self._connection.fetchrow(
            _HEAR, enterprise, connection_id, chat_id, salon, by_bot, late
        )
        return Heard(**row)

    async def wait(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        chat_id: str,
        message_id: str,
        *,
        wait_s: float,
        longest_s: float,
    ) -> None:
        """This message wants an answer: in so many seconds, unless more comes.

        `longest_s`: from the first message that waits.
        """
        key = enterprise, connection_id, chat_id
        await self._connection.execute(_WAITS, *key, message_id)
        await self._connection.execute(_DUE, *key, wait_s, longest_s)

    async def typing(
        self, enterprise: EnterpriseNumber, connection_id: UUID, chat_id: str, wait_s: float
    ) -> None:
        """The client writes on: what waits, waits so much longer, within its limit."""
        await self._connection.execute(_TYPING, enterprise, connection_id, chat_id, wait_s)

    async def by_staff(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        chat_id: str,
        *,
        pause_s: float,
        reason: str | None,
        salon: UUID | None,
    ) -> None:
        """A person speaks from now on; the bot is silent for so long, and what waited is theirs.

        `reason`: HandOver; None: as before.
        """
        key = enterprise, connection_id, chat_id
        await self._connection.execute(_STAFF, *key, pause_s, reason, salon)
        await self._connection.execute(_UNWAIT, *key)

    async def hand_over(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        chat_id: str,
        *,
        reason: str,
        summary: str,
        pause_s: float,
    ) -> None:
        """The bot asks for a person and is silent for so long; what still waits is theirs."""
        key = enterprise, connection_id, chat_id
        await self._connection.execute(_HAND_OVER, *key, reason, summary, pause_s)
        await self._connection.execute(_UNWAIT, *key)

    async def unclear(self, enterprise: EnterpriseNumber, outbox_id: int) -> None:
        """Somebody of the salon should look: this message may or may not have arrived."""
        await self._connection.execute(_UNCLEAR, enterprise, outbox_id)

    async def give_back(
        self, enterprise: EnterpriseNumber, connection_id: UUID, chat_id: str
    ) -> None:
        """The bot answers again, from the next message on."""
        await self._connection.execute(_GIVE_BACK, enterprise, connection_id, chat_id)

    async def seen(self, enterprise: EnterpriseNumber, conversation_id: int, up_to: int) -> bool:
        """A person has seen messages up to this one. False: that was known."""
        return bool(await self._connection.fetchval(_SEEN, enterprise, conversation_id, up_to))

    async def said(self, enterprise: EnterpriseNumber, lane: str, once: str) -> int | None:
        """The outbox row, if this was owed before; to be asked while the talk's row is locked."""
        found: int | None = await self._connection.fetchval(_SAID, enterprise, lane, once)
        return found

    async def acting(self, enterprise: EnterpriseNumber, connection_id: UUID, chat_id: str) -> bool:
        """Whether something is being done at the salon; if not, nothing begins before we commit."""
        key = enterprise, connection_id, chat_id
        return bool(await self._connection.fetchval(_ACTING, *key))

    async def move(
        self, enterprise: EnterpriseNumber, connection_id: UUID, chat_id: str, to: str
    ) -> None:
        """The chat goes on as `to`, which exists; a talk that is there already takes this one in.

        Where a person speaks in one of them, a person speaks afterwards. To be called in the
        transaction that moves the messages.
        """
        key = enterprise, connection_id, chat_id
        by_staff = await self._connection.fetchval(_MERGE, *key, to)
        if by_staff is None:
            await self._connection.execute(_MOVE, *key, to)
            return
        await self._connection.execute(_DROP, *key)
        for chat in (chat_id, to) if by_staff else ():
            await self._connection.execute(_UNWAIT, enterprise, connection_id, chat)
