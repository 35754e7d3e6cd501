"""OAuth grants: one row per connection, one refresher at a time, times by the database alone.

Tokens come and go sealed. `fence` grows with each holder of the lock and with each change from
elsewhere, so that an answer that comes too late writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from kommutator.domain.oauth import GrantState
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection
from kommutator.store.grant_rows import SELECT, GrantRecord, grant_of

Sealed = dict[str, Any]

# `sent_at` is written by the very statement that takes the lock: what follows may reach the
# vendor, and whoever comes next knows it though we die.
_CLAIM = """
WITH before AS (
    SELECT enterprise, connection_id, sent_at FROM oauth_grants
     WHERE enterprise = $1 AND connection_id = $2 FOR UPDATE)
UPDATE oauth_grants g
   SET fence = g.fence + 1, lock_until = clock_timestamp() + $4, sent_at = clock_timestamp()
  FROM before b
 WHERE g.enterprise = b.enterprise AND g.connection_id = b.connection_id
   AND g.generation = $3 AND g.state IN ('active', 'unpaid', 'blocked')
   AND g.refresh_until IS NOT NULL AND g.lock_until < clock_timestamp()
   AND g.next_try_at <= clock_timestamp()
RETURNING g.fence, g.tokens AS sealed, b.sent_at IS NOT NULL AS doubtful, g.tries"""

# A late answer may still save a grant that was given up meanwhile: nobody has a newer pair.
_KEEP = """
UPDATE oauth_grants
   SET state = $5, reason = $6, detail = NULL,
       state_since = CASE WHEN state = $5 THEN state_since ELSE now() END,
       previous = tokens, previous_at = now(), tokens = $7, generation = generation + 1,
       issued_at = clock_timestamp(), expires_at = clock_timestamp() + $8,
       refresh_until = clock_timestamp() + $9, api_domain = coalesce($10, api_domain),
       fence = fence + 1, lock_until = '-infinity', sent_at = NULL,
       tries = 0, next_try_at = '-infinity'
 WHERE enterprise = $1 AND connection_id = $2 AND generation = $3
   AND (fence = $4 OR state = 'lost' AND reason = 'refresh_answer_lost')
RETURNING generation"""

_PUT = """
INSERT INTO oauth_grants AS g (enterprise, connection_id, tokens, expires_at, refresh_until,
                               api_domain)
VALUES ($1, $2, $3, clock_timestamp() + $4, clock_timestamp() + $5, $6)
ON CONFLICT (enterprise, connection_id) DO UPDATE
   SET state = 'active', reason = NULL, detail = NULL, state_since = now(),
       previous = g.tokens, previous_at = now(), tokens = excluded.tokens,
       generation = g.generation + 1, issued_at = clock_timestamp(),
       expires_at = excluded.expires_at, refresh_until = excluded.refresh_until,
       api_domain = coalesce(excluded.api_domain, g.api_domain), fence = g.fence + 1,
       lock_until = '-infinity', sent_at = NULL, tries = 0, next_try_at = '-infinity'"""

_DUE = """
SELECT enterprise, connection_id, generation FROM oauth_grants
 WHERE state IN ('active', 'unpaid', 'blocked') AND refresh_until IS NOT NULL
   AND lock_until < clock_timestamp() AND next_try_at <= clock_timestamp()
   AND (state <> 'active' OR reason IS NOT NULL OR expires_at - clock_timestamp()
        < (expires_at - issued_at) / 12 * (0.75 + 0.25 * ((hashtext(connection_id::text) & 255) / 255.0)))
 ORDER BY expires_at LIMIT $1"""  # noqa: E501  one condition reads better on one line

_OVER = """
SELECT g.enterprise, g.connection_id FROM oauth_grants g JOIN connections c
    ON c.enterprise = g.enterprise AND c.id = g.connection_id
 WHERE g.expires_at <= clock_timestamp() AND c.status = 'active'
   AND (g.state = 'lost' OR g.state = 'active' AND g.refresh_until IS NULL)
 ORDER BY g.expires_at LIMIT $1"""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to exchange the refresh token once.

    Attributes:
        doubtful: the same token left before, and no answer is known.
        tries: exchanges in vain since the pair came.
    """

    fence: int
    sealed: Sealed = field(repr=False)
    doubtful: bool
    tries: int


@dataclass(frozen=True, slots=True)
class NewPair:
    """A pair as it is stored. `refresh_life` None: nothing to renew it with."""

    sealed: Sealed = field(repr=False)
    life: timedelta
    refresh_life: timedelta | None
    api_domain: str | None = None


class GrantStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def find(self, enterprise: EnterpriseNumber, connection_id: UUID) -> GrantRecord | None:
        """None: never connected, or disconnected."""
        row = await self._connection.fetchrow(
            f"{SELECT} WHERE g.enterprise = $1 AND g.connection_id = $2", enterprise, connection_id
        )
        return None if row is None else grant_of(row)

    async def claim(
        self, enterprise: EnterpriseNumber, connection_id: UUID, generation: int, lock: timedelta
    ) -> Claim | None:
        """Take the lock for one exchange and note that the token leaves.

        None: somebody else holds it, the pair is another by now, it is too early, or the state
        is not one that renewing helps.
        """
        row = await self._connection.fetchrow(_CLAIM, enterprise, connection_id, generation, lock)
        return None if row is None else Claim(**row)

    async def hold(
        self, enterprise: EnterpriseNumber, connection_id: UUID, fence: int, lock: timedelta
    ) -> bool:
        """Keep the lock for a second request. False: it is not ours any more."""
        held = await self._connection.fetchval(
            "UPDATE oauth_grants SET lock_until = clock_timestamp() + $4 "
            "WHERE enterprise = $1 AND connection_id = $2 AND fence = $3 RETURNING true",
            enterprise, connection_id, fence, lock,
        )  # fmt: skip
        return bool(held)

    async def keep(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        pair: NewPair,
        *,
        generation: int,
        fence: int,
        state: GrantState = GrantState.ACTIVE,
        reason: str | None = None,
    ) -> int | None:
        """Store the pair that `generation` was exchanged for and give the lock back.

        Returns the new generation; None: the grant is another one by now, nothing was written.
        """
        kept = await self._connection.fetchval(
            _KEEP, enterprise, connection_id, generation, fence, state.value, reason, pair.sealed,
            pair.life, pair.refresh_life, pair.api_domain,
        )  # fmt: skip
        return None if kept is None else int(kept)

    async def put(self, enterprise: EnterpriseNumber, connection_id: UUID, pair: NewPair) -> None:
        """A fresh grant from the vendor's consent; whoever is renewing the old one is too late."""
        await self._connection.execute(
            _PUT, enterprise, connection_id, pair.sealed, pair.life, pair.refresh_life,
            pair.api_domain,
        )  # fmt: skip

    async def release(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        fence: int,
        *,
        state: GrantState,
        reason: str | None,
        detail: str | None,
        retry_after: timedelta,
        answered: bool,
    ) -> bool:
        """Give the lock back after an exchange in vain. False: it is not ours any more.

        Args:
            answered: the vendor certainly did not exchange the token.
        """
        changed = await self._connection.fetchval(
            "UPDATE oauth_grants SET state_since = CASE WHEN state = $4 THEN state_since "
            "ELSE now() END, state = $4, reason = $5, detail = $6, fence = fence + 1, "
            "lock_until = '-infinity', tries = tries + 1, "
            "sent_at = CASE WHEN $8 THEN NULL ELSE sent_at END, "
            "next_try_at = clock_timestamp() + $7 "
            "WHERE enterprise = $1 AND connection_id = $2 AND fence = $3 RETURNING true",
            enterprise, connection_id, fence, state.value, reason, detail, retry_after, answered,
        )  # fmt: skip
        return bool(changed)

    async def end(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        state: GrantState,
        *,
        reason: str,
        detail: str | None = None,
        generation: int | None = None,
    ) -> bool:
        """The access token is over, whatever it said. False: another pair is there by now."""
        ended = await self._connection.fetchval(
            "UPDATE oauth_grants SET state_since = CASE WHEN state = $3 THEN state_since "
            "ELSE now() END, state = $3, reason = $4, detail = coalesce($5, detail), "
            "fence = fence + 1, lock_until = '-infinity', "
            "expires_at = least(expires_at, clock_timestamp()) "
            "WHERE enterprise = $1 AND connection_id = $2 "
            "AND generation = coalesce($6, generation) RETURNING true",
            enterprise, connection_id, state.value, reason, detail, generation,
        )  # fmt: skip
        return bool(ended)

    async def of_account_everywhere(self, kind: str, account_key: str) -> Sequence[GrantRecord]:
        """Every tenant's and every person's grant for one account at the vendor."""
        rows = await self._connection.fetch(
            f"{SELECT} WHERE c.kind = $1 AND c.account_key = $2 AND c.status <> 'removed' "
            f"ORDER BY g.connection_id",
            kind, account_key,
        )  # fmt: skip
        return [grant_of(row) for row in rows]

    async def due_everywhere(self, limit: int) -> Sequence[tuple[EnterpriseNumber, UUID, int]]:
        """Whom to renew now: enterprise, connection, generation; those that end soonest first.

        Due is what has less than a twelfth of its life left, a little earlier or later for each
        connection, and whatever troubles may have ended by themselves.
        """
        rows = await self._connection.fetch(_DUE, limit)
        return [(EnterpriseNumber(r["enterprise"]), r["connection_id"], r["generation"])
                for r in rows]  # fmt: skip

    async def over_everywhere(self, limit: int) -> Sequence[tuple[EnterpriseNumber, UUID]]:
        """Active connections whose last access token ended and cannot be renewed."""
        rows = await self._connection.fetch(_OVER, limit)
        return [(EnterpriseNumber(row["enterprise"]), row["connection_id"]) for row in rows]

    async def states_everywhere(self) -> Sequence[tuple[str, str, int]]:
        """For the metrics: kind, state, how many."""
        rows: Sequence[asyncpg.Record] = await self._connection.fetch(
            "SELECT c.kind, g.state, count(*) AS number FROM oauth_grants g JOIN connections c "
            "ON c.enterprise = g.enterprise AND c.id = g.connection_id GROUP BY 1, 2 ORDER BY 1, 2"
        )
        return [(row["kind"], row["state"], row["number"]) for row in rows]

    async def page_everywhere(
        self, *, after: UUID | None = None, limit: int = 100
    ) -> Sequence[GrantRecord]:
        """All by connection, locked until the unit ends; for exchanging master keys."""
        rows = await self._connection.fetch(
            f"{SELECT} WHERE ($1::uuid IS NULL OR g.connection_id > $1) "
            f"ORDER BY g.connection_id LIMIT $2 FOR UPDATE OF g",
            after, limit,
        )  # fmt: skip
        return [grant_of(row) for row in rows]

    async def reseal(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        sealed: Sealed,
        previous: Sealed | None,
    ) -> None:
        """The same tokens under another master key."""
        await self._connection.execute(
            "UPDATE oauth_grants SET tokens = $3, previous = $4 "
            "WHERE enterprise = $1 AND connection_id = $2",
            enterprise, connection_id, sealed, previous,
        )  # fmt: skip
