"""The shape of a stored grant."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from kommutator.domain.oauth import GrantState
from kommutator.domain.tenancy import EnterpriseNumber

# Ages and what is left are the database's: our clock and the vendor's may be minutes apart.
SELECT = """
SELECT g.enterprise, g.connection_id, g.state, g.reason, g.detail, g.state_since,
       g.tokens AS sealed, g.previous, g.generation, g.issued_at, g.expires_at, g.refresh_until,
       g.api_domain, c.kind, c.base_url, c.config, c.secrets AS app_sealed,
       extract(epoch FROM clock_timestamp() - g.issued_at)::float8 AS age_s,
       extract(epoch FROM g.expires_at - clock_timestamp())::float8 AS left_s,
       greatest(0, CASE WHEN g.next_try_at = '-infinity' THEN 0 ELSE
           extract(epoch FROM g.next_try_at - clock_timestamp()) END)::float8 AS wait_s,
       g.lock_until > clock_timestamp() AS locked
  FROM oauth_grants g
  JOIN connections c ON c.enterprise = g.enterprise AND c.id = g.connection_id"""


@dataclass(frozen=True, slots=True)
class GrantRecord:
    """A grant as stored, with what its connection says about the account.

    Attributes:
        sealed, previous: `access` and, if there is one, `refresh`, each in its envelope.
        app_sealed: the connection's own secrets, an integration's `client_secret` among them.
        age_s: of this pair, seconds.
        left_s: of the access token's life, seconds; negative when it is over.
        wait_s: before the next exchange makes sense.
        locked: somebody is exchanging the refresh token just now.
    """

    enterprise: EnterpriseNumber
    connection_id: UUID
    state: GrantState
    reason: str | None
    detail: str | None
    state_since: datetime
    sealed: dict[str, Any] = field(repr=False)
    previous: dict[str, Any] | None = field(repr=False)
    generation: int
    issued_at: datetime
    expires_at: datetime
    refresh_until: datetime | None
    api_domain: str | None
    kind: str
    base_url: str
    config: dict[str, Any]
    app_sealed: dict[str, Any] = field(repr=False)
    age_s: float
    left_s: float
    wait_s: float
    locked: bool

    @property
    def usable(self) -> bool:
        """The access token may still be shown to the vendor."""
        ended = self.state in (GrantState.REVOKED, GrantState.UNINSTALLED)
        return self.left_s > 0 and not ended


def grant_of(row: asyncpg.Record) -> GrantRecord:
    """From a row of `SELECT`."""
    return GrantRecord(**{**dict(row), "state": GrantState(row["state"])})
