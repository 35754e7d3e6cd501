"""What the bridge tells → `WhatsAppEvent`. Tolerant: what cannot be read is no event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from kommutator.domain.whatsapp.events import (
    Closed,
    Composing,
    Identity,
    MessageHeard,
    Opened,
    Paired,
    PasskeyWanted,
    QrShown,
    Restricted,
    StatusHeard,
    Undecryptable,
    WhatsAppEvent,
)
from kommutator.kit.plain_json import as_map, as_text

Words = Mapping[str, Any]
_LATEST_S: Final = 1 << 33


def read_event(name: str, words: Words) -> WhatsAppEvent | None:
    """None: an event that we do not know, or one without what makes it one."""
    reader = _READERS.get(name)
    return None if reader is None else reader(words)


def read_message(told: object) -> MessageHeard | None:
    """One message, as `heard` and `message` tell it."""
    words = as_map(told)
    named, at = _chat(words), _time(words.get("at"))
    if named is None:
        return None
    raw = words.get("raw")
    return MessageHeard(
        id=named[0],
        chat=named[1],
        at=at or datetime.fromtimestamp(0, UTC),
        alt=_text(words.get("alt")),
        from_me=words.get("from_me") is True,
        offline=words.get("offline") is True,
        name=_text(words.get("name")),
        kind=_text(words.get("kind")) or "unknown",
        text=_text(words.get("text")) or "",
        edits=_text(words.get("edits")),
        raw=raw if isinstance(raw, dict) else None,
    )


def _qr(words: Words) -> QrShown | None:
    text, number, ttl = _text(words.get("text")), words.get("number"), words.get("ttl_s")
    if text is None or not isinstance(number, int) or not isinstance(ttl, int | float):
        return None
    return QrShown(number, text, float(ttl))


def _closed(words: Words) -> Closed:
    code = words.get("code")
    return Closed(
        code if isinstance(code, int) else None,
        _text(words.get("reason")) or "",
        _text(words.get("location")),
    )


def _restricted(words: Words) -> Restricted:
    return Restricted(_time(words.get("until")), _text(words.get("kind")))


def _undecryptable(words: Words) -> Undecryptable | None:
    named = _chat(words)
    return None if named is None else Undecryptable(*named, _text(words.get("alt")))


def _status(words: Words) -> StatusHeard | None:
    named, status = _chat(words), words.get("status")
    if named is None or not isinstance(status, int):
        return None
    code, told = _text(words.get("code")), _text(words.get("words"))
    return StatusHeard(*named, status, code, told or "")


def _composing(words: Words) -> Composing | None:
    chat = _text(words.get("chat"))
    return None if chat is None else Composing(chat, words.get("typing") is True)


def _identity(words: Words) -> Identity:
    me = as_map(words.get("me"))
    return Identity(
        jid=_text(me.get("jid")) or "",
        phone=_text(me.get("phone")),
        lid=_text(me.get("lid")),
        name=_text(me.get("name")),
    )


_READERS: Final[Mapping[str, Callable[[Words], WhatsAppEvent | None]]] = {
    "qr": _qr,
    "paired": lambda words: Paired(_identity(words)),
    "open": lambda words: Opened(_identity(words)),
    "closed": _closed,
    "passkey": lambda _words: PasskeyWanted(),
    "restricted": _restricted,
    "message": lambda words: read_message(words.get("message")),
    "undecryptable": _undecryptable,
    "status": _status,
    "composing": _composing,
}


def _chat(words: Words) -> tuple[str, str] | None:
    message_id, chat = _text(words.get("id")), _text(words.get("chat"))
    return None if message_id is None or chat is None else (message_id, chat)


def _time(seconds: object) -> datetime | None:
    usable = isinstance(seconds, int) and not isinstance(seconds, bool) and 0 < seconds < _LATEST_S
    return datetime.fromtimestamp(seconds, UTC) if usable else None  # type: ignore[arg-type]  # checked above


def _text(value: object) -> str | None:
    """Without the one character that PostgreSQL takes in no text."""
    return (as_text(value) or "").replace("\x00", "") or None
