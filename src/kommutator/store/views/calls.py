"""Calls for the list, the live board and the card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.views.rows import Connection, Where, document

WORKERS = "(CASE WHEN result = 'answered' THEN answered_by ELSE rang END || dialler)"
"""Whose work a call was: who talked, or at whose phones it was missed; and who dialled."""
UNRECORDED = """calls.id IN (SELECT r.call_id FROM recordings r
    WHERE r.enterprise = $1 AND r.state = 'missing')"""


@dataclass(frozen=True, slots=True)
class CallLine:
    """One call as a list shows it."""

    id: str
    direction: str | None
    client: str | None
    client_name: str | None
    line: str | None
    phase: str
    result: str | None
    reason: str | None
    rang: Sequence[str]
    answered_by: Sequence[str]
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    wait_s: int | None
    talk_s: int | None
    requested_by: str | None
    record_url: str | None
    connection_id: UUID | None
    source: str
    transfers: Sequence[str]

    @property
    def extensions(self) -> list[str]:
        """Everybody of ours in the call, talkers first, once each."""
        return list(dict.fromkeys([*self.answered_by, *self.rang]))


@dataclass(frozen=True, slots=True)
class CallFilter:
    """What a person asked for; None and "" mean all.

    Attributes:
        outcome: answered, missed or a result.
        extension: who was in the call in any way; `worker`: whose work it was (statistics).
        counted: only what statistics count: ended calls with clients.
        unrecorded: only calls whose promised recording is not there.
    """

    direction: str | None = None
    outcome: str | None = None
    phone: str | None = None
    extension: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    line: str | None = None
    worker: str | None = None
    counted: bool = False
    unrecorded: bool = False


@dataclass(frozen=True, slots=True)
class Today:
    """Counts of one day."""

    live: int
    answered: int
    missed: int
    outgoing: int


@dataclass(frozen=True, slots=True)
class Story:
    """All we hold about one call, oldest first."""

    call: CallLine
    journal: Sequence[dict[str, Any]]
    commands: Sequence[dict[str, Any]]
    attempts: Sequence[dict[str, Any]]


_COLUMNS = ", ".join(field.name for field in fields(CallLine))
_MISSED = "direction = 'in' AND phase = 'ended' AND result IS DISTINCT FROM 'answered'"


class CallViews:
    """Reads of `calls` and of what each call left in journal, outbox and attempts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def today(self, enterprise: EnterpriseNumber, since: datetime) -> Today:
        row = await self._connection.fetchrow(
            f"""SELECT count(*) FILTER (WHERE phase IN ('ringing', 'talking')) AS live,
                       count(*) FILTER (WHERE result = 'answered') AS answered,
                       count(*) FILTER (WHERE {_MISSED}) AS missed,
                       count(*) FILTER (WHERE direction = 'out' AND phase <> 'merged') AS outgoing
                FROM calls WHERE enterprise = $1 AND started_at >= $2""",
            enterprise,
            since,
        )
        return Today(**dict(row))

    async def live(self, enterprise: EnterpriseNumber, *, limit: int = 50) -> list[CallLine]:
        rows = await self._connection.fetch(
            f"""SELECT {_COLUMNS} FROM calls
                WHERE enterprise = $1 AND phase IN ('ringing', 'talking')
                ORDER BY started_at DESC LIMIT $2""",
            enterprise,
            limit,
        )
        return [CallLine(**dict(row)) for row in rows]

    async def one(self, enterprise: EnterpriseNumber, call_id: str) -> CallLine | None:
        row = await self._connection.fetchrow(
            f"SELECT {_COLUMNS} FROM calls WHERE enterprise = $1 AND id = $2", enterprise, call_id
        )
        return None if row is None else CallLine(**dict(row))

    async def memory(self, enterprise: EnterpriseNumber, call_id: str) -> str | None:
        """The reducer's memory as JSON; see `domain.calls.memory.load`."""
        found: str | None = await self._connection.fetchval(
            "SELECT fold::text FROM calls WHERE enterprise = $1 AND id = $2", enterprise, call_id
        )
        return found

    async def unrecorded(self, enterprise: EnterpriseNumber) -> int:
        """How many calls lack their recording for good, unless somebody tries again."""
        return int(
            await self._connection.fetchval(
                f"""SELECT count(*) FROM calls
                     WHERE enterprise = $1 AND phase <> 'merged' AND {UNRECORDED}""",
                enterprise,
            )
        )

    async def page(
        self,
        enterprise: EnterpriseNumber,
        wanted: CallFilter,
        *,
        before: tuple[datetime, str] | None = None,
        limit: int = 50,
    ) -> list[CallLine]:
        """Newest first; `before` is (started_at, id) of the last line shown."""
        where = _conditions(enterprise, wanted)
        if before is not None:
            where.add("(started_at, id) < ({}, {})", *before)
        rows = await self._connection.fetch(
            f"""SELECT {_COLUMNS} FROM calls WHERE enterprise = $1 {where.sql()}
                ORDER BY started_at DESC, id DESC LIMIT {int(limit)}""",
            *where.args,
        )
        return [CallLine(**dict(row)) for row in rows]

    async def story(self, enterprise: EnterpriseNumber, call_id: str) -> Story | None:
        """The call with its traces, or None if the enterprise has no such call."""
        call = await self.one(enterprise, call_id)
        if call is None:
            return None
        return Story(
            call=call,
            journal=await self._journal(enterprise, call_id),
            commands=await self._commands(enterprise, call_id),
            attempts=await self._attempts(enterprise, call_id),
        )

    async def _journal(self, enterprise: EnterpriseNumber, call_id: str) -> list[dict[str, Any]]:
        rows = await self._connection.fetch(
            """SELECT id, source, kind, key, received_at, state, note, decided_at
               FROM journal WHERE enterprise = $1 AND key = ANY(
                   SELECT alias FROM call_aliases WHERE enterprise = $1 AND call_id = $2
                   UNION ALL SELECT $2)
               ORDER BY id LIMIT 200""",
            enterprise,
            call_id,
        )
        return [dict(row) for row in rows]

    async def _commands(self, enterprise: EnterpriseNumber, call_id: str) -> list[dict[str, Any]]:
        rows = await self._connection.fetch(
            """SELECT id, lane, kind, payload, state, unsure, attempts, run_at, created_at,
                      finished_at, error_kind, error, note, connection_id
               FROM outbox WHERE enterprise = $1 AND call_id = $2 ORDER BY id LIMIT 200""",
            enterprise,
            call_id,
        )
        return [{**dict(row), "payload": document(row["payload"])} for row in rows]

    async def _attempts(self, enterprise: EnterpriseNumber, call_id: str) -> list[dict[str, Any]]:
        rows = await self._connection.fetch(
            """SELECT id, integration_type, event_type, outbox_id, number, at, duration_ms,
                      request, response, status, error_kind, error_message
               FROM attempts WHERE enterprise = $1 AND call_id = $2 ORDER BY id LIMIT 200""",
            enterprise,
            call_id,
        )
        return [
            {
                **dict(row),
                "request": document(row["request"]),
                "response": document(row["response"]),
            }
            for row in rows
        ]


def _conditions(enterprise: EnterpriseNumber, wanted: CallFilter) -> Where:
    where = Where(enterprise)
    where.add("phase <> 'merged'")
    if wanted.outcome == "missed":
        where.add(_MISSED)
    elif wanted.outcome:
        where.add("result = {}", wanted.outcome)
    if digits := "".join(c for c in wanted.phone or "" if c.isdigit()):
        where.add("client LIKE {}", f"%{digits}%")
    if wanted.counted:
        where.add("phase = 'ended' AND direction IN ('in', 'out')")
    if wanted.unrecorded:
        where.add(UNRECORDED)
    equal = (
        ("direction = {}", wanted.direction),
        ("line = {}", wanted.line),
        ("{} = ANY (rang || answered_by || dialler)", wanted.extension),
        (f"{{}} = ANY ({WORKERS})", wanted.worker),
        ("started_at >= {}", wanted.since),
        ("started_at < {}", wanted.until),
    )
    for condition, value in equal:
        if value:
            where.add(condition, value)
    return where
