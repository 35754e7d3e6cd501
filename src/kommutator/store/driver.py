"""asyncpg as we use it: JSON by msgspec, no session state, and which errors pass by themselves."""

from __future__ import annotations

from typing import Any, TypeAlias

import asyncpg
import msgspec
from asyncpg import exceptions as pg

Connection: TypeAlias = Any
"""An asyncpg connection or its pooled proxy; asyncpg publishes no types for both at once."""

_JSONB_VERSION = b"\x01"
_SETTINGS = {
    # Whatever hangs must give its lane, row or connection back. Start-up parameters are the
    # session's defaults, so they are not session state that one borrower leaves to the next.
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
    "application_name": "kommutator",
}

TRANSIENT: tuple[type[Exception], ...] = (
    pg.PostgresConnectionError,
    pg.InterfaceError,
    pg.OperatorInterventionError,  # restart, terminated backend, cancelled statement
    pg.InsufficientResourcesError,
    pg.TransactionRollbackError,  # deadlock, serialization
    pg.LockNotAvailableError,
    pg.InternalClientError,
    ConnectionError,
    TimeoutError,
    OSError,
)
"""Errors after which the same transaction may well succeed."""

UNSTORABLE: tuple[type[Exception], ...] = (
    pg.DataError,
    pg.IntegrityConstraintViolationError,
    pg.ProgramLimitExceededError,
    ValueError,  # what asyncpg could not encode
)
"""Errors that come from a row's own content, so that repeating it is in vain."""


def is_transient(error: BaseException) -> bool:
    """Whether the database was away or busy, as opposed to having refused."""
    # A value that the client could not encode is an InterfaceError too, in asyncpg's tree.
    return isinstance(error, TRANSIENT) and not isinstance(error, UNSTORABLE)


async def connect(dsn: str, *, timeout: float = 10.0) -> Connection:  # noqa: ASYNC109  connect's own
    """One dedicated connection, for LISTEN; pooled ones keep no session state."""
    connection = await asyncpg.connect(dsn, timeout=timeout, server_settings=_SETTINGS)
    await prepare(connection)
    return connection


async def create_pool(dsn: str, size: int) -> Any:
    """A pool without the reset round trip: safe because nobody leaves session state behind."""
    return await asyncpg.create_pool(
        dsn,
        min_size=min(2, size),
        max_size=size,
        init=prepare,
        reset=_keep,
        server_settings=_SETTINGS,
        timeout=10.0,
        command_timeout=60.0,
    )


async def prepare(connection: Connection) -> None:
    """Let `jsonb` be plain Python values."""
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_encode, decoder=_decode, format="binary"
    )


async def _keep(_connection: Connection) -> None:
    """Instead of `RESET ALL`; asyncpg itself still rolls an open transaction back."""


def _encode(value: Any) -> bytes:
    return _JSONB_VERSION + msgspec.json.encode(value)


def _decode(raw: bytes) -> Any:
    return msgspec.json.decode(memoryview(raw)[1:])
