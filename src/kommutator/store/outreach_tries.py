"""One unasked message at one messenger, and what the messenger told of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.chat_names import ALL_NAMES
from kommutator.store.driver import Connection
from kommutator.store.message_locks import LOCKED

_ADD = """
INSERT INTO outreach_tries (enterprise, outreach, connection_id, kind, chat_id, is_new, at)
VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id"""
_OWED = "UPDATE outreach_tries SET outbox_id = $3 WHERE enterprise = $1 AND id = $2"
_COLUMNS = """id, outreach, connection_id, kind, chat_id, is_new, outbox_id, state, reason, at,
settled_at"""
_OF = f"""
SELECT {_COLUMNS} FROM outreach_tries WHERE enterprise = $1 AND outreach = ANY ($2::bigint[])
 ORDER BY id"""
# Locked first and read in a statement of its own: news that came meanwhile are read or come again.
_HEARD = """
SELECT id FROM outreach_tries WHERE heard ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED"""
# A message moves forward only: a receipt that comes late or twice changes nothing.
_FOLLOW = """
WITH news AS (
    SELECT t.id, n.state,
           array_position($3::text[], n.state) > array_position($3::text[], t.state) AS further,
           CASE m.state WHEN 'maybe_sent' THEN 'maybe_sent'
                        WHEN 'failed' THEN coalesce(m.reason, 'refused') END AS reason
      FROM outreach_tries t
      JOIN chat_messages m ON m.enterprise = t.enterprise AND m.outbox_id = t.outbox_id
     CROSS JOIN LATERAL (
        SELECT CASE m.state WHEN 'maybe_sent' THEN 'sent' ELSE m.state END AS state) n
     WHERE t.id = ANY ($1::bigint[])),
moved AS (
    UPDATE outreach_tries t SET heard = false,
           state = CASE WHEN n.further THEN n.state ELSE t.state END,
           reason = CASE WHEN n.further THEN n.reason ELSE t.reason END,
           settled_at = CASE WHEN n.further THEN $2 ELSE t.settled_at END
      FROM news n WHERE t.id = n.id
    RETURNING t.enterprise, t.outreach, t.id, t.connection_id, t.kind, t.state, t.reason,
              n.further),
best AS (
    SELECT DISTINCT ON (outreach) outreach, state, reason FROM moved
     WHERE further AND state <> 'failed' ORDER BY outreach, array_position($3::text[], state) DESC),
messages AS (
    UPDATE outreach o SET state = b.state, reason = b.reason, settled_at = $2
      FROM best b WHERE o.id = b.outreach
       AND array_position($4::text[], b.state) > array_position($4::text[], o.state))
SELECT enterprise, outreach, id, connection_id, kind, state, reason FROM moved WHERE further"""
_TRY_ORDER = ["owed", "sending", "sent", "fell_over", "delivered", "read", "failed"]
_MESSAGE_ORDER = ["queued", "sending", "dropped", "failed", "sent", "delivered", "read"]
_OVERDUE = """
SELECT t.enterprise, t.id, t.outreach, t.connection_id, t.outbox_id, t.state
  FROM outreach_tries t JOIN outreach o ON o.id = t.outreach
 WHERE t.state IN ('sending', 'sent') AND t.at <= $1 AND t.at > $1::timestamptz - interval '1 day'
   AND t.kind = ANY ($2::text[]) AND o.state IN ('sending', 'sent') AND o.not_after > $3
   AND coalesce(o.reason, '') NOT IN ('maybe_sent', 'nowhere_else')
   AND t.reason IS DISTINCT FROM 'maybe_sent'
 ORDER BY t.id LIMIT $4"""
_STRANDED = """
SELECT o.enterprise, o.id FROM outreach o
 WHERE o.state = 'sending' AND o.id = ANY ($1::bigint[]) AND NOT EXISTS (
    SELECT FROM outreach_tries t
     WHERE t.outreach = o.id AND t.state IN ('sending', 'sent', 'delivered', 'read'))"""
# Only what certainly did not leave can be taken back; somebody may have dropped it already.
# Whoever holds one of them locked sends it or settles it at this moment.
_WITHDRAW = f"""
WITH gone AS (
    UPDATE outbox SET state = 'dropped', finished_at = clock_timestamp(), note = $3
     WHERE id = ANY (ARRAY(
        SELECT id FROM outbox
         WHERE enterprise = $1 AND id = ANY ($2::bigint[]) AND state = 'due' AND NOT unsure
         {LOCKED} SKIP LOCKED))
    RETURNING id)
