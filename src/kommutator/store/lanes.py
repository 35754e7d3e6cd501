"""Lanes: who owns what, until when. All times are the database's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

# A lease that ends impossibly late was written before the clock jumped back.
# A lane gets its row with its first claim. The upsert is atomic: of two engines one wins.
# What a dead owner held may have been sent: whoever comes next must look before writing.
# Messages say themselves that they leave (`DeliveryStore.leaving`): nobody can look for one.
# An upsert locks what it then leaves alone: lanes of the living are left out before, or whoever
# looks for work would hold one lane while waiting for another, as in `_RENEW`.
_FREE = """(l.lease_until < clock_timestamp()
           OR l.lease_until > clock_timestamp() + make_interval(secs => 3 * $5))"""
_CLAIM = f"""
WITH wanted AS (
    SELECT w.lane, w.connection_id,
           coalesce(w.enterprise, c.enterprise, (
               SELECT o.enterprise FROM outbox o WHERE o.lane = w.lane LIMIT 1)) AS enterprise
      FROM unnest($1::text[], $2::text[], $3::uuid[]) AS w (lane, enterprise, connection_id)
      LEFT JOIN connections c ON c.id = w.connection_id
     WHERE NOT EXISTS (SELECT FROM lanes l
            WHERE l.lane = w.lane AND (l.parked_reason IS NOT NULL OR NOT {_FREE}))),
claimed AS (
    INSERT INTO lanes AS l (lane, enterprise, connection_id, owner, fence, lease_until)
    SELECT lane, enterprise, connection_id, $4, 1,
           clock_timestamp() + make_interval(secs => $5)
      FROM wanted WHERE enterprise IS NOT NULL ORDER BY lane
    ON CONFLICT (lane) DO UPDATE
       SET owner = excluded.owner, fence = l.fence + 1, wake_at = NULL,
           lease_until = clock_timestamp() + make_interval(secs => $5)
     WHERE l.parked_reason IS NULL AND {_FREE}
    RETURNING lane, enterprise, connection_id, fence, held),
doubtful AS (
    UPDATE outbox o SET unsure = true FROM (SELECT lane, unnest(held) AS id FROM claimed) h
     WHERE o.lane = h.lane AND o.id = h.id AND o.state = 'due' AND o.kind <> 'send_message')
SELECT lane, enterprise, connection_id, fence, cardinality(held) AS doubtful FROM claimed"""

# Fence and owner decide, not the time: a lease that ran out while nobody else took the lane is
# as good as new, and a clock that jumps ahead takes nothing from the living.
_OURS = """
SELECT l.lane FROM unnest($2::text[], $3::bigint[]) AS m (lane, fence) JOIN lanes l USING (lane)
 WHERE l.fence = m.fence AND l.owner = $1 FOR NO KEY UPDATE OF l"""
_RENEW = """
WITH ours AS ({ours})
UPDATE lanes l SET lease_until = clock_timestamp() + make_interval(secs => $4)
  FROM ours WHERE l.lane = ours.lane RETURNING l.lane"""
# Whoever holds some lanes while waiting for another can be one of three that wait in a ring.
_RENEW_FREE = _RENEW.format(ours=f"{_OURS} SKIP LOCKED")
_RENEW_BUSY = _RENEW.format(ours=_OURS)

# A head is the oldest due row of its key: only heads can run, so only their time counts.
_NEXT_HEAD = """
SELECT min(h.run_at) FROM (
    SELECT DISTINCT ON (o.key) o.run_at FROM outbox o
     WHERE o.lane = {lane} AND o.state = 'due' ORDER BY o.key, o.id) h"""

_RELEASE = f"""
UPDATE lanes l SET owner = CASE WHEN $4 THEN owner END, lease_until = '-infinity',
       held = CASE WHEN $4 THEN held ELSE '{{}}' END,
       wake_at = greatest(({_NEXT_HEAD.format(lane="l.lane")}),
                          CASE WHEN breaker = 'open' THEN breaker_until END)
 WHERE l.lane = $1 AND l.fence = $2 AND l.owner = $3"""

# Lanes with work and without a living owner. The recursion jumps from lane to lane along the
# index instead of reading every waiting row.
_SWEEP = """
WITH RECURSIVE due (lane) AS (
    (SELECT lane FROM outbox WHERE state = 'due' ORDER BY lane LIMIT 1)
    UNION ALL
    SELECT (SELECT o.lane FROM outbox o WHERE o.state = 'due' AND o.lane > due.lane
             ORDER BY o.lane LIMIT 1) FROM due WHERE due.lane IS NOT NULL),
