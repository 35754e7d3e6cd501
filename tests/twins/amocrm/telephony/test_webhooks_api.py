"""`/api/v4/webhooks` against the contract's samples."""

import pytest

from tests.twins.amocrm.telephony.desk import Desk

PATH = "/api/v4/webhooks"


async def test_subscribe_overwrite_list_remove(desk: Desk) -> None:
    assert (await desk.ask("GET", PATH)).status == 204
    made = await desk.subscribe("https://example.test", "add_lead")
    assert made.status == 201
    assert list(made.json) == [
        "id", "destination", "created_at", "updated_at", "account_id", "created_by", "sort",
        "disabled", "settings",
    ]  # fmt: skip
    again = await desk.subscribe("https://example.test", "add_task", "status_lead")
    assert (again.status, again.json["id"]) == (201, made.json["id"])
    await desk.subscribe("https://other.test/x", "add_lead")
    listed = (await desk.ask("GET", PATH)).json
    assert listed["_total_items"] == 2
    assert listed["_embedded"]["webhooks"][0]["settings"] == ["add_task", "status_lead"]
    one = await desk.ask("GET", f"{PATH}?filter[destination]=https://other.test/x")
    assert [h["sort"] for h in one.json["_embedded"]["webhooks"]] == [2]
    body = {"destination": "https://example.test"}
    assert (await desk.ask("DELETE", PATH, body)).status == 204
    assert (await desk.ask("DELETE", PATH, body)).status == 404


async def test_for_administrators_of_a_good_tariff(desk: Desk) -> None:
    worker = desk.as_user(list(desk.account.users)[1])
    assert (await worker.subscribe("https://example.test", "add_lead")).status == 403
    await desk.order("account", webhooks_in_tariff=False)
    assert (await desk.subscribe("https://example.test", "add_lead")).status == 403
    assert (await desk.ask("DELETE", PATH, {"destination": "https://example.test"})).status == 403


@pytest.mark.parametrize("status", [422, 400])
async def test_an_unknown_setting(desk: Desk, status: int) -> None:
    desk.world.switches.webhook_bad_setting_status = status
    reply = await desk.subscribe("https://example.test", "add_lead", "add_everything")
    assert reply.status == status
    assert desk.account.hooks == {}


async def test_what_is_no_webhook(desk: Desk) -> None:
    assert (await desk.ask("POST", PATH, {"destination": "https://example.test"})).status == 400
    assert (await desk.subscribe("ftp://example.test", "add_lead")).status == 400
    assert (await desk.subscribe("https://example.test")).status == 400


async def test_at_most_a_hundred(desk: Desk) -> None:
    for number in range(100):
        await desk.subscribe(f"https://example.test/{number}", "add_lead")
    assert (await desk.subscribe("https://example.test/100", "add_lead")).status == 422
    assert (await desk.subscribe("https://example.test/99", "add_task")).status == 201
