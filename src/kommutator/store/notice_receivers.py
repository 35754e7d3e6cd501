"""Who is told of visits, the links that invite them, and the words they are told in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from kommutator.domain.tenancy import EnterpriseNumber
from kommutator.kit.errors import NotFound
from kommutator.store.driver import Connection


@dataclass(frozen=True, slots=True)
class ReceiverRow:
    """A receiver with the chat and the connection it is told through.

    Attributes:
        wishes: JSON, `domain.notices.wishes`.
        chat_id: None: nobody came by the link yet, which works until `invited_until`.
        closed_reason: of the chat; `kind` and `status` are the connection's.
    """

    enterprise: EnterpriseNumber
    id: UUID
    name: str
    connection_id: UUID
    chat_id: str | None
    wishes: str
    active: bool
    invited_until: datetime | None
    created_at: datetime
    created_by: str
    chat_title: str | None
    closed_reason: str | None
    kind: str
    status: str


_OWN = ("enterprise", "id", "name", "connection_id", "chat_id", "active", "invited_until",
        "created_at", "created_by")  # fmt: skip
_SELECT = f"""
SELECT {", ".join(f"r.{name}" for name in _OWN)}, r.wishes::text AS wishes,
       h.title AS chat_title, h.closed_reason, c.kind, c.status
  FROM notice_receivers r
  JOIN connections c ON c.enterprise = r.enterprise AND c.id = r.connection_id
  LEFT JOIN chats h ON h.enterprise = r.enterprise AND h.connection_id = r.connection_id
                   AND h.chat_id = r.chat_id
 WHERE r.enterprise = $1"""
_CREATE = """
INSERT INTO notice_receivers (enterprise, id, name, connection_id, chat_id, wishes, created_by)
VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, $7)"""
_CHANGE = """
UPDATE notice_receivers SET name = $3, wishes = $4::text::jsonb, active = $5
 WHERE enterprise = $1 AND id = $2 RETURNING true"""
_DELETE = "DELETE FROM notice_receivers WHERE enterprise = $1 AND id = $2 RETURNING true"
_INVITE = """
UPDATE notice_receivers SET invite_hash = $3,
       invited_until = clock_timestamp() + make_interval(secs => $4)
 WHERE enterprise = $1 AND id = $2 RETURNING true"""
# Used up by whoever comes first; the wrong one is put right by a new link.
_BIND = """
UPDATE notice_receivers SET chat_id = $4, invite_hash = NULL, invited_until = NULL
 WHERE enterprise = $1 AND connection_id = $2 AND invite_hash = $3
   AND invited_until > clock_timestamp() RETURNING id"""
_IS_TOLD = """
SELECT EXISTS (SELECT FROM notice_receivers
                WHERE enterprise = $1 AND connection_id = $2 AND chat_id = $3)"""
_TEMPLATES = "SELECT language, news, text FROM notice_templates WHERE enterprise = $1"
_PUT = """
INSERT INTO notice_templates (enterprise, language, news, text) VALUES ($1, $2, $3, $4)
ON CONFLICT (enterprise, language, news) DO UPDATE SET text = excluded.text"""
_RESET = "DELETE FROM notice_templates WHERE enterprise = $1 AND language = $2 AND news = $3"

assert {*_OWN, "wishes", "chat_title", "closed_reason", "kind", "status"} == {
    field.name for field in fields(ReceiverRow)
}, "the columns read are the fields"


class NoticeReceiverStore:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def list(self, enterprise: EnterpriseNumber) -> Sequence[ReceiverRow]:
        """Oldest first."""
        rows = await self._connection.fetch(f"{_SELECT} ORDER BY r.created_at, r.id", enterprise)
        return [_row(row) for row in rows]

    async def listening(self, enterprise: EnterpriseNumber) -> Sequence[ReceiverRow]:
        """Those switched on, oldest first; none of them is deleted until this unit ends."""
        rows = await self._connection.fetch(
            f"{_SELECT} AND r.active ORDER BY r.created_at, r.id FOR KEY SHARE OF r", enterprise
        )
        return [_row(row) for row in rows]

    async def get(
        self, enterprise: EnterpriseNumber, receiver: UUID, *, lock: bool = False
    ) -> ReceiverRow:
        """Raises NotFound: `notice_receiver_not_found`."""
        row = await self._connection.fetchrow(
            f"{_SELECT} AND r.id = $2{' FOR UPDATE OF r' if lock else ''}", enterprise, receiver
        )
        if row is None:
            raise NotFound("notice_receiver_not_found")
        return _row(row)

    async def create(
        self,
        enterprise: EnterpriseNumber,
        receiver: UUID,
        *,
        name: str,
        connection_id: UUID,
        chat_id: str | None,
        wishes: str,
        created_by: str,
    ) -> ReceiverRow:
        await self._connection.execute(
            _CREATE, enterprise, receiver, name, connection_id, chat_id, wishes, created_by
        )
        return await self.get(enterprise, receiver)

    async def change(
        self, enterprise: EnterpriseNumber, receiver: UUID, *, name: str, wishes: str, active: bool
    ) -> ReceiverRow:
        """Raises NotFound: `notice_receiver_not_found`."""
        await self._connection.fetchval(_CHANGE, enterprise, receiver, name, wishes, active)
        return await self.get(enterprise, receiver)

    async def delete(self, enterprise: EnterpriseNumber, receiver: UUID) -> None:
        """With what was told to it. Raises NotFound: `notice_receiver_not_found`."""
        if not await self._connection.fetchval(_DELETE, enterprise, receiver):
            raise NotFound("notice_receiver_not_found")

    async def invite(
        self, enterprise: EnterpriseNumber, receiver: UUID, token_hash: bytes, *, good_s: float
    ) -> None:
        """From now on this token's owner becomes the receiver; former ones do not work."""
        if not await self._connection.fetchval(_INVITE, enterprise, receiver, token_hash, good_s):
            raise NotFound("notice_receiver_not_found")

    async def bind(
        self, enterprise: EnterpriseNumber, connection_id: UUID, token_hash: bytes, chat_id: str
    ) -> ReceiverRow | None:
        """The receiver whose link somebody came by; None: no such link, used, or too old."""
        found = await self._connection.fetchval(
            _BIND, enterprise, connection_id, token_hash, chat_id
        )
        return None if found is None else await self.get(enterprise, found)

    async def is_told(
        self, enterprise: EnterpriseNumber, connection_id: UUID, chat_id: str
    ) -> bool:
        """Whether somebody of the salon reads this chat, to be told of visits."""
        key = enterprise, connection_id, chat_id
        return bool(await self._connection.fetchval(_IS_TOLD, *key))

    async def templates(self, enterprise: EnterpriseNumber) -> Mapping[tuple[str, str], str]:
        """(language, news) → the enterprise's own words."""
        rows = await self._connection.fetch(_TEMPLATES, enterprise)
        return {(row["language"], row["news"]): row["text"] for row in rows}

    async def put_template(
        self, enterprise: EnterpriseNumber, language: str, news: str, text: str
    ) -> None:
        await self._connection.execute(_PUT, enterprise, language, news, text)

    async def reset_template(self, enterprise: EnterpriseNumber, language: str, news: str) -> None:
        """Back to the words it came with."""
        await self._connection.execute(_RESET, enterprise, language, news)


def _row(row: Any) -> ReceiverRow:
    return ReceiverRow(**row)
