"""The fake Cloud API answers and tells as Meta's reference says."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from tests.support.hearing import listening
from tests.support.messengers import Messenger, open_messenger
from tests.support.waiting import eventually

APP = "634974688087057"


@dataclass
class Callback:
    """Whoever Meta brings webhooks to. `token`: which challenge is echoed; `refusals`: first."""

    url: str = ""
    token: str = "ours"
    refusals: int = 0
    came: list[tuple[bytes, str]] = field(default_factory=list)

    async def serve(self, request: web.Request) -> web.Response:
        if request.method == "GET":
            asked = request.query
            good = asked["hub.mode"] == "subscribe" and asked["hub.verify_token"] == self.token
            return web.Response(text=asked["hub.challenge"] if good else "no")
        if self.refusals:
            self.refusals -= 1
            return web.Response(status=500)
        self.came.append((await request.read(), request.headers["X-Hub-Signature-256"]))
        return web.Response()

    def told(self, what: str) -> list[dict[str, Any]]:
        """Messages or statuses that came, one after the other."""
        changes = [
            change["value"]
            for raw, _ in self.came
            for entry in json.loads(raw)["entry"]
            for change in entry["changes"]
        ]
        return [one for value in changes for one in value.get(what, ())]


@dataclass
class Meta:
    twin: Messenger
    keys: dict[str, Any]
    callback: Callback

    @property
    def number(self) -> str:
        return str(self.keys["numbers"][0]["phone_number_id"])

    @property
    def account(self) -> str:
        return str(self.keys["numbers"][0]["waba_id"])

    async def ask(
        self, method: str, path: str, order: Any = None, token: str | None = None, **query: str
    ) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {token or self.keys['access_token']}"}
        async with self.twin.http.request(
            method, f"{self.keys['base_url']}{path}", json=order, headers=headers, params=query
        ) as answer:
            return answer.status, await answer.json()

    async def send(self, to: str = "79161234567", **more: Any) -> tuple[int, dict[str, Any]]:
        order = {"messaging_product": "whatsapp", "to": to, "type": "text",
                 "text": {"body": "Ждём вас"}, **more}  # fmt: skip
        return await self.ask("POST", f"/{self.number}/messages", order)

    async def code(self, *args: Any, **more: Any) -> tuple[int, int]:
        status, body = await self.ask(*args, **more)
        return status, body["error"]["code"]

    async def listen(self) -> None:
        """As the gateway subscribes."""
        order = {
            "object": "whatsapp_business_account", "callback_url": self.callback.url,
            "verify_token": self.callback.token, "fields": "messages,smb_message_echoes",
        }  # fmt: skip
        token = f"{APP}|{self.keys['app_secret']}"
        assert (await self.ask("POST", f"/{APP}/subscriptions", order, token))[0] == 200
        assert (await self.ask("POST", f"/{self.account}/subscribed_apps"))[0] == 200

    async def brought(self, count: int) -> None:
        """Until so many webhooks were taken."""
        await eventually(lambda: len(self.callback.came) >= count)


@pytest.fixture
async def meta() -> AsyncIterator[Meta]:
    callback = Callback()
    async with listening(callback.serve) as url, open_messenger("whatsapp_cloud") as twin:
        callback.url = f"{url}/hook"
        yield Meta(twin, await twin.look("credentials"), callback)


async def test_strangers_and_wrong_ids_stay_outside(meta: Meta) -> None:
    assert await meta.code("GET", f"/{meta.number}", token="x") == (401, 190)
    assert await meta.code("GET", "/123456789") == (400, 100)
    assert await meta.code("GET", f"/{meta.number}", appsecret_proof="wrong") == (400, 100)
    assert await meta.code("GET", f"/{APP}/subscriptions") == (403, 10)
    key, token = meta.keys["app_secret"].encode(), meta.keys["access_token"].encode()
    proof = hmac.new(key, token, hashlib.sha256).hexdigest()
    status, shown = await meta.ask("GET", f"/{meta.number}", appsecret_proof=proof)
    assert (status, shown["display_phone_number"]) == (200, "+1 555-078-3881")


async def test_an_address_must_echo_the_challenge(meta: Meta) -> None:
    place = {"override_callback_uri": meta.callback.url, "verify_token": "wrong"}
    order = {"webhook_configuration": place}
    assert await meta.code("POST", f"/{meta.number}", order) == (400, 2200)
    place["verify_token"] = "ours"
    assert (await meta.ask("POST", f"/{meta.number}", order))[0] == 200
    _, shown = await meta.ask("GET", f"/{meta.number}")
    assert shown["webhook_configuration"] == {"phone_number": meta.callback.url}


async def test_a_message_and_what_becomes_of_it(meta: Meta) -> None:
    await meta.listen()
    await meta.twin.order("say", phone="79161234567", text="Добрый день", name="Анна")
    status, sent = await meta.send(biz_opaque_callback_data="77")
    assert status == 200
    assert sent["contacts"] == [{"input": "79161234567", "wa_id": "79161234567"}]
    await meta.brought(3)
    (message,) = meta.callback.told("messages")
    assert (message["from"], message["text"]) == ("79161234567", {"body": "Добрый день"})
    statuses = meta.callback.told("statuses")
    assert [one["status"] for one in statuses] == ["sent", "delivered"]
    assert {one["id"] for one in statuses} == {sent["messages"][0]["id"]}
    assert {one["biz_opaque_callback_data"] for one in statuses} == {"77"}
    await meta.twin.order("read", chat="79161234567")
    await meta.brought(4)
    assert meta.callback.told("statuses")[-1]["status"] == "read"
    for raw, signature in meta.callback.came:
        made = hmac.new(meta.keys["app_secret"].encode(), raw, hashlib.sha256).hexdigest()
        assert signature == f"sha256={made}"


async def test_what_is_not_taken_comes_again(meta: Meta) -> None:
    await meta.listen()
    meta.callback.refusals = 1
    await meta.twin.order("say", text="Добрый день")
    await meta.twin.order("clock", advance=10)
    await meta.brought(1)
    assert [one["text"]["body"] for one in meta.callback.told("messages")] == ["Добрый день"]


async def test_free_text_after_a_day_is_taken_and_told_as_failed(meta: Meta) -> None:
    await meta.listen()
    await meta.twin.order("say", text="Добрый день")
    await meta.twin.order("clock", advance=24 * 3600 + 1)
    assert (await meta.send())[0] == 200
    await meta.brought(2)
    (failed,) = meta.callback.told("statuses")
    assert (failed["status"], failed["errors"][0]["code"]) == ("failed", 131047)
    await meta.twin.order("switches", window="now")
    status, refused = await meta.send()
    assert (status, refused["error"]["code"]) == (400, 131047)


async def test_twice_shuffled_and_batched(meta: Meta) -> None:
    await meta.listen()
    await meta.twin.order("say", text="Добрый день")
    await meta.brought(1)
    await meta.twin.order("switches", duplicates=True, shuffled=True, batched=True)
    await meta.send()
    await meta.brought(3)
    assert [one["status"] for one in meta.callback.told("statuses")] == ["delivered", "sent"] * 2


async def test_paces(meta: Meta) -> None:
    await meta.twin.order("switches", per_second=3, pair_burst=2)
    codes = [(await meta.send("79160000001"))[1].get("error", {}).get("code") for _ in range(3)]
    assert codes == [None, None, 131056]
    await meta.send("79160000002")
    status, refused = await meta.send("79160000003")
    assert (status, refused["error"]["code"]) == (429, 130429)


@pytest.mark.parametrize(
    "order",
    [
        {"messaging_product": "sms"},
        {"to": ""},
        {"to": "anna"},
        {"text": {"body": ""}},
        {"text": {"body": "x" * 4097}},
        {"type": "image", "image": {}},
    ],
)
async def test_what_it_does_not_take(meta: Meta, order: dict[str, Any]) -> None:
    status, refused = await meta.send(**order)
    assert (status, refused["error"]["code"]) == (400, 100)


async def test_templates(meta: Meta) -> None:
    template = {
        "name": "salon_message", "language": {"code": "ru"},
        "components": [{"type": "body", "parameters": [
            {"type": "text", "text": "Анна"}, {"type": "text", "text": "Завтра в 10."}]}],
    }  # fmt: skip
    status, sent = await meta.send(type="template", template=template)
    assert (status, sent["messages"][0]["message_status"]) == (200, "accepted")
    (line,) = await meta.twin.heard()
    assert line["text"] == "Здравствуйте, Анна! Завтра в 10. Ждём вас."
    _, unknown = await meta.send(type="template", template={**template, "name": "nobody"})
    assert unknown["error"]["code"] == 132001
    _, few = await meta.send(type="template", template={**template, "components": []})
    assert few["error"]["code"] == 132000
    await meta.twin.order("templates", name="salon_message", body="{{1}}", status="PAUSED")
    _, paused = await meta.send(type="template", template=template)
    assert paused["error"]["code"] == 132015
    _, listed = await meta.ask("GET", f"/{meta.account}/message_templates", status="APPROVED")
    assert listed == {"data": []}


async def test_more_numbers_people_without_phones_and_staff_by_hand(meta: Meta) -> None:
    await meta.listen()
    made = await meta.twin.order("numbers", phone="15550000002")
    _, listed = await meta.ask("GET", f"/{meta.account}/phone_numbers")
    assert [one["id"] for one in listed["data"]] == [meta.number, made["phone_number_id"]]
    await meta.twin.order("say", text="Я инкогнито", hidden=True)
    await meta.brought(1)
    (message,) = meta.callback.told("messages")
    assert "from" not in message
    assert message["from_user_id"] == "RU.76543216197"
    await meta.twin.order("by-hand", chat="79161234567", text="Я сама")
    await meta.twin.order("notice", field="account_update", value={"event": "X"})
    await meta.brought(3)
    (echo,) = meta.callback.told("message_echoes")
    assert (echo["to"], echo["text"]["body"]) == ("79161234567", "Я сама")


async def test_nobody_hears_who_left(meta: Meta) -> None:
    await meta.listen()
    assert (await meta.ask("DELETE", f"/{meta.account}/subscribed_apps"))[0] == 200
    await meta.twin.order("say", text="Есть кто?")
    await meta.ask("POST", f"/{meta.account}/subscribed_apps")
    await meta.twin.order("say", text="Ау")
    await meta.brought(1)
    assert [one["text"]["body"] for one in meta.callback.told("messages")] == ["Ау"]
