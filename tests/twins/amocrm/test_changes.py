"""A manager's hands, tasks, notes, links, settings; the journal and the one place of changes."""

from typing import Any

from kommutator.twins import RunningTwins
from kommutator.twins.amocrm import AmoCrmTwin
from kommutator.twins.amocrm.account import Account
from kommutator.twins.amocrm.changes import Change
from tests.twins.amocrm.client import Amo


async def first(amo: Amo, kind: str) -> dict[str, Any]:
    return dict((await amo.get(f"{kind}?limit=1")).json["_embedded"][kind][0])


async def journal(amo: Amo, query: str = "") -> list[dict[str, Any]]:
    answer = await amo.get(f"events?{query}")
    return list(answer.json["_embedded"]["events"]) if answer.status == 200 else []


async def test_everybody_is_told_of_every_change(amo_twins: RunningTwins, amo: Amo) -> None:
    twin = amo_twins.twins["amocrm"]
    assert isinstance(twin, AmoCrmTwin)
    told: list[tuple[str, str, str, frozenset[str]]] = []

    def listen(account: Account, change: Change) -> None:
        told.append((account.name, change.entity, change.action, change.keys))

    twin.world.subscribe(listen)
    made = await amo.order("act", entity="leads", act="create", fields={"name": "Новая"})
    lead = made["id"]
    await amo.api("PATCH", f"leads/{lead}", {"price": 7, "updated_at": made["updated_at"]})
    await amo.order("act", entity="leads", act="delete", id=lead)
    await amo.order("act", entity="leads", act="restore", id=lead)
    note = {"note_type": "common", "params": {"text": "x"}}
    on = {"entity": "leads", "id": lead}
    await amo.order("act", entity="notes", act="create", on=on, fields=note)
    assert told == [
        ("demo", "leads", "add", frozenset()),
        ("demo", "leads", "update", frozenset({"price"})),
        ("demo", "leads", "delete", frozenset({"is_deleted"})),
        ("demo", "leads", "restore", frozenset({"is_deleted"})),
        ("demo", "notes", "add", frozenset()),
    ]
    kinds = [row["type"] for row in await journal(amo, f"filter[entity_id][]={lead}")]
    assert kinds == ["common_note_added", "lead_restored", "lead_deleted", "sale_field_changed",
                     "lead_added"]  # fmt: skip


async def test_the_basket(amo: Amo) -> None:
    contact = await first(amo, "contacts")
    await amo.order("act", entity="contacts", act="delete", id=contact["id"])
    assert (await amo.get(f"contacts/{contact['id']}")).status == 204
    assert (await amo.get("contacts?query=0000000101")).status == 204
    basket = (await amo.get("contacts?with=only_deleted")).json["_embedded"]["contacts"]
    assert [row["id"] for row in basket] == [contact["id"]]
    again = await amo.order("act", entity="contacts", act="delete", id=contact["id"])
    assert again == {"error": "it is already so"}
    await amo.order("act", entity="contacts", act="restore", id=contact["id"])
    assert (await amo.get("contacts?query=0000000101")).status == 200


async def test_the_manager_obeys_the_same_checks(amo: Amo) -> None:
    lead = await first(amo, "leads")
    refused = await amo.order("act", entity="leads", act="edit", id=lead["id"],
                              fields={"status_id": 1})  # fmt: skip
    assert "NotSupportedChoice" in refused["error"]


async def test_responsible_and_fields_in_the_journal(amo: Amo) -> None:
    contact, users = await first(amo, "contacts"), (await amo.get("users")).json
    other = users["_embedded"]["users"][3]["id"]
    phone = {"field_code": "PHONE", "values": [{"value": "+70000009999", "enum_code": "MOB"}]}
    body = {"responsible_user_id": other, "custom_fields_values": [phone]}
    await amo.api("PATCH", f"contacts/{contact['id']}", body)
    changed, values = await journal(amo)
    values, changed = (values, changed) if "custom" in values["type"] else (changed, values)
    assert changed["type"] == "entity_responsible_changed"
    assert changed["value_after"] == [{"responsible_user": {"id": other}}]
    assert changed["value_before"] == [{"responsible_user": {"id": contact["responsible_user_id"]}}]
    assert values["value_after"][0]["custom_field_value"]["text"] == "+70000009999"
    assert (await amo.get("contacts?query=+70000000101")).status == 204
    wide = "&".join(f"filter[entity_id][]={n}" for n in range(11))
    assert (await amo.get(f"events?{wide}")).status == 400
    assert (await amo.get("events?limit=101")).status == 422
    assert await journal(amo, "filter[type][]=lead_added") == []
    assert await journal(amo, f"filter[created_at][from]={changed['created_at'] + 1}") == []


