"""The tray of leads nobody has taken, against the contract's samples, with its webhooks."""

from typing import Any

from tests.twins.amocrm.telephony.desk import STRANGER, Desk, Hearer

PATH = "/api/v4/leads/unsorted"


def an_item(**metadata: Any) -> dict[str, Any]:
    return {
        "request_id": "123",
        "source_name": "ОАО Коспромсервис",
        "source_uid": "a1fee7c0fc436088e64ba2e8822ba2b3",
        "_embedded": {
            "leads": [{"name": "Тех обслуживание", "price": 5000}],
            "contacts": [{"name": "Контакт для примера"}],
        },
        "metadata": {
            "is_call_event_needed": True,
            "uniq": "a1fe231cc88e64ba2e8822ba2b3ewrw",
            "duration": 54,
            "service_code": "CkAvbEwPam6sad",
            "link": "https://example.com",
            "phone": STRANGER,
            "called_at": 1510261200,
            "from": "onlinePBX",
        }
        | metadata,
    }


async def put(desk: Desk, **metadata: Any) -> dict[str, Any]:
    reply = await desk.ask("POST", f"{PATH}/sip", [an_item(**metadata)])
    assert reply.status == 200, reply.text
    (row,) = reply.json["_embedded"]["unsorted"]
    return dict(row)


async def test_a_strangers_call_waits(desk: Desk) -> None:
    row = await put(desk)
    assert list(row) == ["uid", "account_id", "request_id", "_links", "_embedded"]
    assert row["request_id"] == "123"
    listed = (await desk.ask("GET", PATH)).json["_embedded"]["unsorted"]
    assert [one["uid"] for one in listed] == [row["uid"]]
    assert listed[0]["category"] == "sip"
    assert listed[0]["metadata"]["from"] == "onlinePBX"
    assert (await desk.ask("GET", f"{PATH}/{row['uid']}")).json == listed[0]
    assert (await desk.ask("GET", f"{PATH}/nothing")).status == 204
    lead = desk.account.cards["leads"][row["_embedded"]["leads"][0]["id"]]
    assert desk.account.pipelines[lead["pipeline_id"]]["statuses"][lead["status_id"]]["type"] == 1
    (note,) = desk.account.notes_of["leads", lead["id"]]
    assert desk.account.notes[note]["params"]["phone"] == STRANGER


async def test_the_number_may_stand_in_from(desk: Desk) -> None:
    desk.world.switches.unsorted_client_number = "from"
    row = await put(desk, phone="101", **{"from": STRANGER})
    contact = row["_embedded"]["contacts"][0]["id"]
    assert desk.account.phones.find(STRANGER, "contacts") == [("contacts", contact)]


async def test_accepting(desk: Desk, hearer: Hearer) -> None:
    await desk.order("hooks", destination=hearer.url,
                     settings=["add_unsorted", "delete_unsorted", "add_lead"])  # fmt: skip
    row = await put(desk)
    (added,) = await hearer.heard()
    assert added["unsorted"]["add"]["0"]["uid"] == row["uid"]
    assert added["unsorted"]["add"]["0"]["source_data"]["phone"] == STRANGER
    user = list(desk.account.users)[2]
    lead = row["_embedded"]["leads"][0]["id"]
    pipeline = desk.account.cards["leads"][lead]["pipeline_id"]
    status = list(desk.account.pipelines[pipeline]["statuses"])[2]
    reply = await desk.ask(
        "POST", f"{PATH}/{row['uid']}/accept", {"user_id": user, "status_id": status}
    )
    assert list(reply.json) == ["uid", "pipeline_id", "category", "created_at", "_embedded"]
    card = desk.account.cards["leads"][lead]
    assert (card["responsible_user_id"], card["status_id"]) == (user, status)
    body = (await hearer.heard(2))[1]
    gone = body["unsorted"]["delete"]["0"]
    assert (gone["action"], gone["accept_result"]["leads"]) == ("accept", {"0": str(lead)})
    assert body["leads"]["add"]["0"]["id"] == str(lead)
    assert (await desk.ask("POST", f"{PATH}/{row['uid']}/accept", {})).status == 404


async def test_declining(desk: Desk, hearer: Hearer) -> None:
    row = await put(desk)
    await desk.order("hooks", destination=hearer.url, settings=["delete_unsorted"])
    reply = await desk.ask("DELETE", f"{PATH}/{row['uid']}/decline", {"user_id": 1})
    assert "companies" not in reply.json["_embedded"]
    (body,) = await hearer.heard()
    gone = body["unsorted"]["delete"]["0"]
    assert gone["action"] == "decline"
    assert list(gone["decline_result"]) == ["leads", "contacts"]
    assert desk.account.phones.find(STRANGER) == []
    assert (await desk.ask("GET", PATH)).status == 204


async def test_linking_carries_the_call_over(desk: Desk) -> None:
    row, lead = await put(desk), desk.card("leads")["id"]
    order = {"link": {"entity_id": lead, "entity_type": "leads"}}
    reply = await desk.ask("POST", f"{PATH}/{row['uid']}/link", order)
    assert reply.json["_embedded"]["leads"][0]["id"] == lead
    kinds = [desk.account.notes[n]["note_type"] for n in desk.account.notes_of["leads", lead]]
    assert kinds == ["common", "call_in"]


async def test_summary(desk: Desk) -> None:
    first = await put(desk)
    await put(desk)
    desk.world.clock.advance(100)
    await desk.ask("POST", f"{PATH}/{first['uid']}/accept", {})
    summary = (await desk.ask("GET", f"{PATH}/summary")).json
    assert (summary["total"], summary["accepted"], summary["declined"]) == (2, 1, 0)
    assert summary["categories"]["sip"] == {"total": 2}
    assert 100 <= summary["average_sort_time"] <= 102


async def test_needs_the_tray_and_its_fields(desk: Desk) -> None:
    item = an_item()
    del item["metadata"]["called_at"]
    reply = await desk.ask("POST", f"{PATH}/sip", [item])
    assert reply.json["validation-errors"][0]["errors"][0]["path"] == "metadata.called_at"
    await desk.order("account", is_unsorted_on=False)
    reply = await desk.ask("POST", f"{PATH}/sip", [an_item()])
    assert (reply.status, reply.json["detail"]) == (400, "Unsorted is turned off")


async def test_a_form_waits_too(desk: Desk) -> None:
    phone = {"field_code": "PHONE", "values": [{"value": "+7912321323"}]}
    item = {
        "source_name": "Сайт",
        "source_uid": "u",
        "_embedded": {"contacts": [{"name": 234, "custom_fields_values": [phone]}]},
        "metadata": {
            "ip": "123.222.2.22",
            "form_id": "f",
            "form_sent_at": 1590830520,
            "form_name": "Форма",
            "form_page": "https://example.com",
            "referer": "https://example.com/search",
        },
    }
    reply = await desk.ask("POST", f"{PATH}/forms", [item])
    row = reply.json["_embedded"]["unsorted"][0]
    contact = desk.account.cards["contacts"][row["_embedded"]["contacts"][0]["id"]]
    assert (reply.json["_total_items"], row["request_id"], contact["name"]) == (1, "0", "234")
    assert desk.account.phones.find("+7912321323") == [("contacts", contact["id"])]
    await put(desk)
    listed = await desk.ask("GET", f"{PATH}?filter[category][]=forms&limit=1")
    assert [one["uid"] for one in listed.json["_embedded"]["unsorted"]] == [row["uid"]]
