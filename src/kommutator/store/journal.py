"""The journal: what reached us, raw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kommutator.domain.connection import decision_lane
from kommutator.domain.journal import Arrival, Ignored, JournalRow, Receipt, Verdict
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

# One statement is one transaction, one flush and one NOTIFY per lane. Repeats inside the batch
# are skipped like repeats of older rows.
_APPEND = """
WITH fresh AS (
    INSERT INTO journal (enterprise, source, kind, key, dedupe_key, body, connection_id)
    SELECT e, s, k, y, d, b, c
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[],
                  $7::uuid[]) AS a (e, s, k, y, d, b, c)
    ON CONFLICT (enterprise, source, dedupe_key) DO NOTHING
    RETURNING id, enterprise, source, dedupe_key)
SELECT id, enterprise, source, dedupe_key,
       (SELECT count(pg_notify('kommutator_wake', 'decide:' || enterprise))
          FROM (SELECT DISTINCT enterprise FROM fresh) AS lanes)
  FROM fresh"""

_RECORD = """
INSERT INTO journal (enterprise, source, kind, key, dedupe_key, body, connection_id, received_at,
                     state, decided_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'decided', clock_timestamp()) RETURNING id"""

_COLUMNS = "id, enterprise, source, kind, key, body, connection_id, received_at"
_FETCH_NEW = f"""
SELECT {_COLUMNS} FROM journal WHERE enterprise = $1 AND state = 'new' ORDER BY id LIMIT $2"""
_MARK = """
UPDATE journal j SET state = m.state, note = m.note, decided_at = clock_timestamp()
  FROM unnest($2::bigint[], $3::text[], $4::text[]) AS m (id, state, note)
 WHERE j.enterprise = $1 AND j.id = m.id"""
_PAGE = f"""
SELECT {_COLUMNS}, state, note, decided_at FROM journal
 WHERE enterprise = $1 AND id < coalesce($2, 9223372036854775807)
   AND ($3::text IS NULL OR state = $3) AND ($4::text IS NULL OR key = $4)
 ORDER BY id DESC LIMIT $5"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_EARLIER = """
SELECT key FROM journal WHERE enterprise = $1 AND source = $2 AND dedupe_key = ANY ($3::text[])
 ORDER BY id DESC LIMIT 1"""
_REOPEN = """
UPDATE journal SET state = 'new', note = NULL, decided_at = NULL
 WHERE enterprise = $1 AND id = ANY ($2::bigint[]) AND state = 'failed' RETURNING id"""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A row as people look at it."""

    row: JournalRow
    state: str
    note: str | None
    decided_at: datetime | None


class JournalStore:
    def __init__(self, connection: Connection, wake: Callable[[str], None]) -> None:
        self._connection = connection
        self._wake = wake

    async def append(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        """Write what is new, one receipt per arrival in order; tells the engines itself.

        For arrivals of many enterprises: the tenant comes with each.
        """
        rows = await self._connection.fetch(_APPEND, *_columns(arrivals))
        fresh = {(e, s, d): number for number, e, s, d, _ in rows}
        receipts = []
        for a in arrivals:
            number = fresh.pop((a.enterprise, a.source, a.dedupe_key), None)
            receipts.append(Receipt(number, duplicate=number is None))
        return receipts

    async def add(self, arrival: Arrival) -> Receipt:
        """Append one row inside a bigger transaction."""
        receipt = (await self.append([arrival]))[0]
        if not receipt.duplicate:
            self._wake(decision_lane(arrival.enterprise))
        return receipt

    async def record(self, arrival: Arrival, at: datetime) -> JournalRow:
        """Append one row whose effect is in this same transaction; nobody is woken for it.

        `at` is kept with it, so that whoever reads the row again concludes the same.
        """
        a = arrival
        given = (a.enterprise, a.source, a.kind, a.key, a.dedupe_key, a.body, a.connection_id)
        number = await self._connection.fetchval(_RECORD, *given, at)
        return JournalRow(
            id=int(number),
            enterprise=a.enterprise,
            source=a.source,
            kind=a.kind,
            key=a.key,
            body=a.body,
            connection_id=a.connection_id,
            received_at=at,
        )

    async def earlier(
        self, enterprise: EnterpriseNumber, source: str, dedupe_keys: Sequence[str], *, lock: str
    ) -> str | None:
        """The `key` of the newest row under any of these, if there is one.

        Whoever asks under the same `lock` waits until this transaction ends.
        """
        await self._connection.execute(_LOCK, f"{enterprise}:{source}:{lock}")
        found = await self._connection.fetchval(_EARLIER, enterprise, source, dedupe_keys)
        return None if found is None else str(found)

    async def fetch_new(self, enterprise: EnterpriseNumber, limit: int) -> list[JournalRow]:
        """The oldest undecided rows, in order."""
        return [_row(r) for r in await self._connection.fetch(_FETCH_NEW, enterprise, limit)]

    async def mark(self, enterprise: EnterpriseNumber, verdicts: Mapping[int, Verdict]) -> None:
        """Store what came of each row."""
        states = ["ignored" if isinstance(v, Ignored) else "decided" for v in verdicts.values()]
        notes = [v.note if isinstance(v, Ignored) else None for v in verdicts.values()]
        await self._connection.execute(_MARK, enterprise, list(verdicts), states, notes)

    async def fail(self, enterprise: EnterpriseNumber, row_id: int, error_id: str) -> None:
        """Set a row aside that raised; `reopen` brings it back."""
        await self._connection.execute(_MARK, enterprise, [row_id], ["failed"], [error_id])

    async def page(
        self,
        enterprise: EnterpriseNumber,
        *,
        before: int | None = None,
        state: str | None = None,
        key: str | None = None,
        limit: int = 50,
    ) -> list[JournalEntry]:
        """Newest first; `before` is the last id of the page before."""
        rows = await self._connection.fetch(_PAGE, enterprise, before, state, key, limit)
        return [JournalEntry(_row(r), r["state"], r["note"], r["decided_at"]) for r in rows]

    async def reopen(self, enterprise: EnterpriseNumber, ids: Sequence[int]) -> list[int]:
        """Decide failed rows anew; returns those that were failed."""
        rows = await self._connection.fetch(_REOPEN, enterprise, ids)
        if rows:
            self._wake(decision_lane(enterprise))
        return [r["id"] for r in rows]


def _columns(arrivals: Sequence[Arrival]) -> tuple[list[str | bytes | UUID | None], ...]:
    return (
        [a.enterprise for a in arrivals],
        [a.source for a in arrivals],
        [a.kind for a in arrivals],
        [a.key for a in arrivals],
        [a.dedupe_key for a in arrivals],
        [a.body for a in arrivals],
        [a.connection_id for a in arrivals],
    )


def _row(record: Any) -> JournalRow:
    return JournalRow(
        id=record["id"],
        enterprise=EnterpriseNumber(record["enterprise"]),
        source=record["source"],
        kind=record["kind"],
        key=record["key"],
        body=record["body"],
        connection_id=record["connection_id"],
        received_at=record["received_at"],
    )
