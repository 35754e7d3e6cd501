"""Contract §1.5: registration of integration modules."""

import pytest

from tests.twins.crm import Crm, module_entity

PATH = "/v5/integration-modules/kommutator"


async def test_first_edit_creates_then_changes(crm: Crm) -> None:
    first, second = await crm.register(), await crm.register(name="Другое имя")
    assert (first.status, first.json) == (201, {"success": True, "info": []})
    assert (second.status, second.json) == (200, {"success": True, "info": []})
    assert (await crm.get(PATH)).json["integrationModule"]["name"] == "Другое имя"


async def test_get_never_shows_the_client_id(crm: Crm) -> None:
    await crm.register()
    shown = (await crm.get(PATH)).json["integrationModule"]
    assert "clientId" not in shown
    assert (shown["code"], shown["active"], shown["freeze"]) == ("kommutator", True, False)
    assert (await crm.state())["modules"][0]["clientId"] == "client-0001"


async def test_unknown_module(crm: Crm) -> None:
    answer = await crm.get("/v5/integration-modules/nobody")
    assert answer.status == 404
    assert answer.json == {"success": False, "errorMsg": "Not found"}


async def test_codes_are_shown_as_numbers_and_text(crm: Crm) -> None:
    await crm.register()
    shown = (await crm.get(PATH)).json["integrationModule"]["integrations"]["telephony"]
    assert shown["additionalCodes"] == [
        {"userId": 19, "code": "101"},
        {"userId": 18, "code": "102"},
    ]
    assert shown["externalPhones"] == [{"siteCode": "shop-main", "externalPhone": "+70000000900"}]


async def test_strangers_are_reported_not_refused(crm: Crm) -> None:
    telephony = {
        "additionalCodes": [{"userId": 19, "code": "101"}, {"userId": 999, "code": "109"}],
        "externalPhones": [{"siteCode": "nowhere", "externalPhone": "1"}],
    }
    answer = await crm.register(integrations={"telephony": telephony})
    assert answer.json == {
        "success": True,
        "info": {"notExistUsersIds": [999], "notExistSiteCodes": ["nowhere"]},
    }


async def test_lists_are_replaced_whole(crm: Crm) -> None:
    await crm.register()
    await crm.register(integrations={"telephony": {"makeCallUrl": "http://127.0.0.1:9/x"}})
    shown = (await crm.get(PATH)).json["integrationModule"]["integrations"]["telephony"]
    assert shown == {
        "makeCallUrl": "http://127.0.0.1:9/x",
        "additionalCodes": [],
        "externalPhones": [],
    }


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"logo": "https://shop.example/l.png"}, {"logo": "Logo image must be svg"}),
        ({"baseUrl": ""}, {"baseUrl": "This value should not be blank"}),
        ({"integrationCode": "other"}, {"code": "Code prefix must match integrationCode"}),
        (
            {"actions": {"makeCall": "/x"}},
            {"actions": "The value you selected is not a valid choice."},
        ),
        ({"name": ""}, {"name": "This value should not be blank"}),
    ],
)
async def test_refusals(crm: Crm, changes: dict[str, object], errors: dict[str, str]) -> None:
    answer = await crm.register(**changes)
    assert answer.status == 400
    assert answer.json == {
        "success": False,
        "errorMsg": "Errors in the entity format",
        "errors": errors,
    }
    assert (await crm.get(PATH)).status == 404


async def test_code_may_extend_the_integration_code(crm: Crm) -> None:
    entity = module_entity() | {"code": "kommutator-7"}
    path = "/v5/integration-modules/kommutator-7/edit"
    assert (await crm.post(path, integrationModule=entity)).status == 201


async def test_empty_maps_come_back_as_lists(crm: Crm) -> None:
    await crm.register(actions={}, integrations={})
    shown = (await crm.get(PATH)).json["integrationModule"]
    assert (shown["actions"], shown["integrations"], shown["availableCountries"]) == ([], [], [])


async def test_insufficient_funds_come_as_a_list(crm: Crm) -> None:
    await crm.control("switches", insufficient_funds=True)
    answer = await crm.register()
    assert answer.status == 400
    assert answer.json == {
        "success": False,
        "errorMsg": "Failed to activate module",
        "errors": ["Your account has insufficient funds to activate integration module"],
    }


async def test_scopes_of_a_plain_module_cannot_be_updated(crm: Crm) -> None:
    await crm.register()
    answer = await crm.post(f"{PATH}/update-scopes", requires={"scopes": ["user_read"]})
    assert answer.status == 400
    assert answer.json == {"success": False, "errorMsg": "Not enabled simple connection"}


async def test_update_of_scopes_gives_a_key_that_works(crm: Crm) -> None:
    await crm.register()
    await crm.order("module", code="kommutator", simpleConnection=True)
    answer = await crm.post(f"{PATH}/update-scopes", requires={"scopes": ["user_read"]})
    new_key = answer.json["apiKey"]
    assert (await crm.get("/v5/users", key=new_key)).status == 200
    assert (await crm.get("/v5/orders", key=new_key)).status == 403


async def test_replacing_edit_forgets_what_was_not_sent(crm: Crm) -> None:
    await crm.control("switches", edit_mode="replace")
    await crm.register()
    entity = module_entity()
    del entity["clientId"]
    await crm.post(f"{PATH}/edit", integrationModule=entity)
    assert "clientId" not in (await crm.state())["modules"][0]


async def test_codes_edited_in_the_crm_need_allow_edit(crm: Crm) -> None:
    await crm.register()
    codes = [{"userId": 16, "code": "116"}]
    refused = await crm.order("module", code="kommutator", additionalCodes=codes)
    assert refused == {"error": "the module does not allow editing"}
    telephony = module_entity()["integrations"]["telephony"] | {"allowEdit": True}
    await crm.register(integrations={"telephony": telephony})
    await crm.order("module", code="kommutator", additionalCodes=codes)
    shown = (await crm.get(PATH)).json["integrationModule"]["integrations"]["telephony"]
    assert shown["additionalCodes"] == [{"userId": 16, "code": "116"}]
    assert shown["makeCallUrl"] == "http://127.0.0.1:9/make-call"
