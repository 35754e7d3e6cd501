"""What we sent over WhatsApp by its ids, and whom it knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.domain.whatsapp.ports import Found
from kommutator.store.driver import Connection

_LEAVING = """
INSERT INTO whatsapp_sent (enterprise, connection_id, message_id, outbox_id)
SELECT $1, $2, m, $4 FROM unnest($3::text[]) AS m ON CONFLICT DO NOTHING"""
_KEEP = """
UPDATE whatsapp_sent SET content = $4
 WHERE enterprise = $1 AND connection_id = $2 AND message_id = $3"""
_KNOWN = """
SELECT phone, jid, lid FROM whatsapp_numbers
 WHERE enterprise = $1 AND connection_id = $2 AND phone = ANY ($3::text[])
   AND asked_at > clock_timestamp() - make_interval(
           days => CASE WHEN jid IS NULL THEN 1 ELSE 30 END)"""
_LEARN = """
INSERT INTO whatsapp_numbers (enterprise, connection_id, phone, jid, lid)
SELECT $1, $2, p, j, l FROM unnest($3::text[], $4::text[], $5::text[]) AS n (p, j, l)
ON CONFLICT (enterprise, connection_id, phone) DO UPDATE
   SET jid = excluded.jid, lid = excluded.lid, asked_at = clock_timestamp()"""
# An answer goes to the name under which its person wrote last; their last words are then read.
_RECEIVER = """
WITH which AS (
    SELECT coalesce((SELECT a.chat_id FROM chat_aliases a WHERE a.enterprise = $1
                        AND a.connection_id = $2 AND a.alias = $3), $3) AS chat_id)
SELECT c.chat_id, coalesce(c.reply_to, c.chat_id) AS jid, c.heard_at IS NOT NULL AS wrote,
       ARRAY (SELECT m.message_id FROM chat_messages m
               WHERE m.enterprise = $1 AND m.connection_id = $2 AND m.chat_id = c.chat_id
                 AND m.direction = 'in' AND m.message_id IS NOT NULL
               ORDER BY m.id DESC LIMIT 5) AS last_heard
  FROM chats c, which WHERE c.enterprise = $1 AND c.connection_id = $2
   AND c.chat_id = which.chat_id"""
# While a line is closed nobody tries its messages, so nobody would find that they are worthless.
# One whose sender died over it may have arrived: worthless or not, it is not said again elsewhere.
_TOO_LATE = """
UPDATE outbox o SET state = 'dead', finished_at = clock_timestamp(),
       note = CASE WHEN o.unsure THEN 'maybe_sent' ELSE 'too_late' END
 WHERE o.id = ANY (ARRAY(
    SELECT d.id FROM whatsapp_sessions s
      JOIN outbox d ON d.lane = 'wa:' || s.connection_id AND d.state = 'due'
     WHERE s.state NOT IN ('open', 'restricted') AND d.kind = 'send_message'
       AND (d.payload ->> 'not_after')::timestamptz < clock_timestamp()
     LIMIT $1 FOR UPDATE OF d SKIP LOCKED))
RETURNING o.enterprise, o.connection_id, o.id AS outbox_id, o.payload ->> 'chat_id' AS chat_id,
          o.unsure"""
_RETIRE = {
    "whatsapp_sent": "at < clock_timestamp() - interval '7 days'",
    "whatsapp_news": "at < clock_timestamp() - interval '1 hour'",
    "whatsapp_numbers": "asked_at < clock_timestamp() - interval '90 days'",
}


@dataclass(frozen=True, slots=True)
class Receiver:
    """Whom a message goes to.

    Attributes:
        wrote: they wrote to us before; else they are strangers.
        last_heard: ids of their last messages, newest first.
    """

    chat_id: str
    jid: str
    wrote: bool
    last_heard: Sequence[str]


@dataclass(frozen=True, slots=True)
class TooLate:
    """A message that was given up. `unsure`: it may have arrived."""

    enterprise: EnterpriseNumber
    connection_id: UUID
    outbox_id: int
    chat_id: str
    unsure: bool


class WhatsAppSentStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def leaving(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        message_ids: Sequence[str],
        outbox_id: int,
    ) -> None:
        """Before they leave: what comes back under these ids is our own."""
        await self._connection.execute(_LEAVING, enterprise, connection_id, message_ids, outbox_id)

    async def keep(
        self, enterprise: EnterpriseNumber, connection_id: UUID, message_id: str, sealed: bytes
    ) -> None:
        """The content, for a week."""
        await self._connection.execute(_KEEP, enterprise, connection_id, message_id, sealed)

    async def is_ours(
        self, enterprise: EnterpriseNumber, connection_id: UUID, message_id: str
    ) -> bool:
        found = await self._connection.fetchval(
            "SELECT true FROM whatsapp_sent "
            "WHERE enterprise = $1 AND connection_id = $2 AND message_id = $3",
            enterprise, connection_id, message_id,
        )  # fmt: skip
        return bool(found)

    async def content(
        self, enterprise: EnterpriseNumber, connection_id: UUID, message_id: str
    ) -> bytes | None:
        found: bytes | None = await self._connection.fetchval(
            "SELECT content FROM whatsapp_sent "
            "WHERE enterprise = $1 AND connection_id = $2 AND message_id = $3",
            enterprise, connection_id, message_id,
        )  # fmt: skip
        return found

    async def receiver(
        self, enterprise: EnterpriseNumber, connection_id: UUID, chat_id: str
    ) -> Receiver | None:
        """By any name of the chat; None: no such chat."""
        row = await self._connection.fetchrow(_RECEIVER, enterprise, connection_id, chat_id)
        return None if row is None else Receiver(**row)

    async def known(
        self, enterprise: EnterpriseNumber, connection_id: UUID, phones: Sequence[str]
    ) -> Mapping[str, Found]:
        """What was asked lately: for a month, of whom nobody knows for a day."""
        rows = await self._connection.fetch(_KNOWN, enterprise, connection_id, phones)
        return {row["phone"]: Found(row["phone"], row["jid"], row["lid"]) for row in rows}

    async def learn(
        self, enterprise: EnterpriseNumber, connection_id: UUID, found: Sequence[Found]
    ) -> None:
        """What WhatsApp answered."""
        await self._connection.execute(
            _LEARN, enterprise, connection_id,
            [one.phone for one in found], [one.jid for one in found], [one.lid for one in found],
        )  # fmt: skip

    async def forget(self, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        """Numbers that were asked about."""
        await self._connection.execute(
            "DELETE FROM whatsapp_numbers WHERE enterprise = $1 AND connection_id = $2",
            enterprise, connection_id,
        )  # fmt: skip

    async def give_up_late_everywhere(self, limit: int) -> Sequence[TooLate]:
        """Messages of closed lines that would arrive too late by now."""
        rows = await self._connection.fetch(_TOO_LATE, limit)
        return [
            TooLate(**{**dict(row), "enterprise": EnterpriseNumber(row["enterprise"])})
            for row in rows
        ]

    async def retire_everywhere(self, limit: int = 1000) -> int:
        """Delete what is old enough; returns how many rows."""
        gone = 0
        for table, old in _RETIRE.items():
            status = await self._connection.execute(
                f"DELETE FROM {table} WHERE ctid = ANY (ARRAY("
                f"SELECT ctid FROM {table} WHERE {old} LIMIT $1))",
                limit,
            )
            gone += int(status.rpartition(" ")[2])
        return gone