async def test_tasks(amo: Amo) -> None:
    lead = await first(amo, "leads")
    refused = await amo.api("POST", "tasks", [{"entity_type": "contact", "entity_id": 1}])
    errors = refused.json["validation-errors"][0]["errors"]
    assert [(e["code"], e["path"]) for e in errors] == [
        ("FieldMissing", "text"),
        ("FieldMissing", "complete_till"),
        ("NotSupportedChoice", "entity_type"),
    ]
    body = {"text": "Раньше", "complete_till": 100, "entity_id": lead["id"],
            "entity_type": "leads"}  # fmt: skip
    made = (await amo.api("POST", "tasks", [body])).json["_embedded"]["tasks"][0]["id"]
    assert (await amo.get(f"leads/{lead['id']}")).json["closest_task_at"] == 100
    assert (await amo.get(f"tasks/{made}")).json["result"] == []
    done = {"is_completed": True, "result": {"text": "Сделано"}}
    assert (await amo.api("PATCH", f"tasks/{made}", done)).status == 200
    assert (await amo.get(f"leads/{lead['id']}")).json["closest_task_at"] > 100
    gone = await amo.order("act", entity="tasks", act="create", fields=body)
    await amo.order("act", entity="tasks", act="delete", id=gone["id"])
    assert (await amo.get(f"leads/{lead['id']}")).json["closest_task_at"] > 100
    listed = (await amo.get("tasks?filter[is_completed]=1")).json["_embedded"]["tasks"]
    assert [(row["id"], row["result"]) for row in listed] == [(made, {"text": "Сделано"})]
    assert [row["type"] for row in await journal(amo)] == [
        "task_deleted",
        "task_added",
        "task_result_added",
        "task_completed",
        "task_added",
    ]


async def test_notes_of_calls(amo: Amo) -> None:
    contact = await first(amo, "contacts")
    bad = {"entity_id": contact["id"], "note_type": "call_in", "params": {"uniq": "u"}}
    refused = await amo.api("POST", "contacts/notes", [bad])
    assert [e["path"] for e in refused.json["validation-errors"][0]["errors"]] == [
        "params.duration",
        "params.source",
        "params.phone",
    ]
    params = {"uniq": "u", "duration": 5, "source": "PBX", "phone": "+70000000101", "link": None}
    made = await amo.api("POST", "contacts/notes", [bad | {"params": params}])
    note = made.json["_embedded"]["notes"][0]["id"]
    path = f"contacts/{contact['id']}/notes/{note}"
    assert (await amo.get(path)).json["params"] == params
    await amo.api("PATCH", path, {"params": params | {"link": "http://x"}})
    assert (await amo.get(path)).json["params"]["link"] == "http://x"
    assert [row["type"] for row in await journal(amo)] == ["incoming_call"]


async def test_links(amo: Amo) -> None:
    lead, contact = (await amo.get("leads?limit=2")).json["_embedded"]["leads"][1], None
    contact = await first(amo, "contacts")
    body = [{"to_entity_id": contact["id"], "to_entity_type": "contacts",
             "metadata": {"is_main": True}}]  # fmt: skip
    linked = (await amo.api("POST", f"leads/{lead['id']}/link", body)).json
    assert linked["_embedded"]["links"][0]["metadata"] == {"main_contact": True}
    shown = (await amo.get(f"leads/{lead['id']}?with=contacts")).json["_embedded"]["contacts"]
    assert sorted(row["is_main"] for row in shown) == [False, True]
    many = (await amo.get(f"leads/links?filter[entity_id][]={lead['id']}")).json
    assert many["_total_items"] == 3
    assert (await amo.api("POST", f"leads/{lead['id']}/unlink", body)).status == 204
    shown = (await amo.get(f"leads/{lead['id']}?with=contacts")).json["_embedded"]["contacts"]
    assert contact["id"] not in [row["id"] for row in shown]
    refused = await amo.api("POST", f"leads/{lead['id']}/link",
                            [{"to_entity_id": 1, "to_entity_type": "contacts"}])  # fmt: skip
    assert refused.status == 400


