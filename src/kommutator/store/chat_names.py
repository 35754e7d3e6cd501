"""One person, one chat, whatever the messenger calls it today."""

from __future__ import annotations

from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.conversations import ConversationStore
from kommutator.store.driver import Connection

KNOWN_AS = """
coalesce((SELECT a.chat_id FROM chat_aliases a
           WHERE a.enterprise = $1 AND a.connection_id = $2 AND a.alias = {name}),
         (SELECT k.chat_id FROM chats k
           WHERE k.enterprise = $1 AND k.connection_id = $2 AND k.chat_id = {name}))"""
_KNOWN = f"SELECT {KNOWN_AS.format(name='$3')}"
_ALIAS = """
INSERT INTO chat_aliases (enterprise, connection_id, alias, chat_id) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING"""
ALL_NAMES = """
SELECT {chat} UNION SELECT s.alias FROM chat_aliases s
 WHERE s.enterprise = {enterprise} AND s.connection_id = {via} AND s.chat_id = {chat}"""
"""Of one chat, for an IN."""


class ChatNames:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def known_as(
        self, enterprise: EnterpriseNumber, connection_id: UUID, name: str
    ) -> str | None:
        """How the chat is kept that has this name; None: there is none."""
        found: str | None = await self._connection.fetchval(_KNOWN, enterprise, connection_id, name)
        return found

    async def join(
        self, enterprise: EnterpriseNumber, connection_id: UUID, name: str, chat_id: str
    ) -> bool:
        """From now on this name means that chat; while a talk acts, from a later message on.

        True: two chats became one.
        """
        known = await self.known_as(enterprise, connection_id, name)
        if known is None:
            await self._connection.execute(_ALIAS, enterprise, connection_id, name, chat_id)
        if known is None or known == chat_id:
            return False
        talks = ConversationStore(self._connection)
        if await talks.acting(enterprise, connection_id, known):
            return False
        await talks.move(enterprise, connection_id, known, chat_id)
        await self._connection.execute(
            "SELECT merge_chats($1, $2, $3, $4)", enterprise, connection_id, known, chat_id
        )
        return True
