"""The outbox as the owner of a lane works it: fetch what can run, finish what was tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.attempts import Attempt, insert_from
from kommutator.store.attempts import columns as attempt_columns
from kommutator.store.driver import Connection

# Heads are the oldest due rows of their keys; a head brings some followers along, so that a
# key with many rows does not need a query for each. What leaves here is noted in `held` by the
# same commit: if this owner dies, these and only these rows may have been sent.
# A PBX's lane does not wait for the disk here: what a power failure could make it forget is a click
# that is too old to be tried again when the machine is back.
# OFFSET 0 keeps the planner from turning the look-up per row into a join: with most of the table
# done it expects next to no due rows, and a backlog would then cost its square.
_FETCH = """
WITH heads AS (
    SELECT o.key, o.urgency, o.id FROM outbox o
     WHERE o.lane = $1 AND o.state = 'due' AND o.run_at <= now() AND o.key <> ALL ($3::text[])
       AND NOT EXISTS (
           SELECT 1 FROM outbox e
            WHERE e.lane = $1 AND e.key = o.key AND e.state = 'due' AND e.id < o.id
           OFFSET 0)
     ORDER BY o.urgency, o.id LIMIT $4),
picked AS (
    SELECT f.*, h.urgency AS rank, h.id AS head FROM heads h CROSS JOIN LATERAL (
        SELECT id, key, kind, payload::text AS payload, attempts, unsure, created_at, error_kind,
               call_id, extract(epoch FROM now() - age_from)::float8 AS age_s,
               run_at <= now() AS runnable
          FROM outbox WHERE lane = $1 AND key = h.key AND state = 'due'
         ORDER BY id LIMIT $5) f
     ORDER BY h.urgency, h.id, f.id LIMIT $4),
mine AS (
    UPDATE lanes SET held = held || ARRAY (SELECT id FROM picked)
     WHERE lane = $1 AND fence = $2 AND EXISTS (SELECT FROM picked)
       AND (SELECT set_config('synchronous_commit',
                CASE WHEN $1 LIKE 'pbx:%' THEN 'off'
                     ELSE current_setting('synchronous_commit') END, true)) IS NOT NULL
    RETURNING lane)
SELECT id, key, kind, payload, attempts, unsure, created_at, error_kind, call_id, age_s, runnable
  FROM picked, mine ORDER BY rank, head, id"""

_LEAVING = """
UPDATE outbox o SET unsure = true FROM lanes l
 WHERE l.lane = $1 AND l.fence = $2 AND o.lane = $1 AND o.id = ANY ($3::bigint[])
   AND o.state = 'due' RETURNING o.id"""
_NEXT = """
SELECT extract(epoch FROM min(h.run_at) - clock_timestamp())::float8 FROM (
    SELECT DISTINCT ON (o.key) o.run_at FROM outbox o
     WHERE o.lane = $1 AND o.state = 'due' AND o.key <> ALL ($2::text[])
     ORDER BY o.key, o.id) h"""

# A row that dies untried keeps the error of its last try: that is why it is dead.
# The update of the lane is the fence: an owner that was replaced changes nothing at all.
_FINISH = f"""
WITH mine AS (
    UPDATE lanes SET held = ARRAY (SELECT unnest(held) EXCEPT SELECT unnest($18::bigint[])),
           breaker = $26, failures = $27,
           breaker_until = clock_timestamp() + make_interval(secs => $28),
           last_success_at = CASE WHEN $29 THEN clock_timestamp() ELSE last_success_at END,
           last_error_at = CASE WHEN $30::text IS NULL THEN last_error_at
                                ELSE clock_timestamp() END,
           last_error = coalesce($30, last_error),
           parked_reason = coalesce(parked_reason, $31),
           parked_detail = CASE WHEN parked_reason IS NULL THEN $32 ELSE parked_detail END,
           parked_at = CASE WHEN parked_reason IS NULL AND $31::text IS NOT NULL
                            THEN clock_timestamp() ELSE parked_at END
     WHERE enterprise = $1 AND lane = $16 AND fence = $17 RETURNING lane),
tried AS (
    {insert_from(2).replace("FROM unnest", "FROM mine, unnest")})
