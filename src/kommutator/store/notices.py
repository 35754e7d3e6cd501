"""Notices of visits: one row for each receiver and change, whatever became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from kommutator.domain.notices.digest import Held
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.errors import NotFound
from kommutator.store.driver import Connection


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A notice about to be. `salon` None and `record_id` 0: a test."""

    receiver: UUID
    salon: UUID | None
    record_id: int
    fingerprint: bytes
    news: str
    text: str
    state: str
    reason: str | None = None
    due_at: datetime | None = None
    edited: bool = False


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A line of the log, with what the outbox says while it is still owed.

    Attributes:
        state: held, owed, sent, maybe_sent, failed, skipped; `reason` is a slug.
        detail: the messenger's words.
    """

    id: int
    receiver: UUID
    receiver_name: str
    salon: UUID | None
    salon_name: str | None
    record_id: int
    news: str
    text: str
    state: str
    reason: str | None
    detail: str | None
    edited: bool
    due_at: datetime | None
    created_at: datetime
    settled_at: datetime | None
    outbox_id: int | None


@dataclass(frozen=True, slots=True)
class Earlier:
    """The last notice of a visit to a receiver; `message_id` only of one that arrived."""

    message_id: str | None
    created_at: datetime


_ADD = """
INSERT INTO notices (enterprise, receiver, salon, record_id, fingerprint, news, text, state, reason,
                     due_at, edited)
SELECT $1, receiver, salon, record_id, fingerprint, news, text, state, reason, due_at, edited
  FROM unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::bytea[], $6::text[], $7::text[], $8::text[],
              $9::text[], $10::timestamptz[], $11::boolean[])
       WITH ORDINALITY AS n (receiver, salon, record_id, fingerprint, news, text, state, reason,
                             due_at, edited, place)
 ORDER BY place
