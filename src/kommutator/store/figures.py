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


class FigureStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def queues_everywhere(self) -> dict[str, float]:
        """What waits, what failed, and how old the oldest waiting command is, seconds."""
        row = await self._connection.fetchrow(_QUEUES)
        return {name: float(value) for name, value in row.items()}
