"""Leads, contacts and companies: pages, filters, writes and what is refused."""

from typing import Any

import pytest

from tests.twins.amocrm.client import Amo, sample

MAIN, OTHER = 10001007, 10001012


async def leads(amo: Amo, query: str) -> list[dict[str, Any]]:
    answer = await amo.get(f"leads?{query}")
    assert answer.status in (200, 204), answer.text
    return list(answer.json["_embedded"]["leads"]) if answer.status == 200 else []


async def test_pages_have_no_totals(amo: Amo) -> None:
    first = (await amo.get("leads?limit=40")).json
    assert (set(first), set(first["_links"])) == (
        {"_page", "_links", "_embedded"},
        {"self", "next"},
    )
    second = await amo.send(
        "GET", first["_links"]["next"]["href"], headers={"Authorization": f"Bearer {amo.token}"}
    )
    assert set(second.json["_links"]) == {"self", "first", "prev"}
    assert len(second.json["_embedded"]["leads"]) == 20
    assert (await amo.get("leads?limit=40&page=3")).status == 204
    refused = await amo.get("leads?limit=251")
    assert (refused.status, refused.json) == (422, sample("422_limit"))


async def test_nothing_is_204_without_a_body(amo: Amo) -> None:
    for path in ("leads/1", "contacts/abc", "tasks/1", "leads?filter[id][]=1", "leads/pipelines/1"):
        answer = await amo.get(path)
        assert (answer.status, answer.text) == (204, "")


async def test_unknown_paths_and_methods(amo: Amo) -> None:
    answer = await amo.get("nothing")
    assert (answer.status, answer.content_type) == (404, "application/problem+json")
    assert answer.json["detail"] == f"Cannot GET {amo.base_url}/api/v4/nothing!"
    assert (await amo.api("DELETE", "leads/1")).status == 405
    assert len((await amo.get("account")).headers["X-Request-Id"]) == 36
    assert (await amo.get("account")).content_type == "application/hal+json"


async def test_contacts_only_when_asked(amo: Amo) -> None:
    (plain,) = await leads(amo, "limit=1")
    assert set(plain["_embedded"]) == {"tags", "companies"}
    (more,) = await leads(amo, "limit=1&with=contacts")
    assert more["_embedded"]["contacts"][0]["is_main"] is True


async def test_filters(amo: Amo) -> None:
    everybody = await leads(amo, "limit=250")
    assert len(everybody) == 60
    some = [row["id"] for row in everybody[3:5]]
    query = "&".join(f"filter[id][]={number}" for number in some)
    assert [row["id"] for row in await leads(amo, query)] == some
    of_other = await leads(amo, f"filter[pipeline_id]={OTHER}")
    assert {row["pipeline_id"] for row in of_other} == {OTHER}
    pair = f"filter[statuses][0][pipeline_id]={OTHER}&filter[statuses][0][status_id]=142"
    won = await leads(amo, pair)
    assert won
    assert {(r["pipeline_id"], r["status_id"]) for r in won} == {(OTHER, 142)}
    cheap = await leads(amo, "filter[price][from]=3000&filter[price][to]=6000")
    assert [row["price"] for row in cheap] == [3000, 4500, 6000]
    newest = await leads(amo, "order[created_at]=desc&limit=2")
    assert newest[0]["id"] == everybody[-1]["id"]
    owner = everybody[0]["responsible_user_id"]
    mine = await leads(amo, f"filter[responsible_user_id][]={owner}&limit=250")
    assert {row["responsible_user_id"] for row in mine} == {owner}


async def test_a_filter_nobody_knows_returns_everybody(amo: Amo) -> None:
    assert len(await leads(amo, "limit=250&filter[color]=red")) == 60
    assert [v["kind"] for v in (await amo.state())["violations"]] == ["unknown_filter"]


