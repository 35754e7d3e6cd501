"""What is read of a CRM in rounds: how far each round is, and who reads on.

As `phone_book_reads`: a round belongs to one process at a time, by a lease in database time.
Whoever dies leaves the last page noted, and the next owner goes on from there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection


@dataclass(frozen=True, slots=True)
class CrmRead:
    """One connection's round of one task.

    Attributes:
        page: the last page of the round under way; 0: none is.
        items: of the round under way, else of the last one.
        cursor_at: by the vendor's clock, everything up to here was read before this round.
        reached_at: the newest that this round has seen; same clock.
        error: the vendor's words; `error_hint` is the slug of ours.
    """

    enterprise: EnterpriseNumber
    connection_id: UUID
    task: str
    page: int
    items: int
    cursor_at: datetime | None
    reached_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    error: str | None
    error_hint: str | None
    due_at: datetime

    @property
    def key(self) -> tuple[UUID, str]:
        return self.connection_id, self.task


_COLUMNS = ", ".join(f"r.{column.name}" for column in fields(CrmRead))
_ENROL = """
INSERT INTO crm_reads (enterprise, connection_id, task)
SELECT c.enterprise, c.id, t.task FROM connections c CROSS JOIN unnest($2::text[]) AS t (task)
 WHERE c.kind = ANY ($1::text[]) AND c.status = 'active' AND c.user_id IS NULL
   AND NOT EXISTS (SELECT FROM crm_reads r WHERE r.connection_id = c.id AND r.task = t.task)
ON CONFLICT (connection_id, task) DO NOTHING"""
_CLAIM = f"""
UPDATE crm_reads r SET
    owner = $1, lease_until = clock_timestamp() + make_interval(secs => $5),
    items = CASE WHEN page = 0 THEN 0 ELSE items END,
    reached_at = CASE WHEN page = 0 THEN cursor_at ELSE reached_at END,
    started_at = CASE WHEN page = 0 THEN clock_timestamp() ELSE started_at END
 WHERE (r.connection_id, r.task) IN (
    SELECT d.connection_id, d.task FROM crm_reads d
      JOIN connections c ON c.enterprise = d.enterprise AND c.id = d.connection_id
      JOIN enterprises e ON e.number = c.enterprise AND e.active
      LEFT JOIN lanes l ON l.lane = 'crm:' || c.id
     WHERE d.due_at <= clock_timestamp() AND c.status = 'active'
       AND ($6::text[] IS NULL OR c.kind = ANY ($6))
       AND l.parked_reason IS NULL
       AND (l.breaker_until IS NULL OR l.breaker_until <= clock_timestamp())
       AND (d.lease_until IS NULL OR d.lease_until < clock_timestamp())
       AND (d.connection_id, d.task) NOT IN (SELECT * FROM unnest($2::uuid[], $3::text[]))
     ORDER BY d.due_at LIMIT $4 FOR UPDATE OF d SKIP LOCKED)
