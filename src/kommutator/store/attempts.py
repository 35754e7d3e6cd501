"""Attempts: each try on the wire, and each administrative exchange with a vendor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

_NAMES = (
    "integration_type, connection_id, event_type, outbox_id, call_id, number, duration_ms, "
    "request, response, status, error_kind, stage, error_message, actor"
)
_TYPES = (
    "text[]",
    "uuid[]",
    "text[]",
    "bigint[]",
    "text[]",
    "int[]",
    "real[]",
    "text[]",
    "text[]",
    "text[]",
    "text[]",
    "text[]",
    "text[]",
    "text[]",
)


def insert_from(first_parameter: int) -> str:
    """SQL that adds attempts of enterprise `$1` from arrays; part of bigger statements, too."""
    arrays = ", ".join(f"${first_parameter + i}::{kind}" for i, kind in enumerate(_TYPES))
    names = _NAMES.replace("request, response", "request::jsonb, response::jsonb")
    return (
        f"INSERT INTO attempts (enterprise, {_NAMES}) "
        f"SELECT $1, {names} FROM unnest({arrays}) AS a ({_NAMES})"
    )


_ADD = insert_from(2)
_PAGE = f"""
SELECT id, at, {_NAMES} FROM attempts
 WHERE enterprise = $1 AND id < coalesce($2, 9223372036854775807)
   AND ($3::text IS NULL OR call_id = $3) AND ($4::bigint IS NULL OR outbox_id = $4)
   AND ($5::uuid IS NULL OR connection_id = $5) AND ($6::text IS NULL OR status = $6)
   AND ($7::text IS NULL OR integration_type = $7)
 ORDER BY id DESC LIMIT $8"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One exchange; `request` and `response` are redacted and cut before they get here."""

    integration_type: str  # retailcrm, asterisk …
    event_type: str  # command kind, register_module, test …
    status: Literal["success", "error"]
    connection_id: UUID | None = None
    outbox_id: int | None = None
    call_id: str | None = None
    number: int = 1
    duration_ms: float = 0.0
    request: dict[str, Any] = field(default_factory=dict)
    response: dict[str, Any] = field(default_factory=dict)
    error_kind: str | None = None
    stage: str | None = None
    error_message: str | None = None
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """An attempt as it was stored."""

    id: int
    at: datetime
    attempt: Attempt


class AttemptStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, enterprise: EnterpriseNumber, attempt: Attempt) -> None:
        """Record an exchange that is not a delivery; deliveries record theirs when finishing."""
        await self._connection.execute(_ADD, enterprise, *columns([attempt]))

    async def page(
        self,
        enterprise: EnterpriseNumber,
        *,
        before: int | None = None,
        call_id: str | None = None,
        outbox_id: int | None = None,
        connection_id: UUID | None = None,
        status: str | None = None,
        integration_type: str | None = None,
        limit: int = 50,
    ) -> list[AttemptRow]:
        """Newest first; `before` is the last id of the page before."""
        filters = (before, call_id, outbox_id, connection_id, status, integration_type)
        rows = await self._connection.fetch(_PAGE, enterprise, *filters, limit)
        return [_row(dict(r)) for r in rows]


def columns(attempts: Sequence[Attempt]) -> tuple[list[Any], ...]:
    """The arrays that `insert_from` takes, in its order."""
    return (
        [a.integration_type for a in attempts],
        [a.connection_id for a in attempts],
        [a.event_type for a in attempts],
        [a.outbox_id for a in attempts],
        [a.call_id for a in attempts],
        [a.number for a in attempts],
        [a.duration_ms for a in attempts],
        [_json(a.request) for a in attempts],
        [_json(a.response) for a in attempts],
        [a.status for a in attempts],
        [a.error_kind for a in attempts],
        [a.stage for a in attempts],
        [_text(a.error_message) for a in attempts],
        [a.actor for a in attempts],
    )


def _json(value: dict[str, Any]) -> str:
    if not value:
        return "{}"
    return msgspec.json.encode(value).decode().replace("\\u0000", "")


def _text(value: str | None) -> str | None:
    # A vendor may answer with a NUL; PostgreSQL takes none, and the finish must not fail.
    return value.replace("\x00", "") if value else value


def _row(record: dict[str, Any]) -> AttemptRow:
    return AttemptRow(record.pop("id"), record.pop("at"), Attempt(**record))
