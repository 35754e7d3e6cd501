"""Clients: search by a part of a phone, one by one, in bulk, their visits (§1.6)."""

from typing import Any

import pytest

from tests.support.yclients_town import SALON, SECOND, YTown
from tests.twins.yclients.salon.booth import PHONE, Booth

SEARCH = "/company/{c}/clients/search"


def quick(value: str, *fields: str) -> dict[str, Any]:
    filters = [{"type": "quick_search", "state": {"value": value}}]
    return {"fields": list(fields), "filters": filters} if fields else {"filters": filters}


async def add(booth: Booth, name: str, phone: str, **more: Any) -> int:
    made = await booth.ask("POST", "/clients/{c}", {"name": name, "phone": phone} | more)
    assert made.status == 201, made.text
    return int(made.data["id"])


async def test_a_part_of_a_phone_finds_others_too(booth: Booth) -> None:
    mine = await add(booth, "Анна", "70001234567")
    other = await add(booth, "Вера", "+7 (000) 123-45-678")
    found = await booth.ask("POST", SEARCH, quick("70001234567", "id", "name", "phone", "nope"))
    assert found.json["meta"] == {"total_count": 2}
    assert found.data == [
        {"id": mine, "name": "Анна", "phone": "+70001234567"},
        {"id": other, "name": "Вера", "phone": "+700012345678"},
    ]
    assert (await booth.ask("POST", SEARCH, quick("8 000 123-45-678"))).data == []
    assert (await booth.ask("POST", SEARCH, quick("вер"))).data == [{"id": other}]


async def test_filters_together_or_any(booth: Booth) -> None:
    anna = await add(booth, "Анна", "70001234567", sex_id=2, birth_date="1990-05-01")
    boris = await add(booth, "Борис", "70001234568", sex_id=1, sms_not=1)
    gender = {"type": "gender", "state": {"value": [2]}}
    by_id = {"type": "id", "state": {"value": [boris]}}

    async def ids(**body: Any) -> list[int]:
        return [row["id"] for row in (await booth.ask("POST", SEARCH, body)).data]

    assert await ids(filters=[gender]) == [anna]
    assert await ids(filters=[gender, by_id]) == []
    assert await ids(filters=[gender, by_id], operation="OR") == [anna, boris]
    assert await ids(filters=[{"type": "birthday", "state": {"from": "1990-01-01"}}]) == [anna]
    assert await ids(filters=[{"type": "sms_notification", "state": {"value": 1}}]) == [anna]
    assert await ids(order_by="name", order_by_direction="desc") == [boris, anna]
    assert await ids(page=2, page_size=1) == [boris]
    await booth.make("10:00", client={"id": boris})
    assert await ids(filters=[{"type": "record", "state": {"from": "2026-07-23"}}]) == [boris]


@pytest.mark.parametrize(
    "filters",
    [
        [{"type": "no_such", "state": {"value": 1}}],
        [{"type": "quick_search", "state": {}}],
        [{"type": "id"}],
        "x",
    ],
)
async def test_a_filter_nobody_knows(booth: Booth, filters: Any) -> None:
    refused = await booth.ask("POST", SEARCH, {"filters": filters})
    assert refused.status == 400
    assert refused.json["meta"] == {
        "message": "Недопустимое значение фильтра",
        "errors": {"filters": ["Недопустимое значение состояния фильтра"]},
    }


async def test_a_company_that_is_no_number(town: YTown) -> None:
    refused = await town.ask("POST", "/company/x/clients/search", {}, user=town.user_token)
    assert (refused.status, refused.message) == (404, "Не найдено")


async def test_one_client_lives(booth: Booth) -> None:
    number = await add(booth, "Анна", PHONE, comment="Тест", custom_fields={"key": "v"})
    path = f"/client/{{c}}/{number}"
    shown = (await booth.ask("GET", path)).data
    assert (shown["phone"], shown["birth_date"], shown["custom_fields"]) == (
        70000000707, 0, {"key": "v"},
    )  # fmt: skip
    again = await booth.ask("POST", "/clients/{c}", {"name": "Анна", "phone": PHONE})
    assert (again.status, again.message) == (
        422, "Клиент с указанным телефоном уже существует в базе",
    )  # fmt: skip
    changed = await booth.ask("PUT", path, {"name": "Анна-Мария", "phone": "70009998877"})
    assert (changed.data["name"], changed.data["comment"]) == ("Анна-Мария", "Тест")
    assert (await booth.ask("PUT", path, {"phone": "1"})).status == 422
    assert (await booth.ask("PUT", path, {"sex_id": "many"})).status == 422
    other = await add(booth, "Вера", PHONE)  # the old number is free again
    record = await booth.make("10:00", client={"id": number})
    assert (await booth.ask("DELETE", path)).status == 204
    assert (await booth.ask("GET", path)).status == 404
    assert (await booth.ask("GET", f"/record/{{c}}/{record}")).data["client"] is None
    rows = await booth.ask("GET", "/clients/{c}")
    assert ([row["id"] for row in rows.data], rows.json["meta"]["total_count"]) == ([other], 1)


