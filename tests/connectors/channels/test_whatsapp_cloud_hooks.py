"""Meta's webhooks in our words: proven by their bytes, several at once, twice, in any order."""

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from kommutator.connectors.channels.whatsapp_cloud.hooks import (
    hook_id,
    numbers_in,
    read_hook,
    signed_by,
)
from kommutator.domain.chats import ChatNews
from kommutator.kit.errors import InvalidInput

NUMBER = "106540352242922"


def hook(*values: dict[str, Any], field: str = "messages", number: str = NUMBER) -> bytes:
    meta = {"display_phone_number": "15550783881", "phone_number_id": number}
    changes = [{"field": field, "value": {"metadata": meta, **value}} for value in values]
    entry = {"id": "102290129340398", "changes": changes}
    return msgspec.json.encode({"object": "whatsapp_business_account", "entry": [entry]})


def message(**more: Any) -> dict[str, Any]:
    return {
        "from": "79161234567", "from_user_id": "RU.1", "id": "wamid.A", "timestamp": "1795283532",
        "type": "text", "text": {"body": "Добрый день"}, **more,
    }  # fmt: skip


def heard(**more: Any) -> ChatNews:
    (news,) = read_hook(hook({"messages": [message(**more)]}), NUMBER)
    return news


def test_a_message_with_its_author() -> None:
    contact = {"profile": {"name": "Анна"}, "wa_id": "79161234567", "user_id": "RU.1"}
    (news,) = read_hook(hook({"contacts": [contact], "messages": [message()]}), NUMBER)
    assert news.said is not None
    assert (news.chat_id, news.alias, news.phone, news.title) == (
        "79161234567", "RU.1", "+79161234567", "Анна",
    )  # fmt: skip
    assert (news.said.message_id, news.said.text, news.said.kind) == (
        "wamid.A", "Добрый день", "text",
    )  # fmt: skip
    assert news.said.at == datetime(2026, 11, 21, 17, 52, 12, tzinfo=UTC)


def test_a_username_without_a_phone_is_named_by_its_id() -> None:
    given = message()
    del given["from"]
    contact = {"profile": {"name": "", "username": "anna"}, "user_id": "RU.1"}
    (news,) = read_hook(hook({"contacts": [contact], "messages": [given]}), NUMBER)
    assert (news.chat_id, news.phone, news.title) == ("RU.1", None, "anna")


@pytest.mark.parametrize(
    ("part", "kind", "text"),
    [
        ({"type": "image", "image": {"caption": "вот так", "id": "1"}}, "image", "вот так"),
        ({"type": "audio", "audio": {"voice": True}}, "audio", ""),
        ({"type": "video", "video": {}}, "video", ""),
        ({"type": "document", "document": {"filename": "a.pdf"}}, "document", ""),
        ({"type": "sticker", "sticker": {}}, "sticker", ""),
        ({"type": "location", "location": {"latitude": 1.0}}, "location", ""),
        ({"type": "contacts", "contacts": [{}]}, "contact", ""),
        ({"type": "reaction", "reaction": {"emoji": "👍"}}, "reaction", "👍"),
        ({"type": "button", "button": {"text": "Да"}}, "text", "Да"),
        (
            {"type": "interactive", "interactive": {
                "type": "button_reply", "button_reply": {"id": "1", "title": "Приду"}}},
            "text", "Приду",
        ),
        ({"type": "order", "order": {}}, "order", ""),
        ({"type": "unsupported", "errors": [{"code": 131051}]}, "unknown", ""),
        ({"type": "telepathy"}, "unknown", ""),
        ({"type": "text", "text": {"body": "a\x00b"}}, "text", "ab"),
    ],
)  # fmt: skip
def test_kinds_are_named(part: dict[str, Any], kind: str, text: str) -> None:
    said = heard(**part).said
    assert said is not None
    assert (said.kind, said.text) == (kind, text)


def test_another_phone_number_moves_the_chat() -> None:
    news = heard(type="system", system={"type": "user_changed_number", "wa_id": "79990000000"})
    assert (news.chat_id, news.closed, news.moved_to) == ("79161234567", "moved", "79990000000")


