"""The outbox: what we owe. Adding, looking, replaying; delivering is in `deliveries.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kommutator.domain.commands import Command, decode, encode, kind_of
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection
from kommutator.store.message_locks import LOCKED

_ADD = """
INSERT INTO outbox (enterprise, lane, connection_id, key, urgency, kind, payload, once, call_id,
                    journal_id, run_at)
SELECT $1, lane, connection_id, key, urgency, kind, payload::jsonb, once, call_id, $2,
       coalesce(run_at, clock_timestamp())
  FROM unnest($3::text[], $4::uuid[], $5::text[], $6::smallint[], $7::text[], $8::text[],
              $9::text[], $10::text[], $11::timestamptz[])
    AS o (lane, connection_id, key, urgency, kind, payload, once, call_id, run_at)
ON CONFLICT (lane, once) DO NOTHING RETURNING id, lane"""

_COLUMNS = """id, lane, connection_id, key, kind, payload::text AS payload, call_id, journal_id,
state, unsure, attempts, run_at, created_at, finished_at, error_kind, error, note"""
_GET = f"SELECT {_COLUMNS} FROM outbox WHERE enterprise = $1 AND id = $2"
_PAGE = f"""
SELECT {_COLUMNS} FROM outbox
 WHERE enterprise = $1 AND id < coalesce($2, 9223372036854775807)
   AND ($3::text IS NULL OR state = $3) AND ($4::text IS NULL OR call_id = $4)
   AND ($5::text IS NULL OR lane = $5) AND ($6::text IS NULL OR kind = $6)
 ORDER BY id DESC LIMIT $7"""
# A message that may have arrived is said again only if a person names it.
_REPLAY = f"""
UPDATE outbox SET state = 'due', run_at = clock_timestamp(), age_from = clock_timestamp(),
       finished_at = NULL, note = NULL, error_kind = NULL,
       unsure = unsure AND kind <> 'send_message'
 WHERE id = ANY (ARRAY(
    SELECT id FROM outbox
     WHERE enterprise = $1 AND state = ANY ($2::text[])
       AND ($3::bigint[] IS NULL OR id = ANY ($3)) AND ($4::text IS NULL OR lane = $4)
       AND ($5::timestamptz IS NULL OR created_at >= $5)
       AND ($6::timestamptz IS NULL OR created_at < $6)
       AND ($3 IS NOT NULL OR note IS DISTINCT FROM 'maybe_sent')
       AND NOT (kind = 'set_presence' AND EXISTS (
            SELECT FROM outbox newer WHERE newer.lane = outbox.lane AND newer.key = outbox.key
               AND newer.kind = outbox.kind AND newer.id > outbox.id))
     {LOCKED}))
RETURNING id, lane"""
_DROP = f"""
UPDATE outbox SET state = 'dropped', finished_at = clock_timestamp(), note = $3
 WHERE id = ANY (ARRAY(
    SELECT id FROM outbox
     WHERE enterprise = $1 AND id = ANY ($2::bigint[]) AND state IN ('due', 'dead')
     {LOCKED}))
