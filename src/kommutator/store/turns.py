"""Turns of talks: claimed, taken once, and kept.

Whoever takes a turn holds its talk under a lease; every change of theirs is fenced by it. `heard`
grows with each message, so that nobody answers what they have not seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

# Everybody's oldest comes before anybody's second, and nobody's crowd takes all the places.
_CLAIM = """
WITH ours AS (
    SELECT enterprise, count(*) AS held FROM conversations
     WHERE due_at IS NOT NULL AND owner = $1 AND lease_until > clock_timestamp() GROUP BY 1),
due AS (
    SELECT id, coalesce(held, 0)
               + row_number() OVER (PARTITION BY enterprise ORDER BY due_at, id) AS place
      FROM conversations LEFT JOIN ours USING (enterprise)
     WHERE due_at <= clock_timestamp() AND coalesce(lease_until < clock_timestamp(), true)),
taken AS (
    SELECT c.id FROM conversations c JOIN due USING (id)
     WHERE due.place <= $4
       AND c.due_at <= clock_timestamp() AND coalesce(c.lease_until < clock_timestamp(), true)
     ORDER BY due.place, c.due_at LIMIT $2 FOR UPDATE OF c SKIP LOCKED)
UPDATE conversations c SET owner = $1, fence = c.fence + 1,
       lease_until = clock_timestamp() + make_interval(secs => $3)
  FROM taken WHERE c.id = taken.id
RETURNING c.id, c.enterprise, c.fence"""
_DUE_IN = """
SELECT extract(epoch FROM min(due_at) - clock_timestamp())::float8 FROM conversations
 WHERE due_at > clock_timestamp()"""
_MINE = "enterprise = $1 AND id = $2 AND fence = $3"
_RENEW = f"""
UPDATE conversations SET lease_until = clock_timestamp() + make_interval(secs => $4)
 WHERE {_MINE} AND lease_until > clock_timestamp() RETURNING true"""
_LOAD = f"""
SELECT id, enterprise, connection_id, chat_id, salon, talk, version, speaking, heard, turned_at,
       due_at, tries, act, fence, clock_timestamp() AS now
  FROM conversations WHERE {_MINE}"""
_KEY = "enterprise = $1 AND connection_id = $2 AND chat_id = $3"
_WAITING = f"""
SELECT id, message_id, text, kind, at FROM chat_messages WHERE {_KEY} AND waits
 ORDER BY id LIMIT $4"""
_INTEND = f"""
UPDATE conversations SET act = $5, tries = 0
 WHERE {_MINE} AND heard = $4 AND speaking = $6 AND act IS NULL
   AND lease_until > clock_timestamp()
RETURNING true"""
# What came in meanwhile is the next turn's; what nobody saw is answered by nobody.
_FINISH = f"""
UPDATE conversations c SET talk = $5, version = version + 1, act = NULL, tries = 0, owner = NULL,
       lease_until = NULL, turned_at = clock_timestamp(), last_at = clock_timestamp(),
       due_at = CASE WHEN heard = $4 THEN NULL ELSE greatest(due_at, clock_timestamp()) END,
       waits_since = CASE WHEN heard = $4 THEN NULL ELSE clock_timestamp() END
 WHERE {_MINE} AND ($6 OR heard = $4 AND speaking = $8)
RETURNING version, extract(epoch FROM clock_timestamp() - $7::timestamptz)::float8 AS took_s"""
_ANSWERED = """
UPDATE chat_messages SET waits = false, turn_id = $3
 WHERE enterprise = $1 AND id = ANY ($2::bigint[])"""
_LATER = f"""
UPDATE conversations SET owner = NULL, lease_until = NULL, tries = tries + 1,
       due_at = greatest(due_at, clock_timestamp() + make_interval(secs => $4))
 WHERE {_MINE}"""
_RELEASE = f"""
UPDATE conversations SET owner = NULL, lease_until = NULL,
       due_at = CASE WHEN $4 AND heard = $5 THEN NULL ELSE due_at END
 WHERE {_MINE}"""
_LEFT = "UPDATE chat_messages SET waits = false WHERE enterprise = $1 AND id = ANY ($2::bigint[])"
_ADD = """
INSERT INTO turns (enterprise, conversation_id, no, brain, understood, act, acted, record_id, said,
                   hand_over, outcome, ms, trace)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING id"""
_STAFF_WROTE = f"""
SELECT coalesce(bool_or(said_by = 'staff' AND at > $4), false) FROM (
    SELECT said_by, at FROM chat_messages WHERE {_KEY} ORDER BY id DESC LIMIT 50) AS lately"""
_MADE = """
SELECT DISTINCT record_id FROM turns
 WHERE enterprise = $1 AND conversation_id = $2 AND record_id IS NOT NULL"""
_RETIRE = """
DELETE FROM turns WHERE id IN (
    SELECT id FROM turns WHERE at < clock_timestamp() - make_interval(days => $1)
     ORDER BY at LIMIT 1000)"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A turn to be taken; `fence` proves whose it is."""

    id: int
    enterprise: EnterpriseNumber
    fence: int


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """A talk as whoever takes its turn sees it.

    Attributes:
        talk: JSON of `Talk`; act: what this turn was about to do, and may have done.
        version: turns so far; tries: of this one.
        now: the database's clock.
    """

    id: int
    enterprise: EnterpriseNumber
    connection_id: UUID
    chat_id: str
    salon: UUID | None
    talk: Mapping[str, Any]
    version: int
    speaking: str
    heard: int
    turned_at: datetime | None
    due_at: datetime | None
    tries: int
    act: Mapping[str, Any] | None
    fence: int
    now: datetime

    @property
    def claimed(self) -> Claimed:
        return Claimed(self.id, self.enterprise, self.fence)


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    id: int
    message_id: str
    text: str
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TurnKept:
    """What a turn came to; JSON as in `domain.assistant`. `record_id`: of the visit it touched.

    `trace`: how a brain came to it, without personal data.
    """

    no: int
    brain: str
    outcome: str
    understood: Mapping[str, Any] | None = None
    act: Mapping[str, Any] | None = None
    acted: Mapping[str, Any] | None = None
    record_id: int | None = None
    said: Sequence[str] = ()
    hand_over: str | None = None
    trace: Mapping[str, Any] | None = None


class TurnStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def claim_everywhere(
        self, owner: UUID, limit: int, lease_s: float, *, of_each: int
    ) -> Sequence[Claimed]:
        """Talks whose turn is due and that nobody holds; a dead holder's when its lease is over.

        `of_each`: so many of one tenant at most, with those that this owner holds.
        """
        rows = await self._connection.fetch(_CLAIM, owner, limit, lease_s, of_each)
        return [Claimed(**row) for row in rows]

    async def due_in_everywhere(self) -> float | None:
        """Seconds until the next turn comes due; None: none waits."""
        found: float | None = await self._connection.fetchval(_DUE_IN)
        return found

    async def renew(self, enterprise: EnterpriseNumber, claimed: Claimed, lease_s: float) -> bool:
        """False: it is somebody else's by now."""
        key = enterprise, claimed.id, claimed.fence
        return bool(await self._connection.fetchval(_RENEW, *key, lease_s))

    async def load(self, enterprise: EnterpriseNumber, claimed: Claimed) -> ConversationRow | None:
        """None: it is somebody else's by now."""
        row = await self._connection.fetchrow(_LOAD, enterprise, claimed.id, claimed.fence)
        return None if row is None else ConversationRow(**row)

    async def waiting(
        self, enterprise: EnterpriseNumber, connection_id: UUID, chat_id: str, limit: int
    ) -> Sequence[WaitingMessage]:
        """What waits for an answer, oldest first. To be read after `load`: rather one too many."""
        rows = await self._connection.fetch(_WAITING, enterprise, connection_id, chat_id, limit)
        return [WaitingMessage(**row) for row in rows]

    async def staff_wrote(
        self, enterprise: EnterpriseNumber, connection_id: UUID, chat_id: str, *, since: datetime
    ) -> bool:
        """Whether a person of the salon wrote in the chat after this moment, in its last lines."""
        key = enterprise, connection_id, chat_id
        return bool(await self._connection.fetchval(_STAFF_WROTE, *key, since))

    async def intend(
        self, enterprise: EnterpriseNumber, row: ConversationRow, act: Mapping[str, Any]
    ) -> bool:
        """Note what is about to be done. False: something came in between; do nothing.

        From here on the turn is brought to its end, whoever comes to do it.
        """
        key = enterprise, row.id, row.fence
        return bool(await self._connection.fetchval(_INTEND, *key, row.heard, act, row.speaking))

    async def finish(
        self,
        enterprise: EnterpriseNumber,
        row: ConversationRow,
        talk: Mapping[str, Any],
        *,
        heard: int,
        acted: bool,
    ) -> float | None:
        """End the turn; seconds since it was due. None: something came in between: nothing is kept.

        Args:
            heard: as the row said when the turn was thought of; whatever came since is the next's.
            acted: it was intended, so that it counts whatever came meanwhile.
        """
        found = await self._connection.fetchrow(
            _FINISH, enterprise, row.id, row.fence, heard, talk, acted, row.due_at, row.speaking
        )
        return None if found is None else float(found["took_s"] or 0.0)

    async def add(
        self, enterprise: EnterpriseNumber, conversation_id: int, kept: TurnKept, ms: int
    ) -> int:
        """Returns the turn's id."""
        turn_id: int = await self._connection.fetchval(
            _ADD, enterprise, conversation_id, kept.no, kept.brain, kept.understood, kept.act,
            kept.acted, kept.record_id, list(kept.said), kept.hand_over, kept.outcome, ms,
            kept.trace,
        )  # fmt: skip
        return turn_id

    async def answered(
        self, enterprise: EnterpriseNumber, messages: Sequence[int], turn_id: int
    ) -> None:
        """These wait no more."""
        await self._connection.execute(_ANSWERED, enterprise, list(messages), turn_id)

    async def later(self, enterprise: EnterpriseNumber, claimed: Claimed, delay_s: float) -> None:
        """Try this turn once more in so many seconds."""
        await self._connection.execute(_LATER, enterprise, claimed.id, claimed.fence, delay_s)

    async def release(
        self, enterprise: EnterpriseNumber, claimed: Claimed, *, idle_at: int | None = None
    ) -> None:
        """Let others have it. `idle_at`: nothing waited when so much was heard."""
        key = enterprise, claimed.id, claimed.fence
        await self._connection.execute(_RELEASE, *key, idle_at is not None, idle_at or 0)

    async def leave(
        self, enterprise: EnterpriseNumber, row: ConversationRow, messages: Sequence[int]
    ) -> None:
        """These are left to whoever speaks there."""
        # The talk before its messages, as everybody locks them.
        await self.release(enterprise, row.claimed, idle_at=row.heard)
        await self._connection.execute(_LEFT, enterprise, list(messages))

    async def made(self, enterprise: EnterpriseNumber, conversation_id: int) -> Sequence[int]:
        """Visits that this very talk made or changed."""
        rows = await self._connection.fetch(_MADE, enterprise, conversation_id)
        return [row["record_id"] for row in rows]

    async def retire_everywhere(self, days: int) -> int:
        """Forget what is older; returns how many, at most 1000."""
        status: str = await self._connection.execute(_RETIRE, days)
        return int(status.rpartition(" ")[2])
