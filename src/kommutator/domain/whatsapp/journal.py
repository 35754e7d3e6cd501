"""What a session tells, as it lies in the journal and as chats hear it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from kommutator.domain.chats import ChatNews, Said, Told
from kommutator.domain.connection import Account, ConnectionKind
from kommutator.domain.journal import Arrival
from kommutator.domain.whatsapp.events import MessageHeard, StatusHeard
from kommutator.domain.whatsapp.jids import bare, is_person, phone_of
from kommutator.kit.errors import InvalidInput

SOURCE: Final = ConnectionKind.WHATSAPP.value
LATE: Final = timedelta(hours=6)
"""What came while we were away, and lay for longer, is shown and not answered."""
RESTRICTED_CODE: Final = "463"
_LONGEST: Final = 10_000
_STATES: Final[Mapping[int, str]] = {0: "failed", 2: "sent", 3: "delivered", 4: "read", 5: "read"}


class _Heard(msgspec.Struct, frozen=True, kw_only=True, tag_field="what", omit_defaults=True):
    id: str
    chat: str


class _Message(_Heard, frozen=True, kw_only=True, tag="message"):
    at: datetime
    alt: str | None = None
    from_me: bool = False
    late: bool = False
    name: str | None = None
    type: str = "text"
    text: str = ""


class _Status(_Heard, frozen=True, kw_only=True, tag="status"):
    status: int
    code: str | None = None
    words: str = ""


_DECODER: Final = msgspec.json.Decoder(_Message | _Status)


def arrival_of(
    account: Account, event: MessageHeard | StatusHeard, now: datetime
) -> Arrival | None:
    """For the journal; None: nothing that anybody has to know.

    A message told twice is one row. What could not be decrypted is no message: its text comes
    later under the same id, and must find no row of that name.
    """
    if not is_person(event.chat):
        return None
    told = f"{account.connection_id.hex}:{bare(event.chat)}:{event.id}"
    if isinstance(event, MessageHeard):
        late = event.offline and now - event.at > LATE
        body: _Heard = _Message(
            id=event.id, chat=bare(event.chat), at=event.at,
            alt=bare(event.alt) if event.alt else None,
            from_me=event.from_me, late=late, name=_plain(event.name or "") or None,
            type=event.kind, text=_plain(event.text)[:_LONGEST],
        )  # fmt: skip
        return _arrival(account, "message", told, body)
    if event.status not in _STATES:
        return None
    body = _Status(
        id=event.id, chat=bare(event.chat), status=event.status, code=event.code,
        words=_plain(event.words)[:300],
    )  # fmt: skip
    return _arrival(account, "status", f"{told}:{event.status}", body)


def _arrival(account: Account, kind: str, dedupe_key: str, body: _Heard) -> Arrival:
    return Arrival(
        enterprise=account.enterprise,
        source=SOURCE,
        kind=kind,
        key=body.chat,
        dedupe_key=dedupe_key,
        body=msgspec.json.encode(body),
        connection_id=account.connection_id,
    )


def read_news(body: bytes) -> ChatNews:
    """Raises InvalidInput: `channel_hook_unreadable`."""
    try:
        heard = _DECODER.decode(body)
    except msgspec.DecodeError:
        raise InvalidInput("channel_hook_unreadable") from None
    if isinstance(heard, _Status):
        told = Told(heard.id, _STATES[heard.status], heard.code, heard.words)
        return ChatNews(heard.chat, told=told)
    said = Said(
        heard.id, heard.text, heard.at, None if heard.from_me else heard.name,
        kind=heard.type, from_me=heard.from_me, late=heard.late,
    )  # fmt: skip
    return ChatNews(
        heard.chat,
        said,
        title="" if heard.from_me else heard.name or "",
        phone=phone_of(heard.chat, heard.alt),
        alias=heard.alt if heard.alt and is_person(heard.alt) else None,
    )


def _plain(text: str) -> str:
    """Without the one character that PostgreSQL takes in no text."""
    return text.replace("\x00", "")
