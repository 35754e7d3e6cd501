"""Which employees are free, by what their CRM said last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection


@dataclass(frozen=True, slots=True)
class Presence:
    """`status` is free, busy, dinner or break; `source` is who said so."""

    extension: str
    status: str
    source: str
    since: datetime


class PresenceStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def put(
        self, enterprise: EnterpriseNumber, extension: str, status: str, source: str
    ) -> bool:
        """Remember; False if it was so already."""
        return bool(
            await self._connection.fetchval(
                """
                INSERT INTO presence AS p (enterprise, extension, status, source)
                VALUES ($1, $2, $3, $4)
                ON CONFLICT (enterprise, extension) DO UPDATE
                   SET status = excluded.status, source = excluded.source, since = now()
                 WHERE p.status <> excluded.status
                RETURNING true
                """,
                enterprise,
                extension,
                status,
                source,
            )
        )

    async def all(self, enterprise: EnterpriseNumber, *, lock: bool = False) -> dict[str, Presence]:
        """By extension. `lock`: nobody changes them until the unit ends."""
        rows = await self._connection.fetch(
            "SELECT extension, status, source, since FROM presence WHERE enterprise = $1"
            " ORDER BY extension" + (" FOR UPDATE" if lock else ""),
            enterprise,
        )
        return {row["extension"]: Presence(**dict(row)) for row in rows}
