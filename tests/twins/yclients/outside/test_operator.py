"""Messages of salons through an operator, and what the operator tells later (contract §1.9)."""

from typing import Any

import pytest

from kommutator.twins.yclients.changes import By
from kommutator.twins.yclients.records_book import delete_record, mark
from tests.support.yclients_town import SALON
from tests.twins.yclients.outside.partner import Hearer, Partner


def accept(body: Any) -> list[dict[str, Any]]:
    """An operator that takes everything."""
    people = body["destination_params"]
    people = people if isinstance(people, list) else [people]
    return [{"id": one["id"], "ext_id": f"ext-{one['id']}"} for one in people]


@pytest.fixture
async def carrier(partner: Partner, hearer: Hearer) -> Partner:
    """Connected, with the WhatsApp channel."""
    hearer.answer = accept
    await partner.order("market/application", operator_url=f"{hearer.base_url}/operator")
    await partner.installed(api_key="our-key", channels=["whatsapp"])
    return partner


async def test_a_message(carrier: Partner, hearer: Hearer) -> None:
    told = await carrier.order("message", phones=["79990000000"], text="Ждём вас")
    (message,) = told["messages"]
    token = carrier.partner_token
    assert hearer.bodies == [
        {
            "destination_params": [{"id": message["id"], "phone": "79990000000"}],
            "from": "Черновик на Образцовой",
            "text": "Ждём вас",
            "channel": "whatsapp",
            "dispatch_type": "service",
            "delivery_callback_url": (f"{carrier.url}/smsprovider/status/callback/{token}"),
        }
    ]
    assert hearer.headers[0]["Authorization"] == "Bearer our-key"
    assert (message["ext_id"], message["fate"]) == (
        f"ext-{message['id']}",
        "принято оператором",
    )


async def test_many_in_one_request_or_one_by_one(carrier: Partner, hearer: Hearer) -> None:
    phones = ["79990000000", "79990000001"]
    await carrier.order("message", phones=phones, text="1", dispatch_type="adds")
    assert [one["phone"] for one in hearer.bodies[0]["destination_params"]] == phones
    await carrier.order("switches", operator_params="object", operator_kind="type")
    await carrier.order("message", phones=phones, text="2")
    assert sorted(body["destination_params"]["phone"] for body in hearer.bodies[1:]) == phones
    assert hearer.bodies[1]["type"] == "whatsapp"
    assert "channel" not in hearer.bodies[1]


@pytest.mark.parametrize("by", ["id", "ext_id"])
async def test_statuses(carrier: Partner, by: str) -> None:
    (message,) = (await carrier.order("message", phones=["79990000000"], text="1"))["messages"]
    url = carrier.world.outside.operator.callback_url()
    for status in (8, 4, 1):
        rows = [{"id": message[by], "status": status, "parts_amount": 1}]
        async with carrier.http.post(url, json=rows) as answer:
            assert await answer.json() == {"success": True}
    (row,) = (await carrier.look("messages", count=1, status=1, timeout=5))["items"]
    assert [one["status"] for one in row["statuses"]] == [8, 4, 1]
    assert row["fate"] == "доставлено"


async def test_bad_statuses(carrier: Partner) -> None:
    url = carrier.world.outside.operator.callback_url()
    for body, expected in (({"id": "1"}, 422), ([{"id": "1"}], 422)):
        async with carrier.http.post(url, json=body) as answer:
            assert answer.status == expected
    async with carrier.http.post(f"{url}x", json=[{"id": "1", "status": 1}]) as answer:
        assert answer.status == 404
    async with carrier.http.post(url, json=[{"id": "nobody", "status": 1}]) as answer:
        assert answer.status == 200
    assert [row["id"] for row in (await carrier.look("messages"))["strays"]] == ["nobody"]


async def test_yclients_in_trouble(carrier: Partner) -> None:
    (message,) = (await carrier.order("message", phones=["79990000000"], text="1"))["messages"]
    await carrier.order("faults", kind="html_502", path="/smsprovider/", count=1)
    url = carrier.world.outside.operator.callback_url()
    seen = []
    for _ in range(2):
        async with carrier.http.post(url, json=[{"id": message["id"], "status": 1}]) as answer:
            seen.append(answer.status)
    (row,) = (await carrier.look("messages"))["items"]
    assert (seen, len(row["statuses"])) == ([502, 200], 1)


