"""`/api/v4/calls`, pop-ups and the old search, against the contract's samples."""

from typing import Any

import pytest

from tests.twins.amocrm.telephony.desk import KNOWN_PHONE, STRANGER, Desk


def a_call(**changes: Any) -> dict[str, Any]:
    return {
        "direction": "inbound",
        "duration": 10,
        "source": "example_integration",
        "phone": KNOWN_PHONE,
        "link": "https://example.com/audio.mp3",
        "call_status": 4,
    } | changes


async def test_a_call_hangs_on_the_only_active_lead(desk: Desk) -> None:
    lead = desk.card("leads")
    reply = await desk.ask("POST", "/api/v4/calls", [a_call(phone="8 (000) 000-01-01")])
    note_id = max(desk.account.notes)
    assert (reply.status, reply.json) == (
        200,
        {
            "_total_items": 1,
            "errors": [],
            "_embedded": {
                "calls": [
                    {
                        "id": note_id,
                        "entity_id": lead["id"],
                        "entity_type": "lead",
                        "account_id": desk.account.id,
                        "request_id": "0",
                        "_embedded": {
                            "entity": {
                                "id": lead["id"],
                                "_links": {
                                    "self": {
                                        "href": f"{desk.account.base_url}/api/v4/leads/{lead['id']}"
                                    }
                                },
                            }
                        },
                    }
                ]
            },
        },
    )
    note = desk.account.notes[note_id]
    assert (note["note_type"], note["params"]["duration"]) == ("call_in", 10)


@pytest.mark.parametrize(("place", "leads"), [(20, 3), (39, 0)])
async def test_several_leads_or_none_active_give_the_contact(
    desk: Desk, place: int, leads: int
) -> None:
    contact = desk.card("contacts", place)
    phone = f"+70000000{101 + place}"
    linked = desk.account.links.ids(("contacts", contact["id"]), "leads")
    active = [n for n in linked if desk.account.cards["leads"][n]["status_id"] not in (142, 143)]
    assert len(active) == leads
    reply = await desk.ask("POST", "/api/v4/calls", [a_call(phone=phone)])
    (row,) = reply.json["_embedded"]["calls"]
    assert (row["entity_type"], row["entity_id"]) == ("contact", contact["id"])


async def test_a_company_owns_its_number(desk: Desk) -> None:
    for lead in desk.account.cards["leads"].values():
        lead["status_id"] = 143
    reply = await desk.ask("POST", "/api/v4/calls", [a_call(phone="+70000000200")])
    assert reply.json["_embedded"]["calls"][0]["entity_type"] == "company"


async def test_some_strangers_are_errors_beside_the_rest(desk: Desk) -> None:
    calls = [a_call(request_id="known"), a_call(phone=STRANGER, request_id="stranger")]
    reply = await desk.ask("POST", "/api/v4/calls", calls)
    assert (reply.status, reply.json["_total_items"]) == (200, 1)
    assert reply.json["errors"] == [
        {"title": "Entity not found", "status": 263, "request_id": "stranger"}
    ]


async def test_only_strangers_are_400_in_the_same_envelope(desk: Desk) -> None:
    reply = await desk.ask("POST", "/api/v4/calls", [a_call(phone=STRANGER)])
    assert (reply.status, reply.json) == (
        400,
        {
            "_total_items": 0,
            "errors": [{"title": "Entity not found", "status": 263, "request_id": "0"}],
            "_embedded": {"calls": []},
        },
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"call_result": None}, "NotNullable"),
        ({"call_status": None}, "NotNullable"),
        ({"call_status": 8}, "NotSupportedChoice"),
        ({"direction": "in"}, "NotSupportedChoice"),
        ({"duration": "10"}, "InvalidType"),
    ],
)
async def test_bad_values_refuse_the_batch(desk: Desk, change: dict[str, Any], code: str) -> None:
    before = len(desk.account.notes)
    reply = await desk.ask("POST", "/api/v4/calls", [a_call(), a_call(**change)])
    (name,) = change
    (wrong,) = reply.json["validation-errors"]
    assert (reply.status, wrong["request_id"]) == (400, "1")
    assert [(e["path"], e["code"]) for e in wrong["errors"]] == [(name, code)]
    assert len(desk.account.notes) == before


