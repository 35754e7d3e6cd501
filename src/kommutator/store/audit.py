"""Who changed what. Rows are only ever added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

_COLUMNS = "id, enterprise, at, actor, action, target, detail"


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One change. `enterprise` None: the platform itself."""

    id: int
    enterprise: EnterpriseNumber | None
    at: datetime
    actor: str
    action: str
    target: str | None
    detail: dict[str, Any]


class AuditStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(
        self,
        enterprise: EnterpriseNumber | None,
        *,
        actor: str,
        action: str,
        target: str | None = None,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """In the same unit as the change it tells of. `detail` must be free of secrets."""
        await self._connection.execute(
            "INSERT INTO audit_log (enterprise, actor, action, target, detail) "
            "VALUES ($1, $2, $3, $4, $5)",
            enterprise, actor, action, target, detail or {},
        )  # fmt: skip

    async def page(
        self, enterprise: EnterpriseNumber | None, *, before: int | None = None, limit: int = 50
    ) -> Sequence[AuditRow]:
        """Newest first, those older than one of them; None reads the platform's own."""
        rows = await self._connection.fetch(
            f"SELECT {_COLUMNS} FROM audit_log WHERE enterprise IS NOT DISTINCT FROM $1 "
            f"AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
            enterprise, before, limit,
        )  # fmt: skip
        return [AuditRow(**dict(row)) for row in rows]
