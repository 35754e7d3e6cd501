"""The exchange log: attempts in the words of requirement 002, and dead letters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.views.rows import Connection, Where, document


@dataclass(frozen=True, slots=True)
class LogLine:
    """One attempt; `outbox_state` is that of the command it tried, if it tried one."""

    id: int
    integration_type: str
    event_type: str
    status: str
    error_message: str | None
    error_kind: str | None
    created_at: datetime
    duration_ms: float
    number: int
    call_id: str | None
    outbox_id: int | None
    outbox_state: str | None
    actor: str | None

    @property
    def replayable(self) -> bool:
        """A given-up command may be tried again."""
        return self.outbox_state == "dead"


@dataclass(frozen=True, slots=True)
class LogFilter:
    """None and "" mean all."""

    integration_type: str | None = None
    event_type: str | None = None
    status: str | None = None
    words: str | None = None
    since: datetime | None = None
    until: datetime | None = None


_SELECT = """
SELECT a.id, a.integration_type, a.event_type, a.status, a.error_message, a.error_kind,
       a.at AS created_at, a.duration_ms, a.number, a.call_id, a.outbox_id,
       o.state AS outbox_state, a.actor
FROM attempts a LEFT JOIN outbox o ON o.id = a.outbox_id AND o.enterprise = a.enterprise
WHERE a.enterprise = $1"""


class LogViews:
    """Reads of `attempts`, of dead commands and of the audit log."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def page(
        self,
        enterprise: EnterpriseNumber,
        wanted: LogFilter,
        *,
        before: int | None = None,
        limit: int = 50,
    ) -> list[LogLine]:
        where = _conditions(enterprise, wanted)
        if before is not None:
            where.add("a.id < {}", before)
        rows = await self._connection.fetch(
            f"{_SELECT} {where.sql()} ORDER BY a.id DESC LIMIT {int(limit)}", *where.args
        )
        return [LogLine(**dict(row)) for row in rows]

    async def bodies(
        self, enterprise: EnterpriseNumber, attempt_id: int
    ) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """What was sent and what came back, redacted before it was written."""
        row = await self._connection.fetchrow(
            "SELECT request, response FROM attempts WHERE enterprise = $1 AND id = $2",
            enterprise,
            attempt_id,
        )
        return None if row is None else (document(row["request"]), document(row["response"]))

    async def event_types(self, enterprise: EnterpriseNumber) -> list[str]:
        """Kinds among the latest attempts, for the filter."""
        rows = await self._connection.fetch(
            """SELECT DISTINCT event_type FROM (SELECT event_type FROM attempts
               WHERE enterprise = $1 ORDER BY id DESC LIMIT 1000) latest ORDER BY event_type""",
            enterprise,
        )
        return [row["event_type"] for row in rows]

    async def dead(
        self, enterprise: EnterpriseNumber, *, before: int | None = None, limit: int = 50
    ) -> list[dict[str, Any]]:
        """Commands given up, newest first."""
        where = Where(enterprise)
        if before is not None:
            where.add("id < {}", before)
        rows = await self._connection.fetch(
            f"""SELECT id, kind, call_id, attempts, created_at, finished_at, error_kind, error,
                       connection_id
                FROM outbox WHERE enterprise = $1 AND state = 'dead' {where.sql()}
                ORDER BY id DESC LIMIT {int(limit)}""",
            *where.args,
        )
        return [dict(row) for row in rows]

    async def dead_ids(
        self,
        enterprise: EnterpriseNumber,
        *,
        kind: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 1000,
    ) -> list[int]:
        """Given-up commands created in [since, until), oldest first; None and "" mean all."""
        where = Where(enterprise)
        if kind:
            where.add("kind = {}", kind)
        if since:
            where.add("created_at >= {}", since)
        if until:
            where.add("created_at < {}", until)
        rows = await self._connection.fetch(
            f"""SELECT id FROM outbox WHERE enterprise = $1 AND state = 'dead' {where.sql()}
                ORDER BY id LIMIT {int(limit)}""",
            *where.args,
        )
        return [row["id"] for row in rows]

    async def dead_count(self, enterprise: EnterpriseNumber) -> int:
        count = await self._connection.fetchval(
            "SELECT count(*) FROM outbox WHERE enterprise = $1 AND state = 'dead'", enterprise
        )
        return int(count)

    async def audit(
        self, enterprise: EnterpriseNumber, *, before: int | None = None, limit: int = 50
    ) -> list[dict[str, Any]]:
        """Who changed what, newest first."""
        where = Where(enterprise)
        if before is not None:
            where.add("id < {}", before)
        rows = await self._connection.fetch(
            f"""SELECT id, at, actor, action, target, detail FROM audit_log
                WHERE enterprise = $1 {where.sql()} ORDER BY id DESC LIMIT {int(limit)}""",
            *where.args,
        )
        return [{**dict(row), "detail": document(row["detail"])} for row in rows]


def _conditions(enterprise: EnterpriseNumber, wanted: LogFilter) -> Where:
    where = Where(enterprise)
    for column, value in (
        ("a.integration_type", wanted.integration_type),
        ("a.event_type", wanted.event_type),
        ("a.status", wanted.status),
    ):
        if value:
            where.add(f"{column} = {{}}", value)
    if wanted.words:
        where.add("(a.error_message ILIKE {} OR a.call_id = {})", *_search(wanted.words))
    if wanted.since:
        where.add("a.at >= {}", wanted.since)
    if wanted.until:
        where.add("a.at < {}", wanted.until)
    return where


def _search(words: str) -> tuple[str, str]:
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%", words
