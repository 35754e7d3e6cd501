"""Who set out to a vendor's consent screen and may come back once; codes that were tried."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

_COLUMNS = "enterprise, kind, user_id, session_hash, personal, connection_id, app, sealed, referer"
_ALIVE = "state_hash = $1 AND used_at IS NULL AND expires_at > clock_timestamp()"


@dataclass(frozen=True, slots=True)
class Journey:
    """One way to the vendor and back.

    Attributes:
        user_id: who must come back; None: a session without a person, see `session_hash`.
        session_hash: of the console session that set out; None: set out by the API.
        personal: the account will be this person's own, not the enterprise's.
        connection_id: reconnect this one, and no other account.
        app: `client_id` and `redirect_uri` of an integration of their own; empty: ours.
        sealed: `client_secret` of it; `code` that came before the person signed in.
        referer: came with the kept code.
    """

    enterprise: EnterpriseNumber
    kind: str
    user_id: UUID | None
    session_hash: bytes | None
    personal: bool
    connection_id: UUID | None
    app: dict[str, Any]
    sealed: dict[str, Any] = field(repr=False)
    referer: str | None = None


class OAuthStateStore:
    """A state is known by its SHA-256 only."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(
        self, enterprise: EnterpriseNumber, state_hash: bytes, journey: Journey, life: timedelta
    ) -> None:
        await self._connection.execute(
            f"INSERT INTO oauth_states (state_hash, expires_at, {_COLUMNS}) VALUES "
            f"($1, clock_timestamp() + $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            state_hash, life, enterprise, journey.kind, journey.user_id, journey.session_hash,
            journey.personal, journey.connection_id, journey.app, journey.sealed, journey.referer,
        )  # fmt: skip

    async def look_everywhere(self, state_hash: bytes) -> Journey | None:
        """One that may still come back; None: unknown, used or over."""
        row = await self._connection.fetchrow(
            f"SELECT {_COLUMNS} FROM oauth_states WHERE {_ALIVE}", state_hash
        )
        return None if row is None else Journey(**row)

    async def use_everywhere(self, state_hash: bytes) -> Journey | None:
        """The same, and nobody comes back with it again; of two at once one gets it."""
        row = await self._connection.fetchrow(
            f"UPDATE oauth_states SET used_at = clock_timestamp() WHERE {_ALIVE} "
            f"RETURNING {_COLUMNS}",
            state_hash,
        )
        return None if row is None else Journey(**row)

    async def learn_app_everywhere(
        self, state_hash: bytes, app: dict[str, Any], sealed: dict[str, Any]
    ) -> bool:
        """The vendor made an integration for this journey; the first word counts."""
        learnt = await self._connection.fetchval(
            f"UPDATE oauth_states SET app = app || $2, sealed = sealed || $3 "
            f"WHERE {_ALIVE} AND NOT sealed ? 'client_secret' RETURNING true",
            state_hash, app, sealed,
        )  # fmt: skip
        return bool(learnt)

    async def keep_code_everywhere(
        self, state_hash: bytes, sealed: dict[str, Any], referer: str
    ) -> bool:
        """Keep the code until the person has signed in; the first one counts."""
        kept = await self._connection.fetchval(
            f"UPDATE oauth_states SET sealed = sealed || $2, referer = $3 "
            f"WHERE {_ALIVE} AND NOT sealed ? 'code' RETURNING true",
            state_hash, sealed, referer,
        )  # fmt: skip
        return bool(kept)

    async def try_code_everywhere(self, code_hash: bytes) -> bool:
        """Whether this code was never tried before; it is now."""
        first = await self._connection.fetchval(
            "INSERT INTO oauth_codes (code_hash) VALUES ($1) ON CONFLICT DO NOTHING RETURNING true",
            code_hash,
        )
        return bool(first)

    async def note_code_everywhere(self, code_hash: bytes, problem: str) -> None:
        """Why it was refused."""
        await self._connection.execute(
            "UPDATE oauth_codes SET problem = $2 WHERE code_hash = $1", code_hash, problem
        )

    async def forget_code_everywhere(self, code_hash: bytes) -> None:
        """It never left: the next start may try it."""
        await self._connection.execute("DELETE FROM oauth_codes WHERE code_hash = $1", code_hash)

    async def retire_everywhere(self, days: int) -> int:
        """Delete journeys that ended, and codes nobody can use any more."""
        await self._connection.execute(
            "DELETE FROM oauth_codes "
            "WHERE tried_at < clock_timestamp() - make_interval(days => $1)",
            days * 30,
        )
        done: str = await self._connection.execute(
            "DELETE FROM oauth_states "
            "WHERE expires_at < clock_timestamp() - make_interval(days => $1)",
            days,
        )
        return int(done.rpartition(" ")[2])
