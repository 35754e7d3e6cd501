"""Who numbers belong to: what the CRM said, what calls taught, what a person decided.

What the CRM said is never replaced by something it said earlier; a talk never by an earlier one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

_PHONE = re.compile(r"\+[0-9]{5,15}")


def fits(phone: str | None) -> bool:
    """Whether the number can stand in the book: E.164, no extension, nothing hidden."""
    return phone is not None and _PHONE.fullmatch(phone) is not None


@dataclass(frozen=True, slots=True)
class BookEntry:
    """One number.

    Attributes:
        connection_id: the CRM that told.
        known: the CRM has this client; None: nobody has looked yet.
        owner_user: the responsible user's id in the CRM.
        owner_code: the extension that the CRM itself named for that user.
        last_talker: the extension that talked with the client last.
        wanted_at: since when the CRM is to be asked.
    """

    phone: str
    connection_id: UUID | None = None
    known: bool | None = None
    name: str | None = None
    customer_id: str | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    owner_user: str | None = None
    owner_code: str | None = None
    crm_at: datetime | None = None
    last_talker: str | None = None
    last_talk_at: datetime | None = None
    pinned: str | None = None
    pinned_by: str | None = None
    wanted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What a CRM said about one number. `known` false: it has no such client."""

    phone: str
    known: bool
    name: str | None = None
    customer_id: str | None = None
    owner_user: str | None = None
    owner_code: str | None = None
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A number to ask the CRM for. `asked_at` is the database's time."""

    phone: str
    wanted_at: datetime
    asked_at: datetime


COLUMNS = ", ".join(column.name for column in fields(BookEntry))
_ANSWER = """
INSERT INTO phone_book AS b (enterprise, phone, connection_id, known, name, customer_id, links,
                             owner_user, owner_code, crm_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (enterprise, phone) DO UPDATE SET
    connection_id = excluded.connection_id, known = excluded.known, name = excluded.name,
    customer_id = excluded.customer_id, links = excluded.links, owner_user = excluded.owner_user,
    owner_code = excluded.owner_code, crm_at = excluded.crm_at,
    wanted_at = CASE WHEN b.wanted_at > excluded.crm_at THEN b.wanted_at END, ask_after = NULL
 WHERE b.crm_at IS NULL OR b.crm_at <= excluded.crm_at"""
# A list tells less than a look-up: no links, no codes, and no owner where the CRM would find one
# by the orders. What it leaves out of the same client stays; `crm_at` then stays as well. Of two
# clients with one number, in one list, the older one has it (ids grow).
_SAME = "b.connection_id = excluded.connection_id AND b.customer_id = excluded.customer_id"
_LISTED = f"""
INSERT INTO phone_book AS b (enterprise, phone, connection_id, known, name, customer_id,
                             owner_user, crm_at)
SELECT $1, phone, $2, true, name, customer_id, owner_user, $3
  FROM unnest($4::text[], $5::text[], $6::text[], $7::text[])
    AS n (phone, name, customer_id, owner_user) ORDER BY phone
ON CONFLICT (enterprise, phone) DO UPDATE SET
    connection_id = excluded.connection_id, known = true, name = excluded.name,
    customer_id = excluded.customer_id,
    links = CASE WHEN {_SAME} THEN b.links ELSE '{{}}' END,
    owner_user = coalesce(excluded.owner_user, CASE WHEN {_SAME} THEN b.owner_user END),
    owner_code = CASE WHEN {_SAME} AND b.owner_user = coalesce(excluded.owner_user, b.owner_user)
                      THEN b.owner_code END,
    crm_at = CASE WHEN {_SAME} AND b.owner_user IS NOT NULL AND excluded.owner_user IS NULL
                  THEN b.crm_at ELSE excluded.crm_at END,
    wanted_at = CASE WHEN b.wanted_at > excluded.crm_at OR excluded.owner_user IS NULL
                     THEN b.wanted_at END
 WHERE b.crm_at IS NULL OR b.connection_id IS DISTINCT FROM excluded.connection_id
    OR (b.crm_at <= excluded.crm_at
        AND (b.known AND b.crm_at >= $8 AND (length(b.customer_id), b.customer_id)
                < (length(excluded.customer_id), excluded.customer_id)) IS NOT TRUE)"""
