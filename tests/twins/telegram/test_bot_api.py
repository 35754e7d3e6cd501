"""The fake Telegram answers as the real one does."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.messengers import Messenger, open_messenger
from tests.twins.conftest import Gateway

Call = Any


@pytest.fixture
async def telegram() -> AsyncIterator[Messenger]:
    async with open_messenger("telegram") as running:
        yield running


@pytest.fixture
async def bot(telegram: Messenger) -> dict[str, Any]:
    found: dict[str, Any] = (await telegram.look("credentials"))["bots"][0]
    return found


async def call(
    telegram: Messenger, token: str, method: str, **args: Any
) -> tuple[int, dict[str, Any]]:
    async with telegram.http.post(f"{telegram.url}/bot{token}/{method}", json=args) as answer:
        return answer.status, await answer.json()


async def start(telegram: Messenger, number: int = 5001, payload: str = "") -> str:
    chat = await telegram.order("start", id=number, first_name="Анна", payload=payload)
    return str(chat["chat"])


async def test_a_wrong_token(telegram: Messenger) -> None:
    status, body = await call(telegram, "1:nobody", "getMe")
    assert (status, body["description"]) == (401, "Unauthorized")
    status, body = await call(telegram, "nonsense", "getMe")
    assert (status, body["description"]) == (404, "Not Found")


async def test_nobody_who_has_not_pressed_start(telegram: Messenger, bot: dict[str, Any]) -> None:
    status, body = await call(telegram, bot["token"], "sendMessage", chat_id=5001, text="Hi")
    assert (status, body["description"]) == (400, "Bad Request: chat not found")


async def test_start_by_a_link_and_an_answer(telegram: Messenger, bot: dict[str, Any]) -> None:
    chat = await start(telegram, payload="once")
    _, updates = await call(telegram, bot["token"], "getUpdates")
    message = updates["result"][0]["message"]
    assert (message["text"], message["chat"]["id"]) == ("/start once", 5001)

    status, sent = await call(telegram, bot["token"], "sendMessage", chat_id=5001, text="Hello")
    assert (status, sent["result"]["text"]) == (200, "Hello")
    assert [line["text"] for line in await telegram.heard(chat=chat)] == ["Hello"]

    later = updates["result"][-1]["update_id"] + 1
    _, rest = await call(telegram, bot["token"], "getUpdates", offset=later)
    assert rest["result"] == []


async def test_texts_it_does_not_take(telegram: Messenger, bot: dict[str, Any]) -> None:
    await start(telegram)
    for text, words in ((" ", "message text is empty"), ("я" * 4097, "message is too long")):
        status, body = await call(telegram, bot["token"], "sendMessage", chat_id=5001, text=text)
        assert (status, body["description"]) == (400, f"Bad Request: {words}")


async def test_editing(telegram: Messenger, bot: dict[str, Any]) -> None:
    await start(telegram)
    _, sent = await call(telegram, bot["token"], "sendMessage", chat_id=5001, text="At ten")
    which = {"chat_id": 5001, "message_id": sent["result"]["message_id"]}
    status, body = await call(telegram, bot["token"], "editMessageText", **which, text="At ten")
    assert status == 400
    assert body["description"].startswith("Bad Request: message is not modified")
    status, body = await call(telegram, bot["token"], "editMessageText", **which, text="At noon")
    assert status == 200
    assert "edit_date" in body["result"]


async def test_who_blocked_the_bot(telegram: Messenger, bot: dict[str, Any]) -> None:
    chat = await start(telegram)
    await telegram.order("close", chat=chat, why="blocked")
    status, body = await call(telegram, bot["token"], "sendMessage", chat_id=5001, text="Hi")
    assert (status, body["description"]) == (403, "Forbidden: bot was blocked by the user")
    _, updates = await call(telegram, bot["token"], "getUpdates")
    assert updates["result"][-1]["my_chat_member"]["new_chat_member"]["status"] == "kicked"


async def test_a_group_that_becomes_a_supergroup(telegram: Messenger, bot: dict[str, Any]) -> None:
    group = await telegram.order("group", title="Салон", id=5001, first_name="Анна")
    moved = await telegram.order("migrate", chat=group["chat"])
    status, body = await call(
        telegram, bot["token"], "sendMessage", chat_id=int(group["chat"]), text="Hi"
    )
    assert status == 400
    assert body["parameters"] == {"migrate_to_chat_id": int(moved["chat"])}
    status, _ = await call(telegram, bot["token"], "sendMessage", chat_id=moved["chat"], text="Hi")
    assert status == 200


async def test_haste(telegram: Messenger, bot: dict[str, Any]) -> None:
    await start(telegram)
    answers = [
        await call(telegram, bot["token"], "sendMessage", chat_id=5001, text=f"No {number}")
        for number in range(5)
    ]
    assert [status for status, _ in answers] == [200, 200, 200, 429, 429]
    body = answers[-1][1]
    assert body["description"] == f"Too Many Requests: retry after {wait_of(body)}"
    assert 1 <= wait_of(body) <= 3


def wait_of(body: dict[str, Any]) -> int:
    return int(body["parameters"]["retry_after"])


async def test_a_webhook_is_tried_again_in_order(
    telegram: Messenger, bot: dict[str, Any], gateway: Gateway
) -> None:
    gateway.status = 500
    url = f"{gateway.base_url}/hook"
    await call(telegram, bot["token"], "setWebhook", url=url, secret_token="s3cret")
    chat = await start(telegram)
    await telegram.order("say", chat=chat, text="Запишите меня")
    await came(telegram, gateway, 1)
    status, body = await call(telegram, bot["token"], "getUpdates")
    assert (status, body["error_code"]) == (409, 409)
    _, info = await call(telegram, bot["token"], "getWebhookInfo")
    assert info["result"]["pending_update_count"] == 2

    gateway.status = 200
    await telegram.order("clock", advance=100)
    await came(telegram, gateway, 3)
    texts = [one["json"]["message"]["text"] for one in gateway.told]
    assert texts == ["/start", "/start", "Запишите меня"]
    assert {one["headers"]["X-Telegram-Bot-Api-Secret-Token"] for one in gateway.told} == {"s3cret"}


async def came(telegram: Messenger, gateway: Gateway, count: int) -> None:
    number = -1
    while len(gateway.came) < count:
        number = (await telegram.look("changed", after=str(number), timeout="5"))["number"]


async def test_a_number_that_was_shared(telegram: Messenger, bot: dict[str, Any]) -> None:
    chat = await start(telegram)
    await telegram.order("contact", chat=chat, phone="+79161234567")
    _, updates = await call(telegram, bot["token"], "getUpdates")
    message = updates["result"][-1]["message"]
    assert message["contact"]["phone_number"] == "+79161234567"
    assert "text" not in message


async def test_the_deep_link(telegram: Messenger, bot: dict[str, Any]) -> None:
    link = f"{telegram.url}/t.me/{bot['username']}"
    async with telegram.http.get(link, params={"start": "abc"}) as page:
        assert "Начать" in await page.text()
    form = {"id": "77", "first_name": "Ира"}
    async with telegram.http.post(link, params={"start": "abc"}, data=form) as after:
        assert after.status == 200
    state = await telegram.look("state")
    assert state["talks"][0]["lines"][0]["text"] == "/start abc"
    assert bot["token"] not in str(state)
