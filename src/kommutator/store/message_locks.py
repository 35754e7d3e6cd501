"""In which order messages of ours are locked: at once, by their ids, before the first is changed.

A sender writes down many outcomes in one transaction, a batch of the journal many receipts, each
in the order in which they happened: without one order they would wait for each other. Commands of
the outbox come first, in the order of their ids too; whoever has messages already waits for none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from kommutator.domain.chats import ChatNews
from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.store.driver import Connection

LOCKED = "ORDER BY id FOR NO KEY UPDATE"
_COMMANDS = f"SELECT id FROM outbox WHERE enterprise = $1 AND id = ANY ($2::bigint[]) {LOCKED}"
_OF_COMMANDS = f"""
SELECT id FROM chat_messages WHERE enterprise = $1 AND outbox_id = ANY ($2::bigint[]) {LOCKED}"""
_KNOWN_AS = """
coalesce((SELECT a.chat_id FROM chat_aliases a WHERE a.enterprise = $1
             AND a.connection_id = n.via AND a.alias = {name}),
         (SELECT c.chat_id FROM chats c WHERE c.enterprise = $1
             AND c.connection_id = n.via AND c.chat_id = {name}))"""
# Receipts find their message as in `chats.py`; of chats that become one all that we said moves.
_OF_NEWS = f"""
WITH told AS (
    SELECT * FROM unnest($2::uuid[], $3::text[], $4::bigint[]) AS t (via, message_id, outbox_id)),
same AS MATERIALIZED (
    SELECT n.via, {_KNOWN_AS.format(name="n.name")} AS one,
           {_KNOWN_AS.format(name="n.alias")} AS two
      FROM unnest($5::uuid[], $6::text[], $7::text[]) AS n (via, name, alias))
SELECT id FROM chat_messages WHERE id = ANY (ARRAY(
    SELECT o.id FROM told t
      JOIN whatsapp_sent s ON s.enterprise = $1 AND s.connection_id = t.via
           AND s.message_id = t.message_id
      JOIN chat_messages o ON o.enterprise = $1 AND o.outbox_id = s.outbox_id
    UNION SELECT o.id FROM told t JOIN chat_messages o ON o.enterprise = $1
           AND o.connection_id = t.via AND o.direction = 'out' AND o.message_id = t.message_id
    UNION SELECT o.id FROM told t JOIN chat_messages o ON o.enterprise = $1
           AND o.connection_id = t.via AND o.outbox_id = t.outbox_id
    UNION SELECT o.id FROM same s JOIN chat_messages o ON o.enterprise = $1
           AND o.connection_id = s.via AND o.chat_id IN (s.one, s.two) AND o.direction = 'out'
     WHERE s.one <> s.two))
 {LOCKED}"""


@dataclass(frozen=True, slots=True)
class NewsOf:
    """What one messenger tells, about to be kept."""

    connection_id: UUID
    news: ChatNews


class MessageLocks:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def commands(self, enterprise: EnterpriseNumber, outbox: Sequence[int]) -> None:
        """These rows of the outbox themselves."""
        await self._connection.execute(_COMMANDS, enterprise, list(outbox))

    async def of_commands(self, enterprise: EnterpriseNumber, outbox: Sequence[int]) -> None:
        """Messages that these commands say."""
        await self._connection.execute(_OF_COMMANDS, enterprise, list(outbox))

    async def of_news(self, enterprise: EnterpriseNumber, news: Sequence[NewsOf]) -> None:
        """Messages of which these news tell, and those of chats that turn out to be one.

        A message that is told of for the first time in the same transaction is nobody else's yet.
        """
        told = [(n.connection_id, n.news.told) for n in news if n.news.told is not None]
        same = [(n.connection_id, n.news) for n in news if n.news.alias is not None]
        if not told and not same:
            return
        # A savepoint: a name that cannot be stored is its own row's trouble, not that of all.
        async with self._connection.transaction():
            await self._connection.execute(
                _OF_NEWS, enterprise,
                [via for via, _ in told], [one.message_id for _, one in told],
                [one.outbox_id for _, one in told],
                [via for via, _ in same], [one.chat_id for _, one in same],
                [one.alias for _, one in same],
            )  # fmt: skip