RETURNING id"""
_SUPERSEDE = f"""
UPDATE outbox SET state = 'dropped', finished_at = clock_timestamp(), note = 'superseded'
 WHERE id = ANY (ARRAY(
    SELECT id FROM outbox WHERE enterprise = $1 AND lane = $2 AND key = $3
       AND kind = 'set_presence' AND state = 'due' {LOCKED}))"""
_ORDERED = """
SELECT payload::text AS payload FROM outbox
 WHERE enterprise = $1 AND lane = $2 AND key = $3 AND kind = 'set_presence'
   AND (state = 'due' OR finished_at > clock_timestamp() - make_interval(secs => $4))
 ORDER BY id"""
_BACKLOG = """
SELECT lane, count(*) FILTER (WHERE state = 'due') AS due,
       count(*) FILTER (WHERE state = 'dead') AS dead,
       coalesce(extract(epoch FROM clock_timestamp() - min(created_at)
                FILTER (WHERE state = 'due')), 0)::float8 AS oldest_s
  FROM outbox WHERE enterprise = $1 AND state IN ('due', 'dead') GROUP BY lane ORDER BY lane"""


@dataclass(frozen=True, slots=True)
class Owed:
    """A command about to be owed.

    Attributes:
        key: what order is kept for inside the lane.
        once: unique in the lane for ever; a second command under it is not stored.
        run_at: not before this; None is at once.
    """

    lane: str
    connection_id: UUID
    key: str
    command: Command
    once: str
    run_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A command with its fate so far."""

    id: int
    lane: str
    connection_id: UUID
    key: str
    kind: str
    payload: str  # JSON; `command()` reads it, unless a newer version wrote it
    call_id: str | None
    journal_id: int | None
    state: str  # due, done, dead, dropped
    unsure: bool
    attempts: int
    run_at: datetime
    created_at: datetime
    finished_at: datetime | None
    error_kind: str | None
    error: str | None
    note: str | None

    def command(self) -> Command:
        """Raises msgspec.ValidationError for a kind this version does not know."""
        return decode(self.payload)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits in one lane; `oldest_s` is 0 if nothing is due."""

    lane: str
    due: int
    dead: int
    oldest_s: float


class OutboxStore:
    def __init__(self, connection: Connection, wake: Callable[[str], None]) -> None:
        self._connection = connection
        self._wake = wake

    async def add(
        self, enterprise: EnterpriseNumber, owed: Sequence[Owed], *, journal_id: int | None = None
    ) -> list[int]:
        """Owe these, in this order; returns ids of the new ones and wakes their lanes."""
        if not owed:
            return []
        rows = await self._connection.fetch(_ADD, enterprise, journal_id, *_columns(owed))
        return self._woken(rows)

    async def get(self, enterprise: EnterpriseNumber, row_id: int) -> OutboxRow | None:
        row = await self._connection.fetchrow(_GET, enterprise, row_id)
        return OutboxRow(**row) if row else None

    async def page(
        self,
        enterprise: EnterpriseNumber,
        *,
        before: int | None = None,
        state: str | None = None,
        call_id: str | None = None,
        lane: str | None = None,
        kind: str | None = None,
        limit: int = 50,
    ) -> list[OutboxRow]:
        """Newest first; `before` is the last id of the page before."""
        filters = (before, state, call_id, lane, kind)
        rows = await self._connection.fetch(_PAGE, enterprise, *filters, limit)
        return [OutboxRow(**r) for r in rows]

    async def replay(
        self,
        enterprise: EnterpriseNumber,
        ids: Sequence[int] | None = None,
        *,
        lane: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        states: Sequence[str] = ("dead",),
    ) -> list[int]:
        """Try finished commands again, by ids or by range of creation; patience starts anew.

        A status that a newer one followed is left alone: it is not so any more. The attempts
        so far stay in the history, and what may have reached the vendor stays marked as unsure, but
        for messages, which nobody can look for.
        """
        rows = await self._connection.fetch(_REPLAY, enterprise, states, ids, lane, since, until)
        return self._woken(rows)

    async def drop(self, enterprise: EnterpriseNumber, ids: Sequence[int], note: str) -> list[int]:
        """Give commands up for good at a person's word; returns those that still waited."""
        rows = await self._connection.fetch(_DROP, enterprise, ids, note)
        return [r["id"] for r in rows]

    async def supersede_presence(self, enterprise: EnterpriseNumber, lane: str, key: str) -> None:
        """Drop the statuses that wait under this key: the next one says it all anew."""
        await self._connection.execute(_SUPERSEDE, enterprise, lane, key)

    async def ordered_presence(
        self, enterprise: EnterpriseNumber, lane: str, key: str, *, within_s: float
    ) -> list[Command]:
        """Statuses of one key that wait, or went out within so many seconds; oldest first."""
        rows = await self._connection.fetch(_ORDERED, enterprise, lane, key, within_s)
        return [decode(row["payload"]) for row in rows]

    async def backlog(self, enterprise: EnterpriseNumber) -> list[Backlog]:
        """What waits and what died, per lane."""
        return [Backlog(**r) for r in await self._connection.fetch(_BACKLOG, enterprise)]

    def _woken(self, rows: Sequence[Any]) -> list[int]:
        for lane in {r["lane"] for r in rows}:
            self._wake(lane)
        return [r["id"] for r in rows]


def _columns(owed: Sequence[Owed]) -> tuple[list[Any], ...]:
    return (
        [o.lane for o in owed],
        [o.connection_id for o in owed],
        [o.key for o in owed],
        [0 if o.command.live else 1 for o in owed],
        [kind_of(o.command) for o in owed],
        [encode(o.command).decode() for o in owed],
        [o.once for o in owed],
        [o.command.call_id for o in owed],
        [o.run_at for o in owed],
    )
