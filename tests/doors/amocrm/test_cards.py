"""Cards through our own API: what goes out, what comes back, once under a client's key."""

import asyncio
from datetime import datetime
from typing import Any

import pytest

from kommutator.domain.crm_data import EntityKind
from kommutator.flows.house import House
from tests.support.amocrm_house import Door, connect, open_door
from tests.support.asgi import Asgi
from tests.support.cards import NOW
from tests.support.house import TenantOfTests
from tests.support.waiting import eventually

API = "/api/v1/amocrm"
LEADS = EntityKind.LEADS


@pytest.fixture
async def door(house: House, here: TenantOfTests) -> Door:
    opened = open_door(house)
    await connect(opened, here, "31920194")
    return opened


@pytest.fixture
def caller(door: Door, here: TenantOfTests) -> Asgi:
    return door.of(here)


async def test_leads_come_in_pages_typed(door: Door, caller: Asgi) -> None:
    made = door.box.seed(LEADS, 3)
    door.box.rows[LEADS][made[0]] |= {
        "closed_at": NOW,
        "_embedded": {"tags": [{"id": 5, "name": "vip"}], "contacts": [{"id": 7, "is_main": True}]},
        "custom_fields_values": [
            {"field_id": 1, "field_name": "Sum", "field_code": None, "field_type": "numeric",
             "values": [{"value": "12.5"}]},
            {"field_id": 2, "field_name": "Day", "field_code": None, "field_type": "date",
             "values": [{"value": 1542067200}]},
        ],
    }  # fmt: skip
    reply = await caller.get(f"{API}/leads?page=1&limit=2")
    body = reply.json()
    assert (reply.status, body["page"], body["limit"], body["has_more"]) == (200, 1, 2, True)
    first = body["data"][0]
    assert (first["id"], first["name"], first["price"]) == (made[0], "lead 0", 0)
    assert first["created_at"] == "2026-09-21T14:13:20Z"
    assert first["closed_at_unix"] == NOW
    assert first["tags"] == [{"id": 5, "name": "vip"}]
    assert first["contacts"] == [{"id": 7, "is_main": True}]
    assert [field["values"][0]["value"] for field in first["custom_fields"]] == [12.5, "2018-11-13"]
    last = (await caller.get(f"{API}/leads?page=2&limit=2")).json()
    assert ([lead["id"] for lead in last["data"]], last["has_more"]) == ([made[2]], False)


async def test_filters_reach_the_crm_and_a_status_alone_means_any_pipeline(
    door: Door, caller: Asgi
) -> None:
    asked: list[Any] = []
    inner = door.box.entities

    async def entities(account: Any, kind: Any, query: Any) -> Any:
        asked.append(query)
        return await inner(account, kind, query)

    door.box.entities = entities  # type: ignore[method-assign]  # listened to
    await caller.get(
        f"{API}/leads?query=%D0%98%D0%B2%D0%B0%D0%BD&pipeline_id=3&responsible_user_id=11"
        "&updated_from=2026-11-01T00:00:00Z&created_to=1790000000&with=contacts"
    )
    assert (asked[0].text, asked[0].pipeline_ids, asked[0].responsible_ids) == ("Иван", (3,), (11,))
    assert asked[0].updated_from == datetime.fromisoformat("2026-11-01T00:00:00+00:00")
    assert asked[0].created_to.timestamp() == 1_790_000_000
    await caller.get(f"{API}/leads?status_id=142")
    assert (asked[1].stages, asked[1].pipeline_ids) == (((3, 142),), ())
    nowhere = await caller.get(f"{API}/leads?status_id=999")
    assert (nowhere.json()["data"], len(asked)) == ([], 2)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_a_change_sends_only_the_given_keys_and_answers_the_lead_re_read(
    door: Door, caller: Asgi, method: str
) -> None:
    (lead,) = door.box.seed(LEADS, 1)
    sent: list[Any] = []
    inner = door.box.update_many

    async def update_many(account: Any, kind: Any, items: Any) -> Any:
        sent.extend(items)
        return await inner(account, kind, items)

    door.box.update_many = update_many  # type: ignore[method-assign]  # listened to
    body = {"name": "Обновленная сделка", "price": 100000, "status_id": 142}
    reply = await caller.request(method, f"{API}/leads/{lead}", json_body=body)
    assert sent == [{**body, "id": lead}]
    told = reply.json()
    assert (reply.status, told["name"], told["price"], told["status_id"]) == (
        200, "Обновленная сделка", 100000, 142,
    )  # fmt: skip


