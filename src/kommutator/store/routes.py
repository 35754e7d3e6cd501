"""What a decision "who should take this call?" needs, in one statement; and the answers given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from kommutator.domain.redirect import KnownCaller, PhoneState
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

# A phone is in use while a leg of it lives; a call that HTTP told of has no legs, only names.
# An agent whom a campaign keeps free for a client whom it is calling is not free for others.
_FACTS = """
SELECT b.phone IS NOT NULL AS listed, b.wanted_at IS NULL AND
       (b.crm_at IS NULL OR b.crm_at < now() - make_interval(secs => $4)) AS stale,
       b.owner_user, b.owner_code, b.crm_at, b.last_talker, b.last_talk_at, b.pinned,
       b.connection_id,
       ARRAY (SELECT phone_number FROM user_internal_phones WHERE enterprise = $1) AS numbers,
       ARRAY (SELECT extension || '=' || status FROM presence
               WHERE enterprise = $1 AND status <> 'free') AS presence,
       ARRAY (
           SELECT DISTINCT busy.extension || '=' || busy.state FROM calls c,
             LATERAL (
               SELECT leg #>> '{party,number}', CASE WHEN leg ? 'dialled_at' AND NOT leg ? 'dial'
                      THEN 'ringing' ELSE 'talking' END
                 FROM jsonb_each(c.fold -> 'legs') AS l (id, leg)
                WHERE leg #>> '{party,kind}' = 'extension' AND NOT leg ? 'died'
               UNION ALL
               SELECT c.answered_by[array_upper(c.answered_by, 1)], 'talking'
                WHERE NOT c.fold ? 'legs' AND c.phase = 'talking'
             ) AS busy (extension, state)
            WHERE c.enterprise = $1 AND c.phase IN ('ringing', 'talking') AND c.id <> $3
              AND busy.extension IS NOT NULL
            UNION SELECT extension || '=ringing' FROM campaign_attempts
            WHERE enterprise = $1 AND result IS NULL
              AND placed_at > now() - interval '2 minutes') AS busy
  FROM (SELECT) AS one
  LEFT JOIN phone_book b ON b.enterprise = $1 AND b.phone = $2"""
_WANT = """
INSERT INTO phone_book AS b (enterprise, phone, wanted_at)
SELECT enterprise, phone, clock_timestamp() FROM unnest($1::text[], $2::text[])
    AS w (enterprise, phone)
 WHERE EXISTS (SELECT FROM enterprises WHERE number = w.enterprise)
 ORDER BY enterprise, phone
ON CONFLICT (enterprise, phone) DO UPDATE SET wanted_at = excluded.wanted_at
 WHERE b.wanted_at IS NULL"""
_WRITE = """
INSERT INTO route_answers (enterprise, call_id, at, caller, line, extension, why, age_s, skipped,
                           remembered, took_ms)
SELECT enterprise, call_id, at, caller, line, extension, why, age_s, skipped::jsonb, remembered,
       took_ms
  FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[],
              $7::text[], $8::float8[], $9::text[], $10::bool[], $11::real[])
    AS a (enterprise, call_id, at, caller, line, extension, why, age_s, skipped, remembered,
          took_ms)"""

_FRESH_S = 3600.0
"""A caller of whom the CRM told longer ago is looked up again: owners change."""


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """What the database knows at this moment.

    Attributes:
        entry: None: no such number in the phone book.
        numbers: the enterprise's extensions.
        states: of those who are not free and idle.
        stale: the CRM should be asked about this number (again), and nobody wants that yet.
    """

    entry: KnownCaller | None
    numbers: frozenset[str]
    states: Mapping[str, PhoneState]
    stale: bool


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """One answer, as it is kept with the call; fields as in `RouteAnswer`.

    Attributes:
        caller: E.164, or what came of a number that is none; None: hidden.
        skipped: JSON.
    """

    enterprise: EnterpriseNumber
    call_id: str
    at: datetime
    caller: str | None
    line: str | None
    extension: str | None
    why: str
    age_s: float | None
    skipped: str
    remembered: bool
    took_ms: float


_NAMES = [field.name for field in fields(GivenAnswer)]


class RouteStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def facts(
        self, enterprise: EnterpriseNumber, phone: str | None, call_id: str
    ) -> RouteFacts:
        """About `phone` (None: hidden) and everybody's phones. One statement.

        `call_id` is the call that is asked about: that somebody rings in it is no hindrance.
        """
        row = await self._connection.fetchrow(_FACTS, enterprise, phone, call_id, _FRESH_S)
        entry = KnownCaller(
            owner_user=row["owner_user"],
            owner_code=row["owner_code"],
            crm_at=row["crm_at"],
            last_talker=row["last_talker"],
            last_talk_at=row["last_talk_at"],
            pinned=row["pinned"],
            told_by=row["connection_id"],
        )
        return RouteFacts(
            entry=entry if row["listed"] else None,
            numbers=frozenset(row["numbers"]),
            states=_states(row["presence"], row["busy"]),
            stale=row["stale"],
        )

    async def want_everywhere(self, wanted: Sequence[tuple[EnterpriseNumber, str]]) -> None:
        """Ask for these (enterprise, E.164) to be looked up in the CRM; repeats cost nothing."""
        pairs = sorted(set(wanted))
        if pairs:
            await self._connection.execute(
                _WANT, [pair[0] for pair in pairs], [pair[1] for pair in pairs]
            )

    async def keep_everywhere(self, answers: Sequence[GivenAnswer]) -> None:
        """Write answers of any tenants at once."""
        columns = [[getattr(answer, name) for answer in answers] for name in _NAMES]
        await self._connection.execute(_WRITE, *columns)


def _states(presence: Sequence[str], busy: Sequence[str]) -> dict[str, PhoneState]:
    words: dict[str, dict[str, Any]] = {}
    for text in presence:
        extension, _, status = text.rpartition("=")
        words.setdefault(extension, {})["presence"] = status
    for text in busy:
        extension, _, state = text.rpartition("=")
        words.setdefault(extension, {})[state] = True
    return {extension: PhoneState(**known) for extension, known in words.items()}
