"""Whom a campaign calls, and the calls that it placed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from kommutator.domain.campaigns.numbers import Wanted
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One number of a campaign.

    Attributes:
        state: waiting (not before `due_at`, because of `waits`), calling, done.
        attempts: calls that count; `tries`: all.
        outcome: of the last call, or why it is done.
    """

    id: int
    phone: str
    name: str | None
    lead_id: int | None
    time_zone: str | None
    state: str
    urgency: int
    due_at: datetime
    waits: str | None
    attempts: int
    tries: int
    outcome: str | None
    last_call: str | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Heard:
    """A call under way, and what has been heard of it.

    Attributes:
        phase, result, reason, talk_s, ended_at: of the call, as far as it has come.
    """

    call_id: str
    item: int
    phone: str
    extension: str
    placed_at: datetime
    phase: str | None
    result: str | None
    reason: str | None
    talk_s: int | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """What all campaigns together did with a number; see `domain.campaigns.steps.Facts`."""

    unwanted: bool
    in_call: bool
    elsewhere_at: datetime | None
    today: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Calls of a campaign: under way, all, with a conversation; when those lately were placed."""

    placed: int
    going: int
    talked: int
    lately: Sequence[datetime]


@dataclass(frozen=True, slots=True)
class AgentCall:
    """An agent's last call for any campaign; `result` None: it goes on."""

    extension: str
    ended_at: datetime | None
    result: str | None


_COLUMNS = ", ".join(field.name for field in fields(ItemRow))
_ADD = """
INSERT INTO campaign_items (enterprise, campaign, phone, name, lead_id, time_zone)
SELECT $1, $2, phone, name, lead_id, time_zone
  FROM unnest($3::text[], $4::text[], $5::bigint[], $6::text[])
    AS w (phone, name, lead_id, time_zone)
ON CONFLICT (enterprise, campaign, phone) DO NOTHING RETURNING true"""
_DUE = f"""
SELECT {_COLUMNS} FROM campaign_items
 WHERE enterprise = $1 AND campaign = $2 AND state = 'waiting' AND due_at <= $3
 ORDER BY urgency, due_at, id LIMIT $4"""
_FACTS = """
SELECT EXISTS (SELECT FROM do_not_call WHERE enterprise = $1 AND phone = $3) AS unwanted,
       EXISTS (SELECT FROM campaign_attempts
                WHERE enterprise = $1 AND phone = $3 AND result IS NULL)
       OR EXISTS (SELECT FROM calls WHERE enterprise = $1 AND client = $3
                     AND phase IN ('ringing', 'talking')) AS in_call,
       (SELECT max(placed_at) FROM campaign_attempts
         WHERE enterprise = $1 AND phone = $3 AND campaign <> $2
           AND result IS DISTINCT FROM 'agent_missed') AS elsewhere_at,
       (SELECT count(*) FROM campaign_attempts
         WHERE enterprise = $1 AND phone = $3 AND placed_at >= $4
           AND result IS DISTINCT FROM 'agent_missed')::int AS today"""
_PLACE = """
WITH called AS (
    UPDATE campaign_items SET state = 'calling', tries = tries + 1, waits = NULL, last_call = $3,
           last_at = $6
     WHERE enterprise = $1 AND id = $2 RETURNING campaign, phone)
INSERT INTO campaign_attempts (enterprise, call_id, campaign, item, phone, extension, placed_at)
SELECT $1, $3, campaign, $2, phone, $4, $6 FROM called WHERE phone = $5"""
# A call that was merged into another one goes by that one's fate.
_GOING = """
SELECT a.call_id, a.item, a.phone, a.extension, a.placed_at,
       c.phase, c.result, c.reason, c.talk_s, c.ended_at
  FROM campaign_attempts a
  LEFT JOIN LATERAL (
    SELECT k.phase, k.result, k.reason, k.talk_s, k.ended_at FROM calls k
     WHERE k.enterprise = a.enterprise AND k.phase <> 'merged' AND k.id IN (a.call_id, (
        SELECT call_id FROM call_aliases
         WHERE enterprise = a.enterprise AND alias = a.call_id))
     ORDER BY k.id = a.call_id DESC LIMIT 1) c ON true
 WHERE a.enterprise = $1 AND a.campaign = $2 AND a.result IS NULL ORDER BY a.placed_at, a.item"""
_TALLY = """
SELECT (SELECT count(*) FROM campaign_attempts
         WHERE enterprise = $1 AND campaign = $2 AND result IS NULL)::int AS going,
       CASE WHEN $4 THEN (SELECT count(*) FROM campaign_attempts
         WHERE enterprise = $1 AND campaign = $2) ELSE 0 END::int AS placed,
       CASE WHEN $4 THEN (SELECT count(*) FROM campaign_attempts
         WHERE enterprise = $1 AND campaign = $2 AND result = 'talked') ELSE 0 END::int AS talked,
       ARRAY (SELECT placed_at FROM campaign_attempts
               WHERE enterprise = $1 AND campaign = $2 AND placed_at > $3
               ORDER BY placed_at DESC) AS lately"""
_END = """
UPDATE campaign_attempts SET result = $3, reason = $4, talk_s = $5, ended_at = $6
 WHERE enterprise = $1 AND call_id = $2 AND result IS NULL RETURNING true"""