SELECT id FROM gone
UNION SELECT id FROM outbox WHERE enterprise = $1 AND id = ANY ($2) AND state = 'dropped'"""
_UNSAID = f"""
UPDATE chat_messages SET state = 'failed' WHERE id = ANY (ARRAY(
    SELECT id FROM chat_messages
     WHERE enterprise = $1 AND outbox_id = ANY ($2::bigint[]) {LOCKED}))"""
_FALL_OVER = """
UPDATE outreach_tries SET state = CASE state WHEN 'sending' THEN 'failed' ELSE 'fell_over' END,
       reason = 'not_delivered', settled_at = $3, heard = false
 WHERE enterprise = $1 AND id = $2 AND state IN ('sending', 'sent') RETURNING true"""
_FORGET = "DELETE FROM outreach_tries WHERE enterprise = $1 AND id = ANY ($2::bigint[])"
_REQUEUE = """
UPDATE outreach SET state = 'queued', due_at = $3, reason = $4, settled_at = NULL
 WHERE enterprise = $1 AND id = ANY ($2::bigint[])"""
_PENDING = f"""
SELECT t.enterprise, t.id, t.outreach, t.outbox_id FROM outreach_tries t
  JOIN outreach o ON o.id = t.outreach
 WHERE t.state = 'sending' AND t.outbox_id IS NOT NULL
   AND ($1 = '' OR t.enterprise = $1) AND ($2::uuid IS NULL OR t.connection_id = $2)
   AND ($3::text IS NULL OR o.phone = $3) AND ($4::text IS NULL OR o.about = $4)
   AND ($5::text IS NULL
        OR t.chat_id IN ({ALL_NAMES.format(enterprise="$1", via="$2", chat="$5")}))
   AND o.state = 'sending'
 ORDER BY t.id"""
_LATELY = """
SELECT state = 'failed' AND reason <> ALL ($3::text[]) AS failed FROM outreach_tries
 WHERE enterprise = $1 AND connection_id = $2 AND state <> 'sending'
   AND at > coalesce((SELECT p.resumed_at FROM outreach_pauses p
        WHERE p.enterprise = $1 AND p.connection_id = $2), '-infinity')
 ORDER BY id DESC LIMIT $4"""


@dataclass(frozen=True, slots=True)
class TryRow:
    id: int
    outreach: int
    connection_id: UUID
    kind: str
    chat_id: str
    is_new: bool
    outbox_id: int | None
    state: str
    reason: str | None
    at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Moved:
    """News of a try; `kind`: of its messenger."""

    enterprise: EnterpriseNumber
    outreach: int
    id: int
    connection_id: UUID
    kind: str
    state: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Overdue:
    """Owed or sent, and not delivered in time."""

    enterprise: EnterpriseNumber
    id: int
    outreach: int
    connection_id: UUID
    outbox_id: int
    state: str


@dataclass(frozen=True, slots=True)
class Pending:
    enterprise: EnterpriseNumber
    id: int
    outreach: int
    outbox_id: int


class OutreachTryStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(
        self,
        enterprise: EnterpriseNumber,
        outreach: int,
        connection_id: UUID,
        *,
        kind: str,
        chat_id: str,
        is_new: bool,
        at: datetime,
    ) -> int:
        key = (enterprise, outreach, connection_id)
        return int(await self._connection.fetchval(_ADD, *key, kind, chat_id, is_new, at))

    async def owed(self, enterprise: EnterpriseNumber, try_id: int, outbox_id: int) -> None:
        await self._connection.execute(_OWED, enterprise, try_id, outbox_id)

    async def of(
        self, enterprise: EnterpriseNumber, outreach: Collection[int]
    ) -> Mapping[int, Sequence[TryRow]]:
        """By message, in the order they were made."""
        found: dict[int, list[TryRow]] = {}
        for row in await self._connection.fetch(_OF, enterprise, list(outreach)):
            found.setdefault(row["outreach"], []).append(TryRow(**row))
        return found

    async def follow_everywhere(self, now: datetime, limit: int) -> Sequence[Moved]:
        """Take over what chats have learnt; what to do about refusals is left to the caller."""
        heard = [row["id"] for row in await self._connection.fetch(_HEARD, limit)]
        if not heard:
            return []
        rows = await self._connection.fetch(_FOLLOW, heard, now, _TRY_ORDER, _MESSAGE_ORDER)
        return [Moved(**row) for row in rows]

    async def stranded_everywhere(
        self, outreach: Collection[int]
    ) -> Sequence[tuple[EnterpriseNumber, int]]:
        """Of these messages those that no messenger has any more."""
        rows = await self._connection.fetch(_STRANDED, list(outreach))
        return [(EnterpriseNumber(row["enterprise"]), row["id"]) for row in rows]

    async def overdue_everywhere(
        self, before: datetime, now: datetime, kinds: Collection[str], limit: int
    ) -> Sequence[Overdue]:
        """Tries older than that which no receipt came for, of messages still worth something."""
        rows = await self._connection.fetch(_OVERDUE, before, list(kinds), now, limit)
        return [Overdue(**row) for row in rows]

    async def withdraw(
        self, enterprise: EnterpriseNumber, outbox: Collection[int], reason: str
    ) -> set[int]:
        """Take commands back that have not left; returns those that never will."""
        ids = list(outbox)
        rows = await self._connection.fetch(_WITHDRAW, enterprise, ids, reason)
        gone = {row["id"] for row in rows}
        await self._connection.execute(_UNSAID, enterprise, list(gone))
        return gone

    async def fall_over(self, enterprise: EnterpriseNumber, try_id: int, at: datetime) -> bool:
        """Another messenger shall take over; False: a receipt came after all."""
        return bool(await self._connection.fetchval(_FALL_OVER, enterprise, try_id, at))

    async def forget(self, enterprise: EnterpriseNumber, tries: Collection[int]) -> None:
        """They never left: their messengers may be tried again."""
        await self._connection.execute(_FORGET, enterprise, list(tries))

    async def requeue(
        self,
        enterprise: EnterpriseNumber,
        outreach: Collection[int],
        due_at: datetime,
        reason: str | None,
    ) -> None:
        """Send these messages again, by whatever way is left."""
        await self._connection.execute(_REQUEUE, enterprise, list(outreach), due_at, reason)

    async def pending(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID | None = None,
        *,
        phone: str | None = None,
        about: str | None = None,
        chat_id: str | None = None,
    ) -> Sequence[Pending]:
        """What is owed and has not left, as far as we know. `chat_id`: of that connection."""
        return await self._pending(enterprise, connection_id, phone, about, chat_id)

    async def pending_everywhere(self) -> Sequence[Pending]:
        return await self._pending("", None, None, None, None)

    async def _pending(self, *key: Any) -> Sequence[Pending]:
        return [Pending(**row) for row in await self._connection.fetch(_PENDING, *key)]

    async def lately(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        *,
        innocent: Collection[str],
        limit: int,
    ) -> Sequence[bool]:
        """Of this number's last messages since it was last resumed: whether each was refused.

        The latest first; `innocent`: reasons that do not count.
        """
        rows = await self._connection.fetch(
            _LATELY, enterprise, connection_id, list(innocent), limit
        )
        return [bool(row["failed"]) for row in rows]
