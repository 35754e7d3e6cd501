"""Telegram against its twin: said once, followed, given up honestly; the token seen nowhere."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from kommutator.domain.commands import SendMessage
from kommutator.domain.outcome import Done, Failed
from kommutator.kit.errors import ErrorKind, InvalidInput, Stage, VendorError
from tests.connectors.channels.conftest import Channel
from tests.support.waiting import eventually

PERSON = {"id": 5001, "first_name": "Анна"}


async def _start(telegram: Channel, payload: str = "") -> str:
    await telegram.twin.order("start", **PERSON, payload=payload)
    return str(PERSON["id"])


async def test_a_message_arrives_and_tells_its_number(telegram: Channel) -> None:
    chat = await _start(telegram)
    done = await telegram.said(chat, "Новая запись")
    assert done.vendor_id is not None
    assert await telegram.shown(chat) == ["Новая запись"]
    edited = await telegram.said(chat, "Запись перенесена", edits=done.vendor_id)
    assert edited.vendor_id == done.vendor_id
    assert await telegram.shown(chat) == ["Запись перенесена"]
    same = await telegram.said(chat, "Запись перенесена", edits=done.vendor_id)
    assert (same.note, same.vendor_id) == ("already_done", done.vendor_id)


async def test_an_earlier_message_that_is_gone_is_said_anew(telegram: Channel) -> None:
    chat = await _start(telegram)
    done = await telegram.said(chat, "hello", edits="424242")
    assert done.vendor_id != "424242"
    assert await telegram.shown(chat) == ["hello"]


async def test_a_long_text_goes_in_several_messages(telegram: Channel) -> None:
    chat = await _start(telegram)
    await telegram.said(chat, "word " * 1000)
    shown = await telegram.shown(chat)
    assert [len(one) <= 4096 for one in shown] == [True, True]
    assert " ".join(shown).split() == ["word"] * 1000
    assert f"telegram:{telegram.account.account_key}:{chat}" in telegram.turns.drawn


@pytest.mark.parametrize(
    ("why", "hint"), [("blocked", "chat_blocked"), ("deactivated", "chat_blocked")]
)
async def test_who_left_is_told_apart(telegram: Channel, why: str, hint: str) -> None:
    chat = await _start(telegram)
    await telegram.twin.order("close", chat=chat, why=why)
    refused = await telegram.say(chat, "hello")
    assert isinstance(refused, Failed)
    assert (refused.kind, refused.hint) == (ErrorKind.REJECTED, hint)
    nobody = await telegram.say("999", "hello")
    assert isinstance(nobody, Failed)
    assert nobody.hint == "chat_gone"


async def test_a_group_that_grows_is_followed(telegram: Channel) -> None:
    made = await telegram.twin.order("group", title="Салон", **PERSON)
    old = str(made["chat"])
    await telegram.twin.order("migrate", chat=old)
    done = await telegram.said(old, "hello")
    assert done.moved_to is not None
    assert done.moved_to != old
    assert await telegram.shown(done.moved_to) == ["hello"]


async def test_too_fast_is_obeyed_by_everybody(telegram: Channel) -> None:
    chat = await _start(telegram)
    outcomes = [await telegram.say(chat, f"{n}") for n in range(5)]
    refused = [one for one in outcomes if isinstance(one, Failed)]
    assert refused
    assert refused[0].kind is ErrorKind.RATE_LIMITED
    assert refused[0].retry_after is not None
    assert refused[0].retry_after >= 1
    assert telegram.turns.held[0] == (
        f"telegram:{telegram.account.account_key}",
        refused[0].retry_after,
    )


async def test_a_lost_answer_is_never_repeated(telegram: Channel) -> None:
    chat = await _start(telegram)
    again = await telegram.say(chat, "hello", unsure=True)
    assert isinstance(again, Failed)
    assert (again.kind, again.stage, again.hint) == (
        ErrorKind.REJECTED, Stage.BEFORE_SENDING, "maybe_sent",
    )  # fmt: skip
    late = await telegram.say(chat, "hello", not_after=datetime(2020, 1, 1, tzinfo=UTC))
    assert isinstance(late, Failed)
    assert late.hint == "too_late"
    assert await telegram.shown(chat) == []


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("html_502", ErrorKind.UNSURE),
        ("internal", ErrorKind.UNSURE),
        ("too_many", ErrorKind.RATE_LIMITED),
    ],
)
async def test_what_a_gateway_says(telegram: Channel, fault: str, kind: ErrorKind) -> None:
    chat = await _start(telegram)
    await telegram.twin.order("faults", kind=fault, count=1)
    outcome = await telegram.say(chat, "hello")
    assert isinstance(outcome, Failed), outcome
    assert outcome.kind is kind


async def test_a_wrong_token_parks_and_is_seen_nowhere(telegram: Channel) -> None:
    token = "7000000001:" + "wrong-token-that-nobody-may-see-x-y"
    stranger = telegram.with_secrets(token=token)
    refused = await stranger.say("1", "hello")
    assert isinstance(refused, Failed)
    assert (refused.kind, refused.hint) == (ErrorKind.ACCESS_REVOKED, "telegram_token_refused")
    assert "wrong-token" not in repr(refused)
    chat = await _start(telegram)
    done = await telegram.said(chat, f"my token is {telegram.account.secrets['token']}")
    assert telegram.account.secrets["token"] not in repr(done)
    with pytest.raises(VendorError) as unreachable:
        await stranger.desk.probe(stranger.account)
    assert token not in repr(unreachable.value)
    assert unreachable.value.__cause__ is None


async def test_who_the_bot_is(telegram: Channel) -> None:
    probe = await telegram.desk.probe(telegram.account)
    assert probe.ok
    assert probe.details["key"] == telegram.account.account_key
    assert probe.details["username"] == "kommutator_test_bot"


async def test_news_are_asked_for_once(telegram: Channel) -> None:
    chat = await _start(telegram, payload="one-time-token")
    await telegram.twin.order("say", chat=chat, text="привет")
    await telegram.twin.order("contact", chat=chat, phone="+375000000070")
    await telegram.twin.order("contact", chat=chat, phone="+375000000071", user_id=99)
    polled = await telegram.desk.poll(telegram.account, 0)
    heard = [news for one in polled.news for news in telegram.desk.read(telegram.account, one.body)]
    assert [(one.start, one.phone) for one in heard if one.start or one.phone] == [
        ("one-time-token", None), (None, "+375000000070"),
    ]  # fmt: skip
    texts = [one.said.text for one in heard if one.said]
    assert texts[:2] == ["/start", "привет"]
    assert heard[0].title == "Анна"
    assert (await telegram.desk.poll(telegram.account, polled.position)).news == []


async def test_a_webhook_that_does_not_work_is_noticed(telegram: Channel) -> None:
    account = replace(telegram.account, config={"way": "webhook"})
    with pytest.raises(VendorError) as lost:
        await telegram.desk.poll(account, 5)
    assert lost.value.hint == "telegram_webhook_lost"
    nobody = f"http://127.0.0.1:9/{account.connection_id.hex}"
    await telegram.desk.subscribe(account, nobody, "secret")
    assert (await telegram.desk.poll(account, 5)).position == 5
    await _start(telegram)

    async def noticed() -> bool:
        try:
            await telegram.desk.poll(account, 5)
        except VendorError as error:
            return error.hint == "telegram_webhook_unreached"
        return False

    await eventually(noticed)
    await telegram.desk.unsubscribe(account, nobody)


async def test_news_of_groups_and_leavers(telegram: Channel) -> None:
    made = await telegram.twin.order("group", title="Салон", **PERSON)
    group = str(made["chat"])
    moved = await telegram.twin.order("migrate", chat=group)
    chat = await _start(telegram)
    await telegram.twin.order("close", chat=chat, why="blocked")
    polled = await telegram.desk.poll(telegram.account, 0)
    heard = [news for one in polled.news for news in telegram.desk.read(telegram.account, one.body)]
    assert any(one.chat_id == group and one.grouped and one.title == "Салон" for one in heard)
    assert any(one.moved_to for one in heard), moved
    assert [one.closed for one in heard if one.chat_id == chat][-1] == "blocked"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
def test_garbage_is_refused(telegram: Channel, body: bytes) -> None:
    with pytest.raises(InvalidInput):
        telegram.desk.read(telegram.account, body)


@pytest.mark.parametrize(
    "update",
    [
        {"update_id": 1, "poll": {}},
        {"update_id": 1, "message": {"chat": {}}},
        {"update_id": 1, "my_chat_member": {"chat": []}},
    ],
)
def test_unknown_kinds_are_nothing(telegram: Channel, update: dict[str, Any]) -> None:
    assert list(telegram.desk.read(telegram.account, msgspec.json.encode(update))) == []


async def test_only_messages_are_taken(telegram: Channel) -> None:
    done = Done()
    assert done.moved_to is None
    assert telegram.delivery.batch_limit(SendMessage(chat_id="1", text="x")) == 1
    group, person = (
        telegram.delivery.budgets(telegram.account, SendMessage(chat_id=chat, text="x"))
        for chat in ("-100", "100")
    )
    assert group[1].rate < person[1].rate < person[0].rate