_AFTER = f"""
UPDATE campaign_items SET state = $3, due_at = coalesce($4, due_at), waits = $5, urgency = $6,
       attempts = attempts + $7, outcome = coalesce($8, outcome)
 WHERE enterprise = $1 AND id = $2 RETURNING {_COLUMNS}"""
# Two campaigns of one enterprise choose from the same agents and numbers: one at a time.
_CHOOSE = "SELECT pg_advisory_xact_lock(hashtext('campaigns:' || $1))"
# A number that is being called has an open attempt; so the few that are left are found by index.
_LEFT = """
SELECT EXISTS (SELECT FROM campaign_items
                WHERE enterprise = $1 AND campaign = $2 AND state = 'waiting')
    OR EXISTS (SELECT FROM campaign_attempts
                WHERE enterprise = $1 AND campaign = $2 AND result IS NULL)"""
_AGENTS = """
SELECT e.extension, a.ended_at, a.result FROM unnest($2::text[]) AS e (extension), LATERAL (
    SELECT ended_at, result FROM campaign_attempts
     WHERE enterprise = $1 AND extension = e.extension ORDER BY ended_at DESC LIMIT 1) a"""


class CampaignItemStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(
        self, enterprise: EnterpriseNumber, campaign: UUID, wanted: Sequence[Wanted]
    ) -> int:
        """Numbers that it has already stay as they are; returns how many are new."""
        rows = await self._connection.fetch(
            _ADD,
            enterprise,
            campaign,
            [one.phone for one in wanted],
            [one.name for one in wanted],
            [one.lead_id for one in wanted],
            [one.time_zone for one in wanted],
        )
        return len(rows)

    async def due(
        self, enterprise: EnterpriseNumber, campaign: UUID, at: datetime, limit: int
    ) -> Sequence[ItemRow]:
        """Those who could be called now, most urgent first; the campaign's lock guards them."""
        rows = await self._connection.fetch(_DUE, enterprise, campaign, at, limit)
        return [ItemRow(**row) for row in rows]

    async def get(self, enterprise: EnterpriseNumber, item: int) -> ItemRow | None:
        row = await self._connection.fetchrow(
            f"SELECT {_COLUMNS} FROM campaign_items WHERE enterprise = $1 AND id = $2",
            enterprise,
            item,
        )
        return ItemRow(**row) if row else None

    async def facts(
        self, enterprise: EnterpriseNumber, campaign: UUID, phone: str, day_began: datetime
    ) -> NumberFacts:
        """`day_began`: the client's last midnight."""
        row = await self._connection.fetchrow(_FACTS, enterprise, campaign, phone, day_began)
        return NumberFacts(**row)

    async def place(
        self,
        enterprise: EnterpriseNumber,
        item: ItemRow,
        *,
        call_id: str,
        extension: str,
        at: datetime,
    ) -> None:
        """Mark the item as called and its agent as taken; the call is owed in the same unit."""
        await self._connection.execute(
            _PLACE, enterprise, item.id, call_id, extension, item.phone, at
        )

    async def tally(
        self, enterprise: EnterpriseNumber, campaign: UUID, since: datetime, *, whole: bool
    ) -> Tally:
        """The campaign's calls; "lately" is after `since`. Without `whole` only what is cheap."""
        row = await self._connection.fetchrow(_TALLY, enterprise, campaign, since, whole)
        return Tally(**row)

    async def going(self, enterprise: EnterpriseNumber, campaign: UUID) -> Sequence[Heard]:
        """The calls under way, oldest first."""
        rows = await self._connection.fetch(_GOING, enterprise, campaign)
        return [Heard(**row) for row in rows]

    async def end(
        self,
        enterprise: EnterpriseNumber,
        call_id: str,
        *,
        result: str,
        reason: str | None,
        talk_s: int | None,
        ended_at: datetime,
    ) -> bool:
        """False: it was ended before."""
        return bool(
            await self._connection.fetchval(
                _END, enterprise, call_id, result, reason, talk_s, ended_at
            )
        )

    async def put_off(
        self,
        enterprise: EnterpriseNumber,
        item: int,
        until: datetime,
        why: str,
        *,
        counts: bool = False,
        first: bool = False,
        outcome: str | None = None,
    ) -> None:
        """Not before `until`; `counts`: the call that ended was an attempt."""
        urgency = 0 if first else 1
        await self._connection.fetchrow(
            _AFTER, enterprise, item, "waiting", until, why, urgency, int(counts), outcome
        )

    async def finish(
        self, enterprise: EnterpriseNumber, item: int, outcome: str, *, counts: bool = False
    ) -> None:
        """Never again."""
        await self._connection.fetchrow(
            _AFTER, enterprise, item, "done", None, None, 1, int(counts), outcome
        )

    async def any_left(self, enterprise: EnterpriseNumber, campaign: UUID) -> bool:
        """Whether somebody is still to be called, or is being called."""
        return bool(await self._connection.fetchval(_LEFT, enterprise, campaign))

    async def agents(
        self, enterprise: EnterpriseNumber, extensions: Collection[str]
    ) -> Sequence[AgentCall]:
        """The last call of each for any campaign; nobody else chooses until the unit ends."""
        await self._connection.execute(_CHOOSE, enterprise)
        rows = await self._connection.fetch(_AGENTS, enterprise, list(extensions))
        return [AgentCall(**row) for row in rows]
