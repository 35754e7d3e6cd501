"""The past of one enterprise, read in spans of time: what reached us, and the calls it made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kommutator.domain.calls.compare import FIELDS
from kommutator.domain.journal import JournalRow
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

_SOURCES = ("ami", "http", "click", "timer", "recording")
_PAGE = 5000
_ROWS = """
SELECT id, enterprise, source, kind, key, body, connection_id, received_at FROM journal
 WHERE enterprise = $1 AND id > $2 AND received_at >= $3 AND received_at < $4
   AND source = ANY ($5::text[]) AND state <> 'new' ORDER BY id LIMIT $6"""
_CALLS = f"""
SELECT id, source, connection_id, fold::text AS fold, {", ".join(FIELDS)} FROM calls
 WHERE enterprise = $1 AND phase <> 'merged' AND started_at >= $2 AND started_at < $3
 ORDER BY started_at, id"""
_SINCE = """
SELECT id, created_at FROM connections WHERE enterprise = $1 AND status <> 'removed'"""


@dataclass(frozen=True, slots=True)
class PastCall:
    """A call as it stands in the books. `facts`: its columns, see `compare.FIELDS`."""

    id: str
    source: str
    connection_id: UUID | None
    fold: str
    facts: dict[str, Any]


class PastStore:
    """Reads over one connection; nothing is locked."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def rows(
        self, enterprise: EnterpriseNumber, since: datetime, until: datetime
    ) -> AsyncIterator[JournalRow]:
        """Decided rows about calls that reached us in [since, until), in order."""
        last = 0
        while True:
            page = await self._connection.fetch(
                _ROWS, enterprise, last, since, until, list(_SOURCES), _PAGE
            )
            for found in page:
                last = found["id"]
                yield JournalRow(**{**dict(found), "enterprise": enterprise})
            if len(page) < _PAGE:
                return

    async def calls(
        self, enterprise: EnterpriseNumber, since: datetime, until: datetime
    ) -> Sequence[PastCall]:
        """Calls that began in [since, until)."""
        found = await self._connection.fetch(_CALLS, enterprise, since, until)
        return [
            PastCall(
                id=row["id"],
                source=row["source"],
                connection_id=row["connection_id"],
                fold=row["fold"],
                facts={name: row[name] for name in FIELDS},
            )
            for row in found
        ]

    async def connected_since(self, enterprise: EnterpriseNumber) -> dict[UUID, datetime]:
        """When each connection was made: what happened before was never its business."""
        rows = await self._connection.fetch(_SINCE, enterprise)
        return {row["id"]: row["created_at"] for row in rows}
