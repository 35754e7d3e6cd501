"""Reads the token table of the program we replace (requirement 004), as tolerantly as it goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kommutator.store.driver import connect

TABLE = "amo_crm_tokens"
# Their users, where they are in the same database, say whose tokens these are.
_WITH_USERS = f"""
SELECT to_jsonb(t) || jsonb_build_object('owner_email', u.email) AS row
  FROM {TABLE} t LEFT JOIN users u ON u.id::text = to_jsonb(t) ->> 'user_id'
 ORDER BY to_jsonb(t) ->> 'expires_at' DESC NULLS LAST"""
_ALONE = f"SELECT to_jsonb(t) AS row FROM {TABLE} t ORDER BY to_jsonb(t) ->> 'expires_at' DESC"
_HAS_USERS = """
SELECT count(*) = 2 FROM information_schema.columns
 WHERE table_schema = ANY(current_schemas(false)) AND table_name = 'users'
   AND column_name IN ('id', 'email')"""


async def read_foreign_tokens(dsn: str) -> Sequence[Mapping[str, Any]]:
    """All rows with whatever columns they have, the newest first; nothing is changed there.

    Raises:
        OSError, asyncpg.PostgresError: no such database, or no such table.
    """
    connection = await connect(dsn)
    try:
        async with connection.transaction(readonly=True):
            with_users = await connection.fetchval(_HAS_USERS)
            rows = await connection.fetch(_WITH_USERS if with_users else _ALONE)
    finally:
        await connection.close()
    return [row["row"] for row in rows]
