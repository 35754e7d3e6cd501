"""Integrations that were installed from a vendor's market and that no enterprise has claimed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kommutator.store.driver import Connection
from kommutator.store.grants import NewPair

_COLUMNS = (
    "kind, client_id, account_id, base_url, tokens AS sealed, expires_at, refresh_until, "
    "installed_at, extract(epoch FROM expires_at - clock_timestamp())::float8 AS left_s, "
    "extract(epoch FROM refresh_until - clock_timestamp())::float8 AS refresh_left_s"
)


@dataclass(frozen=True, slots=True)
class Install:
    """Tokens that wait for their owner. `left_s`, `refresh_left_s`: seconds they still live."""

    kind: str
    client_id: str
    account_id: str
    base_url: str
    sealed: dict[str, Any] = field(repr=False)
    expires_at: datetime
    refresh_until: datetime
    installed_at: datetime
    left_s: float
    refresh_left_s: float


class OAuthInstallStore:
    """Belongs to no enterprise, so every method looks across all."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def put_everywhere(
        self, kind: str, client_id: str, account_id: str, base_url: str, pair: NewPair
    ) -> None:
        """Installed, or installed again: the newest tokens count."""
        await self._connection.execute(
            """
            INSERT INTO oauth_installs
                (kind, client_id, account_id, base_url, tokens, expires_at, refresh_until)
            VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6, clock_timestamp() + $7)
            ON CONFLICT (kind, client_id, account_id) DO UPDATE SET
                base_url = excluded.base_url, tokens = excluded.tokens,
                expires_at = excluded.expires_at, refresh_until = excluded.refresh_until,
                installed_at = now()
            """,
            kind, client_id, account_id, base_url, pair.sealed, pair.life, pair.refresh_life,
        )  # fmt: skip

    async def find_everywhere(self, kind: str, client_id: str, account_id: str) -> Install | None:
        """Waiting for its owner."""
        row = await self._connection.fetchrow(
            f"SELECT {_COLUMNS} FROM oauth_installs WHERE kind = $1 AND client_id = $2 "
            f"AND account_id = $3 AND refresh_until > clock_timestamp()",
            kind, client_id, account_id,
        )  # fmt: skip
        return None if row is None else Install(**row)

    async def drop_everywhere(self, kind: str, client_id: str, account_id: str) -> None:
        """Claimed, connected in another way, or uninstalled before either."""
        await self._connection.execute(
            "DELETE FROM oauth_installs WHERE kind = $1 AND client_id = $2 AND account_id = $3",
            kind, client_id, account_id,
        )  # fmt: skip

    async def page_everywhere(
        self, *, after: Install | None = None, limit: int = 100
    ) -> Sequence[Install]:
        """All by account, locked until the unit ends; for exchanging master keys."""
        key = ("", "", "") if after is None else (after.kind, after.client_id, after.account_id)
        rows = await self._connection.fetch(
            f"SELECT {_COLUMNS} FROM oauth_installs "
            f"WHERE (kind, client_id, account_id) > ($1, $2, $3) "
            f"ORDER BY kind, client_id, account_id LIMIT $4 FOR UPDATE",
            *key, limit,
        )  # fmt: skip
        return [Install(**row) for row in rows]

    async def reseal_everywhere(self, install: Install, sealed: dict[str, Any]) -> None:
        """The same tokens under another master key."""
        await self._connection.execute(
            "UPDATE oauth_installs SET tokens = $4 WHERE kind = $1 AND client_id = $2 "
            "AND account_id = $3",
            install.kind, install.client_id, install.account_id, sealed,
        )  # fmt: skip

    async def retire_everywhere(self) -> int:
        """Delete those whose tokens nobody can renew any more."""
        done: str = await self._connection.execute(
            "DELETE FROM oauth_installs WHERE refresh_until < clock_timestamp()"
        )
        return int(done.rpartition(" ")[2])
