"""What clients said of their visits, and who has not come for long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection


@dataclass(frozen=True, slots=True)
class NewReview:
    """Of one visit."""

    salon: UUID
    record_id: int
    staff_id: int | None
    phone: str | None
    client_name: str | None
    stars: int
    words: str
    connection_id: UUID
    chat_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Review(NewReview):
    """As it is kept."""

    id: int


@dataclass(frozen=True, slots=True)
class Absent:
    """Somebody who has not come for long. `last`: the salon's time of their last visit."""

    phone: str
    name: str
    last: datetime


_COLUMNS = ", ".join(field.name for field in fields(Review))
_NEW = [field.name for field in fields(NewReview)]
_PUT = f"""
INSERT INTO reviews (enterprise, {", ".join(_NEW)})
VALUES ($1, {", ".join(f"${place}" for place in range(2, len(_NEW) + 2))})
ON CONFLICT (enterprise, salon, record_id) DO UPDATE
   SET stars = excluded.stars, words = coalesce(nullif(excluded.words, ''), reviews.words),
       at = excluded.at
RETURNING (xmax = 0)"""
_ADD_WORDS = """
UPDATE reviews SET words = left(concat_ws(E'\n', nullif(words, ''), $4::text), 2000)
 WHERE id = (SELECT id FROM reviews WHERE enterprise = $1 AND connection_id = $2 AND chat_id = $3
                AND at > $5 ORDER BY at DESC LIMIT 1)
   AND enterprise = $1 AND stars <= $6"""
_LOW = 3
_PAGE = f"""
SELECT {_COLUMNS} FROM reviews
 WHERE enterprise = $1 AND id < coalesce($2, 9223372036854775807)
   AND ($3::uuid IS NULL OR salon = $3)
 ORDER BY id DESC LIMIT $4"""
_ABSENT = """
SELECT client_phone AS phone,
       coalesce((array_agg(client_name ORDER BY starts_at DESC))[1], '') AS name,
       max(starts_at) AS last
  FROM salon_visits v
 WHERE enterprise = $1 AND connection_id = $2 AND NOT deleted AND client_phone IS NOT NULL
   AND attendance <> -1 AND starts_at > $3
 GROUP BY client_phone
HAVING max(starts_at) <= $4 AND NOT EXISTS (
       SELECT FROM outreach o WHERE o.enterprise = $1 AND o.phone = v.client_phone
          AND o.kind = 'win_back' AND o.created_at > $5)
   AND NOT EXISTS (
       SELECT FROM salon_visits x WHERE x.enterprise = $1 AND x.client_phone = v.client_phone
          AND x.starts_at > $4 AND NOT x.deleted AND x.connection_id <> $2)
 ORDER BY max(starts_at) DESC, client_phone LIMIT $6"""
_OFFERED = """
SELECT count(*) FROM outreach
 WHERE enterprise = $1 AND salon = $2 AND kind = 'win_back' AND created_at > $3"""


class ReviewStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def put(self, enterprise: EnterpriseNumber, review: NewReview) -> bool:
        """False: the visit had one, which is changed."""
        values = [getattr(review, name) for name in _NEW]
        return bool(await self._connection.fetchval(_PUT, enterprise, *values))

    async def add_words(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        chat_id: str,
        words: str,
        since: datetime,
    ) -> None:
        """What was wrong, if this chat's last rating, after `since`, is a low one."""
        await self._connection.execute(
            _ADD_WORDS, enterprise, connection_id, chat_id, words, since, _LOW
        )

    async def page(
        self,
        enterprise: EnterpriseNumber,
        *,
        before: int | None = None,
        salon: UUID | None = None,
        limit: int = 50,
    ) -> Sequence[Review]:
        """Newest first."""
        rows = await self._connection.fetch(_PAGE, enterprise, before, salon, limit)
        return [Review(**row) for row in rows]

    async def absent(
        self,
        enterprise: EnterpriseNumber,
        salon: UUID,
        *,
        here_after: datetime,
        here_before: datetime,
        not_told_since: datetime,
        limit: int,
    ) -> Sequence[Absent]:
        """Whose last visit, past or to come, lies between; who came last comes first.

        Who goes to another salon of the enterprise is not absent.

        Args:
            here_after, here_before: the salon's time, without a zone.
            not_told_since: UTC; whoever was written to after it is left out.
        """
        rows = await self._connection.fetch(
            _ABSENT, enterprise, salon, here_after, here_before, not_told_since, limit
        )
        return [Absent(**row) for row in rows]

    async def written_to_since(
        self, enterprise: EnterpriseNumber, salon: UUID, since: datetime
    ) -> int:
        """How many of the absent were wanted to hear from us after this moment."""
        return int(await self._connection.fetchval(_OFFERED, enterprise, salon, since))
