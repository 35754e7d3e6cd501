"""What we asked clients by ourselves, until it is answered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kommutator.domain.assistant.talk import Question
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

_ASK = """
INSERT INTO chat_questions (enterprise, connection_id, chat_id, kind, salon, record_id, phone,
                            visit_start, asked_at, open_until, outreach)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"""
_SUPERSEDE = """
UPDATE chat_questions SET closed_at = $5
 WHERE enterprise = $1 AND salon = $2 AND record_id = $3 AND kind = $4 AND closed_at IS NULL"""
_OPEN = """
SELECT kind, record_id, visit_start, asked_at, salon, outreach AS message FROM chat_questions
 WHERE enterprise = $1 AND connection_id = $2 AND chat_id = $3 AND closed_at IS NULL
   AND open_until > $4
 ORDER BY asked_at DESC, outreach DESC NULLS LAST, visit_start, id LIMIT 20"""
_NAMED = """
SELECT DISTINCT q.record_id, q.visit_start FROM chat_questions q
  JOIN outreach o ON o.enterprise = q.enterprise AND o.id = q.outreach
 WHERE q.enterprise = $1 AND q.salon = $2 AND q.record_id = ANY ($3::bigint[])
   AND q.kind = 'reminder' AND o.kind = $4 AND o.id <> $5
   AND o.state NOT IN ('dropped', 'failed')"""
_CLOSE = """
UPDATE chat_questions SET closed_at = $5
 WHERE enterprise = $1 AND salon = $2 AND record_id = ANY ($3::bigint[]) AND kind = $4
   AND closed_at IS NULL"""
_LATELY = """
SELECT EXISTS (SELECT FROM chat_questions
                WHERE enterprise = $1 AND phone = $2 AND kind = 'review' AND asked_at > $3)"""
_RETIRE = """
DELETE FROM chat_questions WHERE id IN (
    SELECT id FROM chat_questions WHERE asked_at < clock_timestamp() - make_interval(days => $1)
     ORDER BY id LIMIT $2)"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is put. `visit_start`: the salon's time, without a zone; others: UTC.

    `message`: the outreach row that puts it; one may ask about several visits.
    """

    connection_id: UUID
    chat_id: str
    kind: str
    salon: UUID
    record_id: int
    phone: str
    visit_start: datetime
    asked_at: datetime
    open_until: datetime
    message: int | None = None


class QuestionStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def ask(self, enterprise: EnterpriseNumber, asked: Asked) -> None:
        """The same about the same visit takes the place of an earlier one, in whatever chat."""
        await self._connection.execute(
            _SUPERSEDE, enterprise, asked.salon, asked.record_id, asked.kind, asked.asked_at
        )
        await self._connection.execute(
            _ASK, enterprise, asked.connection_id, asked.chat_id, asked.kind, asked.salon,
            asked.record_id, asked.phone, asked.visit_start, asked.asked_at, asked.open_until,
            asked.message,
        )  # fmt: skip

    async def open_of(
        self, enterprise: EnterpriseNumber, connection_id: UUID, chat_id: str, now: datetime
    ) -> Sequence[Question]:
        """Those that wait for an answer in this chat: the latest message's first, by time."""
        rows = await self._connection.fetch(_OPEN, enterprise, connection_id, chat_id, now)
        return [Question(**row) for row in rows]

    async def named(
        self,
        enterprise: EnterpriseNumber,
        salon: UUID,
        record_ids: Collection[int],
        *,
        kind: str,
        other_than: int,
    ) -> Collection[tuple[int, datetime]]:
        """Visits, as they start, that another message of this kind has told its client of."""
        rows = await self._connection.fetch(
            _NAMED, enterprise, salon, list(record_ids), kind, other_than
        )
        return {(row["record_id"], row["visit_start"]) for row in rows}

    async def close(
        self,
        enterprise: EnterpriseNumber,
        salon: UUID,
        record_ids: Collection[int],
        kind: str,
        at: datetime,
    ) -> None:
        """Answered, or nobody wants to know any more."""
        await self._connection.execute(_CLOSE, enterprise, salon, list(record_ids), kind, at)

    async def reviewed_since(
        self, enterprise: EnterpriseNumber, phone: str, since: datetime
    ) -> bool:
        """Whether somebody was asked for a review after this moment."""
        return bool(await self._connection.fetchval(_LATELY, enterprise, phone, since))

    async def retire_everywhere(self, days: int, limit: int = 500) -> int:
        """Delete some of what is older; returns how many."""
        status: str = await self._connection.execute(_RETIRE, days, limit)
        return int(status.rpartition(" ")[2])