async def test_filter_by_a_custom_field(amo: Amo) -> None:
    fields = (await amo.get("leads/custom_fields")).json["_embedded"]["custom_fields"]
    number = next(f["id"] for f in fields if f["type"] == "numeric")
    choice = next(f for f in fields if f["type"] == "select")
    enum = choice["enums"][1]
    values = [
        {"field_id": number, "values": [{"value": 7}]},
        {"field_id": choice["id"], "values": [{"enum_id": enum["id"]}]},
    ]
    await amo.api("POST", "leads", [{"name": "cf", "custom_fields_values": values}])
    (found,) = await leads(amo, f"filter[custom_fields_values][{number}][from]=6")
    assert found["name"] == "cf"
    (found,) = await leads(amo, f"filter[custom_fields_values][{choice['id']}][]={enum['id']}")
    kept = {f["field_id"]: f["values"][0] for f in found["custom_fields_values"]}
    assert kept[number] == {"value": "7"}
    assert kept[choice["id"]]["value"] == "Звонок"


async def test_searching_a_number(amo: Amo) -> None:
    for text in ("80000000105", "+7 (000) 000-01-05", "0000105"):
        found = (await amo.get(f"contacts?query={text}")).json["_embedded"]["contacts"]
        assert [row["name"] for row in found] == ["Павел Черновиков"]
        assert (await amo.get(f"contacts?query={text}&filter[id]=1")).status == 204
    assert len((await amo.get("contacts?query=черновик")).json["_embedded"]["contacts"]) == 5
    assert (await amo.get("contacts?query=10001070")).json["_embedded"]["contacts"][0][
        "id"
    ] == 10001070
    await amo.switch(query_match="substring")
    assert (await amo.get("contacts?query=80000000105")).status == 204


async def test_only_what_is_sent_changes(amo: Amo) -> None:
    tags = {"tags": [{"name": "опт"}, {"name": "срочно"}]}
    made = await amo.api("POST", "leads", [{"name": "A", "price": 5, "_embedded": tags}])
    number = made.json["_embedded"]["leads"][0]["id"]
    body = {"price": 9, "tags_to_add": [{"name": "новый"}], "tags_to_delete": [{"name": "опт"}]}
    assert (await amo.api("PATCH", f"leads/{number}", body)).json["id"] == number
    lead = (await amo.get(f"leads/{number}")).json
    assert (lead["name"], lead["price"]) == ("A", 9)
    assert [tag["name"] for tag in lead["_embedded"]["tags"]] == ["срочно", "новый"]
    await amo.api("PATCH", "leads", [{"id": number, "_embedded": {"tags": None}}])
    assert (await amo.get(f"leads/{number}")).json["_embedded"]["tags"] == []


async def test_stages_belong_to_pipelines(amo: Amo) -> None:
    (lead,) = await leads(amo, f"limit=1&filter[pipeline_id]={MAIN}")
    path = f"leads/{lead['id']}"
    foreign = (await amo.get(f"leads/pipelines/{OTHER}/statuses")).json["_embedded"]["statuses"][1]
    refused = await amo.api("PATCH", path, {"status_id": foreign["id"]})
    assert refused.json["validation-errors"][0]["errors"][0]["path"] == "status_id"
    await amo.api("PATCH", path, {"pipeline_id": OTHER, "status_id": 142})
    won = (await amo.get(path)).json
    assert (won["pipeline_id"], won["status_id"]) == (OTHER, 142)
    assert won["closed_at"] is not None
    await amo.api("PATCH", path, {"pipeline_id": MAIN})
    assert (await amo.get(path)).json["closed_at"] is None
    kinds = [row["type"] for row in (await amo.get("events")).json["_embedded"]["events"]]
    assert kinds == ["lead_status_changed", "lead_status_changed"]
    stage = "filter[value_after][leads_statuses][0]"
    won_events = await amo.get(f"events?{stage}[pipeline_id]={OTHER}&{stage}[status_id]=142")
    assert len(won_events.json["_embedded"]["events"]) == 1
    lost_events = await amo.get(f"events?{stage}[pipeline_id]={OTHER}&{stage}[status_id]=143")
    assert lost_events.status == 204