async def test_the_old_list(booth: Booth) -> None:
    first = await add(booth, "Анна", "70001234567", email="a@example.com")
    await booth.town.order("clock", advance=60)
    second = await add(booth, "Вера", "70001234568")

    async def ids(**query: str) -> list[int]:
        return [row["id"] for row in (await booth.ask("GET", "/clients/{c}", **query)).data]

    assert await ids(phone="1234567") == [first]
    assert await ids(fullname="вер") == [second]
    assert await ids(email="a@") == [first]
    assert await ids(changed_after="2026-07-22T11:00:30") == [second]
    (row,) = (await booth.ask("GET", "/clients/{c}", page=2, count=1)).data
    assert (row["id"], row["phone"], row["custom_fields"]) == (second, 70001234568, [])


async def test_bulk_tells_what_is_wrong_row_by_row(booth: Booth) -> None:
    rows = [
        {"name": "Анна", "phone": "70001234567"},
        {"name": "Снова", "phone": "70001234567"},
        {"phone": "70001234568"},
        {"name": "Вера", "phone": "12"},
        {"name": "Глеб"},
    ]
    answer = await booth.ask("POST", "/clients/{c}/bulk", rows)
    assert answer.status == 200
    assert [row["name"] for row in answer.data["created"]] == ["Анна"]
    assert [row["error"] for row in answer.data["errors"]] == [
        "Клиент с указанным телефоном уже существует в базе",
        "Не указано имя клиента",
        "Телефон должен содержать от 9 до 15 цифр",
        "Номер телефона клиента не может быть пустым",
    ]


async def test_visits_by_phone(booth: Booth) -> None:
    record = await booth.make("10:00", attendance=1)
    await booth.make("11:00", client={"phone": "70001234567", "name": "Вера"})
    path = "/company/{c}/clients/visits/search"
    found = await booth.ask("POST", path, {"client_phone": PHONE})
    assert [row["id"] for row in found.data["records"]] == [record]
    assert found.data["goods_transactions"] == []
    assert found.json["meta"]["dateCursor"]["current"]["count"] == 1
    for narrow in ({"from": "2026-07-24"}, {"to": "2026-07-22"}, {"attendance": -1}):
        none = await booth.ask("POST", path, {"client_phone": PHONE} | narrow)
        assert none.data["records"] == []
    nobody = await booth.ask("POST", path, {"client_phone": "70000000000"})
    assert nobody.data["records"] == []


async def test_one_phone_in_a_chain(town: YTown) -> None:
    phone = "70000000301"
    (group,) = (await town.ask("GET", "/groups", user=town.owner_token)).data
    path = f"/group/{group['id']}/clients/"
    found = (await town.ask("GET", path, user=town.owner_token, phone=phone)).data
    assert [row["company_id"] for row in found["clients"]][:2] == [SALON, SECOND]
    assert (await town.ask("GET", path, phone=phone)).status == 401


async def test_comments(booth: Booth) -> None:
    number = await add(booth, "Анна", PHONE)
    path = f"/company/{{c}}/clients/{number}/comments"
    assert (await booth.ask("POST", path, {"text": " "})).status == 422
    made = await booth.ask("POST", path, {"text": "Любит зелёный чай"})
    assert (made.status, made.data["create_date"]) == (201, "2026-07-22 11:00:00")
    rows = await booth.ask("GET", path)
    assert ([row["text"] for row in rows.data], rows.json["meta"]) == (
        ["Любит зелёный чай"], {"count": 1},
    )  # fmt: skip


async def test_reviews(booth: Booth) -> None:
    record = await booth.make("10:00", attendance=1)
    token = booth.inside.records[record].hash
    form = f"/master_record_review/{token}"
    assert (await booth.ask("GET", form, user="")).data["is_review_submitted"] is False
    assert (await booth.ask("POST", form, {"rating": 6}, user="")).status == 422
    assert (await booth.ask("POST", form, {"rating": 5, "text": "Да"}, user="")).status == 200
    assert (await booth.ask("POST", form, {"rating": 1}, user="")).status == 422
    assert (await booth.ask("GET", form, user="")).data["is_review_submitted"] is True
    path = f"/comments/{{c}}/{booth.bob}"
    await booth.ask("POST", path, {"mark": "4", "text": "Ничего", "name": "Глеб"})
    rows = (await booth.ask("GET", "/comments/{c}")).data
    assert [(row["rating"], row["text"], row["record_id"]) for row in rows] == [
        ("4", "Ничего", 0),
        ("5", "Да", record),
    ]
    (bobs,) = (await booth.ask("GET", "/comments/{c}", staff_id=booth.bob)).data
    assert bobs["master_id"] == str(booth.bob)


async def test_a_mailing_leaves_out_who_opted_out(booth: Booth) -> None:
    anna = await add(booth, "Анна", PHONE, email="a@example.com")
    boris = await add(booth, "Борис", "70001234568", sms_not=1)
    body = {"client_ids": [anna, boris], "text": "Скидка"}
    sent = await booth.ask("POST", "/sms/clients/by_id/{c}", body)
    assert sent.json == {"success": True, "meta": {"message": "Accepted"}}
    await booth.ask("POST", "/email/clients/by_filter/{c}", {"text": "Письмо"})
    assert (await booth.ask("POST", "/sms/clients/by_id/{c}", {"text": "x"})).status == 400
    assert (await booth.ask("POST", "/sms/clients/by_filter/{c}", {})).status == 422
    rows = (await booth.town.look("mailings", company=booth.company, count=2))["items"]
    assert [(row["channel"], row["text"], row["clients"]) for row in rows] == [
        ("sms", "Скидка", [anna]),
        ("email", "Письмо", [anna]),
    ]
