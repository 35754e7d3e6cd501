"""Meta's webhooks → our words. One body may tell of several numbers, messages and statuses.

Webhooks are tried again for days, come twice and in any order. Somebody who goes by a username
has no phone in them, only a business-scoped id (source: "Business-scoped user IDs", 2026).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from kommutator.connectors.channels.whatsapp_cloud.errors import row_of
from kommutator.domain.chats import ChatNews, Said, Told
from kommutator.kit.errors import InvalidInput
from kommutator.kit.phones import to_e164
from kommutator.kit.plain_json import as_map, as_text, maps_in, read_json

SIGNATURE: Final = "x-hub-signature-256"
_OBJECT: Final = "whatsapp_business_account"
_LONGEST_TEXT: Final = 4096
_STATES: Final = frozenset({"sent", "delivered", "read", "failed"})
_KINDS: Final = {
    "text": "text", "button": "text", "interactive": "text", "image": "image", "audio": "audio",
    "video": "video", "document": "document", "sticker": "sticker", "location": "location",
    "contacts": "contact", "reaction": "reaction", "order": "order",
}  # fmt: skip
"""Type of a message → what it is, as `Said.kind`; those that are new are "unknown"."""
_MOST_DIGITS: Final = 18


def signed_by(body: bytes, signature: str, app_secret: str) -> bool:
    """Whether the app's secret made this signature of exactly these bytes."""
    made = "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()
    given = signature.strip().encode("utf-8", "replace")
    return bool(app_secret) and hmac.compare_digest(made.encode(), given)


def hook_id(body: bytes) -> str:
    """What a repeat is known by: the vendor numbers nothing, and repeats the same bytes."""
    return hashlib.sha256(body).hexdigest()


def numbers_in(body: bytes) -> frozenset[str]:
    """Ids of the numbers that it tells of. Raises InvalidInput: `channel_hook_unreadable`."""
    return frozenset(number for number, _, _ in _changes(body) if number)


def read_hook(body: bytes, number_id: str) -> Sequence[ChatNews]:
    """What is of this number. Raises InvalidInput: `channel_hook_unreadable`."""
    news: list[ChatNews] = []
    for number, field, value in _changes(body):
        if number != number_id:
            continue
        if field == "messages":
            news += _messages(value)
            news += _statuses(value)
        elif field == "smb_message_echoes":
            news += _echoes(value)
    return news


def _changes(body: bytes) -> Iterator[tuple[str | None, str, Mapping[str, Any]]]:
    try:
        hook = read_json(body)
    except ValueError:
        hook = None
    if not isinstance(hook, dict) or hook.get("object") != _OBJECT:
        raise InvalidInput("channel_hook_unreadable")
    for entry in maps_in(hook.get("entry")):
        for change in maps_in(entry.get("changes")):
            value = as_map(change.get("value"))
            number = as_text(as_map(value.get("metadata")).get("phone_number_id"))
            yield number, as_text(change.get("field")) or "", value


def _messages(value: Mapping[str, Any]) -> Iterator[ChatNews]:
    titles = dict(_titles(value))
    for message in maps_in(value.get("messages")):
        if message.get("group_id") is not None:
            continue
        wa_id, user_id = _text(message.get("from")), _text(message.get("from_user_id"))
        chat_id, message_id = wa_id or user_id, _text(message.get("id"))
        if chat_id is None or message_id is None:
            continue
        if message.get("type") == "system":
            yield from _moved(chat_id, as_map(message.get("system")))
            continue
        said = _said(message, message_id, wa_id)
        title = titles.get(chat_id) or titles.get(user_id or "") or ""
        yield ChatNews(chat_id, said, title=title, phone=_phone(wa_id), alias=user_id)


def _titles(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Contacts stand beside the messages, in no promised order."""
    for contact in maps_in(value.get("contacts")):
        profile = as_map(contact.get("profile"))
        name = _text(profile.get("name")) or _text(profile.get("username"))
        for one in (_text(contact.get("wa_id")), _text(contact.get("user_id"))):
            if one and name:
                yield one, name


def _said(message: Mapping[str, Any], message_id: str, author: str | None) -> Said:
    given = _text(message.get("type")) or "unknown"
    text = _words(given, as_map(message.get(given)))
    kind = _KINDS.get(given, "unknown")
    return Said(message_id, text[:_LONGEST_TEXT], _at(message.get("timestamp")), author, kind)


def _words(given: str, part: Mapping[str, Any]) -> str:
    if given == "interactive":
        chosen = as_map(part.get(_text(part.get("type")) or ""))
        return _text(chosen.get("title")) or ""
    names = {"text": "body", "button": "text", "reaction": "emoji"}
    return _text(part.get(names.get(given, "caption"))) or ""


def _moved(chat_id: str, system: Mapping[str, Any]) -> Iterator[ChatNews]:
    """They took another phone number."""
    new = _text(system.get("wa_id")) or _text(system.get("new_wa_id"))
    if new is not None and new != chat_id:
        yield ChatNews(chat_id, closed="moved", moved_to=new)


def _statuses(value: Mapping[str, Any]) -> Iterator[ChatNews]:
    for status in maps_in(value.get("statuses")):
        message_id, state = _text(status.get("id")), _text(status.get("status"))
        to = _text(status.get("recipient_id")) or _text(status.get("recipient_user_id"))
        if message_id is None or to is None or state not in _STATES:
            continue
        error: dict[str, Any] = next(maps_in(status.get("errors")), {})
        mark = _text(status.get("biz_opaque_callback_data")) or ""
        row = int(mark) if mark.isdecimal() and len(mark) <= _MOST_DIGITS else None
        code, words, hint = _refusal(error)
        yield ChatNews(to, told=Told(message_id, state, code, words, hint, row))


def _refusal(error: Mapping[str, Any]) -> tuple[str | None, str, str | None]:
    """Code, words, and the hint of the table of errors."""
    code = error.get("code")
    if not isinstance(code, int) or isinstance(code, bool):
        return None, "", None
    title = _text(error.get("title")) or _text(error.get("message")) or ""
    details = _text(as_map(error.get("error_data")).get("details")) or ""
    row = row_of(code, title)
    words = ": ".join(dict.fromkeys(one for one in (title, details) if one))
    return str(code), words[:500], row.hint if row else None


def _echoes(value: Mapping[str, Any]) -> Iterator[ChatNews]:
    """Staff answered in the WhatsApp Business app that shares the number."""
    for echo in maps_in(value.get("message_echoes")):
        to, message_id = _text(echo.get("to")), _text(echo.get("id"))
        if to is None or message_id is None:
            continue
        given = _text(echo.get("type")) or "unknown"
        said = Said(
            message_id, _words(given, as_map(echo.get(given)))[:_LONGEST_TEXT],
            _at(echo.get("timestamp")), kind=_KINDS.get(given, "unknown"), from_me=True,
        )  # fmt: skip
        yield ChatNews(to, said, phone=_phone(to))


def _phone(wa_id: str | None) -> str | None:
    return to_e164(f"+{wa_id}") if wa_id is not None and wa_id.isdigit() else None


def _at(seconds: object) -> datetime:
    text = as_text(seconds) or ""
    usable = text.isdecimal() and len(text) <= 10 and 0 < int(text) < 1 << 33  # noqa: PLR2004  digits of a time
    return datetime.fromtimestamp(int(text) if usable else 0, UTC)


def _text(value: object) -> str | None:
    """Without the one character that PostgreSQL takes in no text."""
    return (as_text(value) or "").replace("\x00", "") or None
