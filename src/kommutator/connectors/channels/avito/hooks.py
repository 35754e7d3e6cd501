"""Avito's hooks → our words; and what we read ourselves, in the shape of a hook.

The vendor's OpenAPI knows no signature. One that comes all the same, as third parties describe
it, is HMAC-SHA256 of the body by the client's secret, and is checked.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from kommutator.domain.chats import ChatNews, Said
from kommutator.kit.errors import InvalidInput
from kommutator.kit.plain_json import as_map, as_text, maps_in, read_json

SIGNATURE: Final = "x-avito-messenger-signature"
_LONGEST_TEXT: Final = 4000
_KINDS: Final = {
    "text": "text", "link": "text", "call": "text", "appCall": "text", "deleted": "text",
    "image": "image", "voice": "audio", "video": "video", "location": "location", "item": "item",
    "file": "document",
}  # fmt: skip
"""Type of a message (contract messaging §6) → what it is, as `Said.kind`."""


def signed_by(body: bytes, signature: str, client_secret: str) -> bool:
    """Whether the signature is the account's."""
    made = hmac.new(client_secret.encode(), body, hashlib.sha256).hexdigest()
    given = signature.strip().lower().removeprefix("sha256=")
    return hmac.compare_digest(made.encode(), given.encode("utf-8", "replace"))


def hook_id(body: bytes) -> str:
    """What a repeat is known by. Raises InvalidInput: `channel_hook_unreadable`."""
    payload = _payload(body)
    found = _text(as_map(payload.get("value")).get("id"))
    if found is None:
        raise InvalidInput("channel_hook_unreadable")
    return f"{_text(payload.get('type')) or 'message'}:{found}"


def read_hook(body: bytes, user_id: str) -> Sequence[ChatNews]:
    """Raises InvalidInput: `channel_hook_unreadable`."""
    payload = _payload(body)
    value = as_map(payload.get("value"))
    if payload.get("type") == "chat":
        return _chat(value, user_id)
    if payload.get("type") != "message":
        return ()
    chat_id, message_id = _text(value.get("chat_id")), _text(value.get("id"))
    author = _text(value.get("author_id"))
    ours = author is None or author in {user_id, _text(value.get("user_id")), "0"}
    if chat_id is None or message_id is None or ours or value.get("type") == "system":
        return ()
    text = _text(as_map(value.get("content")).get("text")) or ""
    kind = _KINDS.get(_text(value.get("type")) or "text", "document")
    said = Said(message_id, text[:_LONGEST_TEXT], _at(value.get("created")), author, kind)
    return (ChatNews(chat_id, said),)


def message_hook(message: Mapping[str, Any], chat_id: str, user_id: str) -> dict[str, Any]:
    """A message that we read, as a hook would have brought it."""
    value = {**message, "chat_id": chat_id, "user_id": user_id}
    return {"payload": {"type": "message", "value": value}}


def chat_hook(chat: Mapping[str, Any]) -> dict[str, Any]:
    """A chat that we read: hooks name neither the buyer nor the item."""
    return {
        "payload": {"type": "chat", "value": {n: chat.get(n) for n in ("id", "users", "context")}}
    }


def _chat(chat: Mapping[str, Any], user_id: str) -> Sequence[ChatNews]:
    chat_id = _text(chat.get("id"))
    if chat_id is None:
        return ()
    people = [
        name
        for user in maps_in(chat.get("users"))
        if _text(user.get("id")) != user_id and (name := _text(user.get("name")))
    ]
    item = _text(as_map(as_map(chat.get("context")).get("value")).get("title"))
    title = " · ".join([*people, *([item] if item else [])])
    return (ChatNews(chat_id, title=title),)


def _at(seconds: object) -> datetime:
    usable = isinstance(seconds, int) and not isinstance(seconds, bool) and 0 < seconds < 1 << 33
    return datetime.fromtimestamp(seconds if usable else 0, UTC)  # type: ignore[arg-type]  # checked above


def _payload(body: bytes) -> dict[str, Any]:
    try:
        hook = read_json(body)
    except ValueError:
        hook = None
    if not isinstance(hook, dict) or not isinstance(hook.get("payload"), dict):
        raise InvalidInput("channel_hook_unreadable")
    return as_map(hook["payload"])


def _text(value: object) -> str | None:
    """Without the one character that PostgreSQL takes in no text."""
    return (as_text(value) or "").replace("\x00", "") or None
