"""The kill switch of unasked messages: everybody's, one enterprise's, one number's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

ALL_OF_IT: Final = UUID(int=0)
_EVERYBODY = ""
_PAUSE = """
INSERT INTO outreach_pauses AS p (enterprise, connection_id, reason, by, since)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (enterprise, connection_id) DO UPDATE
   SET reason = excluded.reason, by = excluded.by, since = excluded.since, resumed_at = NULL
 WHERE p.resumed_at IS NOT NULL
RETURNING true"""
_RESUME = """
UPDATE outreach_pauses SET resumed_at = $3
 WHERE enterprise = $1 AND connection_id = $2 AND resumed_at IS NULL RETURNING true"""
_OF = """
SELECT nullif(connection_id, $3) AS connection_id, reason, by, since, enterprise = $2 AS everybody
  FROM outreach_pauses WHERE enterprise IN ($1, $2) AND resumed_at IS NULL
 ORDER BY enterprise, connection_id"""
_STOPPED = """
SELECT EXISTS (SELECT FROM outreach_pauses
                WHERE enterprise IN ($1, $2) AND connection_id = $3
                  AND resumed_at IS NULL)"""
_ALL = """
SELECT enterprise, nullif(connection_id, $1) AS connection_id, reason, by, since
  FROM outreach_pauses WHERE resumed_at IS NULL ORDER BY enterprise, connection_id"""


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing unasked leaves.

    Attributes:
        connection_id: by this number; None: at all.
        reason: slug: by_hand, failures, restricted, banned.
        everybody: all enterprises are meant.
    """

    connection_id: UUID | None
    reason: str
    by: str
    since: datetime
    everybody: bool


@dataclass(frozen=True, slots=True)
class PauseEverywhere:
    """`enterprise` "": everybody's."""

    enterprise: str
    connection_id: UUID | None
    reason: str
    by: str
    since: datetime


class OutreachPauseStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def pause(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID | None,
        *,
        reason: str,
        by: str,
        at: datetime,
    ) -> bool:
        """None: all of the enterprise. False: it was paused already, for the reason it has."""
        key = (enterprise, connection_id or ALL_OF_IT)
        return bool(await self._connection.fetchval(_PAUSE, *key, reason, by, at))

    async def resume(
        self, enterprise: EnterpriseNumber, connection_id: UUID | None, *, at: datetime
    ) -> bool:
        """False: it was not paused."""
        key = (enterprise, connection_id or ALL_OF_IT)
        return bool(await self._connection.fetchval(_RESUME, *key, at))

    async def of(self, enterprise: EnterpriseNumber) -> Sequence[Pause]:
        """What holds here, everybody's pause among it."""
        rows = await self._connection.fetch(_OF, enterprise, _EVERYBODY, ALL_OF_IT)
        return [Pause(**row) for row in rows]

    async def is_stopped(self, enterprise: EnterpriseNumber) -> bool:
        """Whether nothing at all may leave."""
        return bool(await self._connection.fetchval(_STOPPED, enterprise, _EVERYBODY, ALL_OF_IT))

    async def pause_everywhere(self, *, by: str, at: datetime) -> bool:
        """Stop everybody's. False: it was stopped already."""
        key = (_EVERYBODY, ALL_OF_IT)
        return bool(await self._connection.fetchval(_PAUSE, *key, "by_hand", by, at))

    async def resume_everywhere(self, *, at: datetime) -> bool:
        """Pauses of single enterprises and numbers stay."""
        return bool(await self._connection.fetchval(_RESUME, _EVERYBODY, ALL_OF_IT, at))

    async def list_everywhere(self) -> Sequence[PauseEverywhere]:
        rows = await self._connection.fetch(_ALL, ALL_OF_IT)
        return [PauseEverywhere(**row) for row in rows]
