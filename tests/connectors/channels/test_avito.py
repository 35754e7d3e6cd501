"""Avito against its twin: tokens, chats, the tariff; nothing said twice, no secret seen."""

from typing import Any

import msgspec
import pytest

from kommutator.connectors.channels.avito.hooks import hook_id, read_hook, signed_by
from kommutator.domain.outcome import Failed
from kommutator.kit.errors import ErrorKind, InvalidInput, VendorError
from tests.connectors.channels.conftest import Channel


async def _write(avito: Channel, text: str = "Здравствуйте", **more: Any) -> str:
    said = await avito.twin.order("say", text=text, name="Ольга", **more)
    return str(said["chat"])


async def _tokens(avito: Channel) -> int:
    requests: dict[str, int] = (await avito.twin.look("state"))["requests"]
    return requests.get("POST /token", 0)


async def test_an_answer_arrives_and_one_token_serves_many(avito: Channel) -> None:
    chat = await _write(avito)
    done = await avito.said(chat, "Ждём вас")
    await avito.said(chat, "в десять", edits=done.vendor_id)
    assert done.vendor_id
    assert await avito.shown(chat) == ["Ждём вас", "в десять"]
    assert await _tokens(avito) == 1


async def test_a_long_text_goes_in_several_messages(avito: Channel) -> None:
    chat = await _write(avito)
    await avito.said(chat, "слово " * 300)
    shown = await avito.shown(chat)
    assert len(shown) == 2
    assert all(len(one) <= 1000 for one in shown)


async def test_a_revoked_token_is_had_anew_once(avito: Channel) -> None:
    chat = await _write(avito)
    await avito.said(chat, "one")
    await avito.twin.order("revoke")
    await avito.said(chat, "two")
    assert await avito.shown(chat) == ["one", "two"]


async def test_keys_that_do_not_work(avito: Channel) -> None:
    wrong = avito.with_secrets(client_id="nobody", client_secret="not-a-real-client-secret")
    refused = await wrong.say("u2i-1", "hello")
    assert isinstance(refused, Failed)
    assert (refused.kind, refused.hint) == (ErrorKind.ACCESS_REVOKED, "avito_keys_refused")
    assert "not-a-real-client-secret" not in repr(refused)


@pytest.mark.parametrize("status", ["402", "403"])
async def test_a_tariff_without_the_messenger_is_named(avito: Channel, status: str) -> None:
    chat = await _write(avito)
    await avito.twin.order("switches", refused_status=status)
    await avito.twin.order("tariff", paid=False)
    refused = await avito.say(chat, "hello")
    assert isinstance(refused, Failed)
    assert (refused.kind, refused.hint) == (ErrorKind.ACCESS_REVOKED, "avito_plan")
    with pytest.raises(VendorError) as known:
        await avito.desk.probe(avito.account)
    assert known.value.hint == "avito_plan"


async def test_chats_that_are_closed_or_gone(avito: Channel) -> None:
    chat = await _write(avito)
    await avito.twin.order("close", chat=chat, why="blocked")
    for where, hint in ((chat, "chat_blocked"), ("u2i-nowhere", "chat_gone")):
        refused = await avito.say(where, "hello")
        assert isinstance(refused, Failed)
        assert (refused.kind, refused.hint) == (ErrorKind.REJECTED, hint)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("html_502", ErrorKind.UNSURE),
        ("internal", ErrorKind.UNSURE),
        ("too_many", ErrorKind.RATE_LIMITED),
    ],
)
async def test_what_a_gateway_says(avito: Channel, fault: str, kind: ErrorKind) -> None:
    chat = await _write(avito)
    await avito.said(chat, "first")
    await avito.twin.order("faults", kind=fault, count=1)
    outcome = await avito.say(chat, "hello")
    assert isinstance(outcome, Failed), outcome
    assert outcome.kind is kind
    again = await avito.say(chat, "hello", unsure=True)
    assert isinstance(again, Failed)
    assert again.hint == "maybe_sent"


async def test_the_vendor_says_how_much_is_allowed(avito: Channel) -> None:
    chat = await _write(avito)
    (before,) = avito.delivery.budgets(avito.account, None)  # type: ignore[arg-type]  # not looked at
    await avito.said(chat, "hello")
    (after,) = avito.delivery.budgets(avito.account, None)  # type: ignore[arg-type]  # as above
    assert (before.rate, after.rate) == (1.0, 10.0)
    assert before.key == after.key


async def test_who_we_are_and_what_was_written(avito: Channel) -> None:
    probe = await avito.desk.probe(avito.account)
    assert probe.details["key"] == avito.account.account_key
    chat = await _write(avito, "Есть время?", item="Стрижка")
    polled = await avito.desk.poll(avito.account, 0)
    heard = [news for one in polled.news for news in avito.desk.read(avito.account, one.body)]
    titles = [one.title for one in heard if one.title]
    assert titles == ["Ольга · Стрижка"]
    assert [(one.chat_id, one.said.text) for one in heard if one.said] == [(chat, "Есть время?")]
    again = await avito.desk.poll(avito.account, polled.position)
    assert {one.id for one in again.news} <= {one.id for one in polled.news}
    await avito.twin.order("say", chat=chat, text="А завтра?")
    more = await avito.desk.poll(avito.account, polled.position)
    heard = [news for one in more.news for news in avito.desk.read(avito.account, one.body)]
    assert [one.said.text for one in heard if one.said][-1] == "А завтра?"


def _hook(**value: Any) -> bytes:
    given = {
        "id": "m1", "chat_id": "u2i-1", "user_id": 94235311, "author_id": 5001,
        "chat_type": "u2i", "type": "text", "content": {"text": "Добрый день"},
        "created": 1795283532, **value,
    }  # fmt: skip
    return msgspec.json.encode(
        {"id": "h", "version": "v3.0.0", "payload": {"type": "message", "value": given}}
    )


def test_hooks_in_our_words() -> None:
    (news,) = read_hook(_hook(), "94235311")
    assert news.said is not None
    assert (news.chat_id, news.said.text, news.said.author) == ("u2i-1", "Добрый день", "5001")
    for written, kept in (("a\x00b", "ab"), ("\\u0000", "\\u0000")):
        (odd,) = read_hook(_hook(content={"text": written}), "94235311")
        assert odd.said is not None
        assert odd.said.text == kept
    assert hook_id(_hook()) == "message:m1"
    assert read_hook(_hook(author_id=94235311), "94235311") == ()
    assert read_hook(_hook(type="system"), "94235311") == ()
    assert read_hook(b'{"payload": {"type": "call"}}', "1") == ()


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"payload": []}'])
def test_garbage_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_hook(body, "1")
    with pytest.raises(InvalidInput):
        hook_id(body)


def test_a_signature_that_comes_is_checked() -> None:
    made = "7f2a8a2b0f3b5f6f3a31f0a3d4a9bb7e5c2a1b1d1c1a0f9e8d7c6b5a49382716"
    assert not signed_by(b"body", made, "secret")
    good = "dc46983557fea127b43af721467eb9b3fde2338fe3e14f51952aa8478c13d355"
    assert signed_by(b"body", f"sha256={good}", "secret")


async def test_nothing_left_holds_everybody(avito: Channel) -> None:
    chat = await _write(avito)
    await avito.twin.order("switches", per_minute=3)
    outcomes = [await avito.say(chat, str(n)) for n in range(5)]
    assert any(isinstance(one, Failed) and one.kind is ErrorKind.RATE_LIMITED for one in outcomes)
    assert avito.turns.held
