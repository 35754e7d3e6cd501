"""Every trap of the contract's table of webhooks (§1.6), on the wire."""

from typing import Any

from kommutator.twins.amocrm.changes import Change
from tests.twins.amocrm.telephony.desk import Desk, Hearer

ALL_OF_LEADS = ("add_lead", "update_lead", "status_lead", "responsible_lead", "delete_lead")
ALL_OF_PEOPLE = ("add_contact", "update_contact", "delete_contact", "add_company", "update_company")


def change(desk: Desk, entity: str, action: str, row: dict[str, Any], **new: Any) -> dict[str, Any]:
    """A change somebody makes in the interface."""
    before = dict(row)
    row.update(new)
    told = None if action == "add" else before
    at = desk.world.now()
    desk.world.changed(desk.account, Change(entity, action, told, dict(row), 0, at, frozenset(new)))
    return before


async def test_envelope_and_headers(desk: Desk, hearer: Hearer) -> None:
    await desk.subscribe(hearer.url, "add_lead")
    lead = desk.card("leads")
    lead["name"] = "Заказ № 1"
    change(desk, "leads", "add", lead)
    (body,) = await hearer.heard()
    assert hearer.bodies[0].startswith("account%5Bsubdomain%5D=demo&account%5Bid%5D=31000001&")
    assert (
        "&leads%5Badd%5D%5B0%5D%5Bname%5D=%D0%97%D0%B0%D0%BA%D0%B0%D0%B7+%E2%84%96+1&"
        in (hearer.bodies[0])
    )
    headers = hearer.headers[0]
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert headers["User-Agent"] == "amoCRM-Webhooks/3.0"
    assert (headers["Accept-Encoding"], len(headers["X-Amocrm-Requestid"])) == ("gzip", 36)
    assert body["account"]["_links"] == {"self": desk.account.base_url}


async def test_account_may_come_last(desk: Desk, hearer: Hearer) -> None:
    desk.world.switches.hook_account_first = False
    await desk.subscribe(hearer.url, "add_lead")
    change(desk, "leads", "add", desk.card("leads"))
    await hearer.heard()
    assert hearer.bodies[0].startswith("leads%5Badd%5D%5B0%5D%5Bid%5D=")
    assert "account%5B_links%5D%5Bself%5D=" in hearer.bodies[0].rpartition("&")[2]


async def test_a_stage_speaks_legacy(desk: Desk, hearer: Hearer) -> None:
    await desk.subscribe(hearer.url, "status_lead")
    lead = desk.card("leads")
    old = lead["status_id"]
    change(desk, "leads", "update", lead, status_id=142)
    (body,) = await hearer.heard()
    item = body["leads"]["status"]["0"]
    assert (item["status_id"], item["old_status_id"]) == ("142", str(old))
    assert {
        "id", "name", "price", "responsible_user_id", "last_modified", "modified_user_id",
        "created_user_id", "date_create", "pipeline_id", "account_id", "created_at", "updated_at",
    } <= set(item)  # fmt: skip
    assert "custom_fields_values" not in item


async def test_update_carries_the_old_stage_only_by_the_switch(desk: Desk, hearer: Hearer) -> None:
    await desk.subscribe(hearer.url, "update_lead")
    lead = desk.card("leads")
    old = lead["status_id"]
    change(desk, "leads", "update", lead, status_id=142)
    await hearer.heard()
    desk.world.switches.hook_update_old_status = True
    change(desk, "leads", "update", lead, status_id=old)
    plain, full = [body["leads"]["update"]["0"] for body in await hearer.heard(2)]
    assert "old_status_id" not in plain
    assert full["old_status_id"] == "142"


async def test_a_leads_new_owner_is_an_action_of_its_own(desk: Desk, hearer: Hearer) -> None:
    await desk.subscribe(hearer.url, *ALL_OF_LEADS)
    lead = desk.card("leads")
    old, new = lead["responsible_user_id"], list(desk.account.users)[3]
    change(desk, "leads", "update", lead, responsible_user_id=new, status_id=143)
    (body,) = await hearer.heard()
    assert list(body["leads"]) == ["status", "responsible", "update"]
    assert body["leads"]["responsible"]["0"]["old_responsible_user_id"] == str(old)


