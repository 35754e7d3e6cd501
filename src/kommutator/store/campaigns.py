"""Campaigns: made, started, paused, and held by one process at a time, in database time.

Their numbers and calls are in `campaign_items.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.errors import Conflict, NotFound
from kommutator.store.driver import Connection


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign as it lies there.

    Attributes:
        plan: JSON, `domain.campaigns.plan`.
        state: draft, running, paused, done; `reason` is a slug.
        failures: calls in a row that came to nothing.
        alone_since: no agent is at work; `deaf_since`: the PBX is away.
        next_at: no call before this, because of `waits` (slug).
        filling: JSON, how far the CRM's leads were read; None: nothing is to be read.
    """

    enterprise: EnterpriseNumber
    id: UUID
    name: str
    plan: str
    state: str
    reason: str | None
    created_at: datetime
    created_by: str
    started_at: datetime | None
    ended_at: datetime | None
    failures: int
    alone_since: datetime | None
    deaf_since: datetime | None
    next_at: datetime | None
    waits: str | None
    filling: str | None


@dataclass(frozen=True, slots=True)
class Hold:
    """A process's right to dial for one campaign; `fence` grows with each take-over."""

    enterprise: EnterpriseNumber
    id: UUID
    owner: UUID
    fence: int


_JSON = ("plan", "filling")
_COLUMNS = ", ".join(
    f"{field.name}::text AS {field.name}" if field.name in _JSON else field.name
    for field in fields(CampaignRow)
)
_INSERT = f"""
INSERT INTO campaigns (enterprise, id, name, plan, created_by, filling)
VALUES ($1, $2, $3, $4::text::jsonb, $5, $6::text::jsonb) RETURNING {_COLUMNS}"""
_PAGE = f"""
SELECT {_COLUMNS} FROM campaigns
 WHERE enterprise = $1 AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))
 ORDER BY created_at DESC, id DESC LIMIT $4"""
# Whoever starts a campaign wipes what made it stop; only a change of state moves the clocks.
_MOVE = f"""
UPDATE campaigns SET state = $3, reason = $4, next_at = NULL, waits = NULL,
       failures = CASE WHEN $3 = 'running' THEN 0 ELSE failures END,
       alone_since = NULL, deaf_since = NULL,
       started_at = CASE WHEN $3 = 'running' THEN coalesce(started_at, now()) ELSE started_at END,
       ended_at = CASE WHEN $3 = 'done' THEN now() END
 WHERE enterprise = $1 AND id = $2 AND state = ANY ($5::text[]) RETURNING {_COLUMNS}"""
# A lease is renewed when almost half of it is over: a row rewritten at every look would bloat.
_CLAIM = """
WITH at_work AS (
    SELECT enterprise, id FROM campaigns WHERE state = 'running'
    UNION SELECT enterprise, campaign FROM campaign_attempts WHERE result IS NULL),
claimed AS (
    UPDATE campaigns c SET
           owner = $1, fence = CASE WHEN c.owner = $1 THEN c.fence ELSE c.fence + 1 END,
           lease_until = clock_timestamp() + make_interval(secs => $2)
     WHERE (c.enterprise, c.id) IN (
        SELECT d.enterprise, d.id FROM campaigns d JOIN at_work USING (enterprise, id)
         WHERE d.lease_until IS NULL OR d.lease_until < clock_timestamp()
            OR (d.owner = $1
                AND d.lease_until < clock_timestamp() + make_interval(secs => 0.6 * $2))
         ORDER BY d.enterprise, d.id FOR UPDATE OF d SKIP LOCKED)
    RETURNING c.enterprise, c.id, c.owner, c.fence)
SELECT enterprise, id, owner, fence FROM claimed
UNION
SELECT c.enterprise, c.id, c.owner, c.fence FROM campaigns c JOIN at_work USING (enterprise, id)
 WHERE c.owner = $1 AND c.lease_until > clock_timestamp()"""
_LOCK = f"""
SELECT {_COLUMNS} FROM campaigns
 WHERE enterprise = $1 AND id = $2 AND owner = $3 AND fence = $4
   AND lease_until > clock_timestamp() FOR UPDATE"""
_RELEASE = """
UPDATE campaigns SET owner = NULL, lease_until = NULL WHERE owner = $1"""
_PULSE = """
UPDATE campaigns SET next_at = $3, waits = $4, alone_since = $5, deaf_since = $6, failures = $7
 WHERE enterprise = $1 AND id = $2"""


class CampaignStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(
        self,
        enterprise: EnterpriseNumber,
        campaign: UUID,
        *,
        name: str,
        plan: str,
        created_by: str,
        filling: str | None,
    ) -> CampaignRow:
        row = await self._connection.fetchrow(
            _INSERT, enterprise, campaign, name, plan, created_by, filling
        )
        return CampaignRow(**row)

    async def get(
        self, enterprise: EnterpriseNumber, campaign: UUID, *, lock: bool = False
    ) -> CampaignRow:
        """Raises NotFound: `campaign_not_found`."""
        row = await self._connection.fetchrow(
            f"SELECT {_COLUMNS} FROM campaigns WHERE enterprise = $1 AND id = $2"
            + (" FOR UPDATE" if lock else ""),
            enterprise,
            campaign,
        )
        if row is None:
            raise NotFound("campaign_not_found")
        return CampaignRow(**row)

    async def page(
        self,
        enterprise: EnterpriseNumber,
        *,
        after: tuple[datetime, UUID] | None = None,
        limit: int = 50,
    ) -> Sequence[CampaignRow]:
        """Newest first."""
        at, last = after or (None, None)
        rows = await self._connection.fetch(_PAGE, enterprise, at, last, limit)
        return [CampaignRow(**row) for row in rows]

    async def change(
        self,
        enterprise: EnterpriseNumber,
        campaign: UUID,
        *,
        name: str,
        plan: str,
        filling: str | None,
    ) -> CampaignRow:
        """What is under way goes on as it was begun; the next call follows the new plan."""
        row = await self._connection.fetchrow(
            f"UPDATE campaigns SET name = $3, plan = $4::text::jsonb, filling = $5::text::jsonb, "
            f"next_at = NULL, waits = NULL WHERE enterprise = $1 AND id = $2 RETURNING {_COLUMNS}",
            enterprise,
            campaign,
            name,
            plan,
            filling,
        )
        if row is None:
            raise NotFound("campaign_not_found")
        return CampaignRow(**row)

    async def move(
        self,
        enterprise: EnterpriseNumber,
        campaign: UUID,
        state: str,
        *,
        reason: str | None = None,
        before: Sequence[str],
    ) -> CampaignRow:
        """Into another state. No call is placed after the commit of a pause.

        Raises:
            NotFound: `campaign_not_found`.
            Conflict: `campaign_is_<state>`, when it is in none of the states `before`.
        """
        row = await self._connection.fetchrow(
            _MOVE, enterprise, campaign, state, reason, list(before)
        )
        if row is None:
            now = (await self.get(enterprise, campaign)).state
            raise Conflict(_WRONG_STATE[now])
        return CampaignRow(**row)

    async def delete(self, enterprise: EnterpriseNumber, campaign: UUID) -> None:
        """With its items and calls; the calls themselves stay in the history of calls."""
        await self._connection.execute(
            "DELETE FROM campaigns WHERE enterprise = $1 AND id = $2", enterprise, campaign
        )

    async def claim_everywhere(self, owner: UUID, lease_s: float) -> Sequence[Hold]:
        """Take, or keep, every campaign at work that nobody else holds."""
        rows = await self._connection.fetch(_CLAIM, owner, lease_s)
        return [Hold(**row) for row in rows]

    async def release_everywhere(self, owner: UUID) -> None:
        """Let go of all, at shutdown."""
        await self._connection.execute(_RELEASE, owner)

    async def held(self, enterprise: EnterpriseNumber, hold: Hold) -> CampaignRow | None:
        """Lock the campaign until the unit ends; None: somebody else has it now."""
        row = await self._connection.fetchrow(_LOCK, enterprise, hold.id, hold.owner, hold.fence)
        return CampaignRow(**row) if row else None

    async def note_pulse(
        self,
        enterprise: EnterpriseNumber,
        campaign: UUID,
        *,
        next_at: datetime | None,
        waits: str | None,
        alone_since: datetime | None,
        deaf_since: datetime | None,
        failures: int,
    ) -> None:
        """How it is, for people and for the next look."""
        await self._connection.execute(
            _PULSE, enterprise, campaign, next_at, waits, alone_since, deaf_since, failures
        )

    async def note_filling(
        self, enterprise: EnterpriseNumber, campaign: UUID, filling: str | None
    ) -> None:
        """How far the CRM's leads were read."""
        await self._connection.execute(
            "UPDATE campaigns SET filling = $3::text::jsonb WHERE enterprise = $1 AND id = $2",
            enterprise,
            campaign,
            filling,
        )


_WRONG_STATE = {
    "draft": "campaign_is_draft",
    "running": "campaign_is_running",
    "paused": "campaign_is_paused",
    "done": "campaign_is_done",
}