fresh (enterprise) AS (
    (SELECT enterprise FROM journal WHERE state = 'new' ORDER BY enterprise LIMIT 1)
    UNION ALL
    SELECT (SELECT j.enterprise FROM journal j WHERE j.state = 'new'
               AND j.enterprise > fresh.enterprise ORDER BY j.enterprise LIMIT 1)
      FROM fresh WHERE fresh.enterprise IS NOT NULL),
candidates (lane) AS (
    SELECT lane FROM due WHERE lane IS NOT NULL
    UNION ALL SELECT 'decide:' || enterprise FROM fresh WHERE enterprise IS NOT NULL)
SELECT c.lane, l.owner IS NOT NULL AS orphan
  FROM candidates c LEFT JOIN lanes l USING (lane)
 WHERE l.lane IS NULL OR l.parked_reason IS NULL AND (
       l.lease_until < clock_timestamp()
       OR l.lease_until > clock_timestamp() + make_interval(secs => 3 * $2))
   AND ($1 OR l.wake_at IS NULL OR l.wake_at <= clock_timestamp())"""

# Asterisk and linked phones are reached over links that somebody must hold, work or no work.
_STANDING = """
WITH standing AS (
    SELECT 'pbx:' || id AS lane FROM connections WHERE kind = 'asterisk' AND status = 'active'
    UNION ALL SELECT 'wa:' || s.connection_id FROM whatsapp_sessions s
      JOIN connections c ON c.id = s.connection_id
     WHERE s.wanted AND c.status IN ('draft', 'active'))
SELECT s.lane, l.owner IS NOT NULL AS orphan
  FROM standing s LEFT JOIN lanes l USING (lane)
 WHERE (
    l.lane IS NULL OR l.parked_reason IS NULL AND (
       l.lease_until < clock_timestamp()
       OR l.lease_until > clock_timestamp() + make_interval(secs => 3 * $1)))"""

# A connection that works again takes its lane out of the park, whoever repaired it.
_HEAL = """
UPDATE lanes l SET parked_reason = NULL, parked_detail = NULL, parked_at = NULL,
       breaker = 'closed', breaker_until = NULL, failures = 0
  FROM connections c
 WHERE l.parked_reason LIKE 'connection\\_%' AND c.id = l.connection_id AND c.status = 'active'
RETURNING l.lane"""
_UNPARK = """
UPDATE lanes SET parked_reason = NULL, parked_detail = NULL, parked_at = NULL, wake_at = NULL,
       breaker = 'closed', breaker_until = NULL, failures = 0
 WHERE enterprise = $1 AND ($2::text IS NULL OR lane = $2)
   AND ($3::uuid IS NULL OR connection_id = $3)
RETURNING lane"""
_PARK = """
UPDATE lanes SET parked_reason = $4, parked_detail = $5, parked_at = clock_timestamp()
 WHERE enterprise = $1 AND lane = $2 AND fence = $3 AND parked_reason IS NULL"""

# Locked against a new owner until our transaction ends, but not against our own renewals for
# long: decisions are short.
_HOLD = "SELECT 1 FROM lanes WHERE enterprise = $1 AND lane = $2 AND fence = $3 FOR SHARE"

_STATUS = """
SELECT lane, connection_id, lease_until > clock_timestamp() AS owned, parked_reason,
       parked_detail, parked_at, breaker, failures, last_success_at, last_error_at, last_error,
       greatest(0, extract(epoch FROM breaker_until - clock_timestamp()))::float8 AS breaker_wait_s
  FROM lanes WHERE enterprise = $1 AND ($2::text IS NULL OR lane = $2) ORDER BY lane"""
_SHARE = """
SELECT split_part(lane, ':', 1) AS room, count(*) AS owned FROM lanes
 WHERE lease_until > clock_timestamp() GROUP BY 1"""


@dataclass(frozen=True, slots=True)
class LaneName:
    """A lane's name taken apart: `decide:<enterprise>` or `<room>:<connection>`."""

    lane: str

    @property
    def room(self) -> str:
        return self.lane.partition(":")[0]

    @property
    def enterprise(self) -> str | None:
        return self.lane.partition(":")[2] if self.room == "decide" else None

    @property
    def connection_id(self) -> UUID | None:
        try:
            return None if self.room == "decide" else UUID(self.lane.partition(":")[2])
        except ValueError:  # anybody may NOTIFY; a name that is no lane is claimed by nobody
            return None


