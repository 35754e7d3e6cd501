"""Working bulk jobs off. A job belongs to one process at a time, by a fenced lease.

What leaves for the vendor is marked as sent in a commit of its own before it leaves, so that
whoever takes over after a crash knows what to look for before writing again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from kommutator.domain.bulk import BulkItem, ItemResult, ItemState, JobState
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.bulk import COLUMNS, BulkJob, job_of
from kommutator.store.driver import Connection

_CLAIM = f"""
UPDATE bulk_jobs j SET
    owner = $1, fence = fence + 1, lease_until = clock_timestamp() + make_interval(secs => $4),
    started_at = coalesce(started_at, clock_timestamp()),
    state = CASE WHEN state = 'waiting' THEN 'running' ELSE state END
 WHERE (j.enterprise, j.id) IN (
    SELECT d.enterprise, d.id FROM bulk_jobs d
      JOIN connections c ON c.enterprise = d.enterprise AND c.id = d.connection_id
      JOIN enterprises e ON e.number = d.enterprise AND e.active
     WHERE d.state IN ('waiting', 'running', 'cancelling') AND d.due_at <= clock_timestamp()
       AND c.status = 'active' AND d.id <> ALL ($2::uuid[])
       AND (d.lease_until IS NULL OR d.lease_until < clock_timestamp())
       AND NOT EXISTS (
           SELECT FROM bulk_jobs o WHERE o.connection_id = d.connection_id
              AND o.state IN ('waiting', 'running', 'cancelling')
              AND (o.created_at, o.id) < (d.created_at, d.id))
     ORDER BY d.due_at LIMIT $3 FOR UPDATE OF d SKIP LOCKED)
RETURNING {COLUMNS}"""
_OWN = "enterprise = $1 AND id = $2 AND owner = $3 AND fence = $4"
_RENEW = f"""
UPDATE bulk_jobs SET lease_until = clock_timestamp() + make_interval(secs => $5)
 WHERE {_OWN} RETURNING state"""
_LOCK = f"SELECT state FROM bulk_jobs WHERE {_OWN} FOR UPDATE"
_POSTPONE = f"""
UPDATE bulk_jobs SET due_at = clock_timestamp() + make_interval(secs => $5), error = $6,
       error_hint = $7, failures = failures + $8, owner = NULL, lease_until = NULL
 WHERE {_OWN}"""
_END = f"""
UPDATE bulk_jobs SET finished_at = clock_timestamp(), owner = NULL, lease_until = NULL,
       error = NULL, error_hint = NULL, failures = 0,
       state = CASE WHEN state IN ('cancelling', 'cancelled') THEN 'cancelled' ELSE 'finished' END
 WHERE {_OWN} AND NOT EXISTS (
    SELECT FROM bulk_items i WHERE i.enterprise = $1 AND i.job_id = $2
       AND i.state IN ('waiting', 'sent')) RETURNING true"""
_OPEN = """
SELECT position, entity_id, body, state, stamp FROM bulk_items
 WHERE enterprise = $1 AND job_id = $2 AND state = $3 ORDER BY position LIMIT $4"""
_SEND = """
UPDATE bulk_items SET state = 'sent', attempts = attempts + 1
 WHERE enterprise = $1 AND job_id = $2 AND position = ANY ($3::int[]) AND state = 'waiting'
