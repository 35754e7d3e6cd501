"""Who does not want to be written to unasked, and every word that was ever said about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias, cast
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

Source = Literal["chat", "staff", "api", "crm"]
Phones: TypeAlias = tuple[str | None, str | None]

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
# A chat that hides its number may have told WhatsApp's name of it when we looked that number up.
_WHOSE = """
SELECT (SELECT phone FROM chats WHERE enterprise = $1 AND connection_id = $2 AND chat_id = $3),
       (SELECT phone FROM whatsapp_numbers
         WHERE enterprise = $1 AND connection_id = $2 AND lid = $3 AND jid IS NOT NULL
         ORDER BY asked_at DESC LIMIT 1)"""
_NEWER = "SELECT true FROM consents WHERE enterprise = $1 AND subject = $2 AND at >= $3"
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
        key = (enterprise, connection_id, chat_id)
        told, found = cast("Phones", await self._connection.fetchrow(_WHOSE, *key))
        subjects = {told} if told else {chat_subject(connection_id, chat_id), found}
        for one in sorted(filter(None, subjects)):
            await self._connection.execute(_SAY, enterprise, one, opted_out, "chat", by, at)
        return told or found

    async def met(
        self, enterprise: EnterpriseNumber, connection_id: UUID, chat_id: str
    ) -> tuple[str | None, Consent | None]:
        """Whose this chat turned out to be, and what they said by whatever name.

        What was said in the chat is from now on written down for its number as well.
        """
        key = (enterprise, connection_id, chat_id)
        phone, _ = cast("Phones", await self._connection.fetchrow(_WHOSE, *key))
        said = await self.of(enterprise, phone or "", connection_id, chat_id)
        if said is None or phone is None or said.source == "crm":
            return phone, said
        if not await self._connection.fetchval(_NEWER, enterprise, phone, said.at):
            values = (said.opted_out, said.source, said.by, said.at)
            await self._connection.execute(_SAY, enterprise, phone, *values)
        return phone, said

    async def history(self, enterprise: EnterpriseNumber, phone: str) -> Sequence[Consent]:
        """The latest first."""
        rows = await self._connection.fetch(_HISTORY, enterprise, phone)
        return [Consent(**row) for row in rows]


def chat_subject(connection_id: UUID, chat_id: str) -> str:
    """Somebody whose number nobody told."""
    return f"chat:{connection_id}:{chat_id}"