@dataclass(frozen=True, slots=True)
class Found:
    """A lane that somebody should own; an orphan had an owner who did not give it back."""

    lane: str
    orphan: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """A lane that has become ours; `doubtful` rows of a dead owner were marked as unsure."""

    lane: str
    enterprise: EnterpriseNumber
    connection_id: UUID | None
    fence: int
    doubtful: int


@dataclass(frozen=True, slots=True)
class LaneStatus:
    """How a lane is doing; `breaker_wait_s` counts down while the breaker is open."""

    lane: str
    connection_id: UUID | None
    owned: bool
    parked_reason: str | None
    parked_detail: str | None
    parked_at: datetime | None
    breaker: str
    failures: int
    last_success_at: datetime | None
    last_error_at: datetime | None
    last_error: str | None
    breaker_wait_s: float | None


class LaneStore:
    def __init__(self, connection: Connection, wake: Callable[[str], None]) -> None:
        self._connection = connection
        self._wake = wake

    async def claim_everywhere(
        self, lanes: Sequence[str], owner: UUID, lease_s: float
    ) -> list[Claim]:
        """Take those of the lanes that nobody owns and nobody parked."""
        names = [LaneName(lane) for lane in lanes]
        rows = await self._connection.fetch(
            _CLAIM,
            lanes,
            [n.enterprise for n in names],
            [n.connection_id for n in names],
            owner,
            lease_s,
        )
        return [Claim(**r) for r in rows]

    async def renew_everywhere(
        self, fences: Mapping[str, int], owner: UUID, lease_s: float, *, busy: bool = False
    ) -> set[str]:
        """Keep our lanes for another `lease_s`; returns those that are still ours.

        Args:
            busy: wait for whoever is changing a lane; else it is left out. One lane at a time.
        """
        rows = await self._connection.fetch(
            _RENEW_BUSY if busy else _RENEW_FREE,
            owner,
            list(fences),
            list(fences.values()),
            lease_s,
        )
        return {r["lane"] for r in rows}

    async def release(self, lane: str, fence: int, owner: UUID, *, doubtful: bool = False) -> None:
        """Give a lane back, with the time of its next work for the sweeper.

        `doubtful`: it was not drained; the next owner treats it like a dead one's.
        """
        await self._connection.execute(_RELEASE, lane, fence, owner, doubtful)

    async def sweep_everywhere(self, lease_s: float, *, thorough: bool) -> list[Found]:
        """Lanes with work and no living owner; `thorough` does not trust their `wake_at`."""
        return [Found(*r) for r in await self._connection.fetch(_SWEEP, thorough, lease_s)]

    async def standing_everywhere(self, lease_s: float) -> list[Found]:
        """Lanes that must be owned but are not: of active PBXs and of phones that are wanted."""
        return [Found(*r) for r in await self._connection.fetch(_STANDING, lease_s)]

    async def heal_everywhere(self) -> list[str]:
        """Unpark lanes whose connection was at fault and is active again."""
        return [r["lane"] for r in await self._connection.fetch(_HEAL)]

    async def owned_everywhere(self) -> dict[str, int]:
        """How many lanes of each room have a living owner."""
        return {r["room"]: r["owned"] for r in await self._connection.fetch(_SHARE)}

    async def hold(self, enterprise: EnterpriseNumber, lane: str, fence: int) -> bool:
        """Whether the lane is ours; if so nobody can take it before this transaction ends."""
        return await self._connection.fetchval(_HOLD, enterprise, lane, fence) is not None

    async def park(
        self,
        enterprise: EnterpriseNumber,
        lane: str,
        fence: int,
        *,
        reason: str,
        detail: str | None = None,
    ) -> None:
        """Stop the lane until somebody repairs what `reason` (a slug) names. Rows stay due."""
        await self._connection.execute(_PARK, enterprise, lane, fence, reason, detail)

    async def unpark(
        self,
        enterprise: EnterpriseNumber,
        *,
        lane: str | None = None,
        connection_id: UUID | None = None,
    ) -> list[str]:
        """Let lanes of the enterprise go on, breaker closed, and wake them."""
        rows = await self._connection.fetch(_UNPARK, enterprise, lane, connection_id)
        for row in rows:
            self._wake(row["lane"])
        return [r["lane"] for r in rows]

    async def status(
        self, enterprise: EnterpriseNumber, lane: str | None = None
    ) -> list[LaneStatus]:
        """How the enterprise's lanes are doing."""
        return [LaneStatus(**r) for r in await self._connection.fetch(_STATUS, enterprise, lane)]
