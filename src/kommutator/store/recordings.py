"""Recordings of conversations: expected, here, playable, lost, gone by age."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection
from kommutator.store.recording_rows import Received, RecordingRow, State

DEFAULT_DAYS = 180
_COLUMNS = ", ".join(field.name for field in fields(RecordingRow))
_EXPECT = """
INSERT INTO recordings (enterprise, name, call_id, connection_id, source_url, expected_at,
                        next_try_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (enterprise, name) DO UPDATE SET
    call_id = excluded.call_id,
    connection_id = coalesce(recordings.connection_id, excluded.connection_id),
    source_url = coalesce(recordings.source_url, excluded.source_url)
RETURNING state"""
_MAKE = """
INSERT INTO recordings (enterprise, name, connection_id, expected_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (enterprise, name) DO NOTHING"""
_RECEIVE = """
UPDATE recordings SET state = 'stored', origin = $3, original_key = $4, object_key = NULL,
       media_type = $5, size = $6, sha256 = $7, seconds = NULL, tries = 0, next_try_at = $8,
       error = NULL, stored_at = $8, ready_at = NULL
 WHERE enterprise = $1 AND name = $2"""
_CLAIM = f"""
UPDATE recordings SET tries = tries + 1, next_try_at = $1::timestamptz + $2::interval
 WHERE (enterprise, name) IN (
    SELECT enterprise, name FROM recordings
     WHERE state = $3 AND state IN ('expected', 'stored') AND next_try_at <= $1
     ORDER BY next_try_at LIMIT $4 FOR UPDATE SKIP LOCKED)
RETURNING {_COLUMNS}"""
_READY = """
UPDATE recordings SET state = 'ready', object_key = $4, media_type = $5, seconds = $6,
       next_try_at = NULL, error = NULL, ready_at = $7
 WHERE enterprise = $1 AND name = $2 AND state = 'stored' AND original_key = $3
RETURNING true"""
_DROP = """
UPDATE recordings SET original_key = NULL
 WHERE enterprise = $1 AND name = $2 AND state = 'ready' AND original_key = $3"""
_POSTPONE = """
UPDATE recordings SET error = $3, next_try_at = $4
 WHERE enterprise = $1 AND name = $2 AND state IN ('expected', 'stored')"""
_LOSE = """
UPDATE recordings SET state = 'missing', error = $3, next_try_at = NULL
 WHERE enterprise = $1 AND name = $2 AND state IN ('expected', 'missing') RETURNING true"""
_RETRY = """
UPDATE recordings SET state = CASE WHEN state = 'missing' THEN 'expected' ELSE state END,
       tries = 0, next_try_at = $3
 WHERE enterprise = $1 AND name = $2
   AND (state IN ('expected', 'missing') OR (state = 'stored' AND next_try_at IS NULL))
RETURNING true"""
_EXPIRE = """
WITH old AS (
    SELECT original_key, object_key FROM recordings
     WHERE enterprise = $1 AND name = $2 AND state <> 'expired' FOR UPDATE)
UPDATE recordings r SET state = 'expired', error = $3, source_url = NULL, next_try_at = NULL
  FROM old
 WHERE r.enterprise = $1 AND r.name = $2 RETURNING old.original_key, old.object_key"""
_AGED = f"""
SELECT r.enterprise, r.name FROM enterprises e CROSS JOIN LATERAL (
    SELECT enterprise, name FROM recordings
     WHERE enterprise = e.number AND state <> 'expired'
       AND expected_at < $1::timestamptz - make_interval(days => coalesce(
           (e.settings -> 'retention_days' ->> 'recordings')::int, {DEFAULT_DAYS}))
     ORDER BY expected_at LIMIT $2) r LIMIT $2"""
_EMPTY = """
UPDATE recordings SET original_key = NULL, object_key = NULL
 WHERE enterprise = $1 AND name = $2 AND state = 'expired'"""
_LEFT = f"""
SELECT {_COLUMNS} FROM recordings
 WHERE state = 'expired' AND coalesce(original_key, object_key) IS NOT NULL LIMIT $1"""
_FORGET = """
DELETE FROM recordings WHERE (enterprise, name) IN (
    SELECT enterprise, name FROM recordings
     WHERE state = 'expired' AND coalesce(original_key, object_key) IS NULL
       AND expected_at < $1::timestamptz - interval '400 days' LIMIT $2)"""
_DAYS = """
SELECT (settings -> 'retention_days' ->> 'recordings')::int FROM enterprises WHERE number = $1"""
_OF_CALL = f"""
SELECT {_COLUMNS} FROM recordings WHERE enterprise = $1 AND call_id IN ($2, (
    SELECT call_id FROM call_aliases WHERE enterprise = $1 AND alias = $2))
 ORDER BY expected_at, name"""
_PLAYABLE = """
SELECT DISTINCT call_id FROM recordings
 WHERE enterprise = $1 AND call_id = ANY ($2::text[]) AND state IN ('stored', 'ready')"""
_PAGE = f"""
SELECT {_COLUMNS} FROM recordings
 WHERE enterprise = $1 AND ($2::text IS NULL OR state = $2) AND call_id IS NOT NULL
   AND ($3::timestamptz IS NULL OR (expected_at, name) < ($3, $4::text))
 ORDER BY expected_at DESC, name DESC LIMIT $5"""


class RecordingStore:
    """Times come from the caller's clock."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def expect(
        self,
        enterprise: EnterpriseNumber,
        name: str,
        *,
        call_id: str,
        connection_id: UUID | None,
        now: datetime,
        try_at: datetime,
        source_url: str | None = None,
    ) -> State:
        """The call has, or had, this recording. Returns how it stands: it may be here already."""
        state: State = await self._connection.fetchval(
            _EXPECT, enterprise, name, call_id, connection_id, source_url, now, try_at
        )
        return state

    async def get(self, enterprise: EnterpriseNumber, name: str) -> RecordingRow | None:
        row = await self._connection.fetchrow(
            f"SELECT {_COLUMNS} FROM recordings WHERE enterprise = $1 AND name = $2",
            enterprise,
            name,
        )
        return RecordingRow(**row) if row else None

    async def lock(
        self,
        enterprise: EnterpriseNumber,
        name: str,
        *,
        connection_id: UUID | None,
        now: datetime,
    ) -> RecordingRow:
        """The recording, made if nobody expected it, held until the unit ends."""
        await self._connection.execute(_MAKE, enterprise, name, connection_id, now)
        row = await self._connection.fetchrow(
            f"SELECT {_COLUMNS} FROM recordings WHERE enterprise = $1 AND name = $2 FOR UPDATE",
            enterprise,
            name,
        )
        return RecordingRow(**row)

    async def receive(
        self, enterprise: EnterpriseNumber, name: str, what: Received, *, now: datetime
    ) -> None:
        """It came; the conversion is due. What stood there before is replaced."""
        await self._connection.execute(
            _RECEIVE, enterprise, name, what.origin, what.original_key, what.media_type,
            what.size, what.sha256, now,
        )  # fmt: skip

    async def ready(
        self,
        row: RecordingRow,
        *,
        object_key: str,
        media_type: str,
        seconds: float,
        now: datetime,
    ) -> bool:
        """Browsers can play it. False: meanwhile another file came, or it was deleted."""
        done = await self._connection.fetchval(
            _READY, row.enterprise, row.name, row.original_key, object_key, media_type,
            seconds, now,
        )  # fmt: skip
        return bool(done)

    async def drop_original(self, row: RecordingRow) -> None:
        """The object of what came is deleted; the converted one stays."""
        await self._connection.execute(_DROP, row.enterprise, row.name, row.original_key)

    async def postpone(
        self, enterprise: EnterpriseNumber, name: str, error: str | None, try_at: datetime | None
    ) -> None:
        """It did not work; try again then, or no more."""
        await self._connection.execute(_POSTPONE, enterprise, name, error, try_at)

    async def lose(self, enterprise: EnterpriseNumber, name: str, error: str) -> bool:
        """Nobody will look for it any more unless asked to. False: it is here, or expired."""
        return bool(await self._connection.fetchval(_LOSE, enterprise, name, error))

    async def retry(self, enterprise: EnterpriseNumber, name: str, *, now: datetime) -> bool:
        """Look for it, or convert it, at once. False: there is nothing to do for it."""
        return bool(await self._connection.fetchval(_RETRY, enterprise, name, now))

    async def expire(
        self, enterprise: EnterpriseNumber, name: str, error: str | None
    ) -> Sequence[str] | None:
        """It may be heard no more. Returns the objects to delete; None: it was gone before.

        Call `emptied` when they are deleted, else `left_everywhere` brings them up again.
        """
        row = await self._connection.fetchrow(_EXPIRE, enterprise, name, error)
        return None if row is None else [key for key in row if key]

    async def emptied(self, enterprise: EnterpriseNumber, name: str) -> None:
        """Its objects are deleted."""
        await self._connection.execute(_EMPTY, enterprise, name)

    async def of_call(self, enterprise: EnterpriseNumber, call_id: str) -> Sequence[RecordingRow]:
        """Of the call that goes by this id or this other name, oldest first."""
        rows = await self._connection.fetch(_OF_CALL, enterprise, call_id)
        return [RecordingRow(**row) for row in rows]

    async def playable(
        self, enterprise: EnterpriseNumber, call_ids: Collection[str]
    ) -> Collection[str]:
        """Those of the calls that have something to hear."""
        rows = await self._connection.fetch(_PLAYABLE, enterprise, list(call_ids))
        return {row["call_id"] for row in rows}

    async def move(self, enterprise: EnterpriseNumber, gone: str, into: str) -> None:
        """The call `gone` is a part of `into` now."""
        await self._connection.execute(
            "UPDATE recordings SET call_id = $3 WHERE enterprise = $1 AND call_id = $2",
            enterprise,
            gone,
            into,
        )

    async def page(
        self,
        enterprise: EnterpriseNumber,
        *,
        state: State | None = None,
        before: tuple[datetime, str] | None = None,
        limit: int = 50,
    ) -> Sequence[RecordingRow]:
        """Those of known calls, newest first, after (expected_at, name) of the last one shown."""
        at, name = before or (None, None)
        rows = await self._connection.fetch(_PAGE, enterprise, state, at, name, limit)
        return [RecordingRow(**row) for row in rows]

    async def claim_everywhere(
        self,
        state: Literal["expected", "stored"],
        *,
        now: datetime,
        lease: timedelta,
        limit: int,
    ) -> Sequence[RecordingRow]:
        """What is due, for this worker alone until the lease ends; its `tries` counted."""
        rows = await self._connection.fetch(_CLAIM, now, lease, state, limit)
        return [RecordingRow(**row) for row in rows]

    async def aged_everywhere(
        self, *, now: datetime, limit: int
    ) -> Sequence[tuple[EnterpriseNumber, str]]:
        """Those that outlived their enterprise's retention."""
        rows = await self._connection.fetch(_AGED, now, limit)
        return [(EnterpriseNumber(row["enterprise"]), row["name"]) for row in rows]

    async def left_everywhere(self, *, limit: int) -> Sequence[RecordingRow]:
        """Expired ones whose objects could not be deleted yet."""
        return [RecordingRow(**row) for row in await self._connection.fetch(_LEFT, limit)]

    async def forget_everywhere(self, *, now: datetime, limit: int) -> int:
        """Delete the last trace of those that expired long ago; returns how many."""
        status = await self._connection.execute(_FORGET, now, limit)
        return int(status.rpartition(" ")[2])

    async def days(self, enterprise: EnterpriseNumber) -> int:
        """How long the enterprise keeps recordings."""
        days = await self._connection.fetchval(_DAYS, enterprise)
        return int(days) if days else DEFAULT_DAYS
