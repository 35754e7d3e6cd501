"""Every path of the cards once, from our door to the twin and back."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from kommutator.domain.tenancy import Role
from kommutator.doors.http import amocrm
from kommutator.doors.http.app import create_app
from kommutator.kit.ids import SystemIds
from tests.support.amocrm_live import HERE, Live, open_live
from tests.support.asgi import Asgi

API = "/api/v1/amocrm"


@pytest.fixture
async def live(database_url: str) -> AsyncIterator[Live]:
    async with open_live(database_url) as opened:
        yield opened


@pytest.fixture
async def caller(live: Live) -> Asgi:
    house = live.house
    user = await house.people.create(
        "tests", HERE, email="admin@0367.example", name="Admin",
        role=Role.ENTERPRISE_ADMIN, password="correct horse 9 battery",
    )  # fmt: skip
    app = create_app(house, families={"amocrm": amocrm.add})
    token = house.tokens.issue(user).value
    return Asgi(app, headers={"authorization": f"Bearer {token}"})


async def ok(caller: Asgi, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    reply = await caller.request(method, f"{API}{path}", json_body=body)
    assert reply.status == status, (method, path, reply.status, reply.body)
    return reply.json()


async def test_a_lead_from_its_birth_to_its_note(live: Live, caller: Asgi) -> None:
    pipelines = (await ok(caller, "GET", "/pipelines"))["data"]
    main = next(one for one in pipelines if one["is_main"])
    users = (await ok(caller, "GET", "/users"))["data"]
    assert {142, 143} < {stage["id"] for stage in main["statuses"]}
    body = {"name": "Сделка", "price": 5000, "pipeline_id": main["id"]}
    lead = await ok(caller, "POST", "/leads", body, 201)
    path = f"/leads/{lead['id']}"
    owner = users[1]["id"]
    change = {
        "price": 100000, "responsible_user_id": owner, "tags_to_add": [{"name": "vip"}],
        "status_id": 142, "pipeline_id": main["id"],
    }  # fmt: skip
    changed = await ok(caller, "PUT", path, change)
    assert (changed["name"], changed["price"], changed["closed"]) == ("Сделка", 100000, True)
    assert [tag["name"] for tag in changed["tags"]] == ["vip"]
    assert changed["responsible_user_id"] == owner
    assert (await ok(caller, "PATCH", path, {"name": "Другая"}))["price"] == 100000
    untagged = await ok(caller, "PUT", path, {"tags_to_delete": [{"name": "vip"}]})
    assert untagged["tags"] == []
    made = await ok(caller, "POST", f"{path}/notes", {"text": "Просит скидку"}, 201)
    notes = (await ok(caller, "GET", f"{path}/notes"))["data"]
    assert made["id"] in [note["id"] for note in notes]
    contact = await ok(caller, "POST", "/contacts", {"name": "Иван Петров"}, 201)
    link = {"to_type": "contacts", "to_id": contact["id"]}
    linked = await ok(caller, "POST", f"{path}/link", link)
    assert [one["id"] for one in linked["contacts"]] == [contact["id"]]
    assert (await ok(caller, "POST", f"{path}/unlink", link))["contacts"] == []
    del live


async def test_lists_filters_and_search(live: Live, caller: Asgi) -> None:
    first = await ok(caller, "GET", "/leads?page=1&limit=50")
    second = await ok(caller, "GET", "/leads?page=2&limit=50")
    assert (len(first["data"]), first["has_more"], second["has_more"]) == (50, True, False)
    one = first["data"][0]
    pipeline, status = one["pipeline_id"], one["status_id"]
    found = await ok(caller, "GET", f"/leads?pipeline_id={pipeline}&status_id={status}&limit=250")
    assert one["id"] in [lead["id"] for lead in found["data"]]
    assert {(lead["pipeline_id"], lead["status_id"]) for lead in found["data"]} == {
        (pipeline, status)
    }
    won = await ok(caller, "GET", "/leads?status_id=142&limit=250")
    assert {lead["status_id"] for lead in won["data"]} <= {142}
    newest = await ok(caller, "GET", "/leads?order=updated_at&newest_first=true&limit=1")
    later = await ok(
        caller, "GET", f"/leads?updated_from={newest['data'][0]['updated_at_unix']}&limit=250"
    )
    assert later["data"]
    body = {
        "name": "Ольга Искомая",
        "custom_fields_values": [
            {"field_code": "PHONE", "values": [{"value": "+375000000071", "enum_code": "WORK"}]}
        ],
    }
    contact = await ok(caller, "POST", "/contacts", body, 201)
    for query in ("%D0%98%D1%81%D0%BA%D0%BE%D0%BC%D0%B0%D1%8F", "375000000071"):
        found = await ok(caller, "GET", f"/contacts?query={query}")
        assert [one["id"] for one in found["data"]] == [contact["id"]]
    values = (await ok(caller, "GET", f"/contacts/{contact['id']}"))["custom_fields"]
    assert values[0]["values"][0] == {
        "value": "+375000000071", "enum_id": values[0]["values"][0]["enum_id"],
        "enum_code": "WORK",
    }  # fmt: skip
    del live


async def test_refusals_name_the_field(caller: Asgi, live: Live) -> None:
    reply = await caller.request("PUT", f"{API}/leads/999999999", json_body={"price": 1})
    assert (reply.status, reply.code) == (404, "crm_card_unknown")
    lead = (await ok(caller, "GET", "/leads?limit=1"))["data"][0]["id"]
    reply = await caller.request("PUT", f"{API}/leads/{lead}", json_body={"responsible_user_id": 1})
    assert (reply.status, reply.code) == (422, "crm_card_refused")
    assert reply.json()["error"]["fields"][0]["field"] == "body.responsible_user_id"
    del live


async def test_whole_leads_companies_and_tasks(live: Live, caller: Asgi) -> None:
    body = {
        "name": "Целая", "price": 7,
        "_embedded": {"contacts": [{"first_name": "Пётр"}], "companies": [{"name": "Фирма"}]},
    }  # fmt: skip
    whole = await ok(caller, "POST", "/leads/complex", body, 201)
    assert [one["id"] for one in whole["lead"]["contacts"]] == [whole["contact_id"]]
    company = await ok(caller, "GET", f"/companies/{whole['company_id']}")
    assert company["name"] == "Фирма"
    renamed = await ok(caller, "PUT", f"/companies/{company['id']}", {"name": "Фирма 2"})
    assert renamed["name"] == "Фирма 2"
    task = {
        "text": "Перезвонить", "complete_till": "2026-12-01T12:00:00Z", "entity_type": "leads",
        "entity_id": whole["id"],
    }  # fmt: skip
    made = await ok(caller, "POST", "/tasks", task, 201)
    done = await ok(caller, "POST", f"/tasks/{made['id']}/complete", {"result": "Договорились"})
    assert (done["is_completed"], done["result"]) == (True, "Договорились")
    listed = await ok(caller, "GET", f"/tasks?entity_type=leads&entity_id={whole['id']}")
    assert [one["id"] for one in listed["data"]] == [made["id"]]
    del live


@pytest.mark.parametrize("path", ["/leads", "/contacts", "/leads/complex", "/tasks"])
@pytest.mark.parametrize("after", [True, False])
async def test_a_lost_answer_makes_nothing_twice(
    live: Live, caller: Asgi, path: str, after: bool
) -> None:
    name = f"once {SystemIds().uuid().hex[:8]}"
    body: dict[str, Any] = {"name": name}
    if path == "/tasks":
        body = {"text": name, "complete_till": "2026-12-01T12:00:00Z"}
    if path == "/leads/complex":
        body["_embedded"] = {"contacts": [{"first_name": "Пётр"}]}
    await live.fault(kind="drop", method="POST", path=f"/api/v4{path}", count=1, after=after)
    await ok(caller, "POST", path, body, 201)
    state = await live.state()
    shelf = {"/leads/complex": "leads"}.get(path, path.removeprefix("/"))
    rows = state[shelf]
    rows = rows.values() if isinstance(rows, dict) else rows
    assert [name in (row.get("name"), row.get("text")) for row in rows].count(True) == 1
