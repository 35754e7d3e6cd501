"""Contract §1.10: customers, companies, orders, tasks, reference books."""

from typing import Any

from tests.twins.crm import Crm


async def names(crm: Crm, query: str) -> list[str]:
    body = (await crm.get("/v5/customers", query=query)).json
    return [customer["lastName"] for customer in body["customers"]]


async def make_customer(crm: Crm, **fields: Any) -> int:
    entity = {"firstName": "Новый", "phones": [{"number": "+70000000777"}]} | fields
    answer = await crm.post("/v5/customers/create", customer=entity, site="shop-opt")
    assert answer.status == 201
    return int(answer.json["id"])


async def test_filter_name_is_the_search_by_phone(crm: Crm) -> None:
    assert await names(crm, "filter[name]=%2B70000000102") == ["Пробная"]
    assert await names(crm, "filter[name]=8(000)000-01-02") == ["Пробная"]
    assert await names(crm, "filter[name]=проб") == ["Пробная"]


async def test_undocumented_filter_returns_everybody(crm: Crm) -> None:
    assert len(await names(crm, "filter[phone]=%2B70000000102")) == 5
    assert (await crm.state())["violations"][0]["kind"] == "unknown_filter"


async def test_undocumented_filter_may_be_refused(crm: Crm) -> None:
    await crm.control("switches", unknown_filter="reject")
    assert (await crm.get("/v5/customers", query="filter[phone]=1")).status == 400


async def test_bad_date_in_a_filter(crm: Crm) -> None:
    answer = await crm.get("/v5/orders", query="filter[createdAtFrom]=yesterday")
    assert answer.status == 400
    assert answer.json == {
        "success": False,
        "errorMsg": "Errors in the input parameters",
        "errors": {"children[createdAtFrom]": "This value is not valid."},
    }


async def test_get_is_by_external_id_unless_said(crm: Crm) -> None:
    number = await make_customer(crm)
    assert (await crm.get(f"/v5/customers/{number}")).status == 404
    found = (await crm.get(f"/v5/customers/{number}", query="by=id")).json["customer"]
    assert (found["id"], found["site"], found["customFields"]) == (number, "shop-opt", [])
    assert (await crm.get("/v5/customers/shop-1")).json["customer"]["lastName"] == "Тестов"


async def test_edit_customer(crm: Crm) -> None:
    number = await make_customer(crm)
    fields = {"lastName": "Изменённый", "managerId": 18, "customFields": {"vip": True}}
    path = f"/v5/customers/{number}/edit"
    answer = await crm.post(path, customer=fields, by="id", site="shop-opt")
    assert (answer.status, answer.json) == (200, {"success": True, "id": number})
    found = (await crm.get(f"/v5/customers/{number}", query="by=id")).json["customer"]
    assert (found["lastName"], found["managerId"]) == ("Изменённый", 18)
    assert found["customFields"] == {"vip": True}


async def test_customer_needs_a_first_name(crm: Crm) -> None:
    answer = await crm.post("/v5/customers/create", customer={"lastName": "Безымянный"})
    assert answer.status == 400
    assert answer.json["errors"] == {"firstName": "Specify the first name"}


async def test_shop_that_does_not_exist(crm: Crm) -> None:
    answer = await crm.post("/v5/customers/create", customer={"firstName": "А"}, site="moon")
    assert answer.status == 403


async def test_shop_may_be_required(crm: Crm) -> None:
    await crm.control("switches", site_required=True)
    answer = await crm.post("/v5/customers/create", customer={"firstName": "А"})
    assert answer.json["errorMsg"] == "Parameter 'site' is missing"


async def test_status_of_create_is_a_switch(crm: Crm) -> None:
    await crm.control("switches", create_status=200)
    answer = await crm.post("/v5/customers/create", customer={"firstName": "А"})
    assert answer.status == 200


async def test_companies_by_phone(crm: Crm) -> None:
    for name in ("phone", "contactName"):
        query = f"filter[{name}]=%2B70000000190"
        body = (await crm.get("/v5/customers-corporate", query=query)).json
        assert [c["nickName"] for c in body["customersCorporate"]] == ["ООО «Несуществующее»"]