async def test_refused_by_the_operator(carrier: Partner, hearer: Hearer) -> None:
    hearer.answer = lambda body: [
        {"id": body["destination_params"][0]["id"], "error_code": 32, "error_message": "нет денег"}
    ]
    (message,) = (await carrier.order("message", phones=["79990000000"], text="1"))["messages"]
    assert (message["http"], message["error_code"], message["fate"]) == (
        200,
        32,
        "отказ оператора",
    )


@pytest.mark.parametrize("status", [401, 500])
async def test_an_operator_in_trouble(carrier: Partner, hearer: Hearer, status: int) -> None:
    hearer.status, hearer.answer = status, None
    (message,) = (await carrier.order("message", phones=["79990000000"], text="1"))["messages"]
    assert (message["http"], message["ext_id"]) == (status, None)


async def test_a_silent_operator(carrier: Partner, hearer: Hearer) -> None:
    hearer.silent = True
    await carrier.order("switches", operator_answer_seconds=0.05)
    (message,) = (await carrier.order("message", phones=["79990000000"], text="1"))["messages"]
    assert (message["http"], message["fate"]) == (0, "оператор не ответил")


async def test_no_channel_no_message(carrier: Partner, hearer: Hearer) -> None:
    order = {"phones": ["79990000000"], "text": "1"}
    assert await carrier.refused("message", **order, channel="sms") == 409
    off = {"salon_id": SALON, "application_id": carrier.app, "channel_slug": "whatsapp"}
    off["is_available"] = False
    await carrier.send("POST", "/marketplace/application/update_channel", off)
    assert await carrier.refused("message", **order) == 409
    assert await carrier.refused("message", text="1") == 400
    await carrier.order("market", salon_id=SALON, act="freeze")
    assert await carrier.refused("message", **order) == 409
    assert hearer.bodies == []


async def test_a_salon_reminds_in_time(carrier: Partner) -> None:
    record = carrier.write_in(hours=48, sms_remain_hours=24)
    left = carrier.salon.moment(record.start).timestamp() - carrier.world.now() - 24 * 3600
    mine: dict[str, str | int] = {"record_id": record.id, "ext_id": "*"}
    await carrier.order("clock", advance=left - 30)
    assert (await carrier.look("messages", **mine))["items"] == []
    await carrier.order("clock", advance=31)
    (row,) = (await carrier.look("messages", **mine, count=1, timeout=5))["items"]
    client = carrier.salon.clients[record.client_id or 0]
    assert (row["record_id"], row["phone"]) == (record.id, client.phone)
    assert f"{record.start:%H:%M}" in row["text"]


@pytest.mark.parametrize("how", ["cancelled", "came", "opted out", "switched off"])
async def test_nobody_is_reminded_in_vain(carrier: Partner, hearer: Hearer, how: str) -> None:
    await carrier.order("switches", reminders=how != "switched off")
    record = carrier.write_in(hours=3, sms_remain_hours=1)
    client = carrier.salon.clients[record.client_id or 0]
    match how:
        case "cancelled":
            delete_record(carrier.world, carrier.salon, record, By())
        case "came":
            mark(carrier.world, carrier.salon, record, By(), attendance=1)
        case "opted out":
            client.sms_not = 1
    await carrier.order("clock", advance=4 * 3600)
    await carrier.order("message", phones=["79990000000"], text="после")
    assert client.phone not in str(hearer.bodies)


async def test_reminded_by_hand(carrier: Partner, hearer: Hearer) -> None:
    record = carrier.write_in(sms_remain_hours=1)
    await carrier.order("remind", record=record.id)
    assert len(hearer.bodies) == 1
    silent = carrier.write_in(hours=60)
    assert await carrier.refused("remind", record=silent.id) == 409
    assert await carrier.refused("remind", record=1) == 400
