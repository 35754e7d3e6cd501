"""YClients hands over a salon's own messages; it learns what became of them."""

import asyncio
from typing import Any

from kommutator.flows.yclients.vendor import CHANNEL
from tests.stories.salons.conftest import Shop
from tests.support.service import Answer
from tests.support.waiting import eventually
from tests.support.yclients_service import CALLBACK, HERE, SALON

PATH = "/api/yclients/messages"


async def has_chat(shop: Shop, phone: str) -> bool:
    async with shop.service.house.db.single() as unit:
        return bool(await unit.operator.chats(HERE, [phone]))


async def client_of(shop: Shop, chat: int, phone: str) -> None:
    await shop.person(chat, phone)

    async def known() -> bool:
        return await has_chat(shop, phone)

    await eventually(known)


async def key_of(shop: Shop) -> str:
    account = await shop.service.house.directory.account(shop.connection)
    return account.secrets["api_key"]


async def hand_over(shop: Shop, key: str | None = None, **body: Any) -> Answer:
    headers = {"Authorization": f"Bearer {key or await key_of(shop)}"}
    order = {"channel": "whatsapp", "text": "Ждём вас", "dispatch_type": "service", **body}
    return await shop.service.caller.post(PATH, json=order, headers=headers)


async def test_the_twins_own_message_arrives_and_is_told_as_delivered(shop: Shop) -> None:
    vendor = shop.service.house.yclients.vendors.application().marketplace
    await vendor.channel_available(SALON, CHANNEL, available=True)
    await shop.service.twin.order("market/application", operator_url=f"{shop.service.url}{PATH}")
    await client_of(shop, 6001, "+70000000901")
    await shop.service.twin.order(
        "message", company=SALON, phones=["70000000901", "70000000902"], text="Завтра в 14:00"
    )
    assert "Завтра в 14:00" in (await shop.read(6001))[-1]
    query = {"company": SALON, "count": 1, "timeout": 20, "phone": "70000000901", "status": 1}
    assert (await shop.service.twin.look("messages", **query))["items"]
    told = (await shop.service.twin.look("messages", company=SALON, count=0))["items"]
    mine, other = (
        next(one for one in told if one["phone"] == f"7000000090{digit}") for digit in "12"
    )
    assert (mine["http"], mine["error_code"], len(mine["statuses"])) == (200, None, 1)
    assert (other["error_code"], other["statuses"]) == (30, [])
    stored = await shop.service.value(
        "SELECT callback FROM operator_messages WHERE callback <> '' LIMIT 1"
    )
    assert stored.endswith("/{token}")
    token = shop.service.twin.partner_token
    assert not await shop.service.fetch(
        "SELECT id FROM outbox WHERE payload::text LIKE '%' || $1 || '%'", token
    )


async def test_the_same_id_is_the_same_message(shop: Shop) -> None:
    await client_of(shop, 6011, "+70000000911")
    people = [{"id": "m-1", "phone": "+7 000 000 09 11"}]
    first = await hand_over(shop, destination_params=people)
    again = await hand_over(shop, destination_params=people[0])
    assert first.status == again.status == 200
    assert first.body == again.body == [{"id": "m-1", "ext_id": first.body[0]["ext_id"]}]
    await shop.read(6011)
    rows = await shop.service.fetch("SELECT id FROM operator_messages WHERE id = 'm-1'")
    assert len(rows) == 1


async def test_refusals_have_the_vendors_codes(shop: Shop) -> None:
    one = [{"id": "r-1", "phone": "70000000921"}]
    stranger = await hand_over(shop, key="sk_wrong", destination_params=one)
    assert (stranger.status, stranger.body[0]["error_code"]) == (401, 20)
    wrongs: list[dict[str, Any]] = [
        {"destination_params": []},
        {"destination_params": one, "text": " "},
        {"destination_params": one, "channel": "pigeon"},
        {"destination_params": [{"id": "r-1"}]},
        {"destination_params": one, "delivery_callback_url": "http://169.254.169.254/latest"},
        {"destination_params": one, "delivery_callback_url": "https://yclients.com.evil.example/x"},
        # Our own mark for the token: whoever writes it wants the token sent somewhere.
        {"destination_params": one, "delivery_callback_url": "https://n1.yclients.com/x/{token}"},
    ]
    for wrong in wrongs:
        answer = await hand_over(shop, **wrong)
        assert (answer.status, answer.body[0]["error_code"]) == (400, 5), wrong
    nobody = await hand_over(shop, destination_params=[*one, {"id": "r-2", "phone": "salon"}])
    assert nobody.status == 200
    assert [row["error_code"] for row in nobody.body] == [30, 5]
    assert all(row["error_message"] for row in nobody.body)


async def test_a_client_who_shut_us_out_is_told_as_not_delivered(shop: Shop) -> None:
    await client_of(shop, 6031, "+70000000931")
    await shop.order("close", chat="6031", why="deactivated")
    base = shop.service.twin.url
    callback = f"{base}/smsprovider/status/callback/{shop.service.twin.partner_token}"
    answer = await hand_over(
        shop,
        destination_params=[{"id": "gone-1", "phone": "70000000931"}],
        delivery_callback_url=callback,
    )
    assert answer.body[0]["ext_id"]

    async def told() -> bool:
        strays = (await shop.service.twin.look("messages", company=SALON, count=0))["strays"]
        return {"id": "gone-1", "status": 2} in strays

    await eventually(told)
    again = await hand_over(shop, destination_params=[{"id": "g-2", "phone": "70000000931"}])
    assert again.body[0]["error_code"] == 30  # the chat is known to be closed by now


async def test_a_flood_of_reminders_does_not_shut_the_door_for_removals(shop: Shop) -> None:
    """Both come from the vendor's few addresses."""
    one = [{"id": "flood", "phone": "70000000941"}]
    before = await asyncio.gather(*(hand_over(shop, destination_params=one) for _ in range(230)))
    assert {answer.status for answer in before} == {200}
    body = {
        "salon_id": 5,
        "application_id": shop.service.twin.application_id,
        "event": "freeze",
        "partner_token": shop.service.twin.partner_token,
    }
    assert (await shop.service.caller.post(CALLBACK, json=body)).status == 200


async def test_a_paused_salon_takes_nothing_new(shop: Shop) -> None:
    house = shop.service.house
    await client_of(shop, 6071, "+70000000971")
    people = [{"id": "m-71", "phone": "+70000000971"}]
    await house.outreach.pause(shop.service.admin, HERE)
    refused = await hand_over(shop, destination_params=people)
    await house.outreach.resume(shop.service.admin, HERE)
    (told,) = refused.body
    assert (refused.status, "ext_id" in told, told["error_code"]) == (200, False, 30)
    assert told["error_message"] == "Салон приостановил сообщения, о которых клиенты не просили."
    taken = await hand_over(shop, destination_params=people)
    assert taken.body[0]["ext_id"] is not None
    assert await shop.read(6071) == ["Ждём вас"]