async def test_orders_of_a_phone_newest_first(crm: Crm) -> None:
    body = (await crm.get("/v5/orders", query="filter[customer]=%2B70000000101")).json
    assert [o["status"] for o in body["orders"]] == ["assembling", "complete"]
    assert body["orders"][0]["payments"] == {}


async def test_order_for_a_known_phone_joins_its_customer(crm: Crm) -> None:
    order = {"firstName": "Андрей", "phone": "+70000000101", "orderMethod": "missed-call"}
    answer = await crm.post("/v5/orders/create", order=order, site="shop-main")
    assert answer.status == 201
    made = answer.json["order"]
    assert (made["customer"]["externalId"], made["orderMethod"]) == ("shop-1", "missed-call")


async def test_order_names_its_customer_by_id(crm: Crm) -> None:
    answer = await crm.post("/v5/orders/create", order={"customer": {"name": "?"}})
    assert answer.status == 400
    assert answer.json["errors"] == {"customer": "Set one of the following fields: id, externalId"}


async def test_edit_order(crm: Crm) -> None:
    body = (await crm.get("/v5/orders", query="filter[customer]=%2B70000000102")).json
    path = f"/v5/orders/{body['orders'][0]['id']}/edit"
    answer = await crm.post(path, order={"status": "complete"}, by="id")
    assert (answer.status, answer.json["order"]["status"]) == (200, "complete")
    refused = await crm.post(path, order={"status": "eaten"}, by="id")
    assert refused.json["errors"] == {"status": "The value you selected is not a valid choice."}


async def test_task(crm: Crm) -> None:
    task = {
        "text": "Перезвонить",
        "performerId": 19,
        "datetime": "2026-03-01 10:30",
        "phone": "+70000000101",
        "customer": {"externalId": "shop-1"},
    }
    number = (await crm.post("/v5/tasks/create", task=task, site="shop-main")).json["id"]
    made = (await crm.get(f"/v5/tasks/{number}")).json["task"]
    assert (made["performer"], made["performerType"], made["complete"]) == (19, "user", False)
    assert made["customer"]["externalId"] == "shop-1"
    assert (await crm.post(f"/v5/tasks/{number}/edit", task={"complete": True})).status == 200
    done = (await crm.get("/v5/tasks", query="filter[status]=completed")).json["tasks"]
    assert [t["id"] for t in done] == [number]


async def test_task_without_performer(crm: Crm) -> None:
    answer = await crm.post("/v5/tasks/create", task={"text": "Перезвонить"})
    assert answer.status == 400
    assert answer.json == {
        "success": False,
        "errorMsg": "Task is not loaded",
        "errors": {"performerId": "This value should not be blank."},
    }


async def test_sites_are_a_map_without_pages(crm: Crm) -> None:
    body = (await crm.get("/v5/reference/sites")).json
    assert list(body["sites"]) == ["shop-main", "shop-opt"]
    assert body["sites"]["shop-main"]["defaultForCrm"] is True
    assert "pagination" not in body


async def test_reference_books(crm: Crm) -> None:
    methods = (await crm.get("/v5/reference/order-methods")).json["orderMethods"]
    assert {"phone", "missed-call", "call-request"} <= set(methods)
    statuses = (await crm.get("/v5/reference/statuses")).json["statuses"]
    assert statuses["new"]["group"] == "new"
    groups = (await crm.get("/v5/reference/status-groups")).json["statusGroups"]
    assert groups["cancel"]["statuses"] == ["no-call", "cancel-other"]


async def test_a_note_is_put_on_a_customer_and_deleted(crm: Crm) -> None:
    customer = await make_customer(crm)
    note = {"text": "Проверка", "customer": {"id": customer}}
    made = await crm.post("/v5/customers/notes/create", note=note)
    assert made.status == 201
    path = f"/v5/customers/notes/{made.json['id']}/delete"
    assert (await crm.post(path)).json == {"success": True}
    assert (await crm.post(path)).status == 404
    nobody = await crm.post("/v5/customers/notes/create", note={"text": "x"})
    assert nobody.status == 400
