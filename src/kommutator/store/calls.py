"""Calls as decisions need them: found by any of their names, locked, saved whole.

What pages show is read by `views/calls.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kommutator.domain.calls.call import Call
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

# Locked in the order of ids: two deciders that need the same two calls never wait in a ring.
_FIND = """
WITH named AS (
    SELECT alias, call_id FROM call_aliases WHERE enterprise = $1 AND alias = ANY ($2::text[]))
SELECT id, connection_id, source, fold::text AS fold,
       ARRAY (SELECT alias FROM named WHERE call_id = calls.id) AS aliases FROM calls
 WHERE enterprise = $1 AND phase <> 'merged'
   AND id = ANY ($2::text[] || ARRAY (SELECT call_id FROM named))
 ORDER BY id FOR UPDATE OF calls"""
_GET = """
SELECT id, connection_id, phase, requested_by, rang FROM calls
 WHERE enterprise = $1 AND phase <> 'merged' AND id IN ($2, (
    SELECT call_id FROM call_aliases WHERE enterprise = $1 AND alias = $2))
 ORDER BY id = $2 DESC LIMIT 1"""
_CLICKED = """
SELECT id FROM calls
 WHERE enterprise = $1 AND connection_id = $2 AND client = ANY ($3::text[]) AND started_at > $4
   AND requested_by IS NOT NULL AND phase <> 'merged' ORDER BY id"""
_LIVE = """
SELECT id FROM calls
 WHERE enterprise = $1 AND connection_id = $2 AND phase IN ('ringing', 'talking') ORDER BY id"""
_SAVE = """
INSERT INTO calls (enterprise, id, connection_id, source, direction, client, line, phase, result,
                   reason, rang, answered_by, started_at, answered_at, ended_at, wait_s, talk_s,
                   requested_by, record_url, fold, dialler, transfers, record_name, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
        $20::text::jsonb, $21, $22, $23, clock_timestamp())
