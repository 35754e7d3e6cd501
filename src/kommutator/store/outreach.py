"""Messages nobody asked for: wanted, claimed when they are due, settled once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from kommutator.domain.outreach.wanted import OutreachKind, OutreachState, Wanted
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.chat_names import ALL_NAMES
from kommutator.store.driver import Connection


@dataclass(frozen=True, slots=True)
class OutreachRow:
    """As `Wanted`; `reason`: slug of why it waits, or was not sent."""

    id: int
    enterprise: EnterpriseNumber
    salon: UUID
    phone: str
    client_name: str
    kind: OutreachKind
    text: str
    about: str
    once: str
    service: bool
    only_connection: UUID | None
    only_chat: str | None
    due_at: datetime
    not_after: datetime
    state: OutreachState
    reason: str | None
    created_at: datetime
    settled_at: datetime | None


_COLUMNS = ", ".join(field.name for field in fields(OutreachRow))
_ADD = """
INSERT INTO outreach (enterprise, salon, phone, client_name, kind, text, about, once, service,
                      only_connection, only_chat, due_at, not_after, state, reason, created_at,
                      settled_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14::text, $15, $16::timestamptz,
        CASE WHEN $14::text <> 'queued' THEN $16::timestamptz END)
ON CONFLICT (enterprise, once) DO NOTHING RETURNING id"""
# A few of each enterprise at a time: one with thousands due must not keep others waiting.
_CLAIM = f"""
WITH due AS (
    SELECT o.id FROM enterprises e CROSS JOIN LATERAL (
        SELECT id, due_at FROM outreach
         WHERE enterprise = e.number AND state = 'queued' AND due_at <= $2
           AND (lease_until IS NULL OR lease_until < clock_timestamp())
         ORDER BY due_at, id LIMIT $4 FOR UPDATE SKIP LOCKED) AS o
     WHERE e.active AND NOT EXISTS (
        SELECT FROM outreach_pauses p
         WHERE p.enterprise IN ('', e.number) AND p.connection_id = $6
           AND p.resumed_at IS NULL)
     ORDER BY o.due_at, o.id LIMIT $5)
UPDATE outreach o SET owner = $1, lease_until = clock_timestamp() + make_interval(secs => $3)
  FROM due WHERE o.id = due.id
RETURNING {", ".join(f"o.{field.name}" for field in fields(OutreachRow))}"""
_REVIVE = """
UPDATE outreach o SET state = 'queued', reason = NULL, settled_at = NULL, phone = $3,
       client_name = $4, text = $5, due_at = $6, not_after = $7
 WHERE enterprise = $1 AND once = $2 AND state = 'dropped' AND reason = ANY ($8::text[])
   AND NOT EXISTS (SELECT FROM outreach_tries t WHERE t.outreach = o.id)
RETURNING id"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('outreach:' || $1, 0))"
_HELD = f"""
SELECT {_COLUMNS} FROM outreach
 WHERE enterprise = $1 AND id = $2 AND owner = $3 AND state = 'queued' FOR UPDATE"""
# What a messenger was given was not dropped, whatever was decided later.
_ENDED = """coalesce((
           SELECT CASE bool_and(t.state = 'failed') WHEN true THEN 'failed'
                                                    WHEN false THEN 'sent' END
             FROM outreach_tries t WHERE t.outreach = o.id), 'dropped')"""
_POSTPONE = """
UPDATE outreach SET due_at = $3, reason = $4, owner = NULL, lease_until = NULL
 WHERE enterprise = $1 AND id = $2 AND state = 'queued'"""
_SETTLE = f"""
UPDATE outreach o SET state = CASE $3::text WHEN 'dropped' THEN {_ENDED} ELSE $3 END, reason = $4,
       settled_at = $5, owner = NULL, lease_until = NULL
 WHERE enterprise = $1 AND id = $2"""
_OWED = """
UPDATE outreach SET state = 'sending', reason = NULL, text = $3, owner = NULL, lease_until = NULL
 WHERE enterprise = $1 AND id = $2"""
_QUEUED = """
SELECT once, due_at FROM outreach
 WHERE enterprise = $1 AND once = ANY ($2::text[]) AND state = 'queued'"""
_DROP = f"""
UPDATE outreach o SET state = {_ENDED}, reason = $4, settled_at = $5
 WHERE enterprise = $1 AND state = 'queued'
   AND ($2::text IS NULL OR about = $2) AND ($3::text IS NULL OR phone = $3)
   AND ($6::uuid IS NULL OR only_connection = $6
        AND only_chat IN ({ALL_NAMES.format(enterprise="$1", via="$6", chat="$7::text")}))
RETURNING id"""
_EXPIRE = f"""
WITH late AS (
    SELECT id FROM outreach WHERE state = 'queued' AND not_after < $1
     ORDER BY not_after LIMIT $2 FOR UPDATE SKIP LOCKED)
UPDATE outreach o SET state = {_ENDED},
       reason = coalesce(o.reason, 'too_late'), settled_at = $1
  FROM late WHERE o.id = late.id RETURNING o.kind, o.state"""
_PAGE = f"""
SELECT {_COLUMNS} FROM outreach
 WHERE enterprise = $1 AND id < coalesce($2, 9223372036854775807)
   AND ($3::text IS NULL OR state = $3) AND ($4::text IS NULL OR phone = $4)
 ORDER BY id DESC LIMIT $5"""