async def test_what_amocrm_does_not_have_is_404_and_what_it_refuses_422(
    door: Door, caller: Asgi
) -> None:
    (lead,) = door.box.seed(LEADS, 1)
    unknown = await caller.get(f"{API}/leads/999999")
    assert (unknown.status, unknown.code) == (404, "crm_card_unknown")
    gone = await caller.request("PUT", f"{API}/leads/999999", json_body={"price": 1})
    assert (gone.status, gone.code) == (404, "crm_card_unknown")
    refused = await caller.request("PUT", f"{API}/leads/{lead}", json_body={"name": "bad"})
    assert (refused.status, refused.code) == (422, "crm_card_refused")
    assert refused.json()["error"]["fields"] == [{"field": "body.name", "problem": "InvalidType"}]
    misspelt = await caller.request("PUT", f"{API}/leads/{lead}", json_body={"prise": 1})
    assert (misspelt.status, misspelt.code) == (400, "request_invalid")


async def test_a_busy_crm_is_429_with_the_time_to_wait(door: Door, caller: Asgi) -> None:
    (lead,) = door.box.seed(LEADS, 1)
    door.box.faults = ["busy"]
    reply = await caller.request("PUT", f"{API}/leads/{lead}", json_body={"price": 1})
    assert (reply.status, reply.code) == (429, "vendor_asks_to_wait")
    assert reply.header("retry-after") == "1"


async def test_one_key_makes_one_lead(door: Door, caller: Asgi) -> None:
    keyed = caller.with_headers(Idempotency_Key="order-17")
    first = await keyed.post(f"{API}/leads", json_body={"name": "New", "price": 5})
    again = await keyed.post(f"{API}/leads", json_body={"name": "New", "price": 5})
    assert (first.status, again.status) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    assert len(door.box.rows[LEADS]) == 1
    other = await keyed.post(f"{API}/leads", json_body={"name": "Another"})
    assert (other.status, other.code) == (409, "idempotency_key_reused")
    contact = await keyed.post(f"{API}/contacts", json_body={"name": "New"})
    assert contact.status == 201  # another path, another request


@pytest.mark.parametrize("fault", ["silent", "dropped"])
async def test_a_lost_answer_is_looked_up_before_anything_is_repeated(
    door: Door, caller: Asgi, fault: str
) -> None:
    door.box.faults = [fault]
    reply = await caller.post(f"{API}/leads", json_body={"name": "New", "price": 5})
    assert reply.status == 201
    assert [row["name"] for row in door.box.rows[LEADS].values()] == ["New"]


async def test_a_client_that_comes_back_after_two_lost_answers_finds_its_lead(
    door: Door, caller: Asgi
) -> None:
    keyed = caller.with_headers(Idempotency_Key="order-18")
    door.box.faults = ["dropped", "silent"]
    lost = await keyed.post(f"{API}/leads", json_body={"name": "New"})
    assert (lost.status, len(door.box.rows[LEADS])) == (424, 1)
    found = await keyed.post(f"{API}/leads", json_body={"name": "New"})
    assert (found.status, len(door.box.rows[LEADS])) == (201, 1)


async def test_a_request_under_way_is_not_made_twice_and_one_that_died_is_found(
    door: Door, house: House, caller: Asgi
) -> None:
    """The first one is written at the CRM and never heard of again, as if its process died."""
    keyed = caller.with_headers(Idempotency_Key="order-21")
    door.box.faults = ["hang"]
    first = asyncio.create_task(keyed.post(f"{API}/leads", json_body={"name": "New"}))
    await eventually(lambda: len(door.box.rows[LEADS]) == 1)
    busy = await keyed.post(f"{API}/leads", json_body={"name": "New"})
    assert (busy.status, busy.code) == (409, "idempotency_under_way")
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    async with house.db.unit() as unit:
        await unit.connection.execute("UPDATE answered_requests SET lease_until = now()")
    found = await keyed.post(f"{API}/leads", json_body={"name": "New"})
    assert (found.status, list(door.box.rows[LEADS])) == (201, [found.json()["id"]])