def test_groups_and_other_fields_are_nothing_to_us() -> None:
    assert read_hook(hook({"messages": [message(group_id="g1")]}), NUMBER) == []
    assert read_hook(hook({"event": "DISABLED_UPDATE"}, field="account_update"), NUMBER) == []
    assert read_hook(hook({"errors": [{"code": 130429}]}), NUMBER) == []
    assert read_hook(hook({"messages": [{"type": "text"}]}), NUMBER) == []


def test_staff_that_answers_on_the_phone_is_our_side() -> None:
    echo = {"from": "15550783881", "to": "79161234567", "id": "wamid.E", "timestamp": "1795283532",
            "type": "text", "text": {"body": "Я отвечу сама"}}  # fmt: skip
    value = {"message_echoes": [echo, {"from": "1"}]}
    (news,) = read_hook(hook(value, field="smb_message_echoes"), NUMBER)
    assert news.said is not None
    assert (news.chat_id, news.said.from_me, news.said.text) == (
        "79161234567", True, "Я отвечу сама",
    )  # fmt: skip


def _status(name: str, **more: Any) -> dict[str, Any]:
    return {"id": "wamid.B", "status": name, "recipient_id": "79161234567", **more}


def test_statuses_name_our_row() -> None:
    error = {"code": 131047, "title": "Re-engagement message", "message": "Re-engagement message",
             "error_data": {"details": "More than 24 hours"}}  # fmt: skip
    statuses = [
        _status("sent", biz_opaque_callback_data="77"), _status("delivered"), _status("read"),
        _status("failed", errors=[error]), _status("failed", errors=[{"code": 424242}]),
        _status("deleted"), {"status": "sent"}, _status("sent", biz_opaque_callback_data="1" * 40),
    ]  # fmt: skip
    told = [one.told for one in read_hook(hook({"statuses": statuses}), NUMBER) if one.told]
    assert [(one.state, one.outbox_id) for one in told] == [
        ("sent", 77), ("delivered", None), ("read", None), ("failed", None), ("failed", None),
        ("sent", None),
    ]  # fmt: skip
    assert (told[3].code, told[3].hint) == ("131047", "whatsapp_cloud_window")
    assert told[3].words == "Re-engagement message: More than 24 hours"
    assert (told[4].code, told[4].hint) == ("424242", None)


def test_a_body_of_several_numbers_is_told_to_each() -> None:
    one = hook({"messages": [message()]})
    both = msgspec.json.decode(one)
    both["entry"] += msgspec.json.decode(hook({"messages": [message(id="wamid.Z")]}, number="9"))[
        "entry"
    ]
    raw = msgspec.json.encode(both)
    assert numbers_in(raw) == {NUMBER, "9"}
    assert [n.said.message_id for n in read_hook(raw, "9") if n.said] == ["wamid.Z"]
    assert [n.said.message_id for n in read_hook(raw, NUMBER) if n.said] == ["wamid.A"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"object": "page"}', b"\xff"])
def test_garbage_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_hook(body, NUMBER)
    with pytest.raises(InvalidInput):
        numbers_in(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"object": "whatsapp_business_account", "entry": 5}',
        b'{"object": "whatsapp_business_account", "entry": [{"changes": [{"value": []}]}]}',
        b'{"object": "whatsapp_business_account", "entry": [null, {"changes": null}]}',
    ],
)
def test_odd_shapes_tell_nothing(body: bytes) -> None:
    assert read_hook(body, NUMBER) == []


def test_the_signature_is_of_the_bytes() -> None:
    body = hook({"messages": [message()]})
    good = "sha256=" + hmac.new(b"app-secret", body, hashlib.sha256).hexdigest()
    assert signed_by(body, good, "app-secret")
    assert not signed_by(body + b" ", good, "app-secret")
    assert not signed_by(body, good.removeprefix("sha256="), "app-secret")
    assert not signed_by(body, good, "another")
    assert not signed_by(body, "sha256=ё", "app-secret")
    nobody = "sha256=" + hmac.new(b"", body, hashlib.sha256).hexdigest()
    assert not signed_by(body, nobody, "")


def test_a_repeat_is_known_by_its_bytes() -> None:
    first = hook({"messages": [message()]})
    assert hook_id(first) == hook_id(bytes(first))
    assert hook_id(first) != hook_id(hook({"messages": [message(id="wamid.B")]}))