_WAITING = """
SELECT kind, count(*)::int AS waiting FROM outreach WHERE state = 'queued' GROUP BY kind"""
_RETIRE = """
DELETE FROM outreach WHERE id IN (
    SELECT id FROM outreach WHERE state NOT IN ('queued', 'sending')
       AND created_at < clock_timestamp() - make_interval(days => $1) ORDER BY id LIMIT $2)"""


class OutreachStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(
        self,
        enterprise: EnterpriseNumber,
        wanted: Wanted,
        *,
        due_at: datetime,
        now: datetime,
        dropped: str | None = None,
    ) -> int | None:
        """Queue it, or keep that it was dropped and why; None: it is here already."""
        state = OutreachState.QUEUED if dropped is None else OutreachState.DROPPED
        found = await self._connection.fetchval(
            _ADD, enterprise, wanted.salon, wanted.phone, wanted.client_name[:200],
            wanted.kind.value, wanted.text, wanted.about, wanted.once, wanted.service,
            wanted.connection_id, wanted.chat_id, due_at, wanted.not_after, state.value, dropped,
            now,
        )  # fmt: skip
        return None if found is None else int(found)

    async def revive(
        self,
        enterprise: EnterpriseNumber,
        wanted: Wanted,
        *,
        due_at: datetime,
        reasons: Collection[str],
    ) -> bool:
        """Queue it again if it was taken back for one of these reasons and never sent."""
        found = await self._connection.fetchval(
            _REVIVE, enterprise, wanted.once, wanted.phone, wanted.client_name[:200], wanted.text,
            due_at, wanted.not_after, list(reasons),
        )  # fmt: skip
        return found is not None

    async def claim_everywhere(
        self, owner: UUID, now: datetime, *, lease_s: float, of_each: int, limit: int
    ) -> Sequence[OutreachRow]:
        """What is due and not paused; nobody else gets it until the lease ends."""
        nobody = UUID(int=0)
        rows = await self._connection.fetch(_CLAIM, owner, now, lease_s, of_each, limit, nobody)
        return sorted((_row(row) for row in rows), key=lambda one: (one.due_at, one.id))

    async def lock(self, enterprise: EnterpriseNumber) -> None:
        """Be the only one who sends for this enterprise until the transaction ends."""
        await self._connection.execute(_LOCK, enterprise)

    async def held(
        self, enterprise: EnterpriseNumber, row_id: int, owner: UUID
    ) -> OutreachRow | None:
        """The row as it is now, locked; None: it is not ours any more, or not wanted."""
        row = await self._connection.fetchrow(_HELD, enterprise, row_id, owner)
        return None if row is None else _row(row)

    async def queued(
        self, enterprise: EnterpriseNumber, onces: Collection[str]
    ) -> Mapping[str, datetime]:
        """Those of these that still wait, and until when."""
        rows = await self._connection.fetch(_QUEUED, enterprise, list(onces))
        return {row["once"]: row["due_at"] for row in rows}

    async def postpone(
        self, enterprise: EnterpriseNumber, row_id: int, due_at: datetime, reason: str | None
    ) -> None:
        """Look again then."""
        await self._connection.execute(_POSTPONE, enterprise, row_id, due_at, reason)

    async def settle(
        self,
        enterprise: EnterpriseNumber,
        row_id: int,
        state: OutreachState,
        reason: str | None,
        at: datetime,
    ) -> None:
        """Nothing more is done about it. What a messenger was given does not count as dropped."""
        await self._connection.execute(_SETTLE, enterprise, row_id, state.value, reason, at)

    async def owed(self, enterprise: EnterpriseNumber, row_id: int, text: str) -> None:
        """A messenger has it, in these words."""
        await self._connection.execute(_OWED, enterprise, row_id, text)

    async def drop(
        self,
        enterprise: EnterpriseNumber,
        *,
        about: str | None = None,
        phone: str | None = None,
        chat: tuple[UUID, str] | None = None,
        reason: str,
        at: datetime,
    ) -> int:
        """Take back what waits about something, for somebody or for one chat; how many."""
        assert about is not None or phone or chat, "never all of an enterprise's"
        key = (enterprise, about, phone, reason, at)
        rows = await self._connection.fetch(_DROP, *key, *(chat or (None, None)))
        return len(rows)

    async def expire_everywhere(self, now: datetime, limit: int) -> Sequence[tuple[str, str]]:
        """End what is worthless now, paused or not; returns kind and state of each."""
        rows = await self._connection.fetch(_EXPIRE, now, limit)
        return [(row["kind"], row["state"]) for row in rows]

    async def page(
        self,
        enterprise: EnterpriseNumber,
        *,
        before: int | None = None,
        state: str | None = None,
        phone: str | None = None,
        limit: int = 50,
    ) -> Sequence[OutreachRow]:
        """Newest first."""
        rows = await self._connection.fetch(_PAGE, enterprise, before, state, phone, limit)
        return [_row(row) for row in rows]

    async def waiting_everywhere(self) -> Sequence[tuple[str, int]]:
        """How many of each kind are queued."""
        rows = await self._connection.fetch(_WAITING)
        return [(row["kind"], row["waiting"]) for row in rows]

    async def retire_everywhere(self, days: int, limit: int = 500) -> int:
        """Delete some of what is older; returns how many."""
        status: str = await self._connection.execute(_RETIRE, days, limit)
        return int(status.rpartition(" ")[2])


def _row(row: Any) -> OutreachRow:
    found = dict(row)
    found["kind"] = OutreachKind(found["kind"])
    found["state"] = OutreachState(found["state"])
    return OutreachRow(**found)
