"""What somebody sent that is no text is named: nobody answers a voice as if it were words."""

import json
from typing import Any

import pytest

from kommutator.connectors.channels.avito.hooks import read_hook
from kommutator.connectors.channels.telegram.hooks import read_update
from kommutator.domain.chats import Said


def _telegram(**message: Any) -> Said:
    chat = {"id": 5, "type": "private", "first_name": "Анна"}
    update = {
        "update_id": 1,
        "message": {"message_id": 2, "date": 1, "chat": chat, "from": {"id": 5}, **message},
    }
    (news,) = read_update(json.dumps(update).encode())
    assert news.said is not None
    return news.said


@pytest.mark.parametrize(
    ("message", "kind", "text"),
    [
        ({"text": "привет"}, "text", "привет"),
        ({"photo": [{}], "caption": "вот так"}, "image", "вот так"),
        ({"voice": {"duration": 3}}, "audio", ""),
        ({"video_note": {}}, "video", ""),
        ({"sticker": {}}, "sticker", ""),
        ({"contact": {"phone_number": "79161234567"}}, "contact", ""),
        ({"contact": {"phone_number": "79161234567", "user_id": 5}}, "text", "+79161234567"),
    ],
)
def test_telegram(message: dict[str, Any], kind: str, text: str) -> None:
    said = _telegram(**message)
    assert (said.kind, said.text) == (kind, text)


@pytest.mark.parametrize(
    ("given", "kind"),
    [("text", "text"), ("voice", "audio"), ("image", "image"), ("new", "document")],
)
def test_avito(given: str, kind: str) -> None:
    value = {"id": "m", "chat_id": "c", "author_id": 9, "user_id": 1, "type": given}
    hook = {"payload": {"type": "message", "value": value}}
    (news,) = read_hook(json.dumps(hook).encode(), "1")
    assert news.said is not None
    assert news.said.kind == kind