ON CONFLICT DO NOTHING RETURNING id, receiver, record_id, fingerprint"""
_OWED = """
UPDATE notices n SET outbox_id = w.outbox_id, state = 'owed', reason = NULL
  FROM unnest($2::bigint[], $3::bigint[]) AS w (id, outbox_id)
 WHERE n.enterprise = $1 AND n.id = w.id"""
# A message that tells of several visits cannot become one about one of them.
_EARLIER = """
SELECT DISTINCT ON (receiver, record_id) receiver, record_id, created_at,
       CASE WHEN state = 'sent' AND due_at IS NULL THEN message_id END AS message_id
  FROM notices
 WHERE enterprise = $1 AND salon = $2 AND receiver = ANY ($3::uuid[])
   AND record_id = ANY ($4::bigint[])
 ORDER BY receiver, record_id, id DESC"""
_HELD = """
SELECT id, text FROM notices WHERE enterprise = $1 AND receiver = $2 AND state = 'held'
 ORDER BY id LIMIT $3 FOR UPDATE"""
_SKIP = """
UPDATE notices SET state = 'skipped', reason = $3, due_at = NULL, settled_at = clock_timestamp()
 WHERE enterprise = $1 AND id = ANY ($2::bigint[])"""
_LOG = ", ".join(
    f"n.{field.name}"
    for field in fields(NoticeRow)
    if field.name not in ("receiver_name", "salon_name", "detail")
)
_SELECT = f"""
SELECT {_LOG}, r.name AS receiver_name, c.name AS salon_name,
       coalesce(n.detail, CASE WHEN n.state = 'owed' THEN o.error END) AS detail
  FROM notices n
  JOIN notice_receivers r ON r.enterprise = n.enterprise AND r.id = n.receiver
  LEFT JOIN connections c ON c.enterprise = n.enterprise AND c.id = n.salon
  LEFT JOIN outbox o ON o.enterprise = n.enterprise AND o.id = n.outbox_id
 WHERE n.enterprise = $1"""
_PAGE = f"""{_SELECT} AND n.id < coalesce($2, 9223372036854775807)
   AND ($3::uuid IS NULL OR n.receiver = $3) AND ($4::text IS NULL OR n.state = $4)
   AND ($5::bigint IS NULL OR n.record_id = $5)
 ORDER BY n.id DESC LIMIT $6"""
_UNDER_WAY = """
SELECT DISTINCT outbox_id FROM notices
 WHERE enterprise = $1 AND receiver = $2 AND state = 'owed' AND outbox_id IS NOT NULL"""
_FORGET = "DELETE FROM notices WHERE enterprise = $1 AND salon = $2"
_RETIRE = """
DELETE FROM notices WHERE id IN (
    SELECT id FROM notices WHERE created_at < clock_timestamp() - make_interval(days => $1)
     ORDER BY created_at LIMIT 1000)"""
_RETIRE_MESSAGES = """
DELETE FROM chat_messages WHERE id IN (
    SELECT id FROM chat_messages WHERE at < clock_timestamp() - make_interval(days => $1)
     ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED)"""


class NoticeStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(
        self, enterprise: EnterpriseNumber, notices: Sequence[NewNotice]
    ) -> Mapping[tuple[UUID, int, bytes], int]:
        """Keep these; (receiver, record, fingerprint) → id of those that were not there yet."""
        rows = await self._connection.fetch(
            _ADD,
            enterprise,
            [one.receiver for one in notices],
            [one.salon for one in notices],
            [one.record_id for one in notices],
            [one.fingerprint for one in notices],
            [one.news for one in notices],
            [one.text for one in notices],
            [one.state for one in notices],
            [one.reason for one in notices],
            [one.due_at for one in notices],
            [one.edited for one in notices],
        )
        return {
            (row["receiver"], row["record_id"], bytes(row["fingerprint"])): row["id"]
            for row in rows
        }

    async def owed(self, enterprise: EnterpriseNumber, commands: Sequence[tuple[int, int]]) -> None:
        """(notice, outbox row) pairs: these are under way."""
        await self._connection.execute(
            _OWED, enterprise, [one for one, _ in commands], [row for _, row in commands]
        )

    async def earlier(
        self,
        enterprise: EnterpriseNumber,
        salon: UUID,
        receivers: Sequence[UUID],
        records: Sequence[int],
    ) -> Mapping[tuple[UUID, int], Earlier]:
        """The last notice of each visit to each receiver."""
        rows = await self._connection.fetch(_EARLIER, enterprise, salon, receivers, records)
        return {
            (row["receiver"], row["record_id"]): Earlier(row["message_id"], row["created_at"])
            for row in rows
        }

    async def held(
        self, enterprise: EnterpriseNumber, receiver: UUID, *, limit: int = 500
    ) -> Sequence[Held]:
        """What waits for the end of quiet hours, oldest first, locked."""
        rows = await self._connection.fetch(_HELD, enterprise, receiver, limit)
        return [Held(row["id"], row["text"]) for row in rows]

    async def skip(self, enterprise: EnterpriseNumber, ids: Sequence[int], reason: str) -> None:
        """They will not be told."""
        await self._connection.execute(_SKIP, enterprise, ids, reason)

    async def under_way(self, enterprise: EnterpriseNumber, receiver: UUID) -> Sequence[int]:
        """Outbox rows of what this receiver is about to be told."""
        rows = await self._connection.fetch(_UNDER_WAY, enterprise, receiver)
        return [row["outbox_id"] for row in rows]

    async def forget_salon(self, enterprise: EnterpriseNumber, salon: UUID) -> None:
        """Everything that was told, or is held back, of this salon's visits and clients."""
        await self._connection.execute(_FORGET, enterprise, salon)

    async def page(
        self,
        enterprise: EnterpriseNumber,
        *,
        before: int | None = None,
        receiver: UUID | None = None,
        state: str | None = None,
        record_id: int | None = None,
        limit: int = 50,
    ) -> Sequence[NoticeRow]:
        """Newest first."""
        rows = await self._connection.fetch(
            _PAGE, enterprise, before, receiver, state, record_id, limit
        )
        return [NoticeRow(**row) for row in rows]

    async def get(self, enterprise: EnterpriseNumber, notice: int) -> NoticeRow:
        """Raises NotFound: `notice_not_found`."""
        row = await self._connection.fetchrow(f"{_SELECT} AND n.id = $2", enterprise, notice)
        if row is None:
            raise NotFound("notice_not_found")
        return NoticeRow(**row)

    async def retire_everywhere(self, days: int) -> int:
        """Forget what is older, and old talk; returns how many, at most 2000."""
        done = [
            await self._connection.execute(statement, days)
            for statement in (_RETIRE, _RETIRE_MESSAGES)
        ]
        return sum(int(str(one).rpartition(" ")[2]) for one in done)
