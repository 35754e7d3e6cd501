"""What makes us a device of a phone. All of it comes and goes sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection
from kommutator.store.whatsapp_sessions import Hold

# Fenced and written at once: a ratchet that one owner turned must not be turned back by another.
_MINE = """
mine AS (
    SELECT FROM lanes l JOIN whatsapp_sessions s ON s.enterprise = $1 AND s.connection_id = $2
     WHERE l.lane = $3 AND l.fence = $4 AND s.asked = $5 FOR SHARE OF l)"""
_SET = f"""
WITH {_MINE},
gone AS (
    DELETE FROM whatsapp_keys k USING unnest($6::text[], $7::text[]) AS d (kind, id)
     WHERE EXISTS (TABLE mine) AND k.enterprise = $1 AND k.connection_id = $2
       AND k.kind = d.kind AND k.id = d.id),
kept AS (
    INSERT INTO whatsapp_keys (enterprise, connection_id, kind, id, sealed)
    SELECT $1, $2, kind, id, sealed
      FROM unnest($8::text[], $9::text[], $10::bytea[]) AS n (kind, id, sealed)
     WHERE EXISTS (TABLE mine) ORDER BY kind, id
    ON CONFLICT (enterprise, connection_id, kind, id) DO UPDATE SET sealed = excluded.sealed)
SELECT count(*) = 1 FROM mine"""
_SET_CREDS = f"""
WITH {_MINE}
UPDATE whatsapp_sessions SET creds = $6
 WHERE enterprise = $1 AND connection_id = $2 AND EXISTS (TABLE mine) RETURNING true"""
_GET = """
SELECT id, sealed FROM whatsapp_keys
 WHERE enterprise = $1 AND connection_id = $2 AND kind = $3 AND id = ANY ($4::text[])"""
# Whoever comes first makes the key; everybody then reads the same.
_DATA_KEY = """
UPDATE whatsapp_sessions SET data_key = coalesce(data_key, $3)
 WHERE enterprise = $1 AND connection_id = $2 RETURNING data_key"""
_PAGE = """
SELECT enterprise, connection_id, data_key, qr, code FROM whatsapp_sessions
 WHERE data_key IS NOT NULL AND ($1::uuid IS NULL OR connection_id > $1)
 ORDER BY connection_id LIMIT $2 FOR UPDATE"""


@dataclass(frozen=True, slots=True)
class SealedSession:
    """The envelopes of one session, for exchanging the master key."""

    enterprise: EnterpriseNumber
    connection_id: UUID
    data_key: dict[str, Any] = field(repr=False)
    qr: dict[str, Any] | None = field(repr=False)
    code: dict[str, Any] | None = field(repr=False)


_TABLES: Final = ("whatsapp_keys", "whatsapp_sent")


class WhatsAppKeyStore:
    """Writes return False for whose hold ended."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def data_key(
        self, enterprise: EnterpriseNumber, connection_id: UUID, fresh: dict[str, Any]
    ) -> dict[str, Any] | None:
        """The session's own key in its envelope; `fresh` becomes it if there was none.

        None: the session was removed.
        """
        found: dict[str, Any] | None = await self._connection.fetchval(
            _DATA_KEY, enterprise, connection_id, fresh
        )
        return found

    async def creds(self, enterprise: EnterpriseNumber, connection_id: UUID) -> bytes | None:
        found: bytes | None = await self._connection.fetchval(
            "SELECT creds FROM whatsapp_sessions WHERE enterprise = $1 AND connection_id = $2",
            enterprise, connection_id,
        )  # fmt: skip
        return found

    async def set_creds(
        self, enterprise: EnterpriseNumber, connection_id: UUID, hold: Hold, sealed: bytes
    ) -> bool:
        lane = f"wa:{connection_id}"
        args = (enterprise, connection_id, lane, hold.fence, hold.asked, sealed)
        return bool(await self._connection.fetchval(_SET_CREDS, *args))

    async def get(
        self, enterprise: EnterpriseNumber, connection_id: UUID, kind: str, ids: Sequence[str]
    ) -> Mapping[str, bytes]:
        """Those that exist."""
        rows = await self._connection.fetch(_GET, enterprise, connection_id, kind, ids)
        return {row["id"]: row["sealed"] for row in rows}

    async def set(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        hold: Hold,
        *,
        kept: Mapping[tuple[str, str], bytes],
        gone: Sequence[tuple[str, str]],
    ) -> bool:
        """All or nothing, by (kind, id), in one statement."""
        written = await self._connection.fetchval(
            _SET, enterprise, connection_id, f"wa:{connection_id}", hold.fence, hold.asked,
            [kind for kind, _ in gone], [key for _, key in gone],
            [kind for kind, _ in kept], [key for _, key in kept], list(kept.values()),
        )  # fmt: skip
        return bool(written)

    async def wipe(self, enterprise: EnterpriseNumber, connection_id: UUID) -> None:
        """Whoever had a copy of the rows has nothing: the key that opens them goes first."""
        await self._connection.execute(
            "UPDATE whatsapp_sessions SET creds = NULL, data_key = NULL "
            "WHERE enterprise = $1 AND connection_id = $2",
            enterprise, connection_id,
        )  # fmt: skip
        for table in _TABLES:
            await self._connection.execute(
                f"DELETE FROM {table} WHERE enterprise = $1 AND connection_id = $2",
                enterprise, connection_id,
            )  # fmt: skip

    async def page_everywhere(
        self, *, after: UUID | None = None, limit: int = 100
    ) -> Sequence[SealedSession]:
        """All that have keys, by connection, locked until the unit ends."""
        rows = await self._connection.fetch(_PAGE, after, limit)
        return [
            SealedSession(**{**dict(row), "enterprise": EnterpriseNumber(row["enterprise"])})
            for row in rows
        ]

    async def reseal(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        data_key: dict[str, Any],
        qr: dict[str, Any] | None,
        code: dict[str, Any] | None,
    ) -> None:
        """The same secrets under another master key."""
        await self._connection.execute(
            "UPDATE whatsapp_sessions SET data_key = $3, qr = $4, code = $5 "
            "WHERE enterprise = $1 AND connection_id = $2",
            enterprise, connection_id, data_key, qr, code,
        )  # fmt: skip
