"""By which chats somebody can be reached unasked, and how their numbers stand."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

_CHATS = """
SELECT h.connection_id, c.kind, h.chat_id, h.heard_at FROM chats h
  JOIN connections c ON c.enterprise = h.enterprise AND c.id = h.connection_id
 WHERE h.enterprise = $1 AND c.status = 'active' AND h.closed_reason IS NULL AND NOT h.grouped
   AND coalesce(c.config ->> 'salon', $5::text) = $5::text
   AND CASE WHEN $3::uuid IS NULL THEN h.phone = $2 AND $2 <> ''
            ELSE h.connection_id = $3 AND h.chat_id = coalesce((
            SELECT a.chat_id FROM chat_aliases a WHERE a.enterprise = $1
               AND a.connection_id = $3 AND a.alias = $4), $4) END
 ORDER BY h.connection_id, h.heard_at DESC NULLS LAST, h.chat_id"""
# Whoever was looked for and has no WhatsApp is not written to; of others its lane finds out.
# The official number begins a chat only by a template that is approved for this kind of message.
_NUMBERS = """
SELECT c.id, c.kind FROM connections c
 WHERE c.enterprise = $1 AND c.status = 'active'
   AND (c.kind = 'whatsapp' OR c.kind = 'whatsapp_cloud' AND c.config -> 'templates' ? $4)
   AND coalesce(c.config ->> 'salon', $3::text) = $3::text
   AND NOT EXISTS (SELECT FROM chats h WHERE h.enterprise = $1 AND h.connection_id = c.id
                      AND h.phone = $2)
   AND NOT EXISTS (SELECT FROM whatsapp_numbers n WHERE n.enterprise = $1
                      AND n.connection_id = c.id AND n.phone = $2 AND n.jid IS NULL)
 ORDER BY c.created_at, c.id"""
_STAND = """
SELECT c.id, coalesce(s.linked_at, c.created_at) AS linked_at, s.state AS session,
       EXISTS (SELECT FROM outreach_pauses p
                WHERE p.enterprise = $1 AND p.connection_id = c.id
                  AND p.resumed_at IS NULL) AS paused,
       (SELECT count(*) FROM outreach_tries t
         WHERE t.enterprise = $1 AND t.connection_id = c.id AND t.at >= $3)::int AS sent,
       (SELECT count(*) FROM outreach_tries t
         WHERE t.enterprise = $1 AND t.connection_id = c.id AND t.at >= $3 AND t.is_new)::int
           AS new,
       coalesce(c.config -> 'templates', '{}') AS templates,
       greatest(0, coalesce((SELECT b.tat FROM budgets b WHERE b.key = 'outreach:' || c.id), 0)
           - extract(epoch FROM clock_timestamp()))::float8 AS busy_s
  FROM connections c
  LEFT JOIN whatsapp_sessions s ON s.enterprise = c.enterprise AND s.connection_id = c.id
 WHERE c.enterprise = $1 AND c.id = ANY ($2::uuid[])"""
_WROTE = """
SELECT EXISTS (SELECT FROM chats WHERE enterprise = $1 AND phone = $2 AND heard_at > $3)"""
# A person's question is as open as ours: whoever said something last, in the last lines.
_TALKING = """
SELECT EXISTS (
    SELECT FROM chats h JOIN conversations c USING (enterprise, connection_id, chat_id)
     WHERE h.enterprise = $1 AND h.phone = $2 AND CASE
           WHEN c.speaking = 'staff' AND coalesce(c.bot_paused_until > clock_timestamp(), true)
           THEN greatest(h.heard_at, (
                SELECT max(l.at) FILTER (WHERE l.said_by = 'staff') FROM (
                    SELECT m.at, m.said_by FROM chat_messages m
                     WHERE m.enterprise = h.enterprise AND m.connection_id = h.connection_id
                       AND m.chat_id = h.chat_id ORDER BY m.id DESC LIMIT 10) AS l)) > $3
           ELSE h.heard_at > $3 AND (c.due_at IS NOT NULL
                OR coalesce(c.talk ->> 'expecting', 'nothing') <> 'nothing') END)"""
_BARRED = """
SELECT s.enterprise, s.connection_id, s.state FROM whatsapp_sessions s
 WHERE s.state = ANY ($1::text[]) AND NOT EXISTS (
    SELECT FROM outreach_pauses p WHERE p.enterprise = s.enterprise
       AND p.connection_id = s.connection_id AND (p.resumed_at IS NULL OR p.resumed_at > s.since))
 LIMIT 100"""

_LINKED = """
SELECT s.linked_at, e.time_zone,
       (SELECT count(*) FROM outreach_tries t
         WHERE t.enterprise = s.enterprise AND t.connection_id = s.connection_id
           AND t.at >= date_trunc('day', $1 AT TIME ZONE e.time_zone) AT TIME ZONE e.time_zone)::int
           AS sent
  FROM whatsapp_sessions s JOIN enterprises e ON e.number = s.enterprise AND e.active
 WHERE s.wanted AND s.linked_at IS NOT NULL"""


@dataclass(frozen=True, slots=True)
class Reached:
    """A chat that somebody reads. `heard_at`: None: they never wrote in it."""

    connection_id: UUID
    kind: str
    chat_id: str
    heard_at: datetime | None


@dataclass(frozen=True, slots=True)
class Number:
    """How a connection stands with unasked messages.

    Attributes:
        session: state of the linked phone (`domain.whatsapp.states`); None: it is none.
        sent, new: today; the second to people who never wrote.
        busy_s: seconds until it may write unasked again.
        templates: as in `domain.message_templates`, by kind of message.
    """

    id: UUID
    linked_at: datetime
    session: str | None
    paused: bool
    sent: int
    new: int
    busy_s: float
    templates: dict[str, Any]


def spacing_key(connection_id: UUID) -> str:
    """The budget that unasked messages of one number draw on."""
    return f"outreach:{connection_id}"


class OutreachWayStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def wrote_since(self, enterprise: EnterpriseNumber, phone: str, since: datetime) -> bool:
        """Whether somebody wrote to us in any chat after this moment."""
        return bool(await self._connection.fetchval(_WROTE, enterprise, phone, since))

    async def talking(self, enterprise: EnterpriseNumber, phone: str, since: datetime) -> bool:
        """Whether somebody talks with us: wrote after this moment and is waited for, or waits."""
        return bool(await self._connection.fetchval(_TALKING, enterprise, phone, since))

    async def chats(
        self,
        enterprise: EnterpriseNumber,
        salon: UUID,
        phone: str,
        only: tuple[UUID, str] | None = None,
    ) -> Sequence[Reached]:
        """Open chats with this number by which this salon speaks; `only`: that one alone."""
        rows = await self._connection.fetch(
            _CHATS, enterprise, phone, *(only or (None, None)), str(salon)
        )
        return [Reached(**row) for row in rows]

    async def numbers_without(
        self, enterprise: EnterpriseNumber, salon: UUID, phone: str, kind: str
    ) -> Sequence[tuple[UUID, str]]:
        """WhatsApp numbers of this salon that have no chat with this phone, and their kinds.

        Args:
            kind: of the unasked message.
        """
        rows = await self._connection.fetch(_NUMBERS, enterprise, phone, str(salon), kind)
        return [(row["id"], row["kind"]) for row in rows]

    async def standing(
        self,
        enterprise: EnterpriseNumber,
        connections: Collection[UUID],
        *,
        day_began: datetime,
    ) -> Mapping[UUID, Number]:
        rows = await self._connection.fetch(_STAND, enterprise, list(connections), day_began)
        return {row["id"]: Number(**row) for row in rows}

    async def barred_everywhere(
        self, states: Collection[str]
    ) -> Sequence[tuple[EnterpriseNumber, UUID, str]]:
        """Numbers in one of these states that are not paused, nor were resumed in spite of it."""
        rows = await self._connection.fetch(_BARRED, list(states))
        return [
            (EnterpriseNumber(row["enterprise"]), row["connection_id"], row["state"])
            for row in rows
        ]

    async def linked_everywhere(self, now: datetime) -> Sequence[tuple[datetime, str, int]]:
        """Of each linked number: since when, the enterprise's time zone, unasked messages today."""
        rows = await self._connection.fetch(_LINKED, now)
        return [(row["linked_at"], row["time_zone"], row["sent"]) for row in rows]
