"""What requests and people's hands make known by webhooks, the whole way."""

from typing import Any

from tests.twins.amocrm.telephony.desk import Desk, Hearer


async def patch(desk: Desk, kind: str, *items: dict[str, Any]) -> None:
    reply = await desk.ask("PATCH", f"/api/v4/{kind}", list(items))
    assert reply.status == 200, reply.text


async def test_a_batch_is_one_post(desk: Desk, hearer: Hearer) -> None:
    await desk.subscribe(hearer.url, "status_lead", "update_lead")
    leads = [desk.card("leads", place) for place in (0, 1, 2)]
    old = [str(lead["status_id"]) for lead in leads]
    await patch(desk, "leads", *({"id": lead["id"], "status_id": 142} for lead in leads))
    (body,) = await hearer.heard()
    items = list(body["leads"]["status"].values())
    assert [item["old_status_id"] for item in items] == old
    assert [item["status_id"] for item in items] == ["142"] * 3
    assert {item["modified_user_id"] for item in items} == {str(desk.account.admin_id())}
    assert len(body["leads"]["update"]) == 3


async def test_create_edit_delete_restore_by_hand(desk: Desk, hearer: Hearer) -> None:
    await desk.subscribe(
        hearer.url, "add_lead", "update_lead", "delete_lead", "restore_lead", "responsible_lead"
    )
    fields = {"name": "Новая", "price": 10}
    lead = await desk.order("act", entity="leads", act="create", fields=fields)
    user = list(desk.account.users)[3]
    edit = {"responsible_user_id": user}
    await desk.order("act", entity="leads", act="edit", id=lead["id"], fields=edit)
    await desk.order("act", entity="leads", act="delete", id=lead["id"])
    await desk.order("act", entity="leads", act="restore", id=lead["id"])
    bodies = await hearer.heard(4)
    assert [sorted(body["leads"]) for body in bodies] == [
        ["add"],
        ["responsible", "update"],
        ["delete"],
        ["restore"],
    ]
    assert bodies[0]["leads"]["add"]["0"]["name"] == "Новая"
    assert bodies[1]["leads"]["responsible"]["0"]["responsible_user_id"] == str(user)


async def test_a_contact_with_a_phone_and_a_lead(desk: Desk, hearer: Hearer) -> None:
    await desk.subscribe(hearer.url, "add_contact", "update_contact")
    contact = desk.card("contacts")
    phone = {"field_code": "PHONE", "values": [{"value": "+70000000777", "enum_code": "WORK"}]}
    await patch(desk, "contacts", {"id": contact["id"], "custom_fields_values": [phone]})
    (body,) = await hearer.heard()
    item = body["contacts"]["update"]["0"]
    assert item["custom_fields"]["0"]["values"]["0"]["value"] == "+70000000777"
    assert item["custom_fields"]["0"]["values"]["0"]["enum"].isdigit()
    assert (item["type"], item["name"]) == ("contact", "Андрей Тестов")
    assert item["linked_leads_id"] == {
        str(n): {"ID": str(n)} for n in desk.account.links.ids(("contacts", contact["id"]), "leads")
    }


async def test_a_note_and_a_task(desk: Desk, hearer: Hearer) -> None:
    await desk.subscribe(hearer.url, "note_company", "add_task", "update_task", "delete_task")
    company = desk.card("companies")["id"]
    note = [{"note_type": "common", "params": {"text": "Привет"}}]
    await desk.ask("POST", f"/api/v4/companies/{company}/notes", note)
    task = [
        {"text": "Позвонить", "complete_till": 1_800_000_000, "entity_id": company,
         "entity_type": "companies"}
    ]  # fmt: skip
    made = (await desk.ask("POST", "/api/v4/tasks", task)).json["_embedded"]["tasks"][0]["id"]
    done = {"is_completed": True, "result": {"text": "Готово"}}
    await desk.ask("PATCH", f"/api/v4/tasks/{made}", done)
    noted, added, closed = await hearer.heard(3)
    assert noted["contacts"]["note"]["0"]["type"] == "company"
    assert noted["contacts"]["note"]["0"]["note"]["text"] == "Привет"
    assert (added["task"]["add"]["0"]["element_type"], added["task"]["add"]["0"]["status"]) == (
        "3",
        "0",
    )
    item = closed["task"]["update"]["0"]
    assert (item["action_close"], item["result"]["text"]) == ("1", "Готово")


async def test_another_account_hears_nothing(desk: Desk, hearer: Hearer) -> None:
    large = desk.world.account("large")
    await desk.order("hooks", account="large", destination=hearer.url, settings=["update_lead"])
    await patch(desk, "leads", {"id": desk.card("leads")["id"], "price": 5})
    lead = next(iter(large.cards["leads"].values()))["id"]
    edit = {"price": 6}
    await desk.order("act", account="large", entity="leads", act="edit", id=lead, fields=edit)
    (body,) = await hearer.heard()
    assert body["account"]["subdomain"] == "large"
    assert body["leads"]["update"]["0"]["id"] == str(lead)


async def test_reset_withdraws_what_waits(desk: Desk, hearer: Hearer) -> None:
    hearer.status = 500
    await desk.subscribe(hearer.url, "update_lead")
    await patch(desk, "leads", {"id": desk.card("leads")["id"], "price": 5})
    await desk.deliveries("bad", 1)
    await desk.order("reset")
    await desk.order("clock", advance=10_000)
    assert await desk.deliveries("bad", 0) == []
    assert len(hearer.bodies) == 1
