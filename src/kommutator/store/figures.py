"""Numbers over all tenants, for operators."""

from __future__ import annotations

from kommutator.store.driver import Connection

_QUEUES = """
    SELECT (SELECT count(*) FROM journal WHERE state = 'new') AS journal_new,
           (SELECT count(*) FROM journal WHERE state = 'failed') AS journal_failed,
           (SELECT count(*) FROM outbox WHERE state = 'due') AS outbox_due,
           (SELECT count(*) FROM outbox WHERE state = 'dead') AS outbox_dead,
           (SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8
              FROM outbox WHERE state = 'due') AS outbox_oldest_s,
           (SELECT count(*) FROM lanes WHERE parked_reason IS NOT NULL) AS lanes_parked,
           (SELECT count(*) FROM lanes WHERE breaker <> 'closed') AS breakers_open
"""

_COPIES = """
    SELECT (SELECT count(*) FROM crm_wanted) AS wanted,
           (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(w.since)), 0)::float8
              FROM crm_wanted w JOIN connections c ON c.id = w.connection_id
             WHERE c.status = 'active') AS lag_s,
           (SELECT count(*) FROM crm_hooks h
              JOIN connections c ON c.id = h.connection_id AND c.status = 'active'
             WHERE h.state <> 'on' AND c.kind = 'amocrm') AS hooks_off,
           (SELECT coalesce(sum(h.received), 0) FROM crm_hooks h
              JOIN connections c ON c.id = h.connection_id AND c.kind = 'amocrm') AS decided,
           (SELECT coalesce(sum(h.missed), 0) FROM crm_hooks h
              JOIN connections c ON c.id = h.connection_id AND c.kind = 'amocrm') AS missed,
           (SELECT greatest(reltuples, 0) FROM pg_class
             WHERE oid = 'crm_entities'::regclass) AS cards
"""

_SALONS = """
    SELECT (SELECT count(*) FROM salon_wanted) AS wanted,
           (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(w.since)), 0)::float8
              FROM salon_wanted w JOIN connections c ON c.id = w.connection_id
             WHERE c.status = 'active') AS lag_s,
           (SELECT count(*) FROM crm_hooks h
              JOIN connections c ON c.id = h.connection_id AND c.status = 'active'
             WHERE h.state <> 'on' AND c.kind = 'yclients') AS hooks_off,
           (SELECT coalesce(sum(h.received), 0) FROM crm_hooks h
              JOIN connections c ON c.id = h.connection_id AND c.kind = 'yclients') AS decided,
           (SELECT coalesce(sum(h.missed), 0) FROM crm_hooks h
              JOIN connections c ON c.id = h.connection_id AND c.kind = 'yclients') AS missed,
           (SELECT coalesce(sum(drift), 0) FROM salons) AS drift,
           (SELECT greatest(reltuples, 0) FROM pg_class
             WHERE oid = 'salon_visits'::regclass) AS visits
"""

_TALKS = """
    SELECT count(*) AS waiting,
           coalesce(extract(epoch FROM clock_timestamp() - min(handed_over_at) FILTER (
               WHERE handed_over_at > clock_timestamp() - interval '1 day')), 0)::float8 AS wait_s
      FROM conversations WHERE needs_person
"""
_CONNECTIONS = """
    SELECT kind, status, count(*)::int AS count FROM connections
     WHERE status <> 'removed' AND user_id IS NULL GROUP BY 1, 2
"""


class FigureStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def queues_everywhere(self) -> dict[str, float]:
        """What waits, what failed, and how old the oldest waiting command is, seconds."""
        row = await self._connection.fetchrow(_QUEUES)
        return {name: float(value) for name, value in row.items()}

    async def copies_everywhere(self) -> dict[str, float]:
        """How copies of CRMs fare: what waits to be read, for how long, and who does not call."""
        row = await self._connection.fetchrow(_COPIES)
        return {name: float(value) for name, value in row.items()}

    async def salons_everywhere(self) -> dict[str, float]:
        """The same for copies of salons; `drift`: rows the last nightly readings put right."""
        row = await self._connection.fetchrow(_SALONS)
        return {name: float(value) for name, value in row.items()}

    async def talks_everywhere(self) -> dict[str, float]:
        """How many are `waiting` for a person; `wait_s`: the oldest hand-over of the last day."""
        row = await self._connection.fetchrow(_TALKS)
        return {name: float(value) for name, value in row.items()}

    async def connections_everywhere(self) -> dict[tuple[str, str], int]:
        """How many enterprises' connections there are, by kind and status."""
        rows = await self._connection.fetch(_CONNECTIONS)
        return {(row["kind"], row["status"]): row["count"] for row in rows}
