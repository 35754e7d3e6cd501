"""Contract §1.3, §1.8, §1.9: users, pages of lists, who is responsible."""

import pytest

from tests.twins.crm import Crm


@pytest.fixture
async def large(crm: Crm) -> Crm:
    """The account with more users than fit on a page."""
    url = f"{crm.root}/_twin/credentials"
    accounts = {a["name"]: a for a in (await crm.send("GET", url)).json["accounts"]}
    there = accounts["large"]
    return Crm(
        crm.http,
        there["base_url"],
        crm.root,
        there["api_key"],
        there["limited_api_key"],
        "large",
    )


async def test_first_page_is_of_twenty(large: Crm) -> None:
    body = (await large.get("/v5/users")).json
    assert len(body["users"]) == 20
    assert body["pagination"] == {
        "limit": 20,
        "totalCount": 45,
        "currentPage": 1,
        "totalPageCount": 3,
    }


async def test_pages_cover_everybody_once(large: Crm) -> None:
    seen = [
        user["id"]
        for page in (1, 2, 3)
        for user in (await large.get("/v5/users", query=f"page={page}")).json["users"]
    ]
    assert (len(seen), len(set(seen))) == (45, 45)


async def test_page_past_the_end_is_empty(large: Crm) -> None:
    assert (await large.get("/v5/users", query="page=9")).json["users"] == []


async def test_other_page_sizes(large: Crm) -> None:
    assert len((await large.get("/v5/users", query="limit=50")).json["users"]) == 45
    refused = await large.get("/v5/users", query="limit=7")
    assert (refused.status, refused.json["errorMsg"]) == (400, "Errors in the input parameters")


async def test_filter_by_status(crm: Crm) -> None:
    query = "filter[status][]=dinner&filter[status][]=busy"
    users = (await crm.get("/v5/users", query=query)).json["users"]
    assert [(u["id"], u["status"]) for u in users] == [(22, "dinner"), (27, "busy")]


async def test_filter_by_group_and_flag(crm: Crm) -> None:
    users = (await crm.get("/v5/users", query="filter[groups][]=director")).json["users"]
    assert [u["id"] for u in users] == [16]
    users = (await crm.get("/v5/users", query="filter[isAdmin]=0&filter[active]=1")).json["users"]
    assert [u["id"] for u in users] == [18, 19, 22, 24, 27]


async def test_bad_flag(crm: Crm) -> None:
    answer = await crm.get("/v5/users", query="filter[active]=maybe")
    assert answer.status == 400
    assert answer.json == {
        "success": False,
        "errorMsg": "Errors in the input parameters",
        "errors": {"active": "The value you selected is not a valid choice."},
    }


async def test_one_user(crm: Crm) -> None:
    user = (await crm.get("/v5/users/19")).json["user"]
    assert (user["lastName"], user["status"], user["isManager"]) == ("Образцова", "free", True)
    assert "code" not in user


async def test_no_such_user(crm: Crm) -> None:
    answer = await crm.get("/v5/users/1")
    assert (answer.status, answer.json) == (404, {"success": False, "errorMsg": "Not found"})


async def test_status_is_set(crm: Crm) -> None:
    assert (await crm.post("/v5/users/19/status", status="break")).json == {"success": True}
    assert (await crm.get("/v5/users/19")).json["user"]["status"] == "break"
    assert (await crm.post("/v5/users/19/status", status="asleep")).status == 400


async def test_groups(crm: Crm) -> None:
    body = (await crm.get("/v5/user-groups")).json
    assert [g["code"] for g in body["groups"]] == ["manager", "director"]
    assert body["pagination"]["totalCount"] == 2


async def test_manager_of_a_known_phone(crm: Crm) -> None:
    await crm.register()
    assert (await crm.get("/v5/telephony/manager", query="phone=%2B70000000101")).json == {
        "success": True,
        "manager": {
            "id": 19,
            "firstName": "Елена",
            "lastName": "Образцова",
            "email": "user19@example.com",
            "code": "101",
        },
    }


async def test_details_add_customer_and_links(crm: Crm) -> None:
    body = (await crm.get("/v5/telephony/manager", query="phone=80000000101&details=1")).json
    assert body["customer"]["phones"] == [{"number": "+70000000101"}]
    customer_id = body["customer"]["id"]
    assert set(body["links"]) == {"newOrderLink", "lastOrderLink", "customerLink"}
    assert body["links"]["newOrderLink"] == f"{crm.base_url}/orders/add?phone=80000000101"
    assert body["links"]["customerLink"] == f"{crm.base_url}/customers/{customer_id}"


async def test_unknown_phone_gets_links_for_a_new_customer(crm: Crm) -> None:
    body = (await crm.get("/v5/telephony/manager", query="phone=70000000999&details=1")).json
    assert body == {
        "success": True,
        "links": {
            "newOrderLink": f"{crm.base_url}/orders/add?phone=70000000999",
            "newCustomerLink": f"{crm.base_url}/customers/add?phone=70000000999",
        },
    }


async def test_busy_manager_only_when_status_is_ignored(crm: Crm) -> None:
    query = "phone=%2B70000000103"  # the customer of user 22, who is at dinner
    assert (await crm.get("/v5/telephony/manager", query=query)).json == {"success": True}
    body = (await crm.get("/v5/telephony/manager", query=f"{query}&ignoreStatus=1")).json
    assert body["manager"]["id"] == 22


async def test_manager_of_the_last_order_stands_in(crm: Crm) -> None:
    query = "phone=%2B70000000105"  # no responsible user; user 24 has the last order
    assert (await crm.get("/v5/telephony/manager", query=query)).json["manager"]["id"] == 24


async def test_manager_needs_a_phone(crm: Crm) -> None:
    answer = await crm.get("/v5/telephony/manager")
    assert answer.json["errorMsg"] == "Parameter 'phone' is missing"


async def test_settings_name_the_zone(crm: Crm, large: Crm) -> None:
    assert (await crm.get("/v5/settings")).json["settings"]["timezone"]["value"] == "Europe/Moscow"
    there = (await large.get("/v5/settings")).json["settings"]["timezone"]["value"]
    assert there == "Asia/Yekaterinburg"
