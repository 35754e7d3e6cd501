"""The fake Avito answers as its OpenAPI says."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.messengers import Messenger, open_messenger
from tests.twins.conftest import Gateway


@pytest.fixture
async def avito() -> AsyncIterator[Messenger]:
    async with open_messenger("avito") as running:
        yield running


@pytest.fixture
async def account(avito: Messenger) -> dict[str, Any]:
    found: dict[str, Any] = (await avito.look("credentials"))["accounts"][0]
    return found


async def token(avito: Messenger, **form: str) -> tuple[int, dict[str, Any]]:
    async with avito.http.post(f"{avito.url}/token", data=form) as answer:
        return answer.status, await answer.json()


async def enter(avito: Messenger, account: dict[str, Any]) -> dict[str, str]:
    keys = {name: account[name] for name in ("client_id", "client_secret")}
    _, body = await token(avito, grant_type="client_credentials", **keys)
    assert body["expires_in"] == 86400
    return {"Authorization": f"Bearer {body['access_token']}"}


async def ask(
    avito: Messenger, method: str, path: str, headers: dict[str, str], **body: Any
) -> tuple[int, dict[str, Any]]:
    more: dict[str, Any] = {"json": body} if body else {}
    async with avito.http.request(method, f"{avito.url}{path}", headers=headers, **more) as answer:
        return answer.status, await answer.json()


async def chat_of(avito: Messenger) -> str:
    said = await avito.order("say", name="Ирина", text="Есть время сегодня?")
    return str(said["chat"])


async def test_strangers_stay_outside(avito: Messenger, account: dict[str, Any]) -> None:
    status, body = await token(
        avito, grant_type="client_credentials", client_id=account["client_id"], client_secret="x"
    )
    assert (status, body["error"]) == (401, "invalid_client")
    status, _ = await ask(avito, "GET", "/core/v1/accounts/self", {"Authorization": "Bearer x"})
    assert status == 401


async def test_an_answer_to_a_buyer(avito: Messenger, account: dict[str, Any]) -> None:
    headers = await enter(avito, account)
    chat = await chat_of(avito)
    base = f"/messenger/v1/accounts/{account['id']}/chats/{chat}"
    message = {"type": "text", "message": {"text": "Да, в 15:00"}}
    status, sent = await ask(avito, "POST", f"{base}/messages", headers, **message)
    assert (status, sent["direction"]) == (200, "out")
    assert [line["text"] for line in await avito.heard(chat=chat)] == ["Да, в 15:00"]

    listed = f"/messenger/v3/accounts/{account['id']}/chats/{chat}/messages/?limit=1"
    _, page = await ask(avito, "GET", listed, headers)
    assert [one["content"]["text"] for one in page["messages"]] == ["Да, в 15:00"]
    assert page["meta"]["has_more"]


async def test_what_it_does_not_take(avito: Messenger, account: dict[str, Any]) -> None:
    headers = await enter(avito, account)
    chat = await chat_of(avito)
    path = f"/messenger/v1/accounts/{account['id']}/chats/{chat}/messages"
    for text in ("", "я" * 1001):
        message = {"type": "text", "message": {"text": text}}
        status, body = await ask(avito, "POST", path, headers, **message)
        assert (status, body["error"]["code"]) == (400, 400)
    status, _ = await ask(avito, "GET", "/messenger/v2/accounts/1/chats", headers)
    assert status == 403


async def test_unread_chats(avito: Messenger, account: dict[str, Any]) -> None:
    headers = await enter(avito, account)
    chat = await chat_of(avito)
    base = f"/messenger/v2/accounts/{account['id']}/chats"
    _, unread = await ask(avito, "GET", f"{base}?unread_only=true", headers)
    assert [one["id"] for one in unread["chats"]] == [chat]
    await ask(avito, "POST", f"/messenger/v1/accounts/{account['id']}/chats/{chat}/read", headers)
    _, unread = await ask(avito, "GET", f"{base}?unread_only=true", headers)
    assert unread["chats"] == []


@pytest.mark.parametrize("status", ["402", "403"])
async def test_a_tariff_without_it(avito: Messenger, account: dict[str, Any], status: str) -> None:
    headers = await enter(avito, account)
    await avito.order("switches", refused_status=status)
    await avito.order("tariff", paid=False)
    path = f"/messenger/v2/accounts/{account['id']}/chats"
    assert (await ask(avito, "GET", path, headers))[0] == int(status)
    assert (await ask(avito, "GET", "/core/v1/accounts/self", headers))[0] == 200


async def test_haste(avito: Messenger, account: dict[str, Any]) -> None:
    headers = await enter(avito, account)
    await avito.order("switches", per_minute=2, retry_after=True)
    path = f"{avito.url}/core/v1/accounts/self"
    answers = []
    for _ in range(3):
        async with avito.http.get(path, headers=headers) as answer:
            answers.append((answer.status, answer.headers))
    assert [status for status, _ in answers] == [200, 200, 429]
    assert answers[0][1]["X-RateLimit-Limit"] == "2"
    assert 1 <= int(answers[2][1]["Retry-After"]) <= 61


async def test_a_refresh_token_is_used_once(avito: Messenger, account: dict[str, Any]) -> None:
    keys = {name: account[name] for name in ("client_id", "client_secret")}
    code = (await avito.order("code"))["code"]
    _, first = await token(avito, grant_type="authorization_code", code=code, **keys)
    assert (await token(avito, grant_type="authorization_code", code=code, **keys))[0] == 400
    again = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"], **keys}
    status, second = await token(avito, **again)
    assert status == 200
    assert second["refresh_token"] != first["refresh_token"]
    assert (await token(avito, **again))[0] == 400


async def test_hooks(avito: Messenger, account: dict[str, Any], gateway: Gateway) -> None:
    headers = await enter(avito, account)
    url = f"{gateway.base_url}/hook"
    await ask(avito, "POST", "/messenger/v3/webhook", headers, url=url)
    _, listed = await ask(avito, "POST", "/messenger/v1/subscriptions", headers)
    assert [one["url"] for one in listed["subscriptions"]] == [url]

    await avito.order("switches", signed=True)
    chat = await chat_of(avito)
    await avito.order("by-hand", chat=chat, text="Отвечу сама")
    number = -1
    while len(gateway.came) < 3:
        number = (await avito.look("changed", after=str(number), timeout="5"))["number"]
    values = [one["json"]["payload"]["value"] for one in gateway.told]
    assert [value["type"] for value in values] == ["system", "text", "text"]
    assert [value["author_id"] == account["id"] for value in values] == [False, False, True]
    assert all("x-avito-messenger-signature" in one["headers"] for one in gateway.told)

    await ask(avito, "POST", "/messenger/v1/webhook/unsubscribe", headers, url=url)
    await avito.order("say", chat=chat, text="Ещё вопрос")
    assert len(gateway.came) == 3
