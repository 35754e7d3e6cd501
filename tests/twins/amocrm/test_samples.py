"""Answers have the shape of the vendor's samples."""

from typing import Any

import pytest

from tests.twins.amocrm.client import Amo, sample

# What the samples show of things the twin's accounts do not have.
NOT_HERE = {
    "loss_reason",
    "catalog_elements",
    "customers",
    "descriptions",
    "status_rights",
    "roles",
}


def missing(wanted: Any, got: Any, path: str = "") -> list[str]:
    """Keys of the sample that the answer lacks, and values of another type."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        return [
            problem
            for key, value in wanted.items()
            if key not in NOT_HERE
            for problem in (
                missing(value, got[key], f"{path}.{key}") if key in got else [f"{path}.{key}"]
            )
        ]
    if isinstance(wanted, list) and isinstance(got, list):
        return missing(wanted[0], got[0], f"{path}[]") if wanted and got else []
    kinds = {type(wanted), type(got)}
    return [] if type(None) in kinds or len(kinds) == 1 else [f"{path}: {kinds}"]


def test_the_comparison_can_fail() -> None:
    assert missing({"a": [{"b": 1}]}, {"a": [{"c": 1}]}) == [".a[].b"]
    assert missing({"a": 1}, {"a": "1"}) == [f".a: { {int, str} }"]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("leads-api__01_GET_leads_response", "leads?limit=2&page=2"),
        ("contacts-api__01_GET_contacts_response", "contacts?limit=2"),
        ("tasks-api__01_GET_tasks_response", "tasks?limit=2"),
        ("01_GET_catalogs_catalog_id_custom_fields_response", "leads/custom_fields?limit=2"),
        ("01_GET_leads_pipelines_response", "leads/pipelines"),
        ("01_GET_users_response", "users?with=role,group"),
    ],
)
async def test_lists(amo: Amo, name: str, path: str) -> None:
    for day in (1, 2):
        await amo.api("POST", "tasks", [{"text": "x", "complete_till": day}])
    assert missing(sample(name), (await amo.get(path)).json) == []


async def test_single_cards_and_links(amo: Amo) -> None:
    lead = (await amo.get("leads?limit=1&with=contacts")).json["_embedded"]["leads"][0]
    with_all = "with=contacts,is_price_modified_by_robot,loss_reason,catalog_elements"
    shown = (await amo.get(f"leads/{lead['id']}?{with_all}")).json
    assert missing(sample("leads-api__02_GET_leads_id_response"), shown) == []
    links = (await amo.get(f"leads/{lead['id']}/links")).json
    rows = links["_embedded"]["links"]
    assert links["_total_items"] == len(rows) == 2
    assert {row["to_entity_type"] for row in rows} == {"contacts", "companies"}
    main = next(row for row in rows if row["to_entity_type"] == "contacts")
    assert main["metadata"] == {"main_contact": True}
    wanted = sample("01_GET_customers_entity_id_links_response")["_embedded"]["links"][1]
    assert set(main) == set(wanted)


async def test_notes_and_their_event(amo: Amo) -> None:
    lead = (await amo.get("leads?limit=1")).json["_embedded"]["leads"][0]
    body = [{"note_type": "common", "params": {"text": "Позвонить"}, "request_id": "n1"}]
    made = (await amo.api("POST", f"leads/{lead['id']}/notes", body)).json
    assert missing(sample("24_POST_entity_type_entity_id_notes_response"), made) == []
    listed = (await amo.get(f"leads/{lead['id']}/notes?limit=1")).json
    assert missing(sample("20_GET_entity_type_entity_id_notes_response"), listed) == []
    event = (await amo.get("events?limit=1")).json["_embedded"]["events"][0]
    one = (await amo.get(f"events/{event['id']}")).json
    assert missing(sample("02_GET_events_id_response"), one) == []
    assert (one["type"], one["entity_type"], len(one["id"])) == ("common_note_added", "lead", 26)
    assert one["value_after"] == [{"note": {"id": made["_embedded"]["notes"][0]["id"]}}]


@pytest.mark.parametrize("kind", ["leads", "contacts", "companies"])
async def test_writes(amo: Amo, kind: str) -> None:
    made = (await amo.api("POST", kind, [{"name": "A"}, {"name": "B", "request_id": "mine"}])).json
    rows = made["_embedded"][kind]
    assert [row["request_id"] for row in rows] == ["0", "mine"]
    if kind == "leads":
        assert missing(sample("leads-api__04_POST_leads_response"), made) == []
    changed = (await amo.api("PATCH", kind, [{"id": rows[0]["id"], "name": "C"}])).json
    assert changed["_embedded"][kind][0]["id"] == rows[0]["id"]
    if kind == "contacts":
        assert missing(sample("contacts-api__06_PATCH_contacts_response"), changed) == []


async def test_complex(amo: Amo) -> None:
    phone = {"field_code": "PHONE", "values": [{"value": "+70000009001", "enum_code": "MOB"}]}
    contact = {"first_name": "Ева", "custom_fields_values": [phone]}
    body = [{"name": "L", "request_id": "q", "_embedded": {"contacts": [contact],
            "companies": [{"name": "ООО"}]}}]  # fmt: skip
    (made,) = (await amo.api("POST", "leads/complex", body)).json
    assert missing(sample("06_POST_leads_complex_response")[0], made) == []
    assert (made["request_id"], made["merged"]) == (["q"], False)
    found = (await amo.get("contacts?query=80000009001&with=leads")).json["_embedded"]["contacts"]
    assert [row["id"] for row in found] == [made["contact_id"]]
    assert [lead["id"] for lead in found[0]["_embedded"]["leads"]] == [made["id"]]
    assert found[0]["_embedded"]["companies"][0]["id"] == made["company_id"]


async def test_complex_joins_a_known_number_when_told_so(amo: Amo) -> None:
    await amo.switch(duplicate_control=True)
    values = [{"field_code": "PHONE", "values": [{"value": "+70000000101"}]}]
    body = [{"name": "L", "_embedded": {"contacts": [{"custom_fields_values": values}]}}]
    (made,) = (await amo.api("POST", "leads/complex", body)).json
    assert made["merged"] is True


async def test_account(amo: Amo) -> None:
    plain = (await amo.get("account")).json
    assert (plain["subdomain"], plain["current_user_id"]) == ("demo", 10001001)
    assert "amojo_id" not in plain
    more = (await amo.get("account?with=amojo_id,users_groups,task_types,datetime_settings")).json
    assert len(more["amojo_id"]) == 36
    assert [task["code"] for task in more["_embedded"]["task_types"]] == ["FOLLOW_UP", "MEETING"]
    assert more["_embedded"]["datetime_settings"]["timezone"] == "Europe/Moscow"