async def test_custom_fields(amo: Amo) -> None:
    order = [{"name": "Тариф", "type": "select", "enums": [{"value": "А"}, {"value": "Б"}]}]
    made = (await amo.api("POST", "leads/custom_fields", order)).json
    (field,) = made["_embedded"]["custom_fields"]
    path = f"leads/custom_fields/{field['id']}"
    await amo.api("PATCH", path, {"name": "План"})
    assert (await amo.get(path)).json["name"] == "План"
    lead = await first(amo, "leads")
    value = [{"field_id": field["id"], "values": [{"value": "Б"}]}]
    await amo.api("PATCH", f"leads/{lead['id']}", {"custom_fields_values": value})
    kept = (await amo.get(f"leads/{lead['id']}")).json["custom_fields_values"]
    assert kept[0]["values"][0]["enum_id"] == field["enums"][1]["id"]
    assert (await amo.api("DELETE", path)).status == 204
    assert (await amo.get(f"leads/{lead['id']}")).json["custom_fields_values"] is None
    phone = (await amo.get("contacts/custom_fields")).json["_embedded"]["custom_fields"][0]
    assert (await amo.api("DELETE", f"contacts/custom_fields/{phone['id']}")).status == 403
    wrong = await amo.api("POST", "leads/custom_fields", [{"name": "x", "type": "magic"}])
    assert wrong.status == 400


async def test_pipelines(amo: Amo) -> None:
    order = [{"name": "Опт", "_embedded": {"statuses": [{"name": "Начало"},
             {"id": 142, "name": "Ура"}]}}]  # fmt: skip
    made = (await amo.api("POST", "leads/pipelines", order)).json["_embedded"]["pipelines"][0]
    names = {row["id"]: row["name"] for row in made["_embedded"]["statuses"]}
    assert (names[142], names[143]) == ("Ура", "Закрыто и не реализовано")
    assert [row["type"] for row in made["_embedded"]["statuses"]] == [1, 0, 0, 0]
    stages = f"leads/pipelines/{made['id']}/statuses"
    more = (await amo.api("POST", stages, [{"name": "Ещё", "sort": 50}])).json
    stage = more["_embedded"]["statuses"][0]["id"]
    await amo.api("PATCH", f"{stages}/{stage}", {"name": "Ещё раз"})
    assert (await amo.get(f"{stages}/{stage}")).json["name"] == "Ещё раз"
    assert (await amo.api("DELETE", f"{stages}/142")).status == 403
    assert (await amo.api("DELETE", f"{stages}/{stage}")).status == 204
    assert (await amo.api("DELETE", f"leads/pipelines/{made['id']}")).status == 204
    assert (await amo.get("leads/pipelines")).json["_total_items"] == 2


async def test_waiting_and_starting_anew(amo: Amo) -> None:
    await amo.api("POST", "leads", [{"name": "Ждут"}])
    found = (await amo.send("GET", f"{amo.root}/_twin/wait?what=leads&name=Ждут&timeout=5")).json
    assert (found["ok"], len(found["items"])) == (True, 1)
    await amo.send("POST", f"{amo.root}/_twin/accounts", json={"name": "third", "users": 3})
    await amo.send("POST", f"{amo.root}/_twin/reset", json={})
    facts = (await amo.send("GET", f"{amo.root}/_twin/credentials")).json
    assert [row["name"] for row in facts["accounts"]] == ["demo", "large"]
    assert facts["integrations"][0]["client_secret"] == amo.integration["client_secret"]
    assert (await amo.get("account")).status == 401
    assert len((await amo.state())["leads"]) == 60