async def test_a_refused_request_may_be_corrected_under_another_try(
    door: Door, caller: Asgi
) -> None:
    keyed = caller.with_headers(Idempotency_Key="order-19")
    assert (await keyed.post(f"{API}/leads", json_body={"name": "bad"})).status == 422
    assert (await keyed.post(f"{API}/leads", json_body={"name": "good"})).status == 201


async def test_a_lead_with_its_contact_is_made_once(door: Door, caller: Asgi) -> None:
    body = {
        "name": "New", "price": 5000,
        "_embedded": {"contacts": [{"first_name": "Иван", "last_name": "Петров"}]},
    }  # fmt: skip
    keyed = caller.with_headers(Idempotency_Key="order-20")
    made = await keyed.post(f"{API}/leads/complex", json_body=body)
    assert (made.status, made.json()["merged"], made.json()["lead"]["price"]) == (201, False, 5000)
    again = (await keyed.post(f"{API}/leads/complex", json_body=body)).json()
    assert (again["id"], again["contact_id"]) == (made.json()["id"], made.json()["contact_id"])
    assert len(door.box.rows[LEADS]) == 1
    door.box.faults = ["silent"]
    assert (await caller.post(f"{API}/leads/complex", json_body=body)).status == 201
    assert len(door.box.rows[LEADS]) == 2
    both = {"name": "Two", "_embedded": {"contacts": [{"name": "a"}, {"name": "b"}]}}
    assert (await caller.post(f"{API}/leads/complex", json_body=both)).status == 400


async def test_contacts_and_companies(door: Door, caller: Asgi) -> None:
    made = await caller.post(f"{API}/contacts", json_body={"name": "Иван", "last_name": "Петров"})
    contact = made.json()["id"]
    found = (await caller.get(f"{API}/contacts?query=%D0%B8%D0%B2%D0%B0%D0%BD")).json()["data"]
    assert [(one["id"], one["last_name"]) for one in found] == [(contact, "Петров")]
    changed = await caller.request(
        "PUT", f"{API}/contacts/{contact}", json_body={"first_name": "Пётр"}
    )
    assert (changed.json()["first_name"], changed.json()["name"]) == ("Пётр", "Иван")
    company = await caller.post(f"{API}/companies", json_body={"name": "Firm"})
    assert (await caller.get(f"{API}/companies/{company.json()['id']}")).json()["name"] == "Firm"
    assert (await caller.get(f"{API}/contacts/{company.json()['id']}")).status == 404


async def test_pipelines_and_users(caller: Asgi, door: Door) -> None:
    del door
    pipelines = (await caller.get(f"{API}/pipelines")).json()["data"]
    assert [stage["id"] for stage in pipelines[0]["statuses"]] == [31, 142]
    assert (await caller.get(f"{API}/users")).json()["data"][0]["email"] == "olga@firm.example"


async def test_tasks_are_made_once_and_completed(door: Door, caller: Asgi) -> None:
    body = {
        "text": "Перезвонить", "complete_till": "2026-12-01T12:00:00Z",
        "entity_type": "leads", "entity_id": 5,
    }  # fmt: skip
    door.box.faults = ["silent"]
    made = (await caller.post(f"{API}/tasks", json_body=body)).json()
    assert (made["complete_till_unix"], made["is_completed"]) == (1796126400, False)
    assert len(door.box.tasks_made) == 1
    url = f"{API}/tasks/{made['id']}/complete"
    done = (await caller.post(url, json_body={"result": "Договорились"})).json()
    assert (done["is_completed"], done["result"]) == (True, "Договорились")
    assert (await caller.post(f"{API}/tasks/7/complete")).status == 404
    listed = (await caller.get(f"{API}/tasks?entity_type=leads")).json()
    assert [task["id"] for task in listed["data"]] == [made["id"]]


async def test_notes_are_made_once(door: Door, caller: Asgi) -> None:
    (lead,) = door.box.seed(LEADS, 1)
    door.box.faults = ["silent"]
    made = await caller.post(f"{API}/leads/{lead}/notes", json_body={"text": "Просит скидку"})
    assert made.status == 201
    notes = (await caller.get(f"{API}/leads/{lead}/notes")).json()["data"]
    assert [(note["note_type"], note["params"]) for note in notes] == [
        ("common", {"text": "Просит скидку"})
    ]
    assert (await caller.post(f"{API}/leads/9/notes", json_body={"text": "x"})).status == 404