@pytest.mark.parametrize(
    ("item", "code", "path"),
    [
        ({"price": "5"}, "InvalidType", "price"),
        ({"price": True}, "InvalidType", "price"),
        ({"name": None}, "NotNullable", "name"),
        ({"responsible_user_id": 1}, "NotSupportedChoice", "responsible_user_id"),
        ({"pipeline_id": 1}, "NotSupportedChoice", "pipeline_id"),
        ({"custom_fields_values": [{"field_id": 1, "values": []}]}, "NotSupportedChoice",
         "custom_fields_values.0.field_id"),
        ({"_embedded": {"contacts": [{"id": 1}]}}, "NotSupportedChoice",
         "_embedded.contacts.0.id"),
    ],
)  # fmt: skip
async def test_one_wrong_item_refuses_the_batch(
    amo: Amo, item: dict[str, Any], code: str, path: str
) -> None:
    answer = await amo.api("POST", "leads", [{"name": "fine"}, item])
    assert (answer.status, answer.content_type) == (400, "application/problem+json")
    assert set(answer.json) == set(sample("400_validation"))
    (wrong,) = answer.json["validation-errors"]
    assert wrong["request_id"] == "1"
    assert [(e["code"], e["path"]) for e in wrong["errors"]] == [(code, path)]
    assert await leads(amo, "filter[name]=fine") == []
    await amo.switch(batch_invalid="partial")
    assert (await amo.api("POST", "leads", [{"name": "fine"}, item])).status == 200
    assert len(await leads(amo, "filter[name]=fine")) == 1


async def test_bodies(amo: Amo) -> None:
    for body in (None, [], {}):
        answer = await amo.api("POST", "leads", body)
        assert (answer.status, answer.json) == (400, sample("400_empty_body"))
    assert (await amo.api("POST", "leads", {"name": "one"})).status == 400
    assert (await amo.api("POST", "leads", [{"name": "x"}] * 251)).status == 422
    assert (await amo.api("POST", "leads", [{"name": "x", "unheard_of": 1}])).status == 200


async def test_an_unknown_id_in_a_patch(amo: Amo) -> None:
    answer = await amo.api("PATCH", "contacts", [{"id": 1, "name": "x"}, {"name": "y"}])
    codes = [wrong["errors"][0]["code"] for wrong in answer.json["validation-errors"]]
    assert (answer.status, codes) == (400, ["NotSupportedChoice", "FieldMissing"])


async def test_names_of_people(amo: Amo) -> None:
    made = await amo.api("POST", "contacts", [{"first_name": "Пётр", "last_name": "Смирнов"}])
    number = made.json["_embedded"]["contacts"][0]["id"]
    await amo.api("PATCH", f"contacts/{number}", {"last_name": "Иванов"})
    assert (await amo.get(f"contacts/{number}")).json["name"] == "Пётр Иванов"


async def test_rights_reach_only_so_far(amo: Amo) -> None:
    user = (await amo.get("users")).json["_embedded"]["users"][1]["id"]
    await amo.order("user", user_id=user, rights={"leads": {"view": "M", "edit": "D", "add": "D"}})
    amo.headers = {"X-Context-User-ID": str(user)}
    mine = await leads(amo, "limit=250")
    assert {row["responsible_user_id"] for row in mine} == {user}
    assert (await amo.api("POST", "leads", [{"name": "x"}])).status == 403
    assert (await amo.api("PATCH", f"leads/{mine[0]['id']}", {"price": 1})).status == 403


async def test_accounts_are_strangers(amo: Amo, large: Amo) -> None:
    (lead,) = await leads(large, "limit=1")
    assert (await amo.get(f"leads/{lead['id']}")).status == 204
    assert (await large.get("users?limit=50")).json["_total_items"] == 45
    assert (await large.get("users")).json["_page_count"] == 1
    await large.order("leads", count=3000)
    pages = [await leads(large, f"limit=250&page={n}") for n in range(1, 14)]
    assert [len(page) for page in pages] == [250] * 12 + [60]