async def test_companies_travel_as_contacts(desk: Desk, hearer: Hearer) -> None:
    await desk.subscribe(hearer.url, *ALL_OF_PEOPLE)
    company, contact = desk.card("companies"), desk.card("contacts")
    change(desk, "companies", "update", company, name="ООО «Иное»")
    change(desk, "contacts", "update", contact, name="Иной")
    (body,) = await hearer.heard()
    one, two = body["contacts"]["update"].values()
    assert [(one["type"], one["id"]), (two["type"], two["id"])] == [
        ("company", str(company["id"])),
        ("contact", str(contact["id"])),
    ]
    lead = desk.card("leads")["id"]
    assert two["linked_leads_id"] == {str(lead): {"ID": str(lead)}}
    assert two["linked_company_id"] == str(company["id"])
    assert two["custom_fields"]["0"]["code"] == "PHONE"
    assert set(two["custom_fields"]["0"]["values"]["0"]) == {"value", "enum"}


async def test_a_persons_new_owner_is_an_update(desk: Desk, hearer: Hearer) -> None:
    await desk.subscribe(hearer.url, "responsible_contact", "update_contact")
    contact = desk.card("contacts")
    old, new = contact["responsible_user_id"], list(desk.account.users)[4]
    change(desk, "contacts", "update", contact, responsible_user_id=new)
    await hearer.heard()
    desk.world.switches.hook_old_owner_is_current = True
    change(desk, "contacts", "update", contact, responsible_user_id=old)
    first, second = [body["contacts"]["update"] for body in await hearer.heard(2)]
    assert list(first) == ["0"]
    assert first["0"]["old_responsible_user_id"] == str(old)
    assert second["0"]["old_responsible_user_id"] == second["0"]["responsible_user_id"]


async def test_deletion_leaves_ids(desk: Desk, hearer: Hearer) -> None:
    await desk.subscribe(hearer.url, "delete_lead", "delete_contact")
    lead, contact = desk.card("leads"), desk.card("contacts")
    change(desk, "leads", "delete", lead, is_deleted=True)
    change(desk, "contacts", "delete", contact, is_deleted=True)
    (body,) = await hearer.heard()
    assert set(body["leads"]["delete"]["0"]) == {"id", "status_id", "pipeline_id"}
    assert body["contacts"]["delete"]["0"] == {"id": str(contact["id"]), "type": "contact"}


async def test_four_shapes_of_a_value(desk: Desk, hearer: Hearer) -> None:
    await desk.subscribe(hearer.url, "update_lead")
    values: list[tuple[str, dict[str, Any]]] = [
        ("text", {"value": "Валера"}),
        ("date", {"value": 1542067200}),
        ("radiobutton", {"value": "Карта", "enum_id": 2}),
        ("checkbox", {"value": True}),
    ]
    fields = [
        {"field_id": number, "field_name": kind, "field_type": kind, "values": [value]}
        for number, (kind, value) in enumerate(values)
    ]
    change(desk, "leads", "update", desk.card("leads"), custom_fields_values=fields)
    (body,) = await hearer.heard()
    text, date, radio, check = body["leads"]["update"]["0"]["custom_fields"].values()
    assert text["values"] == {"0": {"value": "Валера"}}
    assert date["values"] == {"0": "1542067200"}
    assert radio["values"] == {"value": "Карта", "enum": "2"}
    assert check["values"] == {"0": {"value": "1"}}


async def test_a_note_hides_json_in_strings(desk: Desk, hearer: Hearer) -> None:
    await desk.subscribe(hearer.url, "note_lead")
    call = {"direction": "inbound", "duration": 3, "source": "s", "phone": "+70000000101"}
    await desk.ask("POST", "/api/v4/calls", [call])
    (body,) = await hearer.heard()
    note = body["leads"]["note"]["0"]["note"]
    assert (note["note_type"], note["element_type"]) == ("10", "2")
    assert '"duration":3' in note["text"]
    assert note["metadata"].startswith('{"note_type":"call_in",')
    assert "attachement" in note
    assert note["date_create"][4::3] == "-- ::"