ON CONFLICT (enterprise, id) DO UPDATE SET
    connection_id = coalesce(calls.connection_id, excluded.connection_id),
    direction = excluded.direction, client = excluded.client, line = excluded.line,
    phase = excluded.phase, result = excluded.result, reason = excluded.reason,
    rang = excluded.rang, answered_by = excluded.answered_by,
    started_at = excluded.started_at, answered_at = excluded.answered_at,
    ended_at = excluded.ended_at, wait_s = excluded.wait_s, talk_s = excluded.talk_s,
    requested_by = excluded.requested_by, record_url = excluded.record_url,
    fold = excluded.fold, dialler = excluded.dialler, transfers = excluded.transfers,
    record_name = excluded.record_name, updated_at = excluded.updated_at"""
_NAME = """
INSERT INTO call_aliases (enterprise, alias, call_id)
SELECT $1, alias, call_id FROM unnest($2::text[], $3::text[]) AS n (alias, call_id)
ON CONFLICT (enterprise, alias) DO UPDATE SET call_id = excluded.call_id"""
_MERGE = """
UPDATE calls SET phase = 'merged', updated_at = clock_timestamp()
 WHERE enterprise = $1 AND id = $2"""
_REPOINT = "UPDATE call_aliases SET call_id = $3 WHERE enterprise = $1 AND call_id = $2"
_NAME_CLIENT = """
UPDATE calls SET client_name = $3 WHERE enterprise = $1 AND id = $2
   AND client_name IS DISTINCT FROM $3 RETURNING true"""

_TO_NAME = """
SELECT id, client FROM calls
 WHERE enterprise = $1 AND client = ANY ($2::text[]) AND phase <> 'merged'
   AND started_at > now() - interval '30 days'
   AND (client_name IS NULL OR phase IN ('ringing', 'talking'))
 ORDER BY started_at DESC LIMIT 500"""


@dataclass(frozen=True, slots=True)
class StoredCall:
    """A call as it lies there.

    Attributes:
        fold: the reducer's memory as JSON.
        aliases: those of the names asked for that are other names of this call.
    """

    id: str
    connection_id: UUID | None
    source: str
    fold: str
    aliases: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class CallBrief:
    """What a command about a call needs to know of it."""

    id: str
    connection_id: UUID | None
    phase: str
    requested_by: str | None
    rang: Sequence[str]


class CallStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def find(
        self, enterprise: EnterpriseNumber, names: Collection[str]
    ) -> Sequence[StoredCall]:
        """The calls that go by these names, locked until the unit ends.

        Merged ones are no more: their names lead to the call that they are part of.
        """
        rows = await self._connection.fetch(_FIND, enterprise, list(names))
        return [StoredCall(**r) for r in rows]

    async def get(self, enterprise: EnterpriseNumber, name: str) -> CallBrief | None:
        """The call that goes by this name; None if the enterprise has none such."""
        row = await self._connection.fetchrow(_GET, enterprise, name)
        return CallBrief(**row) if row else None

    async def fold(self, enterprise: EnterpriseNumber, call_id: str) -> str | None:
        """The reducer's memory of a call as JSON, without locking the call."""
        found = await self._connection.fetchval(
            "SELECT fold::text FROM calls WHERE enterprise = $1 AND id = $2", enterprise, call_id
        )
        return None if found is None else str(found)

    async def clicked(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        clients: Collection[str],
        since: datetime,
    ) -> Sequence[str]:
        """Ids of the calls to these clients that were asked for at one PBX lately."""
        rows = await self._connection.fetch(
            _CLICKED, enterprise, connection_id, list(clients), since
        )
        return [r["id"] for r in rows]

    async def live(self, enterprise: EnterpriseNumber, connection_id: UUID) -> Sequence[str]:
        """Ids of the calls of one PBX that have not ended."""
        rows = await self._connection.fetch(_LIVE, enterprise, connection_id)
        return [r["id"] for r in rows]

    async def save(
        self,
        enterprise: EnterpriseNumber,
        call: Call,
        *,
        fold: bytes,
        source: str,
        connection_id: UUID | None,
    ) -> None:
        """Insert or replace. `source` and `connection_id` stay what they were first."""
        await self._connection.execute(
            _SAVE, enterprise, call.id, connection_id, source, call.direction, call.client,
            call.line, call.phase.value, call.result, call.reason, list(call.rang),
            list(call.answered_by), call.started_at, call.answered_at, call.ended_at, call.wait_s,
            call.talk_s, call.requested_by, call.record_url, fold.decode(), call.dialler,
            list(call.transfers), call.record_name,
        )  # fmt: skip

    async def name(self, enterprise: EnterpriseNumber, aliases: Mapping[str, str]) -> None:
        """Remember other names; a name that meant another call means this one from now on."""
        if aliases:
            await self._connection.execute(_NAME, enterprise, list(aliases), list(aliases.values()))

    async def merge(self, enterprise: EnterpriseNumber, gone: str, into: str) -> None:
        """The call `gone` is a part of `into` now, under all its names."""
        await self._connection.execute(_MERGE, enterprise, gone)
        await self._connection.execute(_REPOINT, enterprise, gone, into)
        await self.name(enterprise, {gone: into})

    async def name_client(
        self, enterprise: EnterpriseNumber, call_id: str, client_name: str
    ) -> bool:
        """Show who the client is, as the CRM told. False: nothing changed."""
        return bool(await self._connection.fetchval(_NAME_CLIENT, enterprise, call_id, client_name))

    async def to_name(
        self, enterprise: EnterpriseNumber, clients: Collection[str]
    ) -> Sequence[tuple[str, str]]:
        """Ids and clients of calls with these clients that run, or lately ran without a name."""
        rows = await self._connection.fetch(_TO_NAME, enterprise, list(clients))
        return [(r["id"], r["client"]) for r in rows]
