"""Contract §1.1: forms, JSON in fields, PHP's brackets, odd values of real clients."""

import aiohttp
import pytest

from kommutator.twins.php import parse_php
from kommutator.twins.retailcrm.phpform import as_list
from tests.twins.crm import Crm, module_entity

EDIT = "/api/v5/integration-modules/kommutator/edit"


async def test_bracketed_structure_is_refused(crm: Crm) -> None:
    form = {"integrationModule[code]": "kommutator", "integrationModule[name]": "K"}
    headers = {"X-API-KEY": crm.key}
    answer = await crm.send("POST", crm.base_url + EDIT, data=form, headers=headers)
    assert answer.status == 400
    assert answer.json == {
        "success": False,
        "errorMsg": 'Input value "integrationModule" contains a non-scalar value.',
    }


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v5/telephony/call/event", "event"),
        ("/v5/telephony/calls/upload", "calls"),
        ("/v5/integration-modules/kommutator/edit", "integrationModule"),
        ("/v5/customers/create", "customer"),
        ("/v5/orders/create", "order"),
        ("/v5/tasks/create", "task"),
        ("/v5/users/19/status", "status"),
    ],
)
async def test_missing_field(crm: Crm, path: str, field: str) -> None:
    answer = await crm.post(path)
    assert answer.status == 400
    assert answer.json == {"success": False, "errorMsg": f"Parameter '{field}' is missing"}


async def test_json_body_is_no_form(crm: Crm) -> None:
    url = f"{crm.base_url}/api/v5/telephony/call/event"
    body = {"event": {"phone": "1", "type": "in"}}
    answer = await crm.send("POST", url, json=body, headers={"X-API-KEY": crm.key})
    assert answer.json["errorMsg"] == "Parameter 'event' is missing"


async def test_multipart_is_taken(crm: Crm) -> None:
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("status", "dinner")
    form.add_field("apiKey", crm.key)
    url = f"{crm.base_url}/api/v5/users/19/status"
    assert (await crm.send("POST", url, data=form)).json == {"success": True}


async def test_text_that_is_no_json(crm: Crm) -> None:
    answer = await crm.post("/v5/telephony/call/event", event="{oops")
    assert (answer.status, answer.json["errorMsg"]) == (400, "Errors in the entity format")


async def test_unknown_keys_are_ignored_silently(crm: Crm) -> None:
    entity = module_entity() | {"configuration": {"makeCallUrl": "x"}, "allowEdit": True}
    path = "/v5/integration-modules/kommutator/edit"
    assert (await crm.post(path, integrationModule=entity)).status == 201
    shown = (await crm.get("/v5/integration-modules/kommutator")).json["integrationModule"]
    assert not {"configuration", "allowEdit", "makeCallUrl"} & set(shown)


async def test_extra_form_fields_are_ignored(crm: Crm) -> None:
    await crm.register()
    answer = await crm.post(
        "/v5/telephony/call/event", event={"phone": "1", "type": "in"}, clientId="client-0001"
    )
    assert answer.json == {"success": True}


async def test_filter_none_and_python_booleans(crm: Crm) -> None:
    assert (await crm.get("/v5/users", query="filter=None&limit=20&page=1")).status == 200
    query = "phone=%2B70000000101&details=True&ignoreStatus=True"
    assert (await crm.get("/v5/telephony/manager", query=query)).json["manager"]["id"] == 19


async def test_plus_must_be_escaped(crm: Crm) -> None:
    assert (await crm.get("/v5/customers", query="filter[name]=+70000000101")).json[
        "pagination"
    ] == {"limit": 20, "totalCount": 1, "currentPage": 1, "totalPageCount": 1}


def test_brackets_become_maps() -> None:
    pairs = [("filter[name]", "a"), ("filter[sites][]", "x"), ("filter[sites][]", "y"), ("p", "1")]
    parsed = parse_php(pairs)
    assert parsed == {"filter": {"name": "a", "sites": {"0": "x", "1": "y"}}, "p": "1"}
    assert as_list(parsed["filter"]["sites"]) == ["x", "y"]
