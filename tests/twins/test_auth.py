"""Contract §1.1, §1.4, §1.11: keys, scopes, shops, unknown accounts and paths."""

import pytest

from tests.twins.crm import Crm


@pytest.mark.parametrize("header", ["X-API-KEY", "X-Api-Key", "x-api-key"])
async def test_key_in_a_header_of_any_case(crm: Crm, header: str) -> None:
    answer = await crm.send("GET", f"{crm.base_url}/api/credentials", headers={header: crm.key})
    assert (answer.status, answer.json["success"]) == (200, True)


async def test_key_in_the_query_even_on_post(crm: Crm) -> None:
    url = f"{crm.base_url}/api/v5/users/19/status?apiKey={crm.key}"
    assert (await crm.send("POST", url, data={"status": "busy"})).json == {"success": True}


async def test_key_in_the_body(crm: Crm) -> None:
    url = f"{crm.base_url}/api/v5/users/19/status"
    form = {"status": "busy", "apiKey": crm.key}
    assert (await crm.send("POST", url, data=form)).json == {"success": True}


async def test_no_key(crm: Crm) -> None:
    answer = await crm.send("GET", f"{crm.base_url}/api/v5/users")
    assert answer.status == 400
    assert answer.json == {"success": False, "errorMsg": '"apiKey" is missing.'}


async def test_wrong_key(crm: Crm) -> None:
    answer = await crm.get("/v5/users", key="nonsense")
    assert answer.status == 403
    assert answer.json == {"success": False, "errorMsg": 'Wrong "apiKey" value.'}


async def test_key_without_the_scope(crm: Crm) -> None:
    answer = await crm.get("/v5/customers", key=crm.limited_key)
    assert answer.status == 403
    assert answer.json == {"success": False, "errorMsg": "Access denied."}


async def test_key_with_the_scope(crm: Crm) -> None:
    assert (await crm.get("/v5/users", key=crm.limited_key)).status == 200


async def test_credentials_of_the_full_key(crm: Crm) -> None:
    body = (await crm.get("/credentials")).json
    assert body["siteAccess"] == "access_full"
    assert "sitesAvailable" not in body
    assert {"telephony_write", "integration_write", "task_write"} <= set(body["scopes"])


async def test_credentials_of_the_limited_key(crm: Crm) -> None:
    assert (await crm.get("/credentials", key=crm.limited_key)).json == {
        "success": True,
        "scopes": ["reference_read", "telephony_read", "telephony_write", "user_read"],
        "credentials": [],
        "siteAccess": "access_selective",
        "sitesAvailable": ["shop-main"],
    }


async def test_limited_key_sees_its_shops_only(crm: Crm) -> None:
    sites = (await crm.get("/v5/reference/sites", key=crm.limited_key)).json["sites"]
    assert list(sites) == ["shop-main"]


@pytest.mark.parametrize("path", ["/credentials", "/v5/credentials"])
async def test_credentials_with_and_without_version(crm: Crm, path: str) -> None:
    assert (await crm.get(path)).status == 200


async def test_api_versions(crm: Crm) -> None:
    body = (await crm.get("/api-versions")).json
    assert body == {"success": True, "versions": ["3.0", "4.0", "5.0"]}


async def test_system_info_names_the_account(crm: Crm) -> None:
    assert (await crm.get("/system-info")).json["publicUrl"] == crm.base_url


async def test_users_have_no_unversioned_path(crm: Crm) -> None:
    answer = await crm.get("/users")
    assert answer.status == 404
    assert answer.json == {"success": False, "errorMsg": "API method not found"}


async def test_unknown_path(crm: Crm) -> None:
    answer = await crm.get("/v5/telephony/setting")
    assert (answer.status, answer.json["errorMsg"]) == (404, "API method not found")


async def test_unknown_account_on_get(crm: Crm) -> None:
    url = f"{crm.root}/a/nobody/api/v5/users"
    answer = await crm.send("GET", url, headers={"X-API-KEY": crm.key})
    assert answer.status == 404
    assert answer.json == {"success": False, "errorMsg": "Account does not exist."}


async def test_unknown_account_on_post_is_a_page_of_nginx(crm: Crm) -> None:
    answer = await crm.send("POST", f"{crm.root}/a/nobody/api/v5/users/1/status", data={})
    assert (answer.status, answer.content_type) == (405, "text/html")
    assert answer.text.startswith("<html>")


async def test_one_accounts_key_is_wrong_in_another(crm: Crm) -> None:
    url = f"{crm.root}/a/large/api/v5/users"
    answer = await crm.send("GET", url, headers={"X-API-KEY": crm.key})
    assert answer.status == 403


async def test_key_from_before_scopes(crm: Crm) -> None:
    old = (await crm.order("keys", legacy=True))["api_key"]
    body = (await crm.get("/credentials", key=old)).json
    assert body["scopes"] == []
    assert {"/api/integration-modules/{code}", "/api/integration-modules/{code}/edit"} <= set(
        body["credentials"]
    )
    assert (await crm.get("/v5/users", key=old)).status == 200


async def test_revoked_key(crm: Crm) -> None:
    await crm.order("keys", revoke=crm.key)
    assert (await crm.get("/v5/users")).json["errorMsg"] == 'Wrong "apiKey" value.'
    await crm.control("reset", account="demo")
    assert (await crm.get("/v5/users")).status == 200


async def test_scope_alone_opens_its_paths(crm: Crm) -> None:
    key = (await crm.order("keys", scopes=["task_read"]))["api_key"]
    assert (await crm.get("/v5/tasks", key=key)).status == 200
    assert (await crm.post("/v5/tasks/create", key=key, task={})).status == 403
