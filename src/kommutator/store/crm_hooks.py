"""A CRM's notifications: what the vendor holds about our address, and when it spoke last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection


@dataclass(frozen=True, slots=True)
class HookState:
    """Of one connection.

    Attributes:
        state: "unknown" (never asked), "on", "refused" (by the tariff or by rights),
            "unreachable" (the vendor did not answer when last asked).
        settings: as the vendor holds them.
        repaired_at: when we last switched it on again; `found` is what was wrong: "missing",
            "disabled", "settings".
        received: notices decided upon.
        missed: news that no notice had brought; the vendor's event log did.
    """

    connection_id: UUID
    state: str
    settings: Sequence[str]
    checked_at: datetime | None
    subscribed_at: datetime | None
    repaired_at: datetime | None
    repairs: int
    found: str | None
    last_received_at: datetime | None
    received: int
    missed: int
    error: str | None
    error_hint: str | None


_COLUMNS = ", ".join(column.name for column in fields(HookState))
_HEARD = """
INSERT INTO crm_hooks AS h (enterprise, connection_id, last_received_at, received)
VALUES ($1, $2, $3, $4)
ON CONFLICT (connection_id) DO UPDATE
   SET last_received_at = greatest(h.last_received_at, excluded.last_received_at),
       received = h.received + excluded.received"""
_MISSED = """
INSERT INTO crm_hooks AS h (enterprise, connection_id, missed) VALUES ($1, $2, $3)
ON CONFLICT (connection_id) DO UPDATE SET missed = h.missed + excluded.missed"""
_SEEN = """
INSERT INTO crm_hooks AS h (enterprise, connection_id, state, settings, checked_at, subscribed_at)
VALUES ($1, $2, 'on', $3, clock_timestamp(), clock_timestamp())
ON CONFLICT (connection_id) DO UPDATE SET
    state = 'on', settings = excluded.settings, checked_at = excluded.checked_at,
    subscribed_at = coalesce(h.subscribed_at, excluded.subscribed_at),
    repaired_at = CASE WHEN $4::text IS NULL THEN h.repaired_at ELSE clock_timestamp() END,
    repairs = h.repairs + ($4::text IS NOT NULL)::int, found = coalesce($4, h.found),
    error = NULL, error_hint = NULL"""
_TROUBLE = """
INSERT INTO crm_hooks AS h (enterprise, connection_id, state, checked_at, error, error_hint)
VALUES ($1, $2, $3, clock_timestamp(), $4, $5)
ON CONFLICT (connection_id) DO UPDATE SET
    state = excluded.state, checked_at = excluded.checked_at, error = excluded.error,
    error_hint = excluded.error_hint"""
_WIPE = """
DELETE FROM crm_hooks r USING connections c
 WHERE c.enterprise = r.enterprise AND c.id = r.connection_id AND c.status = 'removed'"""


class CrmHookStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, enterprise: EnterpriseNumber, connection_id: UUID) -> HookState | None:
        """None: nothing was asked and nothing was heard yet."""
        row = await self._connection.fetchrow(
            f"SELECT {_COLUMNS} FROM crm_hooks WHERE enterprise = $1 AND connection_id = $2",
            enterprise, connection_id,
        )  # fmt: skip
        return HookState(**row) if row else None

    async def heard(
        self, enterprise: EnterpriseNumber, connection_id: UUID, notices: int, at: datetime
    ) -> None:
        """So many notices came at `at`."""
        await self._connection.execute(_HEARD, enterprise, connection_id, at, notices)

    async def missed(self, enterprise: EnterpriseNumber, connection_id: UUID, count: int) -> None:
        """So many news were found by other ways."""
        await self._connection.execute(_MISSED, enterprise, connection_id, count)

    async def seen(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        settings: Sequence[str],
        *,
        repaired: str | None = None,
    ) -> None:
        """The vendor holds our address with these settings; `repaired`: what we put right."""
        await self._connection.execute(_SEEN, enterprise, connection_id, list(settings), repaired)

    async def trouble(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        state: str,
        error: str,
        hint: str | None,
    ) -> None:
        """The vendor refused ("refused") or did not answer ("unreachable"), in its words."""
        await self._connection.execute(_TROUBLE, enterprise, connection_id, state, error, hint)

    async def wipe_removed_everywhere(self) -> int:
        """Forget the hooks of removed connections; returns how many."""
        return int(str(await self._connection.execute(_WIPE)).rpartition(" ")[2])
