"""Grants of accounts that are not paid for: the token is good, the vendor turns requests away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

_UNPAID = """
UPDATE oauth_grants g
   SET state = 'unpaid', reason = 'unpaid', detail = c.status_detail, state_since = now(),
       next_try_at = clock_timestamp() + $1
  FROM connections c
 WHERE c.enterprise = g.enterprise AND c.id = g.connection_id AND g.state = 'active'
   AND c.status = 'broken' AND c.status_reason = 'access_revoked'
RETURNING g.enterprise, g.connection_id"""

_UNPAID_ONE = """
UPDATE oauth_grants SET state = 'unpaid', reason = 'unpaid', detail = $3, state_since = now(),
       next_try_at = clock_timestamp() + $4
 WHERE enterprise = $1 AND connection_id = $2 AND state = 'active'
RETURNING true"""

_ASK_AGAIN = """
UPDATE oauth_grants SET state = 'active', reason = NULL, detail = NULL, state_since = now()
 WHERE state = 'unpaid' AND refresh_until IS NULL AND next_try_at <= clock_timestamp()
RETURNING enterprise, connection_id"""


class UnpaidGrantStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def hear_everywhere(self, pause: timedelta) -> Sequence[tuple[EnterpriseNumber, UUID]]:
        """Lanes that were shut out although the token is good: the account is not paid for.

        They become UNPAID, and the next exchange after `pause` tells whether they still are.
        """
        rows = await self._connection.fetch(_UNPAID, pause)
        return [(EnterpriseNumber(row["enterprise"]), row["connection_id"]) for row in rows]

    async def hear(
        self, enterprise: EnterpriseNumber, connection_id: UUID, detail: str, pause: timedelta
    ) -> bool:
        """An ACTIVE one becomes UNPAID, to be tried again after `pause`. False: it was not."""
        marked = await self._connection.fetchval(
            _UNPAID_ONE, enterprise, connection_id, detail, pause
        )
        return bool(marked)

    async def ask_again_everywhere(self) -> Sequence[tuple[EnterpriseNumber, UUID]]:
        """UNPAID ones whose pause is over and that no exchange can tell about: ACTIVE again."""
        rows = await self._connection.fetch(_ASK_AGAIN)
        return [(EnterpriseNumber(row["enterprise"]), row["connection_id"]) for row in rows]
