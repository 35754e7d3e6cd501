"""Campaigns as pages and the API show them: figures, results, items, calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.campaign_items import ItemRow
from kommutator.store.driver import Connection


@dataclass(frozen=True, slots=True)
class CampaignFigures:
    """How far a campaign is.

    Attributes:
        items, waiting, done: numbers.
        going: calls under way, and so numbers being called.
        placed, talked: calls so far.
        results: how calls ended → how many.
        outcomes: why numbers are done → how many.
        next_due: when the next waiting number may be called, and `next_waits` (slug) why not now.
    """

    items: int = 0
    waiting: int = 0
    done: int = 0
    going: int = 0
    placed: int = 0
    talked: int = 0
    results: Mapping[str, int] = field(default_factory=dict)
    outcomes: Mapping[str, int] = field(default_factory=dict)
    next_due: datetime | None = None
    next_waits: str | None = None


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """One call of a campaign. `result` None: it goes on."""

    call_id: str
    phone: str
    name: str | None
    extension: str
    placed_at: datetime
    result: str | None
    reason: str | None
    talk_s: int | None
    ended_at: datetime | None


_ITEM = ", ".join(f"i.{column.name}" for column in fields(ItemRow))
_ITEMS = """
SELECT campaign, state, outcome, count(*)::int AS n FROM campaign_items
 WHERE enterprise = $1 AND campaign = ANY ($2::uuid[]) GROUP BY campaign, state, outcome"""
_CALLS = """
SELECT campaign, result, count(*)::int AS n FROM campaign_attempts
 WHERE enterprise = $1 AND campaign = ANY ($2::uuid[]) GROUP BY campaign, result"""
_NEXT = """
SELECT c.id AS campaign, n.due_at, n.waits FROM unnest($2::uuid[]) AS c (id), LATERAL (
    SELECT due_at, waits FROM campaign_items
     WHERE enterprise = $1 AND campaign = c.id AND state = 'waiting' ORDER BY due_at LIMIT 1) n"""
_PAGE = f"""
SELECT {_ITEM} FROM campaign_items i
 WHERE i.enterprise = $1 AND i.campaign = $2 AND i.id > $3
   AND ($4::text IS NULL OR i.state = $4) AND ($5::text IS NULL OR i.outcome = $5)
 ORDER BY i.id LIMIT $6"""
_LATEST = """
SELECT a.call_id, a.phone, i.name, a.extension, a.placed_at, a.result, a.reason, a.talk_s,
       a.ended_at
  FROM campaign_attempts a LEFT JOIN campaign_items i ON i.enterprise = a.enterprise
       AND i.id = a.item
 WHERE a.enterprise = $1 AND a.campaign = $2
   AND ($3::timestamptz IS NULL OR (a.placed_at, a.call_id) < ($3, $4))
 ORDER BY a.placed_at DESC, a.call_id DESC LIMIT $5"""


class CampaignViews:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def figures(
        self, enterprise: EnterpriseNumber, campaigns: Sequence[UUID]
    ) -> Mapping[UUID, CampaignFigures]:
        """Of each of these, in three statements."""
        asked = list(campaigns)
        items = await self._connection.fetch(_ITEMS, enterprise, asked)
        calls = await self._connection.fetch(_CALLS, enterprise, asked)
        following = await self._connection.fetch(_NEXT, enterprise, asked)
        soonest = {row["campaign"]: (row["due_at"], row["waits"]) for row in following}
        return {
            one: _figures(
                [(r["state"], r["outcome"], r["n"]) for r in items if r["campaign"] == one],
                [(r["result"], r["n"]) for r in calls if r["campaign"] == one],
                soonest.get(one, (None, None)),
            )
            for one in asked
        }

    async def items(
        self,
        enterprise: EnterpriseNumber,
        campaign: UUID,
        *,
        after: int = 0,
        state: str | None = None,
        outcome: str | None = None,
        limit: int = 50,
    ) -> Sequence[ItemRow]:
        """In the order of adding."""
        rows = await self._connection.fetch(
            _PAGE, enterprise, campaign, after, state, outcome, limit
        )
        return [ItemRow(**row) for row in rows]

    async def attempts(
        self,
        enterprise: EnterpriseNumber,
        campaign: UUID,
        *,
        after: tuple[datetime, str] | None = None,
        limit: int = 50,
    ) -> Sequence[AttemptLine]:
        """Newest first."""
        at, last = after or (None, None)
        rows = await self._connection.fetch(_LATEST, enterprise, campaign, at, last, limit)
        return [AttemptLine(**row) for row in rows]


def _figures(
    items: Sequence[tuple[str, str | None, int]],
    calls: Sequence[tuple[str | None, int]],
    soonest: tuple[datetime | None, str | None],
) -> CampaignFigures:
    states = {s: sum(n for state, _, n in items if state == s) for s in ("waiting", "done")}
    results = {result: n for result, n in calls if result is not None}
    return CampaignFigures(
        items=sum(n for *_, n in items),
        waiting=states["waiting"],
        done=states["done"],
        going=sum(n for result, n in calls if result is None),
        placed=sum(n for _, n in calls),
        talked=results.get("talked", 0),
        results=results,
        outcomes={o: n for state, o, n in items if state == "done" and o is not None},
        next_due=soonest[0],
        next_waits=soonest[1],
    )
