"""Campaigns through the API, from a draft to its results."""

from typing import Any

import pytest

from kommutator.domain.connection import ConnectionKind
from kommutator.domain.tenancy import Actor, Role
from kommutator.flows.forms import ConnectionForm
from kommutator.flows.house import House
from tests.support.asgi import Asgi
from tests.support.house import TenantOfTests

CAMPAIGNS = "/api/v1/campaigns"
PLAN: dict[str, Any] = {"agents": ["150"], "per_minute": 12, "retries": {"busy": None}}


@pytest.fixture(autouse=True)
async def pbx(house: House, here: TenantOfTests) -> None:
    actor = Actor("tests", Role.ENTERPRISE_ADMIN, here.number)
    secrets = {"ami_user": "gateway", "ami_secret": "not-a-real-secret"}
    config = {"region": "BY", "numbers": {"+375170000009": "Sales"}}
    form = ConnectionForm(
        ConnectionKind.ASTERISK, "pbx.example.com", secrets=secrets, config=config
    )
    await house.set_up.save(actor, here.number, form)
    await house.set_up.activate(actor, here.number, ConnectionKind.ASTERISK)
    house.directory.clear()


async def made(admin: Asgi, **plan: Any) -> dict[str, Any]:
    reply = await admin.post(CAMPAIGNS, json_body={"name": "Spring", "plan": PLAN | plan})
    assert reply.status == 201, reply.body
    found: dict[str, Any] = reply.json()
    return found


async def test_from_a_draft_to_its_results(admin: Asgi) -> None:
    shown = await made(admin)
    url = f"{CAMPAIGNS}/{shown['id']}"
    assert (shown["state"], shown["plan"]["per_minute"]) == ("draft", 12)
    assert (await admin.post(f"{url}/start")).code == "campaign_empty"
    added = await admin.post(
        f"{url}/items",
        json_body={"items": [{"phone": "80170000001", "name": "Анна"}, {"phone": "nobody"}]},
    )
    assert added.json() == {"new": 1, "known": 0, "odd": ["nobody"], "odd_count": 1}
    table = b"phone;name\n+375170000001;Anna\n+375170000002;Boris\n"
    pasted = await admin.request(
        "POST", f"{url}/items/csv", raw=table, headers={"content-type": "text/csv"}
    )
    assert pasted.json() == {"new": 1, "known": 1, "odd": [], "odd_count": 0}
    items = (await admin.get(f"{url}/items?limit=1")).json()
    assert [(i["phone"], i["name"]) for i in items["items"]] == [("+375170000001", "Анна")]
    rest = (await admin.get(f"{url}/items?limit=1&cursor={items['next_cursor']}")).json()
    assert [i["phone"] for i in rest["items"]] == ["+375170000002"]
    for act, state in (("start", "running"), ("pause", "paused"), ("resume", "running"),
                       ("stop", "done")):  # fmt: skip
        assert (await admin.post(f"{url}/{act}")).json()["state"] == state
    after = (await admin.get(url)).json()
    assert (after["reason"], after["figures"]["items"]) == ("by_hand", 2)
    assert (await admin.get(f"{url}/results")).json()["waiting"] == 2
    assert (await admin.get(f"{url}/calls")).json()["items"] == []
    assert (await admin.request("DELETE", url)).status == 204
    assert (await admin.get(url)).code == "campaign_not_found"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
async def test_a_list_as_a_spreadsheet_saves_it(admin: Asgi, encoding: str) -> None:
    url = f"{CAMPAIGNS}/{(await made(admin))['id']}"
    table = "phone;name\n+375170000001;Анна\n".encode(encoding)
    headers = {"content-type": "text/csv"}
    added = await admin.request("POST", f"{url}/items/csv", raw=table, headers=headers)
    assert added.json()["new"] == 1
    assert (await admin.get(f"{url}/items")).json()["items"][0]["name"] == "Анна"
    odd = await admin.request("POST", f"{url}/items/csv", raw=b"\x98\xff", headers=headers)
    assert (odd.status, odd.code) == (400, "campaign_list_invalid")


async def test_a_change_keeps_the_rest(admin: Asgi) -> None:
    shown = await made(admin, line="+375170000009")
    reply = await admin.request(
        "PATCH", f"{CAMPAIGNS}/{shown['id']}", json_body={"plan": {"concurrency": 4}}
    )
    plan = reply.json()["plan"]
    assert (plan["concurrency"], plan["per_minute"], plan["retries"], plan["line"]) == (
        4, 12, {"busy": None}, "+375170000009",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        ({"agents": ["999"]}, "extension_unknown"),
        ({"agents": []}, "campaign_agents_missing"),
        ({"line": "+375170000008"}, "campaign_line_unknown"),
        ({"source": {"kind": "leads"}}, "campaign_needs_crm"),
        ({"windows": {"mon": [["18:00", "09:00"]]}}, "campaign_windows_invalid"),
    ],
)
async def test_what_is_refused(admin: Asgi, plan: dict[str, Any], code: str) -> None:
    reply = await admin.post(CAMPAIGNS, json_body={"name": "x", "plan": PLAN | plan})
    assert (reply.status, reply.code) == (409 if code == "campaign_needs_crm" else 400, code)


async def test_a_running_one_is_not_deleted(admin: Asgi) -> None:
    url = f"{CAMPAIGNS}/{(await made(admin))['id']}"
    await admin.post(f"{url}/items", json_body={"items": [{"phone": "+375170000001"}]})
    await admin.post(f"{url}/start")
    assert (await admin.request("DELETE", url)).code == "campaign_is_running"
    assert (await admin.post(f"{url}/start")).code == "campaign_is_running"


async def test_do_not_call(admin: Asgi) -> None:
    url = "/api/v1/do-not-call"
    body = {"phones": ["80170000001", "+375170000002", "12"], "note": "asked"}
    assert (await admin.post(url, json_body=body)).json() == {"new": 2, "known": 0, "odd_count": 1}
    assert (await admin.post(url, json_body={"phones": ["12"]})).code == "phone_invalid"
    shown = (await admin.get(f"{url}?q=0002")).json()["items"]
    assert [(one["phone"], one["note"], one["added_by"]) for one in shown] == [
        ("+375170000002", "asked", "admin@0367.example")
    ]
    assert (await admin.request("DELETE", f"{url}/375170000002")).status == 204
    assert (await admin.request("DELETE", f"{url}/375170000002")).code == "not_on_do_not_call"
