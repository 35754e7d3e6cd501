"""Updates of the Bot API → our words. Unknown kinds are nothing to us."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from kommutator.domain.chats import ChatNews, Said
from kommutator.kit.errors import InvalidInput
from kommutator.kit.phones import to_e164
from kommutator.kit.plain_json import as_map, as_text, read_json
from kommutator.kit.texts import LOCALES

_START: Final = re.compile(r"/start(?:@\w+)?(?:\s+(?P<token>[A-Za-z0-9_-]{1,64}))?\s*")
_OUT: Final = frozenset({"left", "kicked"})
_LONGEST_TEXT: Final = 4096
_KINDS: Final = {
    "photo": "image", "voice": "audio", "audio": "audio", "video": "video", "video_note": "video",
    "animation": "video", "document": "document", "sticker": "sticker", "location": "location",
    "venue": "location", "contact": "contact", "poll": "poll", "dice": "sticker",
}  # fmt: skip
"""Field of a message → what it is, as `Said.kind`."""


def update_id(body: bytes) -> int:
    """The number of an update; grows. Raises InvalidInput: `channel_hook_unreadable`."""
    number = _opened(body).get("update_id")
    if not isinstance(number, int) or isinstance(number, bool):
        raise InvalidInput("channel_hook_unreadable")
    return number


def read_update(body: bytes) -> Sequence[ChatNews]:
    """Raises InvalidInput: `channel_hook_unreadable`."""
    update = _opened(body)
    if message := as_map(update.get("message")):
        return _message(message)
    if change := as_map(update.get("my_chat_member")):
        return _membership(change)
    return ()


def _message(message: Mapping[str, Any]) -> Sequence[ChatNews]:
    chat = as_map(message.get("chat"))
    chat_id, message_id = _text(chat.get("id")), _text(message.get("message_id"))
    if chat_id is None or message_id is None:
        return ()
    moved_to = _text(message.get("migrate_to_chat_id"))
    author = as_map(message.get("from"))
    phone = _shared_phone(message, author)
    text = _text(message.get("text")) or _text(message.get("caption")) or phone or ""
    start = _START.fullmatch(text)
    said = Said(
        message_id,
        "/start" if start else text[:_LONGEST_TEXT],
        _at(message.get("date")),
        _name(author),
        kind="text" if phone else _kind(message),
    )
    news = ChatNews(
        chat_id,
        None if moved_to else said,
        grouped=chat.get("type") != "private",
        title=_title(chat),
        phone=phone,
        language=_language(author) if chat.get("type") == "private" else None,
        start=start["token"] if start else None,
        closed="moved" if moved_to else None,
        moved_to=moved_to,
    )
    return (news,)


def _kind(message: Mapping[str, Any]) -> str:
    return next((kind for field, kind in _KINDS.items() if field in message), "text")


def _membership(change: Mapping[str, Any]) -> Sequence[ChatNews]:
    """We were let in, thrown out, blocked, unblocked."""
    chat = as_map(change.get("chat"))
    chat_id = _text(chat.get("id"))
    if chat_id is None:
        return ()
    private = chat.get("type") == "private"
    out = as_map(change.get("new_chat_member")).get("status") in _OUT
    closed = ("blocked" if private else "left") if out else None
    return (ChatNews(chat_id, grouped=not private, title=_title(chat), closed=closed),)


def _shared_phone(message: Mapping[str, Any], author: Mapping[str, Any]) -> str | None:
    """Only the own number: people forward cards of others, too."""
    contact = as_map(message.get("contact"))
    number = _text(contact.get("phone_number"))
    if number is None or contact.get("user_id") is None:
        return None
    if _text(contact.get("user_id")) != _text(author.get("id")):
        return None
    return to_e164(number if number.startswith("+") else f"+{number}")


def _title(chat: Mapping[str, Any]) -> str:
    names = [_text(chat.get(part)) for part in ("first_name", "last_name")]
    title = _text(chat.get("title")) or " ".join(name for name in names if name)
    return title or _text(chat.get("username")) or ""


def _name(author: Mapping[str, Any]) -> str | None:
    return _title(author) or None


def _language(author: Mapping[str, Any]) -> str | None:
    code = (_text(author.get("language_code")) or "").partition("-")[0]
    return code if code in LOCALES else None


def _at(seconds: object) -> datetime:
    usable = isinstance(seconds, int) and not isinstance(seconds, bool) and 0 < seconds < 1 << 33
    return datetime.fromtimestamp(seconds if usable else 0, UTC)  # type: ignore[arg-type]  # checked above


def _opened(body: bytes) -> dict[str, Any]:
    try:
        update = read_json(body)
    except ValueError:
        update = None
    if not isinstance(update, dict):
        raise InvalidInput("channel_hook_unreadable")
    return update


def _text(value: object) -> str | None:
    """Without the one character that PostgreSQL takes in no text."""
    return (as_text(value) or "").replace("\x00", "") or None
