"""Deleting what is old enough, a little at a time, each enterprise by its own setting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kommutator.store.driver import Connection

Family = Literal["journal", "outbox", "attempts", "route_answers"]

_DEFAULT_DAYS = {
    "journal": 30,
    "outbox": 90,
    "attempts": 90,
    "route_answers": 90,
    "calls": 365,
}
_AGE = {
    "journal": ("received_at", "state <> 'new'"),
    "outbox": ("coalesce(finished_at, created_at)", "state <> 'due'"),
    "attempts": ("at", "true"),
    "route_answers": ("at", "true"),
}


def _walk(family: Family) -> str:
    """Walk by primary key, which is the order of age, in windows that never lock long.

    It ends where rows are younger than the shortest retention of all enterprises.
    """
    at, finished = _AGE[family]
    days = _DEFAULT_DAYS[family]
    return f"""
WITH page AS MATERIALIZED (
    SELECT t.id, t.enterprise, {at} AS at, {finished} AS finished FROM {family} t
     WHERE t.id > $1 ORDER BY t.id LIMIT $2),
gone AS (
    DELETE FROM {family} t USING page p LEFT JOIN enterprises e ON e.number = p.enterprise
     WHERE t.id = p.id AND p.finished AND p.at < now() - make_interval(days => coalesce(
           (e.settings -> 'retention_days' ->> '{family}')::int, {days}))
    RETURNING t.id)
SELECT max(id) AS last, count(*) AS seen,
       coalesce(min(at) > now() - make_interval(days => (
           SELECT least({days}, min((settings -> 'retention_days' ->> '{family}')::int))
             FROM enterprises)), true) AS young,
       (SELECT count(*) FROM gone) AS deleted FROM page"""


_SESSIONS = """
DELETE FROM sessions WHERE token_hash IN (
    SELECT token_hash FROM sessions WHERE expires_at < now() LIMIT $1)"""
_CALLS = f"""
WITH old AS (
    SELECT c.enterprise, c.id FROM enterprises e CROSS JOIN LATERAL (
        SELECT enterprise, id FROM calls
         WHERE enterprise = e.number AND started_at < now() - make_interval(days => coalesce(
               (e.settings -> 'retention_days' ->> 'calls')::int, {_DEFAULT_DAYS["calls"]}))
         ORDER BY started_at LIMIT $1) c LIMIT $1),
aliases AS (
    DELETE FROM call_aliases a USING old
     WHERE a.enterprise = old.enterprise AND a.call_id = old.id)
DELETE FROM calls c USING old WHERE c.enterprise = old.enterprise AND c.id = old.id"""


@dataclass(frozen=True, slots=True)
class Step:
    """One window of a walk: go on after `last` unless `done`."""

    last: int
    deleted: int
    done: bool


# A full budget and an unknown one are the same; whoever stayed away for a day has a full one.
_BUDGETS = """
DELETE FROM budgets WHERE key IN (
    SELECT key FROM budgets WHERE tat < extract(epoch FROM clock_timestamp()) - 86400 LIMIT $1)"""


class RetentionStore:
    """Settings are in `enterprises.settings`: {"retention_days": {"journal": 30, …}}."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def step_everywhere(self, family: Family, after: int, limit: int = 1000) -> Step:
        """Delete what is over age among the next `limit` rows after id `after`."""
        row = await self._connection.fetchrow(_walk(family), after, limit)
        done = row["seen"] < limit or row["young"]
        return Step(last=row["last"] or after, deleted=row["deleted"], done=done)

    async def sessions_everywhere(self, limit: int = 1000) -> int:
        """Delete expired sessions; returns how many."""
        return _count(await self._connection.execute(_SESSIONS, limit))

    async def calls_everywhere(self, limit: int = 500) -> int:
        """Delete calls over age with their aliases; returns how many."""
        return _count(await self._connection.execute(_CALLS, limit))

    async def budgets_everywhere(self, limit: int = 1000) -> int:
        """Forget allowances nobody drew from for a day; returns how many."""
        return _count(await self._connection.execute(_BUDGETS, limit))


def _count(status: str) -> int:
    return int(status.rpartition(" ")[2])
