"""Messages that a booking system hands over for its salons, and who may hand them over."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

_KEY = """
INSERT INTO operator_keys (key_hash, enterprise, connection_id) VALUES ($3, $1, $2)
ON CONFLICT (connection_id) DO UPDATE SET key_hash = excluded.key_hash"""
_HOLDER = """
SELECT k.enterprise, k.connection_id FROM operator_keys k
  JOIN connections c ON c.enterprise = k.enterprise AND c.id = k.connection_id
 WHERE k.key_hash = $1 AND c.status <> 'removed'"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('operator:' || $1, 0))"
_TAKEN = """
SELECT id, outbox_id FROM operator_messages
 WHERE enterprise = $1 AND connection_id = $2 AND id = ANY ($3::text[])"""
_TAKE = """
INSERT INTO operator_messages (enterprise, connection_id, id, outbox_id, callback)
SELECT $1, $2, id, outbox_id, $5 FROM unnest($3::text[], $4::bigint[]) AS n (id, outbox_id)"""
# Of several chats with one number the one in which somebody wrote last.
_CHATS = """
SELECT DISTINCT ON (h.phone) h.phone, h.connection_id, h.chat_id, c.kind, h.language FROM chats h
  JOIN connections c ON c.enterprise = h.enterprise AND c.id = h.connection_id
 WHERE h.enterprise = $1 AND h.phone = ANY ($2::text[]) AND h.closed_reason IS NULL
   AND NOT h.grouped AND c.status = 'active'
 ORDER BY h.phone, h.heard_at DESC NULLS LAST, h.opened_at DESC"""
_SETTLE = """
UPDATE operator_messages m SET status = n.status
  FROM unnest($2::bigint[], $3::int[]) AS n (outbox_id, status)
 WHERE m.enterprise = $1 AND m.outbox_id = n.outbox_id AND m.status IS DISTINCT FROM n.status
RETURNING m.connection_id, m.id, m.callback, n.status"""
_OFFER = """
INSERT INTO missed_offers AS o (enterprise, phone, offered_on, call_id)
VALUES ($1, $2, $3, $4)
ON CONFLICT (enterprise, phone) DO UPDATE
   SET offered_on = excluded.offered_on, call_id = excluded.call_id
 WHERE o.offered_on < excluded.offered_on
RETURNING true"""

_MISSED = """
SELECT c.client, EXISTS (
    SELECT FROM calls o WHERE o.enterprise = c.enterprise AND o.client = c.client AND o.id <> c.id
       AND o.started_at >= c.started_at
       AND (o.direction = 'out' OR o.result = 'answered' OR o.phase = 'talking')) AS spoken_since
  FROM calls c
 WHERE c.enterprise = $1 AND c.id = $2 AND c.direction = 'in' AND c.phase = 'ended'
   AND c.result IS DISTINCT FROM 'answered' AND c.client IS NOT NULL"""
_LAST = """
SELECT services FROM salon_visits
 WHERE enterprise = $1 AND connection_id = $2 AND client_phone = $3 AND NOT deleted
 ORDER BY starts_at DESC LIMIT 1"""


@dataclass(frozen=True, slots=True)
class MissedCall:
    """`spoken_since`: somebody called the client, or talked with them, after it began."""

    client: str
    spoken_since: bool


@dataclass(frozen=True, slots=True)
class OpenChat:
    """Where somebody with a number reads what we write. `language`: of their messenger."""

    connection_id: UUID
    kind: str
    chat_id: str
    language: str | None


@dataclass(frozen=True, slots=True)
class Reported:
    """A message of a salon of which there is news. `status` is the booking system's code."""

    connection_id: UUID
    id: str
    callback: str
    status: int


class OperatorStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def put_key(
        self, enterprise: EnterpriseNumber, connection_id: UUID, key_hash: bytes
    ) -> None:
        """From now on whoever shows this key speaks for the salon."""
        await self._connection.execute(_KEY, enterprise, connection_id, key_hash)

    async def holder_everywhere(self, key_hash: bytes) -> tuple[EnterpriseNumber, UUID] | None:
        """Whose key this is; None: nobody's, or of a removed salon."""
        row = await self._connection.fetchrow(_HOLDER, key_hash)
        return (EnterpriseNumber(row["enterprise"]), row["connection_id"]) if row else None

    async def lock(self, connection_id: UUID) -> None:
        """Be the only one who takes messages of this salon until the transaction ends."""
        await self._connection.execute(_LOCK, connection_id.hex)

    async def taken(
        self, enterprise: EnterpriseNumber, connection_id: UUID, ids: Collection[str]
    ) -> Mapping[str, int]:
        """Which of these we have already: id → our outbox row."""
        rows = await self._connection.fetch(_TAKEN, enterprise, connection_id, list(ids))
        return {row["id"]: row["outbox_id"] for row in rows}

    async def take(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        rows: Mapping[str, int],
        callback: str,
    ) -> None:
        """These are owed now: id → outbox row."""
        await self._connection.execute(
            _TAKE, enterprise, connection_id, list(rows), list(rows.values()), callback
        )

    async def chats(
        self, enterprise: EnterpriseNumber, phones: Collection[str]
    ) -> Mapping[str, OpenChat]:
        """Open chats by number (E.164); numbers without one are left out."""
        rows = await self._connection.fetch(_CHATS, enterprise, list(phones))
        return {
            row["phone"]: OpenChat(
                row["connection_id"], row["kind"], row["chat_id"], row["language"]
            )
            for row in rows
        }

    async def settle(
        self, enterprise: EnterpriseNumber, statuses: Mapping[int, int]
    ) -> Sequence[Reported]:
        """Outbox rows → status; returns the salons' messages among them that have news."""
        rows = await self._connection.fetch(
            _SETTLE, enterprise, list(statuses), list(statuses.values())
        )
        return [Reported(**row) for row in rows]

    async def offer(
        self, enterprise: EnterpriseNumber, phone: str, day: date, call_id: str
    ) -> bool:
        """Note an offer to this number on this day; False: there was one already."""
        return bool(await self._connection.fetchval(_OFFER, enterprise, phone, day, call_id))

    async def missed(self, enterprise: EnterpriseNumber, call_id: str) -> MissedCall | None:
        """None: there is no such call, or somebody answered it."""
        row = await self._connection.fetchrow(_MISSED, enterprise, call_id)
        return MissedCall(row["client"], row["spoken_since"]) if row else None

    async def last_services(
        self, enterprise: EnterpriseNumber, connection_id: UUID, phone: str
    ) -> Sequence[int]:
        """What the number's last visit, or the one that is coming, was booked for."""
        services = await self._connection.fetchval(_LAST, enterprise, connection_id, phone)
        return [one["service_id"] for one in services or ()]
