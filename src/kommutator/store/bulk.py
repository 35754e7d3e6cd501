"""Bulk jobs and their items as people see them: made, looked at, cancelled, tried again.

Working them off is in `bulk_work.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from kommutator.domain.bulk import BulkAction, BulkItem, ItemState, JobState
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.errors import NotFound
from kommutator.store.driver import Connection

Counts = Mapping[ItemState, int]


@dataclass(frozen=True, slots=True)
class BulkJob:
    """`due_at`: the vendor is not asked before; `error` and `error_hint` say why."""

    enterprise: EnterpriseNumber
    id: UUID
    connection_id: UUID
    entity: str
    action: BulkAction
    batch: int
    state: JobState
    total: int
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    due_at: datetime
    failures: int
    error: str | None
    error_hint: str | None
    fence: int


@dataclass(frozen=True, slots=True)
class ShownItem:
    """An item for people."""

    position: int
    entity_id: int | None
    state: ItemState
    error: str | None
    note: str | None
    attempts: int
    ended_at: datetime | None


COLUMNS = ", ".join(f"j.{column.name}" for column in fields(BulkJob))
_ADD_JOB = f"""
INSERT INTO bulk_jobs AS j (enterprise, id, connection_id, entity, action, batch, total, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {COLUMNS}"""
_ADD_ITEMS = """
INSERT INTO bulk_items (enterprise, job_id, position, entity_id, body, stamp)
SELECT $1, $2, position, entity_id, body::jsonb, stamp
  FROM unnest($3::int[], $4::bigint[], $5::text[], $6::bigint[])
    AS i (position, entity_id, body, stamp)"""
_CANCEL_ITEMS = """
UPDATE bulk_items SET state = 'cancelled', ended_at = clock_timestamp()
 WHERE enterprise = $1 AND job_id = $2 AND state = 'waiting'"""
_CANCEL = f"""
UPDATE bulk_jobs j SET
    state = CASE WHEN EXISTS (SELECT FROM bulk_items i WHERE i.enterprise = $1 AND i.job_id = $2
                 AND i.state = 'sent') THEN 'cancelling' ELSE 'cancelled' END,
    due_at = clock_timestamp(),
    finished_at = CASE WHEN EXISTS (SELECT FROM bulk_items i WHERE i.enterprise = $1
                  AND i.job_id = $2 AND i.state = 'sent') THEN NULL ELSE clock_timestamp() END
 WHERE enterprise = $1 AND id = $2 AND state IN ('waiting', 'running') RETURNING {COLUMNS}"""
_RETRY_ITEMS = """
UPDATE bulk_items i SET state = 'waiting', error = NULL, note = 'tried_again', ended_at = NULL
 WHERE enterprise = $1 AND job_id = $2 AND state = 'refused'
   AND NOT EXISTS (
        SELECT FROM bulk_items later WHERE later.enterprise = $1 AND later.job_id = $2
           AND later.entity_id = i.entity_id AND later.position > i.position
           AND later.state = 'done')"""
_RETRY = """
UPDATE bulk_jobs SET state = 'waiting', finished_at = NULL, due_at = clock_timestamp(),
       failures = 0, error = NULL, error_hint = NULL WHERE enterprise = $1 AND id = $2"""
_COUNTS = """
SELECT job_id, state, count(*) AS n FROM bulk_items
 WHERE enterprise = $1 AND job_id = ANY ($2::uuid[]) GROUP BY job_id, state"""
_ITEMS = """
SELECT position, entity_id, state, error, note, attempts, ended_at FROM bulk_items
 WHERE enterprise = $1 AND job_id = $2 AND position > $3 AND ($4::text IS NULL OR state = $4)
 ORDER BY position LIMIT $5"""


class BulkStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(
        self,
        enterprise: EnterpriseNumber,
        job_id: UUID,
        items: Sequence[BulkItem],
        *,
        connection_id: UUID,
        entity: str,
        action: BulkAction,
        batch: int,
        created_by: str,
    ) -> BulkJob:
        """Store a job whole; it is worked off aside."""
        row = await self._connection.fetchrow(
            _ADD_JOB, enterprise, job_id, connection_id, entity, action.value, batch, len(items),
            created_by,
        )  # fmt: skip
        await self._connection.execute(
            _ADD_ITEMS,
            enterprise,
            job_id,
            [item.position for item in items],
            [item.entity_id for item in items],
            [msgspec.json.encode(item.body).decode() for item in items],
            [item.stamp for item in items],
        )
        return job_of(row)

    async def get(self, enterprise: EnterpriseNumber, job_id: UUID) -> BulkJob:
        """Raises NotFound: `bulk_not_found`."""
        row = await self._connection.fetchrow(
            f"SELECT {COLUMNS} FROM bulk_jobs j WHERE j.enterprise = $1 AND j.id = $2",
            enterprise, job_id,
        )  # fmt: skip
        if row is None:
            raise NotFound("bulk_not_found")
        return job_of(row)

    async def page(
        self,
        enterprise: EnterpriseNumber,
        connections: Collection[UUID],
        *,
        before: tuple[datetime, UUID] | None = None,
        limit: int = 50,
    ) -> Sequence[BulkJob]:
        """Jobs of these connections, newest first."""
        at, job_id = before or (None, None)
        rows = await self._connection.fetch(
            f"SELECT {COLUMNS} FROM bulk_jobs j WHERE j.enterprise = $1 "
            f"AND j.connection_id = ANY ($2::uuid[]) "
            f"AND ($3::timestamptz IS NULL OR (j.created_at, j.id) < ($3, $4::uuid)) "
            f"ORDER BY j.created_at DESC, j.id DESC LIMIT $5",
            enterprise, list(connections), at, job_id, limit,
        )  # fmt: skip
        return [job_of(row) for row in rows]

    async def counts(
        self, enterprise: EnterpriseNumber, jobs: Sequence[UUID]
    ) -> Mapping[UUID, Counts]:
        """Items by state; states without items are 0."""
        found: dict[UUID, dict[ItemState, int]] = {job: dict.fromkeys(ItemState, 0) for job in jobs}
        for row in await self._connection.fetch(_COUNTS, enterprise, list(jobs)):
            found[row["job_id"]][ItemState(row["state"])] = row["n"]
        return found

    async def items(
        self,
        enterprise: EnterpriseNumber,
        job_id: UUID,
        *,
        after: int = 0,
        state: ItemState | None = None,
        limit: int = 200,
    ) -> Sequence[ShownItem]:
        """By position."""
        wanted = None if state is None else state.value
        rows = await self._connection.fetch(_ITEMS, enterprise, job_id, after, wanted, limit)
        return [ShownItem(**{**row, "state": ItemState(row["state"])}) for row in rows]

    async def cancel(self, enterprise: EnterpriseNumber, job_id: UUID) -> BulkJob | None:
        """Nothing more leaves; None: it has ended or was cancelled before."""
        await self._connection.execute(
            "SELECT FROM bulk_jobs WHERE enterprise = $1 AND id = $2 FOR UPDATE",
            enterprise, job_id,
        )  # fmt: skip
        row = await self._connection.fetchrow(_CANCEL, enterprise, job_id)
        if row is None:
            return None
        await self._connection.execute(_CANCEL_ITEMS, enterprise, job_id)
        return job_of(row)

    async def retry(self, enterprise: EnterpriseNumber, job_id: UUID) -> int:
        """Send refused items again; returns how many.

        One whose entity got a later item's values since stays refused: it would undo them.
        """
        status = await self._connection.execute(_RETRY_ITEMS, enterprise, job_id)
        again = int(status.rpartition(" ")[2])
        if again:
            await self._connection.execute(_RETRY, enterprise, job_id)
        return again


def job_of(row: Mapping[str, Any]) -> BulkJob:
    known = {"state": JobState(row["state"]), "action": BulkAction(row["action"])}
    return BulkJob(**{**row, **known})