UPDATE outbox o
   SET state = s.state, attempts = o.attempts + s.tried, unsure = s.unsure,
       run_at = CASE WHEN s.wait IS NULL THEN o.run_at
                     ELSE clock_timestamp() + make_interval(secs => s.wait) END,
       finished_at = CASE WHEN s.state = 'due' THEN NULL ELSE clock_timestamp() END,
       error_kind = CASE WHEN s.state = 'dead' THEN coalesce(s.error_kind, o.error_kind)
                         ELSE s.error_kind END,
       error = CASE WHEN s.state = 'dead' THEN coalesce(s.error, o.error) ELSE s.error END,
       note = s.note
  FROM mine, unnest($18::bigint[], $19::text[], $20::int[], $21::boolean[], $22::float8[],
                    $23::text[], $24::text[], $25::text[])
             AS s (id, state, tried, unsure, wait, error_kind, error, note)
 WHERE o.enterprise = $1 AND o.id = s.id AND o.state = 'due'
RETURNING o.id"""


@dataclass(frozen=True, slots=True)
class Picked:
    """A row in the hands of the lane's owner; `age_s` counts since creation or replay."""

    id: int
    key: str
    kind: str
    payload: str
    attempts: int
    unsure: bool
    created_at: datetime
    error_kind: str | None  # of the attempt before
    call_id: str | None
    age_s: float
    runnable: bool  # False: a follower that is not due yet


@dataclass(frozen=True, slots=True)
class Settled:
    """What becomes of a row. `wait` seconds for the next try; None leaves the time alone."""

    id: int
    state: Literal["due", "done", "dead"]
    tried: bool = True
    unsure: bool = False
    wait: float | None = None
    error_kind: str | None = None
    error: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class LaneHealth:
    """What the lane remembers across owners; `breaker_wait` is seconds, None if closed."""

    breaker: str = "closed"
    failures: int = 0
    breaker_wait: float | None = None
    succeeded: bool = False
    error: str | None = None
    park_reason: str | None = None
    park_detail: str | None = None


class DeliveryStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def fetch(
        self, lane: str, fence: int, *, busy_keys: Sequence[str], limit: int, per_key: int = 8
    ) -> list[Picked]:
        """What can run now, most urgent keys first, in order inside each key.

        Empty also if the lane is not ours any more.
        """
        rows = await self._connection.fetch(_FETCH, lane, fence, busy_keys, limit, per_key)
        return [Picked(*r) for r in rows]

    async def leaving(self, lane: str, fence: int, ids: Sequence[int]) -> set[int]:
        """Note that these go out now, for whoever finds us dead; returns those that may.

        Until `finish` says otherwise they count as unsure. Not among those that may: what was
        dropped meanwhile, and everything if the lane is not ours any more.
        """
        rows = await self._connection.fetch(_LEAVING, lane, fence, ids)
        return {row["id"] for row in rows}

    async def next_wait(self, lane: str, *, busy_keys: Sequence[str]) -> float | None:
        """Seconds until the next head of a key that is not busy becomes due; None if none."""
        wait: float | None = await self._connection.fetchval(_NEXT, lane, busy_keys)
        # Not greatest() in SQL: that ignores NULL, and an empty lane would be due at once.
        return None if wait is None else max(0.0, wait)

    async def finish(
        self,
        enterprise: EnterpriseNumber,
        lane: str,
        fence: int,
        *,
        settled: Sequence[Settled],
        attempts: Sequence[Attempt],
        health: LaneHealth,
    ) -> set[int]:
        """Attempts, states and the lane's health in one fenced statement.

        Returns the rows that changed: none if another owner has the lane by now.
        """
        rows = await self._connection.fetch(
            _FINISH,
            enterprise,
            *attempt_columns(attempts),
            lane,
            fence,
            *_settled_columns(settled),
            *_health_columns(health),
        )
        return {r["id"] for r in rows}


def _settled_columns(settled: Sequence[Settled]) -> tuple[list[Any], ...]:
    return (
        [s.id for s in settled],
        [s.state for s in settled],
        [int(s.tried) for s in settled],
        [s.unsure for s in settled],
        [s.wait for s in settled],
        [s.error_kind for s in settled],
        [_text(s.error) for s in settled],
        [_text(s.note) for s in settled],
    )


def _health_columns(health: LaneHealth) -> tuple[Any, ...]:
    return (
        health.breaker,
        health.failures,
        health.breaker_wait,
        health.succeeded,
        _text(health.error),
        health.park_reason,
        _text(health.park_detail),
    )


def _text(value: str | None) -> str | None:
    # A vendor may answer with a NUL; PostgreSQL takes none, and the finish must not fail.
    return value.replace("\x00", "") if value else value