async def test_missing_source_and_null_link(desk: Desk) -> None:
    without = {name: value for name, value in a_call().items() if name != "source"}
    reply = await desk.ask("POST", "/api/v4/calls", [without])
    assert reply.json["validation-errors"][0]["errors"][0]["code"] == "FieldMissing"
    assert (await desk.ask("POST", "/api/v4/calls", [a_call(link=None)])).status == 200


async def test_uniq_is_unique_only_by_the_switch(desk: Desk) -> None:
    for _ in range(2):
        assert (await desk.ask("POST", "/api/v4/calls", [a_call(uniq="u-1")])).status == 200
    desk.world.switches.calls_uniq_is_unique = True
    reply = await desk.ask("POST", "/api/v4/calls", [a_call(uniq="u-1")])
    assert (reply.status, reply.json["errors"][0]["status"]) == (400, 264)


async def test_who_made_the_call(desk: Desk) -> None:
    second = list(desk.account.users)[1]
    await desk.ask("POST", "/api/v4/calls", [a_call(call_responsible=second, created_by=0)])
    note = desk.account.notes[max(desk.account.notes)]
    assert (note["created_by"], note["responsible_user_id"]) == (second, second)


async def test_a_popup_for_a_known_caller(desk: Desk) -> None:
    one, two = list(desk.account.users)[:2]
    event = {"type": "phone_call", "phone_number": KNOWN_PHONE, "users": [one, two]}
    reply = await desk.ask("POST", "/api/v2/events", {"add": [event]})
    (item,) = reply.json["_embedded"]["items"]
    lead = desk.card("leads")
    assert reply.json["_links"] == {"self": {"href": "/api/v2/events", "method": "post"}}
    assert (item["element_type"], item["element_id"]) == (2, lead["id"])
    assert item["phone_number"] == KNOWN_PHONE
    assert desk.account.popups[-1]["users"] == [one, two]


async def test_a_popup_of_a_stranger_for_everybody(desk: Desk) -> None:
    event = {"type": "phone_call", "phone_number": STRANGER}
    reply = await desk.ask("POST", "/api/v2/events", {"add": [event]})
    (item,) = reply.json["_embedded"]["items"]
    assert (item["element_type"], item["element_id"]) == (None, None)
    assert desk.account.popups[-1]["users"] is None


async def test_the_old_search_by_a_number(desk: Desk) -> None:
    path = "/private/api/v2/json/contacts/list?type=all&query=8(000)0000101"
    (row,) = (await desk.ask("GET", path)).json["response"]["contacts"]
    contact = desk.card("contacts")
    assert (row["id"], row["type"]) == (contact["id"], "contact")
    assert row["custom_fields"][0]["values"][0]["value"] == KNOWN_PHONE
    nobody = await desk.ask("GET", "/private/api/v2/json/contacts/list?type=all&query=9999999999")
    assert (nobody.status, nobody.text) == (204, "")


async def test_a_call_is_an_event_too(desk: Desk) -> None:
    await desk.ask("POST", "/api/v4/calls", [a_call(), a_call(direction="outbound")])
    query = "filter[type][]=incoming_call&filter[type][]=outgoing_call"
    events = (await desk.ask("GET", f"/api/v4/events?{query}")).json["_embedded"]["events"]
    lead = desk.card("leads")["id"]
    assert sorted(event["type"] for event in events) == ["incoming_call", "outgoing_call"]
    assert {(event["entity_type"], event["entity_id"]) for event in events} == {("lead", lead)}