RETURNING {_COLUMNS}"""
_MINE = "enterprise = $1 AND connection_id = $2 AND task = $3 AND owner = $4"
_RENEW = f"""
UPDATE crm_reads SET lease_until = clock_timestamp() + make_interval(secs => $5)
 WHERE {_MINE} RETURNING clock_timestamp()"""
_TURN = f"""
UPDATE crm_reads SET page = $5, items = items + $6, reached_at = greatest(reached_at, $7),
       error = NULL, error_hint = NULL
 WHERE {_MINE} RETURNING true"""
_FINISH = f"""
UPDATE crm_reads SET page = 0, finished_at = clock_timestamp(), cursor_at = reached_at,
       due_at = coalesce($5, clock_timestamp() + make_interval(secs => $6)),
       error = NULL, error_hint = NULL, owner = NULL, lease_until = NULL
 WHERE {_MINE}"""
_FAIL = f"""
UPDATE crm_reads SET error = $5, error_hint = $6, owner = NULL, lease_until = NULL,
       due_at = clock_timestamp() + make_interval(secs => $7)
 WHERE {_MINE}"""
_RELEASE = f"UPDATE crm_reads SET owner = NULL, lease_until = NULL WHERE {_MINE}"
_STEP_BACK = f"""
UPDATE crm_reads SET owner = NULL, lease_until = NULL, due_at = clock_timestamp() WHERE {_MINE}"""
_START = """
INSERT INTO crm_reads AS r (enterprise, connection_id, task)
SELECT enterprise, id, $3 FROM connections WHERE enterprise = $1 AND id = $2
ON CONFLICT (connection_id, task) DO UPDATE SET due_at = least(r.due_at, clock_timestamp())"""
_NEWS = "SELECT pg_notify('kommutator_wanted', '')"
_WIPE = """
DELETE FROM crm_reads r USING connections c
 WHERE c.enterprise = r.enterprise AND c.id = r.connection_id AND c.status = 'removed'"""


class CrmReadStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def of(self, enterprise: EnterpriseNumber, connection_id: UUID) -> Sequence[CrmRead]:
        """All rounds of one connection, by task."""
        rows = await self._connection.fetch(
            f"SELECT {_COLUMNS} FROM crm_reads r WHERE r.enterprise = $1 "
            f"AND r.connection_id = $2 ORDER BY r.task",
            enterprise, connection_id,
        )  # fmt: skip
        return [CrmRead(**row) for row in rows]

    async def start(self, enterprise: EnterpriseNumber, connection_id: UUID, task: str) -> None:
        """Begin this round now; one under way goes on, without waiting for its next try."""
        await self._connection.execute(_START, enterprise, connection_id, task)
        await self._connection.execute(_NEWS)

    async def enrol_everywhere(self, kinds: Sequence[str], tasks: Sequence[str]) -> None:
        """Make every task due for every new working connection of these kinds."""
        await self._connection.execute(_ENROL, list(kinds), list(tasks))

    async def claim_everywhere(
        self,
        owner: UUID,
        *,
        but: Collection[tuple[UUID, str]],
        limit: int,
        lease_s: float,
        kinds: Sequence[str] | None = None,
    ) -> Sequence[CrmRead]:
        """Own rounds that are due and nobody's; `but` are those under way here already.

        `kinds`: of connections; None: of all.
        """
        connections, tasks = [key[0] for key in but], [key[1] for key in but]
        of = None if kinds is None else list(kinds)
        rows = await self._connection.fetch(_CLAIM, owner, connections, tasks, limit, lease_s, of)
        return [CrmRead(**row) for row in rows]

    async def renew(self, read: CrmRead, owner: UUID, lease_s: float) -> datetime | None:
        """Keep the round for so long; returns the database's time, None: it is another's now."""
        found: datetime | None = await self._connection.fetchval(
            _RENEW, *_key(read, owner), lease_s
        )
        return found

    async def turn(
        self, read: CrmRead, owner: UUID, *, page: int, items: int, reached_at: datetime | None
    ) -> bool:
        """Note that the page is in. False: the round is not ours any more."""
        return bool(
            await self._connection.fetchval(_TURN, *_key(read, owner), page, items, reached_at)
        )

    async def finish(
        self, read: CrmRead, owner: UUID, *, due_at: datetime | None = None, again_s: float = 0.0
    ) -> None:
        """The round is over; the next one begins at `due_at`, else in `again_s`."""
        await self._connection.execute(_FINISH, *_key(read, owner), due_at, again_s)

    async def fail(
        self,
        read: CrmRead,
        owner: UUID,
        *,
        error: str | None = None,
        hint: str | None = None,
        again_s: float,
    ) -> None:
        """Give the round back until the CRM may be asked again."""
        await self._connection.execute(_FAIL, *_key(read, owner), error, hint, again_s)

    async def release(self, read: CrmRead, owner: UUID) -> None:
        """Give the round back at once, as at shutdown."""
        await self._connection.execute(_RELEASE, *_key(read, owner))

    async def step_back(self, read: CrmRead, owner: UUID) -> None:
        """Give the round back behind all that are due already; its page stays."""
        await self._connection.execute(_STEP_BACK, *_key(read, owner))

    async def wipe_removed_everywhere(self) -> int:
        """Forget the rounds of removed connections; returns how many."""
        return int(str(await self._connection.execute(_WIPE)).rpartition(" ")[2])


def _key(read: CrmRead, owner: UUID) -> tuple[EnterpriseNumber, UUID, str, UUID]:
    return read.enterprise, read.connection_id, read.task, owner
