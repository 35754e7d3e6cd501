"""What the vendor of each salon was told of its messenger, and what would be true now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.domain.whatsapp.states import TALKS
from kommutator.store.driver import Connection

_TALKS: Final = ", ".join(f"'{state.value}'" for state in sorted(TALKS))
# A messenger speaks for the salon that its config names, else for the enterprise's only one.
_SALONS: Final = f"""
SELECT s.enterprise, s.connection_id, s.salon_id, s.channel_told, s.channel_lost_at,
       s.channel_tries, s.channel_next_at,
       coalesce(bool_or(w.state IN ({_TALKS}) OR p.kind = 'whatsapp_cloud'
                        AND p.status = 'active'), false) AS talks,
       coalesce(bool_or(w.state IN ('connecting', 'reconnecting')), false) AS returns
  FROM yclients_salons s
  JOIN connections c ON c.enterprise = s.enterprise AND c.id = s.connection_id
   AND c.status = 'active' AND c.config->>'way' = 'marketplace'
  LEFT JOIN connections p ON p.enterprise = s.enterprise AND p.status <> 'removed'
   AND p.kind IN ('whatsapp', 'whatsapp_cloud')
   AND (p.config->>'salon' = s.connection_id::text
        OR p.config->>'salon' IS NULL AND NOT EXISTS (
            SELECT FROM connections o WHERE o.enterprise = s.enterprise AND o.kind = c.kind
               AND o.status = 'active' AND o.id <> c.id))
  LEFT JOIN whatsapp_sessions w ON w.enterprise = p.enterprise AND w.connection_id = p.id
 GROUP BY s.enterprise, s.connection_id"""
_NOTE_LOST: Final = f"""
UPDATE yclients_salons y
   SET channel_lost_at = CASE WHEN n.talks THEN NULL ELSE clock_timestamp() END
  FROM ({_SALONS}) n
 WHERE y.enterprise = n.enterprise AND y.connection_id = n.connection_id
   AND n.talks = (n.channel_lost_at IS NOT NULL)"""
_DUE: Final = f"""
SELECT enterprise, connection_id, salon_id, talks, channel_tries AS tries FROM ({_SALONS}) n
 WHERE talks IS DISTINCT FROM channel_told AND channel_next_at <= clock_timestamp()
   AND (talks OR NOT returns OR channel_told IS NULL
        OR channel_lost_at < clock_timestamp() - make_interval(secs => $1))
 ORDER BY channel_next_at LIMIT $2"""


@dataclass(frozen=True, slots=True)
class Untold:
    """A salon whose vendor believes something else of its messenger."""

    enterprise: EnterpriseNumber
    connection_id: UUID
    salon_id: int
    talks: bool
    tries: int


class SalonMessengerStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def due_everywhere(self, patience_s: float, limit: int) -> Sequence[Untold]:
        """Salons whose vendor is to be told now.

        One whose messenger comes back by itself is called lost only after `patience_s`.
        """
        await self._connection.execute(_NOTE_LOST)
        rows = await self._connection.fetch(_DUE, patience_s, limit)
        return [
            Untold(**{**row, "enterprise": EnterpriseNumber(row["enterprise"])}) for row in rows
        ]

    async def told(self, enterprise: EnterpriseNumber, connection_id: UUID, *, talks: bool) -> None:
        """The vendor has heard it."""
        await self._connection.execute(
            "UPDATE yclients_salons SET channel_told = $3, channel_tries = 0, "
            "channel_next_at = clock_timestamp() WHERE enterprise = $1 AND connection_id = $2",
            enterprise, connection_id, talks,
        )  # fmt: skip

    async def failed(
        self, enterprise: EnterpriseNumber, connection_id: UUID, retry_in_s: float
    ) -> None:
        await self._connection.execute(
            "UPDATE yclients_salons SET channel_tries = channel_tries + 1, "
            "channel_next_at = clock_timestamp() + make_interval(secs => $3) "
            "WHERE enterprise = $1 AND connection_id = $2",
            enterprise, connection_id, retry_in_s,
        )  # fmt: skip

    async def connect_now(self, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        """What was given up or put off is tried at once: somebody goes on with this salon."""
        await self._connection.execute(
            "UPDATE yclients_salons SET next_try_at = clock_timestamp() "
            "WHERE enterprise = $1 AND connection_id = $2",
            enterprise, connection_id,
        )  # fmt: skip
