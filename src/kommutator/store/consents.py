"""Who does not want to be written to unasked, and every word that was ever said about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

Source = Literal["chat", "staff", "api", "crm"]

# The same person may have said it in a chat whose number was not known then, or under another of
# its names: the last word counts.
_OF = """
WITH their AS (
    SELECT connection_id, chat_id, phone FROM chats
     WHERE enterprise = $1 AND phone = $2 AND $2 <> ''
    UNION
    SELECT connection_id, chat_id, phone FROM chats
     WHERE enterprise = $1 AND connection_id = $3 AND chat_id = $4)
SELECT opted_out, source, by, at FROM consents
 WHERE enterprise = $1 AND subject IN (
    SELECT $2 WHERE $2 <> ''
    UNION SELECT phone FROM their WHERE phone IS NOT NULL
    UNION SELECT 'chat:' || connection_id || ':' || chat_id FROM their
    UNION SELECT 'chat:' || $3::uuid || ':' || $4::text
    UNION SELECT 'chat:' || a.connection_id || ':' || a.alias FROM their t
            JOIN chat_aliases a ON a.enterprise = $1 AND a.connection_id = t.connection_id
                               AND a.chat_id = t.chat_id)
 ORDER BY at DESC, opted_out DESC LIMIT 1"""
_FLAG = """
SELECT max(coalesce(vendor_at, read_at)) AS at FROM salon_clients
 WHERE enterprise = $1 AND phone = $2 AND opted_out AND NOT deleted"""
_PHONE = "SELECT phone FROM chats WHERE enterprise = $1 AND connection_id = $2 AND chat_id = $3"
_SAY = """
WITH said AS (
    INSERT INTO consent_changes (enterprise, subject, opted_out, source, by, at)
    VALUES ($1, $2, $3, $4, $5, $6))
INSERT INTO consents AS c (enterprise, subject, opted_out, source, by, at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (enterprise, subject) DO UPDATE
   SET opted_out = excluded.opted_out, source = excluded.source, by = excluded.by, at = excluded.at
 WHERE c.at <= excluded.at"""
_HISTORY = """
SELECT opted_out, source, by, at FROM consent_changes
 WHERE enterprise = $1 AND subject = $2 ORDER BY id DESC LIMIT 50"""


@dataclass(frozen=True, slots=True)
class Consent:
    """`source`: "chat", "staff", "api", or "crm": a mark in the client's card there."""

    opted_out: bool
    source: str
    by: str
    at: datetime


class ConsentStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def of(
        self,
        enterprise: EnterpriseNumber,
        phone: str,
        connection_id: UUID | None = None,
        chat_id: str | None = None,
    ) -> Consent | None:
        """What holds for a number (E.164; "": unknown) or a chat; None: nothing was ever said.

        A mark in the CRM counts until the person asks to be written to again.
        """
        row = await self._connection.fetchrow(_OF, enterprise, phone, connection_id, chat_id)
        if row is not None:
            return Consent(**row)
        marked = await self._connection.fetchval(_FLAG, enterprise, phone) if phone else None
        return None if marked is None else Consent(True, "crm", "crm", marked)

    async def say(
        self,
        enterprise: EnterpriseNumber,
        phone: str,
        *,
        opted_out: bool,
        source: Source,
        by: str,
        at: datetime,
    ) -> None:
        """Write down what a person with this number (E.164) wants from `at` on."""
        await self._connection.execute(_SAY, enterprise, phone, opted_out, source, by, at)

    async def say_in_chat(
        self,
        enterprise: EnterpriseNumber,
        connection_id: UUID,
        chat_id: str,
        *,
        opted_out: bool,
        by: str,
        at: datetime,
    ) -> str | None:
        """The same, said in a chat; returns its number, by which it then holds everywhere."""
        phone: str | None = await self._connection.fetchval(
            _PHONE, enterprise, connection_id, chat_id
        )
        subject = phone or chat_subject(connection_id, chat_id)
        await self._connection.execute(_SAY, enterprise, subject, opted_out, "chat", by, at)
        return phone

    async def history(self, enterprise: EnterpriseNumber, phone: str) -> Sequence[Consent]:
        """The latest first."""
        rows = await self._connection.fetch(_HISTORY, enterprise, phone)
        return [Consent(**row) for row in rows]


def chat_subject(connection_id: UUID, chat_id: str) -> str:
    """Somebody whose number nobody told."""
    return f"chat:{connection_id}:{chat_id}"