_TALKED = """
INSERT INTO phone_book AS b (enterprise, phone, last_talker, last_talk_at)
VALUES ($1, $2, $3, $4)
ON CONFLICT (enterprise, phone) DO UPDATE
   SET last_talker = excluded.last_talker, last_talk_at = excluded.last_talk_at
 WHERE b.last_talk_at IS NULL OR b.last_talk_at < excluded.last_talk_at
    OR (b.last_talk_at = excluded.last_talk_at AND b.last_talker <> excluded.last_talker)"""
_PIN = f"""
INSERT INTO phone_book AS b (enterprise, phone, pinned, pinned_by) VALUES ($1, $2, $3, $4)
ON CONFLICT (enterprise, phone) DO UPDATE
   SET pinned = excluded.pinned, pinned_by = excluded.pinned_by
RETURNING {COLUMNS}"""
# Wanted again while being asked for: the newer wish stays, as the answer may be older.
_WANT = """
INSERT INTO phone_book AS b (enterprise, phone, wanted_at) VALUES ($1, $2, clock_timestamp())
ON CONFLICT (enterprise, phone) DO UPDATE SET wanted_at = excluded.wanted_at, ask_after = NULL"""
_WANT_UNCONFIRMED = """
UPDATE phone_book SET wanted_at = clock_timestamp(), ask_after = NULL
 WHERE enterprise = $1 AND connection_id = $2 AND known AND crm_at < $3 AND wanted_at IS NULL"""
# A CRM whose deliveries wait for it to come back is left alone.
_WANTING = """
SELECT DISTINCT c.enterprise, c.id FROM connections c
  LEFT JOIN lanes l ON l.lane = 'crm:' || c.id
 WHERE c.kind = ANY ($1::text[]) AND c.status = 'active' AND l.parked_reason IS NULL
   AND (l.breaker_until IS NULL OR l.breaker_until <= clock_timestamp()) AND EXISTS (
    SELECT FROM phone_book b WHERE b.enterprise = c.enterprise AND b.wanted_at IS NOT NULL
       AND (b.ask_after IS NULL OR b.ask_after <= clock_timestamp()))"""
# The newest wish first: its caller may still be ringing.
_TAKE = """
WITH taken AS (
    SELECT phone FROM phone_book
     WHERE enterprise = $1 AND wanted_at IS NOT NULL
       AND (ask_after IS NULL OR ask_after <= clock_timestamp())
     ORDER BY wanted_at DESC LIMIT $2 FOR UPDATE SKIP LOCKED)
UPDATE phone_book b SET ask_after = clock_timestamp() + make_interval(secs => $3)
  FROM taken WHERE b.enterprise = $1 AND b.phone = taken.phone
RETURNING b.phone, b.wanted_at, clock_timestamp() AS asked_at"""
_POSTPONE = """
UPDATE phone_book SET ask_after = clock_timestamp() + make_interval(secs => $3)
 WHERE enterprise = $1 AND phone = $2 AND wanted_at IS NOT NULL"""
_RETIRE = """
DELETE FROM phone_book b USING (
    SELECT s.enterprise, s.phone FROM phone_book s
     WHERE s.known IS NOT TRUE AND s.pinned IS NULL
       AND greatest(s.crm_at, s.last_talk_at) < now() - make_interval(days => $1)
     LIMIT $2 FOR UPDATE SKIP LOCKED) old
 WHERE b.enterprise = old.enterprise AND b.phone = old.phone"""
_GIVE_UP = """
UPDATE phone_book SET wanted_at = NULL, ask_after = NULL
 WHERE wanted_at < clock_timestamp() - make_interval(days => $1)"""


class PhoneBookStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, enterprise: EnterpriseNumber, phone: str) -> BookEntry | None:
        row = await self._connection.fetchrow(
            f"SELECT {COLUMNS} FROM phone_book WHERE enterprise = $1 AND phone = $2",
            enterprise,
            phone,
        )
        return BookEntry(**row) if row else None

    async def hear(
        self, enterprise: EnterpriseNumber, connection_id: UUID, told: Told, *, at: datetime
    ) -> None:
        """The CRM's full answer about one number, asked for at `at` (database time).

        Grants the wish for it, unless it was wanted again since.
        """
        await self._connection.execute(
            _ANSWER, enterprise, told.phone, connection_id, told.known, told.name,
            told.customer_id, dict(told.links), told.owner_user, told.owner_code, at,
        )  # fmt: skip

    async def hear_list(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        told: Sequence[Told],
        *,
        at: datetime,
        since: datetime,
    ) -> None:
        """A page of the CRM's clients, asked for at `at`, of a read that began at `since`."""
        unique = {one.phone: one for one in sorted(told, key=_age, reverse=True)}
        rows = list(unique.values())
        await self._connection.execute(
            _LISTED, enterprise, connection_id, at, [r.phone for r in rows],
            [r.name for r in rows], [r.customer_id for r in rows],
            [r.owner_user for r in rows], since,
        )  # fmt: skip

    async def talked(
        self, enterprise: EnterpriseNumber, phone: str, extension: str, at: datetime
    ) -> None:
        """Whom the client talked with; an earlier talk than the one noted changes nothing."""
        await self._connection.execute(_TALKED, enterprise, phone, extension, at)

    async def pin(
        self, enterprise: EnterpriseNumber, phone: str, extension: str | None, by: str
    ) -> BookEntry:
        """Let this extension be asked first whatever the CRM says; None: no more."""
        pinned_by = by if extension is not None else None
        row = await self._connection.fetchrow(_PIN, enterprise, phone, extension, pinned_by)
        return BookEntry(**row)

    async def delete(self, enterprise: EnterpriseNumber, phone: str) -> bool:
        """Forget the number altogether. False: there was none such."""
        return bool(
            await self._connection.fetchval(
                "DELETE FROM phone_book WHERE enterprise = $1 AND phone = $2 RETURNING true",
                enterprise,
                phone,
            )
        )

    async def want(self, enterprise: EnterpriseNumber, phone: str) -> None:
        """Have the CRM asked about this number as soon as possible; the workers hear of it."""
        await self._connection.execute(_WANT, enterprise, phone)

    async def want_unconfirmed(
        self, enterprise: EnterpriseNumber, connection_id: UUID, since: datetime
    ) -> None:
        """Clients that the whole read since then did not show: gone, or owned by their orders."""
        await self._connection.execute(_WANT_UNCONFIRMED, enterprise, connection_id, since)

    async def wanting_everywhere(
        self, kinds: Sequence[str]
    ) -> Sequence[tuple[EnterpriseNumber, UUID]]:
        """Working connections of these kinds whose enterprises wait for answers."""
        rows = await self._connection.fetch(_WANTING, list(kinds))
        return [(EnterpriseNumber(r["enterprise"]), r["id"]) for r in rows]

    async def take_wanted(
        self, enterprise: EnterpriseNumber, limit: int, lease_s: float
    ) -> Sequence[Wanted]:
        """Numbers to ask for; nobody else gets them until the lease ends or they are answered."""
        rows = await self._connection.fetch(_TAKE, enterprise, limit, lease_s)
        return [Wanted(**row) for row in rows]

    async def postpone(self, enterprise: EnterpriseNumber, phone: str, seconds: float) -> None:
        """The CRM could not be asked; try again later."""
        await self._connection.execute(_POSTPONE, enterprise, phone, seconds)

    async def retire_everywhere(self, days: int, limit: int = 1000) -> int:
        """Forget strangers of whom nothing was heard for so long; returns how many."""
        return _count(await self._connection.execute(_RETIRE, days, limit))

    async def give_up_everywhere(self, days: int) -> int:
        """Drop wishes that nobody could grant: no CRM, or one that stays away."""
        return _count(await self._connection.execute(_GIVE_UP, days))


def _age(told: Told) -> tuple[int, str]:
    """Small for old clients: ids grow."""
    return len(told.customer_id or ""), told.customer_id or ""


def _count(status: Any) -> int:
    return int(str(status).rpartition(" ")[2])