RETURNING position, entity_id, body, state, stamp"""
_SETTLE = """
UPDATE bulk_items i SET
    state = CASE WHEN r.state = 'waiting' AND $7 THEN 'cancelled' ELSE r.state END,
    entity_id = coalesce(r.entity_id, i.entity_id), error = r.error, note = r.note,
    ended_at = CASE WHEN r.state = 'waiting' AND NOT $7 THEN NULL ELSE clock_timestamp() END
  FROM unnest($3::int[], $4::text[], $5::bigint[], $6::text[], $8::text[])
    AS r (position, state, entity_id, error, note)
 WHERE i.enterprise = $1 AND i.job_id = $2 AND i.position = r.position AND i.state = 'sent'"""
_KNOWN = """
SELECT i.entity_id FROM bulk_items i JOIN bulk_jobs j ON j.enterprise = i.enterprise
   AND j.id = i.job_id
 WHERE j.enterprise = $1 AND j.connection_id = $2 AND j.action = 'create' AND i.state = 'done'
   AND i.entity_id = ANY ($3::bigint[])"""
_RETIRE = """
DELETE FROM bulk_jobs WHERE (enterprise, id) IN (
    SELECT j.enterprise, j.id FROM bulk_jobs j
      JOIN connections c ON c.enterprise = j.enterprise AND c.id = j.connection_id
     WHERE (j.finished_at IS NOT NULL OR c.status = 'removed')
       AND coalesce(j.finished_at, j.created_at) < now() - make_interval(days => $1) LIMIT $2)"""


class BulkWorkStore:
    """Whoever works on a job names its owner; a write that finds another owner changes nothing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def claim_everywhere(
        self, owner: UUID, *, but: Collection[UUID], limit: int, lease_s: float
    ) -> Sequence[BulkJob]:
        """Own jobs that are due and nobody's; of one connection only the oldest."""
        rows = await self._connection.fetch(_CLAIM, owner, list(but), limit, lease_s)
        return [job_of(row) for row in rows]

    async def renew(self, job: BulkJob, owner: UUID, lease_s: float) -> bool:
        """Keep the job for so long. False: it is another's now."""
        state = await self._connection.fetchval(_RENEW, *_own(job, owner), lease_s)
        return state is not None

    async def open_items(self, job: BulkJob, state: ItemState, limit: int) -> Sequence[BulkItem]:
        rows = await self._connection.fetch(_OPEN, job.enterprise, job.id, state.value, limit)
        return [_item(row) for row in rows]

    async def send(
        self, job: BulkJob, owner: UUID, positions: Sequence[int]
    ) -> Sequence[BulkItem] | None:
        """Mark them as sent, before they leave. None: the job is another's now."""
        if await self._connection.fetchval(_LOCK, *_own(job, owner)) is None:
            return None
        rows = await self._connection.fetch(_SEND, job.enterprise, job.id, list(positions))
        return sorted(map(_item, rows), key=lambda item: item.position)

    async def settle(self, job: BulkJob, owner: UUID, results: Sequence[ItemResult]) -> bool:
        """Store what became of sent items. False: the job is another's now."""
        state = await self._connection.fetchval(_LOCK, *_own(job, owner))
        if state is None:
            return False
        await self._connection.execute(
            _SETTLE,
            job.enterprise,
            job.id,
            [result.position for result in results],
            [result.state.value for result in results],
            [result.entity_id for result in results],
            [result.error for result in results],
            state == JobState.CANCELLING.value,
            [result.note for result in results],
        )
        return True

    async def postpone(
        self,
        job: BulkJob,
        owner: UUID,
        seconds: float,
        *,
        error: str | None = None,
        hint: str | None = None,
        failed: bool = False,
    ) -> None:
        """Give the job back until the vendor may be asked again."""
        await self._connection.execute(
            _POSTPONE, *_own(job, owner), seconds, error, hint, int(failed)
        )

    async def succeeded(self, job: BulkJob, owner: UUID) -> None:
        """The vendor answers: forget its failures."""
        await self._connection.execute(
            f"UPDATE bulk_jobs SET failures = 0, error = NULL, error_hint = NULL WHERE {_OWN}",
            *_own(job, owner),
        )

    async def end(self, job: BulkJob, owner: UUID) -> bool:
        """Every item has its result. False: some have not."""
        return bool(await self._connection.fetchval(_END, *_own(job, owner)))

    async def retire_everywhere(self, *, days: int, limit: int = 20) -> int:
        """Delete jobs that ended so long ago, or can never end, with their items: how many."""
        status = await self._connection.execute(_RETIRE, days, limit)
        return int(status.rpartition(" ")[2])

    async def known_ids(
        self, enterprise: EnterpriseNumber, connection_id: UUID, ids: Sequence[int]
    ) -> frozenset[int]:
        """Which of these entities came of an item whose answer is stored."""
        rows = await self._connection.fetch(_KNOWN, enterprise, connection_id, list(ids))
        return frozenset(row["entity_id"] for row in rows)


def _own(job: BulkJob, owner: UUID) -> tuple[EnterpriseNumber, UUID, UUID, int]:
    return job.enterprise, job.id, owner, job.fence


def _item(row: Mapping[str, Any]) -> BulkItem:
    return BulkItem(**{**row, "state": ItemState(row["state"])})