async def test_cards_are_linked(door: Door, caller: Asgi) -> None:
    (lead,) = door.box.seed(LEADS, 1)
    body = {"to_type": "contacts", "to_id": 7, "is_main": True}
    assert (await caller.post(f"{API}/leads/{lead}/link", json_body=body)).status == 200
    assert [(kind, at, link.to_id) for kind, at, link in door.box.linked] == [("leads", lead, 7)]
    assert (await caller.post(f"{API}/leads/{lead}/unlink", json_body=body)).status == 200
    assert door.box.linked == []


async def test_a_bulk_is_ordered_once_followed_and_cancelled(door: Door, caller: Asgi) -> None:
    made = door.box.seed(LEADS, 2)
    body = {"action": "update", "items": [{"id": one, "price": 9} for one in made], "batch": 50}
    keyed = caller.with_headers(Idempotency_Key="month-end")
    ordered = await keyed.post(f"{API}/leads/bulk", json_body=body)
    assert ordered.status == 202
    job = ordered.json()
    assert (job["state"], job["total"], job["waiting"], job["batch"]) == ("waiting", 2, 2, 50)
    assert (await keyed.post(f"{API}/leads/bulk", json_body=body)).json()["id"] == job["id"]
    listed = (await caller.get(f"{API}/bulk")).json()
    assert [row["id"] for row in listed["items"]] == [job["id"]]
    items = (await caller.get(f"{API}/bulk/{job['id']}/items?limit=1")).json()
    assert [(row["position"], row["entity_id"]) for row in items["items"]] == [(1, made[0])]
    rest = await caller.get(f"{API}/bulk/{job['id']}/items?cursor={items['next_cursor']}")
    assert [row["position"] for row in rest.json()["items"]] == [2]
    sheet = (await caller.get(f"{API}/bulk/{job['id']}/items.csv")).body.decode("utf-8-sig")
    assert sheet.splitlines()[:2] == [
        "position;id;state;error;note;attempts;ended_at", f"1;{made[0]};waiting;;;0;",
    ]  # fmt: skip
    cancelled = (await caller.post(f"{API}/bulk/{job['id']}/cancel")).json()
    assert (cancelled["state"], cancelled["cancelled"]) == ("cancelled", 2)
    assert (await caller.post(f"{API}/bulk/{job['id']}/retry")).code == "bulk_cancelled"


async def test_a_bulk_whose_answer_was_lost_is_not_ordered_again(
    door: Door, house: House, caller: Asgi
) -> None:
    """The process died between the job and its answer: the next try finds the job."""
    keyed = caller.with_headers(Idempotency_Key="month-end")
    body = {"action": "create", "items": [{"name": "x"}]}
    first = (await keyed.post(f"{API}/leads/bulk", json_body=body)).json()
    async with house.db.unit() as unit:
        await unit.connection.execute(
            "UPDATE answered_requests SET state = 'asked', lease_until = now()"
        )
    again = (await keyed.post(f"{API}/leads/bulk", json_body=body)).json()
    assert again["id"] == first["id"]
    assert len((await caller.get(f"{API}/bulk")).json()["items"]) == 1
    del door


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"action": "update", "items": [{"price": 1}]}, "bulk_item_id_missing"),
        ({"action": "update", "items": [{"id": 1}]}, "bulk_item_empty"),
        ({"action": "create", "items": [{"id": 1, "name": "x"}]}, "bulk_item_id_given"),
        ({"action": "create", "items": [{"created_at": "now"}]}, "bulk_item_created_at"),
        ({"action": "create", "items": [{"name": "\u0000"}]}, "bulk_item_unreadable"),
        ({"action": "create", "items": [{"name": "\ud800"}]}, "bulk_item_unreadable"),
        ({"action": "create", "items": []}, "request_invalid"),
    ],
)
async def test_a_bulk_that_cannot_be_is_refused_whole(
    caller: Asgi, door: Door, body: dict[str, Any], code: str
) -> None:
    del door
    reply = await caller.post(f"{API}/leads/bulk", json_body=body)
    assert (reply.status, reply.code) == (400, code)
    assert (await caller.get(f"{API}/bulk")).json()["items"] == []
