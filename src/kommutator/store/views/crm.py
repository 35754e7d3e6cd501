"""A CRM with a copy of its cards, as pages show it: access, hooks, freshness, search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.views.rows import Connection, Where


@dataclass(frozen=True, slots=True)
class GrantLine:
    """How we are let in. `lock` and tokens stay in the store.

    Attributes:
        expires_at: of the access token; a lost grant still works until then.
        refresh_until: None: a long-lived token.
        held_by: the person it belongs to; None: the enterprise.
    """

    connection_id: UUID
    state: str
    reason: str | None
    detail: str | None
    state_since: datetime
    generation: int
    issued_at: datetime
    expires_at: datetime
    refresh_until: datetime | None
    held_by: str | None


@dataclass(frozen=True, slots=True)
class CardLine:
    """One lead, contact or company of the copy."""

    connection_id: UUID
    kind: str
    id: int
    name: str | None
    responsible_id: int | None
    phones: Sequence[str]
    pipeline_id: int | None
    status_id: int | None
    price: int | None
    closed: bool
    updated_at: datetime | None
    read_at: datetime


@dataclass(frozen=True, slots=True)
class CopyFigures:
    """How much of a CRM is here: kind → cards; `wanted`: told of and not yet read."""

    cards: dict[str, int]
    wanted: int
    oldest_wanted: datetime | None


_GRANTS = """
SELECT g.connection_id, g.state, g.reason, g.detail, g.state_since, g.generation, g.issued_at,
       g.expires_at, g.refresh_until, u.name AS held_by
FROM oauth_grants g JOIN connections c ON c.enterprise = g.enterprise AND c.id = g.connection_id
LEFT JOIN users u ON u.id = c.user_id
WHERE g.enterprise = $1 AND c.status <> 'removed' ORDER BY c.created_at, c.id"""

_CARDS = """
SELECT connection_id, kind, id, name, responsible_id, phones, pipeline_id, status_id, price,
       closed, updated_at, read_at
FROM crm_entities WHERE enterprise = $1 AND kind = $2 AND NOT deleted"""
_ENDS_WITH = "EXISTS (SELECT FROM unnest(phones) p WHERE p LIKE '%' || {})"


class CrmViews:
    """Reads for the pages of a CRM."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def grants(self, enterprise: EnterpriseNumber) -> list[GrantLine]:
        """Of the enterprise and of its people, the oldest connection first."""
        rows = await self._connection.fetch(_GRANTS, enterprise)
        return [GrantLine(**dict(row)) for row in rows]

    async def figures(self, enterprise: EnterpriseNumber) -> CopyFigures:
        """Counted; a page of an administrator, not a hot path."""
        cards = await self._connection.fetch(
            "SELECT kind, count(*) AS cards FROM crm_entities "
            "WHERE enterprise = $1 AND NOT deleted GROUP BY kind",
            enterprise,
        )
        wanted = await self._connection.fetchrow(
            "SELECT count(*) AS wanted, min(since) AS oldest FROM crm_wanted WHERE enterprise = $1",
            enterprise,
        )
        counts = {row["kind"]: row["cards"] for row in cards}
        return CopyFigures(counts, wanted["wanted"], wanted["oldest"])

    async def cards(
        self,
        enterprise: EnterpriseNumber,
        kind: str,
        *,
        text: str = "",
        digits: str = "",
        connection_id: UUID | None = None,
        before: tuple[datetime, int] | None = None,
        limit: int = 50,
    ) -> list[CardLine]:
        """Newest change first.

        Args:
            text: part of the name.
            digits: the end of a phone number, or a card's id.
            before: `updated_at` and id of the last line of the page before.
        """
        where = Where(enterprise, kind)
        if connection_id is not None:
            where.add("connection_id = {}", connection_id)
        if digits:
            number = int(digits) if len(digits) < _LONGEST_ID else 0
            where.add(f"({_ENDS_WITH} OR id = {{}})", digits, number)
        elif text:
            where.add("strpos(lower(name), lower({})) > 0", text)
        if before is not None:
            where.add("(coalesce(updated_at, read_at), id) < ({}, {})", *before)
        rows = await self._connection.fetch(
            f"{_CARDS}{where.sql()} ORDER BY coalesce(updated_at, read_at) DESC, id DESC "
            f"LIMIT {int(limit)}",
            *where.args,
        )
        return [CardLine(**dict(row)) for row in rows]


_LONGEST_ID = 19  # digits of a bigint that surely fits