async def test_a_note_with_a_file_is_two_webhooks(desk: Desk, hearer: Hearer) -> None:
    await desk.subscribe(hearer.url, "note_contact")
    note = {"id": 5, "entity_type": "contacts", "entity_id": desk.card("contacts")["id"],
            "note_type": "attachment", "params": {"file_name": "a.pdf"}}  # fmt: skip
    change(desk, "notes", "add", note)
    items = [body["contacts"]["note"]["0"] for body in await hearer.heard(2)]
    assert [item["note"]["attachement"] for item in items] == ["a.pdf", "a.pdf"]
    assert [item["type"] for item in items] == ["contact", "contact"]


async def test_closing_a_task(desk: Desk, hearer: Hearer) -> None:
    await desk.subscribe(hearer.url, "update_task")
    task = next(iter(desk.account.tasks.values()))
    task["complete_till"] = 1_500_757_140
    change(desk, "tasks", "update", task, is_completed=True, result={"text": "Success"})
    (body,) = await hearer.heard()
    item = body["task"]["update"]["0"]
    assert (item["status"], item["action_close"], item["element_type"]) == ("1", "1", "2")
    assert item["complete_till"] == "2017-07-22 23:59:00"
    assert item["complete_before"] == "1500757140"
    assert item["result"]["text"] == "Success"
    assert item["created_at"].isdigit()


async def test_messages_have_words_for_ids(desk: Desk, hearer: Hearer) -> None:
    await desk.order("hooks", destination=hearer.url, settings=["add_message"])
    await desk.order("message", text="Hello World!", contact_id=7)
    (body,) = await hearer.heard()
    message = body["message"]["add"]["0"]
    assert (len(message["id"]), message["text"], message["element_id"]) == (36, "Hello World!", "7")
    assert message["author"]["type"] == "external"


async def test_a_digital_pipeline_is_short_and_sent_once(desk: Desk, hearer: Hearer) -> None:
    hearer.status = 500
    await desk.order("hooks", destination=hearer.url, short=True)
    lead = desk.card("leads")
    old, pipeline = lead["status_id"], lead["pipeline_id"]
    change(desk, "leads", "update", lead, name="Без стадии")
    change(desk, "leads", "update", lead, status_id=142)
    await desk.deliveries("bad", 1)
    await desk.order("clock", advance=10_000)
    assert hearer.parsed == [
        {
            "leads": {
                "status": {
                    "0": {
                        "id": str(lead["id"]),
                        "status_id": "142",
                        "pipeline_id": str(pipeline),
                        "old_status_id": str(old),
                        "old_pipeline_id": str(pipeline),
                    }
                }
            },
            "account": {"id": "31000001", "subdomain": "demo"},
        }
    ]


async def test_several_items_and_actions_in_one_post(desk: Desk, hearer: Hearer) -> None:
    await desk.subscribe(hearer.url, *ALL_OF_LEADS)
    first, second = desk.card("leads"), desk.card("leads", 1)
    change(desk, "leads", "update", first, price=1)
    change(desk, "leads", "update", second, price=2)
    change(desk, "leads", "add", second)
    (body,) = await hearer.heard()
    assert [item["price"] for item in body["leads"]["update"].values()] == ["1", "2"]
    assert body["leads"]["add"]["0"]["id"] == str(second["id"])


async def test_or_each_in_a_post_of_its_own(desk: Desk, hearer: Hearer) -> None:
    desk.world.switches.hook_gather = False
    await desk.subscribe(hearer.url, "update_lead")
    change(desk, "leads", "update", desk.card("leads"), price=1)
    change(desk, "leads", "update", desk.card("leads", 1), price=2)
    assert len(await hearer.heard(2)) == 2
